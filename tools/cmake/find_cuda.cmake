# Finds nvcc: CONVCHECK_CUDA_FOUND, and then the language CUDA and the targets CUDA::*; CONVCHECK_NVCC= says that there
# is none. With cuDNN's headers also CONVCHECK_CUDNN_INCLUDE_DIR. The libraries cuBLAS and cuDNN are loaded when they are
# first used, so that the program starts where they are missing and no process waits for what it does not use.
option(CONVCHECK_CUDA "Build what needs NVIDIA's CUDA toolkit, where that is found" ON)
find_program(CONVCHECK_NVCC nvcc HINTS /usr/local/cuda/bin DOC "NVIDIA's compiler")
set(CONVCHECK_CUDA_FOUND FALSE)
if(CONVCHECK_CUDA AND CONVCHECK_NVCC)
  set(CMAKE_CUDA_COMPILER ${CONVCHECK_NVCC})
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)  # 90: also its PTX, which newer devices compile for themselves
  endif()
  enable_language(CUDA)
  # CMake 3.25.1 does not know yet that nvcc has C++20.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_EXTENSIONS OFF)
  find_package(CUDAToolkit REQUIRED)
  set(CONVCHECK_CUDA_FOUND TRUE)
  find_path(CONVCHECK_CUDNN_INCLUDE_DIR cudnn_graph.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  mark_as_advanced(CONVCHECK_CUDNN_INCLUDE_DIR)
endif()
