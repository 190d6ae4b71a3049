# The rooms of the project and what each may use (docs/architecture: dependencies only point down).
# This list is read by the build below and by tools/check_rooms.py, which checks every #include against it.
#
# rustybt_room(NAME  [USES room...]  [LINKS target...]  [COMPILE_DEFINITIONS def...])
#   sources   rustybt/NAME/*.cpp, without *_test.cpp           -> object library rustybt_NAME
#   tests     rustybt/NAME/*_test.cpp                          -> executable NAME_test, one ctest per case
# A sub-room (data/adapters) is a room of its own; target names write "/" as "_".

set(RUSTYBT_ROOMS "" CACHE INTERNAL "")

function(rustybt_room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS;COMPILE_DEFINITIONS" ${ARGN})
  string(REPLACE "/" "_" id "${NAME}")
  set(target rustybt_${id})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/rustybt/${NAME}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources)
    message(FATAL_ERROR "room ${NAME}: no sources in rustybt/${NAME}")
  endif()

  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PUBLIC rustybt_options ${ROOM_LINKS})
  target_compile_definitions(${target} PRIVATE ${ROOM_COMPILE_DEFINITIONS})

  # every room below, transitively: their objects and their third-party libraries
  set(below "")
  foreach(room IN LISTS ROOM_USES)
    string(REPLACE "/" "_" room_id "${room}")
    get_target_property(more rustybt_${room_id} RUSTYBT_BELOW)
    if(more)
      list(APPEND below ${more})
    endif()
    list(APPEND below rustybt_${room_id})
  endforeach()
  list(REMOVE_DUPLICATES below)
  set_target_properties(${target} PROPERTIES RUSTYBT_BELOW "${below}")
  foreach(room IN LISTS below)
    target_link_libraries(${target} PUBLIC $<TARGET_PROPERTY:${room},INTERFACE_LINK_LIBRARIES>)
  endforeach()
  set(RUSTYBT_ROOMS ${RUSTYBT_ROOMS} ${target} CACHE INTERNAL "")

  if(RUSTYBT_TESTS AND tests)
    add_executable(${id}_test ${tests} $<TARGET_OBJECTS:${target}>)
    foreach(room IN LISTS below)
      target_sources(${id}_test PRIVATE $<TARGET_OBJECTS:${room}>)
    endforeach()
    target_link_libraries(${id}_test PRIVATE ${target} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${id}_test PRIVATE RUSTYBT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    gtest_discover_tests(${id}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit)
  endif()
endfunction()
