// Errors of the core as Python's, and the CPython doors for hot calls.

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <deque>

#include "objects.hpp"

namespace rustybt::python {

void set_python_error(const Error& error) {
  try {
    nb::dict context;
    for (const auto& [key, value] : error.context()) context[nb::str(key.c_str())] = nb::str(value.c_str());
    const nb::object type =
        nb::module_::import_("rustybt.errors").attr(nb::str(error.name().data(), error.name().size()));
    const nb::object instance = type.attr("_from_core")(error.message(), error.hint(), context);
    PyErr_SetObject(type.ptr(), instance.ptr());
  } catch (nb::python_error& e) {
    e.restore();
  }
}

void add_method(nb::handle type, const char* name, _PyCFunctionFastWithKeywords function, const char* doc) {
  static std::deque<PyMethodDef> definitions;  // CPython keeps pointers to them
  definitions.push_back({name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
                         METH_FASTCALL | METH_KEYWORDS, doc});
  const nb::object descriptor =
      nb::steal(PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &definitions.back()));
  if (!descriptor.is_valid()) throw nb::python_error();
  nb::setattr(type, name, descriptor);
}

namespace {

[[noreturn]] void raise_type_error(const std::string& message) {
  set_python_error(Error(ErrorCode::WrongType, message, "help() of the function names its arguments"));
  throw nb::python_error();
}

std::string text_of(PyObject* name) { return nb::cast<std::string>(nb::handle(name)); }

std::size_t position_of_keyword(const char* function, PyObject* keyword, std::span<PyObject* const> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == keyword) return i;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (PyUnicode_Compare(names[i], keyword) == 0) return i;
  raise_type_error(std::string(function) + "() got an unexpected keyword argument '" + text_of(keyword) + "'");
}

}  // namespace

void parse_arguments(const char* function, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                     std::span<PyObject* const> names, std::size_t required, std::span<PyObject*> out) {
  if (static_cast<std::size_t>(count) > names.size())
    raise_type_error(std::string(function) + "() takes at most " + std::to_string(names.size()) + " arguments (" +
                     std::to_string(count) + " given)");
  for (std::size_t i = 0; i < names.size(); ++i) out[i] = i < static_cast<std::size_t>(count) ? args[i] : nullptr;
  const Py_ssize_t keyword_count = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t k = 0; k < keyword_count; ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
    const std::size_t i = position_of_keyword(function, keyword, names);
    if (out[i])
      raise_type_error(std::string(function) + "() got multiple values for argument '" + text_of(keyword) + "'");
    out[i] = args[count + k];
  }
  for (std::size_t i = 0; i < required; ++i)
    if (!out[i]) raise_type_error(std::string(function) + "() missing required argument '" + text_of(names[i]) + "'");
}

void bind_errors(nb::module_& m) {
  nb::register_exception_translator([](const std::exception_ptr& exception, void*) {
    try {
      std::rethrow_exception(exception);
    } catch (const Error& error) {
      set_python_error(error);
    }
  });
  m.def(
      "error_table",
      [] {
        nb::list rows;
        for (const ErrorEntry& e : kErrorTable)
          rows.append(nb::make_tuple(static_cast<int>(e.code), e.name, e.python_base, e.remedy));
        return rows;
      },
      "(code, name, base class, remedy) of every error of the core.");
}

}  // namespace rustybt::python
