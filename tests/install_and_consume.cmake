# Installs BUILD_DIR into an empty prefix, compiles every installed header with nothing else in sight, then configures,
# builds and runs the project in SOURCE_DIR against the prefix. Any failure fails the test.
set(work "${BUILD_DIR}/tests/consumer_work")
set(prefix "${work}/prefix")
file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed: ${command}")
  endif()
endfunction()

execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${prefix}"
  RESULT_VARIABLE result OUTPUT_QUIET)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cmake --install failed")
endif()

file(GLOB_RECURSE headers RELATIVE "${prefix}/include" "${prefix}/include/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "no headers installed")
endif()
set(includes "")
foreach(header IN LISTS headers)
  string(APPEND includes "#include \"${header}\"\n")
endforeach()
file(WRITE "${work}/every_header.cpp" "${includes}")
run(${CXX} -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I "${prefix}/include" "${work}/every_header.cpp")

run(${CMAKE_COMMAND} -S "${SOURCE_DIR}" -B "${work}/build" -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_CXX_COMPILER=${CXX}
  -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build "${work}/build")
run("${work}/build/consumer" "${work}/bundles")
if(EXISTS "${prefix}/bin/rustybt")
  run("${prefix}/bin/rustybt" version)
endif()
