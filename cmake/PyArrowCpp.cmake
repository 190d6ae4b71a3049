# Arrow C++ from the pyarrow wheel of the chosen Python: targets PyArrow::arrow, PyArrow::parquet.
execute_process(COMMAND ${Python_EXECUTABLE} -c
  "import importlib.util as u, pathlib, re; d = pathlib.Path(u.find_spec('pyarrow').origin).parent; s = sorted(d.glob('libarrow.so.*'))[0].name; print(d/'include', d, s.rsplit('.', 1)[1], sep='\\n')"
  OUTPUT_VARIABLE _pyarrow OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _pyarrow_result)
if(NOT _pyarrow_result EQUAL 0)
  message(FATAL_ERROR "pyarrow is not installed for ${Python_EXECUTABLE}; run tools/setup.sh")
endif()
string(REPLACE "\n" ";" _pyarrow "${_pyarrow}")
list(GET _pyarrow 0 PYARROW_INCLUDE_DIR)
list(GET _pyarrow 1 PYARROW_LIBRARY_DIR)
list(GET _pyarrow 2 PYARROW_SO_VERSION)

function(_pyarrow_target name file)
  add_library(PyArrow::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(PyArrow::${name} PROPERTIES
    IMPORTED_LOCATION "${PYARROW_LIBRARY_DIR}/${file}.so.${PYARROW_SO_VERSION}"
    IMPORTED_SONAME "${file}.so.${PYARROW_SO_VERSION}"
    INTERFACE_INCLUDE_DIRECTORIES "${PYARROW_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
_pyarrow_target(arrow libarrow)
_pyarrow_target(parquet libparquet PyArrow::arrow)
