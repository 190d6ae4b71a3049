# Compiler settings that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")     # asserts stay on: they guard money
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -DRUSTYBT_DEBUG -D_GLIBCXX_ASSERTIONS")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # paths relative to the source tree, so that another clone of the same sources finds the objects
  set(_launcher /usr/bin/env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=true "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(rustybt_options INTERFACE)
target_include_directories(rustybt_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
target_compile_features(rustybt_options INTERFACE cxx_std_20)
# x86-64-v2 and no contraction: the same bytes on every machine (docs/adr/0001).
# Our symbols are never interposed: calls inside the shared library may be inlined and bound directly.
target_compile_options(rustybt_options INTERFACE -march=x86-64-v2 -ffp-contract=off -fno-semantic-interposition)
# -Wrestrict of g++ 12 is wrong about std::string::insert (GCC bug 105651)
add_library(rustybt_warnings INTERFACE)
if(NOT RUSTYBT_FUZZ)  # built with clang, whose warnings are others; the same sources are checked with g++
  target_compile_options(rustybt_warnings INTERFACE -Wall -Wextra -Wshadow -Werror -Wno-restrict)
endif()
target_link_libraries(rustybt_options INTERFACE $<BUILD_INTERFACE:rustybt_warnings>)

if(RUSTYBT_SANITIZE)
  string(REPLACE "," ";" _list "${RUSTYBT_SANITIZE}")
  foreach(_s IN LISTS _list)
    add_compile_options(-fsanitize=${_s})
    add_link_options(-fsanitize=${_s})
  endforeach()
  add_compile_options(-fno-omit-frame-pointer -fno-sanitize-recover=all)
endif()
