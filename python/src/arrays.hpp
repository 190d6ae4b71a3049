#pragma once
// Vectors as NumPy arrays that own them: no copy.

#include <nanobind/ndarray.h>

#include <memory>
#include <utility>
#include <vector>

#include "objects.hpp"

namespace rustybt::python {

template <class T>
nb::object array(std::vector<T> values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  std::vector<T>& v = *owned;
  const nb::capsule keeper(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(v.data(), {v.size()}, keeper));
}

}  // namespace rustybt::python
