# Third-party libraries: Debian packages (tools/debian-packages.txt) and the pinned pyarrow wheel of .venv.
if(NOT Python_EXECUTABLE AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  set(Python_EXECUTABLE "${PROJECT_SOURCE_DIR}/.venv/bin/python" CACHE FILEPATH "")
endif()
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
include(PyArrowCpp)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_path(FMT_INCLUDE_DIR fmt/format.h REQUIRED)

# SQLite, OpenSSL and libsodium go into our library: a process that also loads Python's own copies must not see two sets
# of the same symbols (Products.cmake hides them), and a wheel must not depend on the machine's. Without the archives
# (other distributions) the shared ones serve.
set(_shared_suffixes ${CMAKE_FIND_LIBRARY_SUFFIXES})
set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_library(SODIUM_LIBRARY sodium REQUIRED)
find_path(SODIUM_INCLUDE_DIR sodium.h REQUIRED)
set(CMAKE_FIND_LIBRARY_SUFFIXES ${_shared_suffixes})
set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES Threads::Threads ${CMAKE_DL_LIBS} m)

add_library(Sodium::Sodium UNKNOWN IMPORTED)
set_target_properties(Sodium::Sodium PROPERTIES IMPORTED_LOCATION "${SODIUM_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${SODIUM_INCLUDE_DIR}")

# fmt has no PIC archive in Debian: header-only inside the shared library
target_compile_definitions(rustybt_options INTERFACE $<BUILD_INTERFACE:FMT_HEADER_ONLY>)
target_link_libraries(rustybt_options INTERFACE $<BUILD_INTERFACE:Threads::Threads>)

if(RUSTYBT_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
if(RUSTYBT_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
