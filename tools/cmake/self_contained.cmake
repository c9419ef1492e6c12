# With CONVCHECK_SELF_CONTAINED programs run on a machine that has a libc no older than here and nothing else. What Debian
# has as a shared library alone is left out: named as missing, like what is not installed.
if(CONVCHECK_SELF_CONTAINED)
  add_link_options(-static-libstdc++ -static-libgcc)
  foreach(package HDF5 dnnl benchmark hwy)
    set(CMAKE_DISABLE_FIND_PACKAGE_${package} ON)
  endforeach()
  set(OPENBLAS_LIBRARY "" CACHE FILEPATH "" FORCE)  # wants a Fortran runtime
endif()
