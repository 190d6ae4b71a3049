#pragma once
// Which context the free functions of rustybt.api speak to, and how a strategy's function is called.

#include <nanobind/nanobind.h>

namespace rustybt::python {

/// Makes a context the running one of this thread for its lifetime.
class RunningScope {
 public:
  explicit RunningScope(PyObject* context);
  RunningScope(const RunningScope&) = delete;
  RunningScope& operator=(const RunningScope&) = delete;
  ~RunningScope();
};

/// The innermost running context of this thread; null outside of runs.
PyObject* running_context();

/// function(context, data). @throws nb::python_error
void call_strategy(PyObject* function, PyObject* context, PyObject* data);

}  // namespace rustybt::python
