# engine.cmake: the static libraries of llama.cpp and ggml as the target perbit_engine.
#
# The order is that of their dependencies; backends (CUDA, Vulkan, RPC ...) are taken from the library
# folder when PERBIT_ENGINE_CMAKE switched them on, with the system libraries they need.

add_library(perbit_engine INTERFACE)
target_include_directories(perbit_engine SYSTEM INTERFACE ${PERBIT_ENGINE}/include
  $<$<COMPILE_LANGUAGE:CXX>:${PERBIT_ENGINE}/include/common>) # jinja/*.h, json.h, chat.h: C++ shims only

set(lib ${PERBIT_ENGINE}/lib)
set(engine_libs "")
foreach(name llama-common llama-common-base cpp-httplib llama ggml)
  if(EXISTS ${lib}/lib${name}.a)
    list(APPEND engine_libs ${lib}/lib${name}.a)
  endif()
endforeach()
file(GLOB backends ${lib}/libggml-*.a)
list(REMOVE_ITEM backends ${lib}/libggml-base.a)
list(APPEND engine_libs ${backends} ${lib}/libggml-base.a)

find_package(OpenMP QUIET)
if(TARGET OpenMP::OpenMP_CXX)
  list(APPEND engine_libs OpenMP::OpenMP_CXX)
else() # clang without its own OpenMP: the engine was built by gcc and needs gcc's
  execute_process(COMMAND gcc -print-file-name=libgomp.so OUTPUT_VARIABLE gomp
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${gomp}")
    list(APPEND engine_libs ${gomp})
  endif()
endif()

foreach(backend IN LISTS backends)
  cmake_path(GET backend STEM name)
  if(name STREQUAL libggml-cuda)
    find_package(CUDAToolkit REQUIRED)
    list(APPEND engine_libs CUDA::cudart_static CUDA::cublas CUDA::cublasLt CUDA::cuda_driver)
    find_library(NCCL_LIBRARY nccl)
    if(NCCL_LIBRARY)
      list(APPEND engine_libs ${NCCL_LIBRARY})
    endif()
  elseif(name STREQUAL libggml-vulkan)
    find_package(Vulkan REQUIRED)
    list(APPEND engine_libs Vulkan::Vulkan)
  elseif(name STREQUAL libggml-blas)
    find_package(BLAS REQUIRED)
    list(APPEND engine_libs ${BLAS_LIBRARIES})
  elseif(name STREQUAL libggml-metal)
    list(APPEND engine_libs "-framework Foundation" "-framework Metal" "-framework MetalKit")
  endif()
endforeach()
if(APPLE)
  list(APPEND engine_libs "-framework Accelerate")
endif()
target_link_libraries(perbit_engine INTERFACE ${engine_libs})
