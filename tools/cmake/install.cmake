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

foreach(folder reference checker fast fixtures)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/convcheck FILES_MATCHING PATTERN *.h)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/convcheck/convcheck.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/convcheck)

# One export for each component, so that a program which wants the checker alone needs nothing else.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/convcheck)
set(CONVCHECK_BUILT)
foreach(component reference checker checker_cuda fast fixtures)
  if(TARGET convcheck_${component})
    list(APPEND CONVCHECK_BUILT ${component})
    install(TARGETS convcheck_${component} EXPORT convcheck_${component}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT convcheck_${component} NAMESPACE convcheck:: DESTINATION ${package_dir})
  endif()
endforeach()
if(TARGET convcheck)
  install(TARGETS convcheck RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/fixtures/corpus
          DESTINATION ${CMAKE_INSTALL_DATADIR}/convcheck)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/convcheckConfig.cmake.in
  ${PROJECT_BINARY_DIR}/convcheckConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/convcheckConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/convcheckConfig.cmake
  ${PROJECT_BINARY_DIR}/convcheckConfigVersion.cmake DESTINATION ${package_dir})

# pkg-config: the checker and the reference.
set(pkgconfig_flags "")
if(CMAKE_DL_LIBS)
  set(pkgconfig_flags "-l${CMAKE_DL_LIBS}")
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  string(APPEND pkgconfig_flags " -Wl,-z,nodelete")  # see checker/CMakeLists.txt
endif()
# The prefix is known when it is installed.
install(CODE "
  set(PROJECT_VERSION \"${PROJECT_VERSION}\")
  set(PROJECT_DESCRIPTION \"${PROJECT_DESCRIPTION}\")
  set(CMAKE_INSTALL_LIBDIR \"${CMAKE_INSTALL_LIBDIR}\")
  set(CMAKE_INSTALL_INCLUDEDIR \"${CMAKE_INSTALL_INCLUDEDIR}\")
  set(pkgconfig_flags \"${pkgconfig_flags}\")
  configure_file(\"${PROJECT_SOURCE_DIR}/tools/cmake/convcheck.pc.in\"
    \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig/convcheck.pc\" @ONLY)
")
