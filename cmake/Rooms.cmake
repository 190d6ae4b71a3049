# The rooms of the project and what each may use (docs/adr/0001: dependencies only point down).
# RoomList.cmake is read by the build and by tools/check_rooms.py, which checks every #include against it.
#
# rustybt_room(NAME  [USES room...]  [LINKS target...]  [COMPILE_DEFINITIONS def...])
#   sources   rustybt/NAME/**/*.cpp, without *_test.cpp        -> object library rustybt_NAME
#   tests     rustybt/NAME/**/*_test.cpp                       -> executable NAME_test, one ctest per case
# A sub-folder belongs to its room (finance/decimal) unless it is a room of its own in the list (data/adapters).
# Target names write "/" as "_".

set(RUSTYBT_ROOMS "" CACHE INTERNAL "")
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/RoomList.cmake" _room_lines REGEX "^rustybt_room\\(")
set(RUSTYBT_ROOM_NAMES "")
foreach(_line IN LISTS _room_lines)
  string(REGEX REPLACE "^rustybt_room\\(([a-z_/]+).*" "\\1" _name "${_line}")
  list(APPEND RUSTYBT_ROOM_NAMES ${_name})
endforeach()

if(RUSTYBT_TESTS)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/source_folder_test.cpp" CONTENT
    "#include \"rustybt/core/source_folder_test.hpp\"\nnamespace rustybt {\nstd::filesystem::path source_folder() { return \"${PROJECT_SOURCE_DIR}\"; }\n}\n")
  add_library(rustybt_test_paths STATIC "${PROJECT_BINARY_DIR}/generated/source_folder_test.cpp")
  target_link_libraries(rustybt_test_paths PRIVATE rustybt_options)
endif()

function(rustybt_room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS;COMPILE_DEFINITIONS" ${ARGN})
  string(REPLACE "/" "_" id "${NAME}")
  set(target rustybt_${id})
  set(folder "${PROJECT_SOURCE_DIR}/rustybt/${NAME}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  foreach(room IN LISTS RUSTYBT_ROOM_NAMES)
    if(room MATCHES "^${NAME}/")
      list(FILTER sources EXCLUDE REGEX "^${PROJECT_SOURCE_DIR}/rustybt/${room}/")
    endif()
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources)
    message(STATUS "room ${NAME}: no sources in rustybt/${NAME}, skipped")
    return()
  endif()

  # every room below, transitively
  set(below "")
  foreach(room IN LISTS ROOM_USES)
    string(REPLACE "/" "_" room_id "${room}")
    if(TARGET rustybt_${room_id})
      get_target_property(more rustybt_${room_id} RUSTYBT_BELOW)
      list(APPEND below ${more} rustybt_${room_id})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES below)

  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PUBLIC rustybt_options ${ROOM_LINKS} ${below})
  target_compile_definitions(${target} PRIVATE ${ROOM_COMPILE_DEFINITIONS})
  set_target_properties(${target} PROPERTIES RUSTYBT_BELOW "${below}")
  set(RUSTYBT_ROOMS ${RUSTYBT_ROOMS} ${target} CACHE INTERNAL "")

  if(RUSTYBT_TESTS AND tests)
    add_executable(${id}_test ${tests})
    target_link_libraries(${id}_test PRIVATE ${target} ${below} GTest::gmock GTest::gtest GTest::gtest_main rapidcheck
      rustybt_test_paths)
    gtest_discover_tests(${id}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit TIMEOUT 600)
  endif()
endfunction()
