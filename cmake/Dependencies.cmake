# Third-party libraries: Debian packages (tools/debian-packages.txt) and the pinned pyarrow wheel of .venv.
if(NOT Python_EXECUTABLE AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  set(Python_EXECUTABLE "${PROJECT_SOURCE_DIR}/.venv/bin/python" CACHE FILEPATH "")
endif()
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
include(PyArrowCpp)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_path(FMT_INCLUDE_DIR fmt/format.h REQUIRED)

# fmt has no PIC archive in Debian: header-only inside the shared library
target_compile_definitions(rustybt_options INTERFACE $<BUILD_INTERFACE:FMT_HEADER_ONLY>)
target_link_libraries(rustybt_options INTERFACE $<BUILD_INTERFACE:Threads::Threads>)

if(RUSTYBT_TESTS)
  find_package(GTest REQUIRED)
endif()
