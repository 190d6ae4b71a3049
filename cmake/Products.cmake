# What the rooms are made into: one shared library, the command, the Python module, and their installation.
#
# Build tree           plain install (PREFIX)      wheel (site-packages/)
#   lib/librustybt.so    lib/librustybt.so           rustybt/librustybt.so
#   bin/rustybt          bin/rustybt                 the environment's bin/rustybt
#   include/rustybt ->   include/rustybt/            rustybt/include/rustybt/
#   python/rustybt/      -                           rustybt/
#   bin/python3          -                           the environment's bin/python3
# so headers are always in include/ beside the library or one folder up, and a Python that has rustybt is beside the command.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(NOT RUSTYBT_ROOMS)
  message(STATUS "no rooms yet: no products")
  return()
endif()

if(SKBUILD)
  set(_lib_dir rustybt)
  set(_include_dir rustybt/include)
  set(_cmake_dir rustybt/cmake)
  set(_bin_dir "${SKBUILD_SCRIPTS_DIR}")
  set(_arrow_rpath "$ORIGIN/../pyarrow")
  set(_bin_rpath "$ORIGIN/../lib/python${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}/site-packages/rustybt")
else()
  set(_lib_dir ${CMAKE_INSTALL_LIBDIR})
  set(_include_dir ${CMAKE_INSTALL_INCLUDEDIR})
  set(_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rustybt)
  set(_bin_dir ${CMAKE_INSTALL_BINDIR})
  set(_arrow_rpath "${PYARROW_LIBRARY_DIR}")
  set(_bin_rpath "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()

# --- the library ----------------------------------------------------------------------------------------------------
file(GLOB_RECURSE _headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/rustybt/*.hpp")
list(FILTER _headers EXCLUDE REGEX "_test\\.hpp$")

file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/rustybt.cpp"
  CONTENT "// All code of this library is in the objects of the rooms.\n")
add_library(rustybt SHARED "${PROJECT_BINARY_DIR}/generated/rustybt.cpp")
add_library(rustybt::rustybt ALIAS rustybt)
# OpenSSL first: see RoomList.cmake
target_link_libraries(rustybt PRIVATE OpenSSL::SSL OpenSSL::Crypto ${RUSTYBT_ROOMS})
target_compile_features(rustybt PUBLIC cxx_std_20)
target_compile_options(rustybt INTERFACE $<INSTALL_INTERFACE:-ffp-contract=off>)
# Our symbols are visible, those of the archives inside are not; calls between rooms do not go through the PLT.
target_link_options(rustybt PRIVATE LINKER:--exclude-libs,ALL LINKER:-Bsymbolic-functions LINKER:-z,defs)
if(RUSTYBT_SANITIZE)
  set_property(TARGET rustybt PROPERTY LINK_OPTIONS LINKER:--exclude-libs,ALL)  # sanitizers leave symbols to the program
endif()
target_include_directories(rustybt INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated> $<INSTALL_INTERFACE:${_include_dir}>)
set_target_properties(rustybt PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
  INSTALL_RPATH "${_arrow_rpath}")
install(TARGETS rustybt EXPORT rustybtTargets
  LIBRARY DESTINATION ${_lib_dir})
foreach(_header IN LISTS _headers)
  cmake_path(GET _header PARENT_PATH _folder)
  file(RELATIVE_PATH _folder "${PROJECT_SOURCE_DIR}" "${_folder}")
  install(FILES "${_header}" DESTINATION "${_include_dir}/${_folder}")
endforeach()
install(FILES "${PROJECT_BINARY_DIR}/generated/rustybt/version.hpp" DESTINATION "${_include_dir}/rustybt")

# the build tree's include/: what a strategy compiled against this build sees
file(REMOVE_RECURSE "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/include/rustybt")
file(GLOB _rooms RELATIVE "${PROJECT_SOURCE_DIR}/rustybt" CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/rustybt/*")
foreach(_room IN LISTS _rooms)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/rustybt/${_room}" "${PROJECT_BINARY_DIR}/include/rustybt/${_room}" SYMBOLIC)
endforeach()
file(CREATE_LINK "${PROJECT_BINARY_DIR}/generated/rustybt/version.hpp" "${PROJECT_BINARY_DIR}/include/rustybt/version.hpp"
  SYMBOLIC)

# --- the CMake package ----------------------------------------------------------------------------------------------
install(EXPORT rustybtTargets NAMESPACE rustybt:: DESTINATION ${_cmake_dir})
configure_package_config_file(cmake/rustybtConfig.cmake.in "${PROJECT_BINARY_DIR}/rustybtConfig.cmake"
  INSTALL_DESTINATION ${_cmake_dir})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rustybtConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rustybtConfig.cmake" "${PROJECT_BINARY_DIR}/rustybtConfigVersion.cmake"
  DESTINATION ${_cmake_dir})

# --- the command ----------------------------------------------------------------------------------------------------
if(EXISTS "${PROJECT_SOURCE_DIR}/apps/rustybt/main.cpp" AND TARGET rustybt_cli)
  add_executable(rustybt_command apps/rustybt/main.cpp)
  target_link_libraries(rustybt_command PRIVATE rustybt::rustybt rustybt_options)
  set_target_properties(rustybt_command PROPERTIES
    OUTPUT_NAME rustybt
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin"
    INSTALL_RPATH "${_bin_rpath}")
  install(TARGETS rustybt_command RUNTIME DESTINATION "${_bin_dir}")
else()
  message(STATUS "room cli or apps/rustybt/main.cpp is missing: no rustybt command")
endif()

# --- the Python module ----------------------------------------------------------------------------------------------
file(GLOB _module_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/python/src/*.cpp")
if(RUSTYBT_PYTHON AND _module_sources)
  execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
    OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  find_package(nanobind CONFIG REQUIRED)
  nanobind_add_module(_core NB_STATIC NOMINSIZE NB_SUPPRESS_WARNINGS ${_module_sources})
  target_link_libraries(_core PRIVATE rustybt::rustybt rustybt_options PyArrow::arrow)
  set_target_properties(_core PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/python/rustybt"
    INSTALL_RPATH "$ORIGIN;$ORIGIN/../pyarrow"
    INSTALL_RPATH_USE_LINK_PATH OFF)
  nanobind_add_stub(_core_stub
    MODULE rustybt._core
    OUTPUT "${PROJECT_BINARY_DIR}/python/rustybt/_core.pyi"
    PYTHON_PATH "${PROJECT_BINARY_DIR}/python"
    PATTERN_FILE "${PROJECT_SOURCE_DIR}/python/src/stub_patterns.txt"
    INCLUDE_PRIVATE
    DEPENDS _core)
  # the modules whose names are made at import: api, errors
  set(_package_source "${PROJECT_SOURCE_DIR}/python/rustybt")
  set(_made_stubs "${PROJECT_BINARY_DIR}/python/rustybt/api.pyi" "${PROJECT_BINARY_DIR}/python/rustybt/errors.pyi")
  add_custom_command(OUTPUT ${_made_stubs}
    COMMAND "${CMAKE_COMMAND}" -E env "PYTHONPATH=${PROJECT_BINARY_DIR}/python" "${Python_EXECUTABLE}"
      "${PROJECT_SOURCE_DIR}/python/src/make_stubs.py" "${PROJECT_BINARY_DIR}/python/rustybt/_core.pyi"
      "${PROJECT_BINARY_DIR}/python/rustybt"
    DEPENDS _core_stub "${PROJECT_BINARY_DIR}/python/rustybt/_core.pyi" "${PROJECT_SOURCE_DIR}/python/src/make_stubs.py"
      "${_package_source}/api.py" "${_package_source}/algorithm.py" "${_package_source}/errors.py"
    VERBATIM)
  add_custom_target(_made_stubs ALL DEPENDS ${_made_stubs})
  if(SKBUILD)
    install(TARGETS _core LIBRARY DESTINATION rustybt)
    install(FILES "${PROJECT_BINARY_DIR}/python/rustybt/_core.pyi" ${_made_stubs} DESTINATION rustybt)
  endif()
elseif(RUSTYBT_PYTHON)
  message(STATUS "python/src has no sources: no Python module")
endif()

# The build tree's package: the module beside links to the sources, so that PYTHONPATH=build/dev/python imports it and
# an edited .py file needs no build. bin/python3 is the environment's interpreter with that path set: beside the command
# lies a Python that has rustybt, as in an installed environment.
if(RUSTYBT_PYTHON)
  set(_package "${PROJECT_BINARY_DIR}/python/rustybt")
  file(MAKE_DIRECTORY "${_package}" "${PROJECT_BINARY_DIR}/bin")
  file(GLOB _old LIST_DIRECTORIES true "${_package}/*")
  foreach(_link IN LISTS _old)
    if(IS_SYMLINK "${_link}")
      file(REMOVE "${_link}")
    endif()
  endforeach()
  file(GLOB _modules RELATIVE "${PROJECT_SOURCE_DIR}/python/rustybt" CONFIGURE_DEPENDS LIST_DIRECTORIES true
    "${PROJECT_SOURCE_DIR}/python/rustybt/*")
  list(REMOVE_ITEM _modules __pycache__)
  foreach(_module IN LISTS _modules)
    file(CREATE_LINK "${PROJECT_SOURCE_DIR}/python/rustybt/${_module}" "${_package}/${_module}" SYMBOLIC)
  endforeach()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/bin/python3" @ONLY CONTENT [[
#!/bin/sh
PYTHONPATH="@PROJECT_BINARY_DIR@/python${PYTHONPATH:+:$PYTHONPATH}" exec "@Python_EXECUTABLE@" "$@"
]])
  file(CHMOD "${PROJECT_BINARY_DIR}/bin/python3" PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endif()

# `products`: what running needs
add_custom_target(products DEPENDS rustybt)
foreach(_product rustybt_command _core _core_stub _made_stubs)
  if(TARGET ${_product})
    add_dependencies(products ${_product})
  endif()
endforeach()
