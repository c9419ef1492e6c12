# What `cmake --install` puts where: headers under include/convcheck/<folder>/, the umbrella as <convcheck/convcheck.h>,
# static libraries, a package for find_package(convcheck), the program, and its corpora under share/convcheck/corpus.
include(CMakePackageConfigHelpers)

# The umbrella has the same name in the build tree and when installed.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/convcheck)
file(WRITE ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h.new
     "// Everything of the user's interface.\n#pragma once\n\n#include \"fast/convcheck.h\"\n")
file(COPY_FILE ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h.new
     ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h ONLY_IF_DIFFERENT)
file(REMOVE ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h.new)

foreach(folder reference checker fast)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/convcheck FILES_MATCHING PATTERN *.h)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/convcheck)

foreach(library convcheck_reference convcheck_checker convcheck_fast)
  if(TARGET ${library})
    install(TARGETS ${library} EXPORT convcheckTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()
if(TARGET convcheck)
  install(TARGETS convcheck RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/fixtures/corpus
          DESTINATION ${CMAKE_INSTALL_DATADIR}/convcheck)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/convcheck)
install(EXPORT convcheckTargets NAMESPACE convcheck:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/convcheckConfig.cmake.in
  ${PROJECT_BINARY_DIR}/convcheckConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/convcheckConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/convcheckConfig.cmake
  ${PROJECT_BINARY_DIR}/convcheckConfigVersion.cmake DESTINATION ${package_dir})
