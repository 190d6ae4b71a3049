#pragma once
// The error that a piece of a test throws.

#include <gtest/gtest.h>

#include "rustybt/core/error.hpp"

namespace rustybt {

template <class Body>
Error error_of(const Body& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::InvariantViolation, "no error");
}

}  // namespace rustybt
