# Finds oneDNN 2: dnnl_FOUND, or ONEDNN_NEEDS_OPENCL where it was built with OpenCL and that was not found.
# A package file of such a oneDNN, as Debian's is, would stop configuring.
find_file(DNNL_CONFIG_FILE dnnl-config.cmake
          PATH_SUFFIXES lib/cmake/dnnl lib/${CMAKE_LIBRARY_ARCHITECTURE}/cmake/dnnl)
mark_as_advanced(DNNL_CONFIG_FILE)
set(ONEDNN_NEEDS_OPENCL FALSE)
if(DNNL_CONFIG_FILE)
  file(STRINGS ${DNNL_CONFIG_FILE} with_opencl REGEX "DNNL_GPU_RUNTIME \"OCL\"\\)")
  find_package(OpenCL QUIET)
  if(with_opencl AND NOT OpenCL_FOUND)
    set(ONEDNN_NEEDS_OPENCL TRUE)
  endif()
endif()
if(NOT ONEDNN_NEEDS_OPENCL)
  find_package(dnnl 2 QUIET)
endif()
