#pragma once
// rapidcheck, with 10,000 cases for every property of this room unless RC_PARAMS asks for others.

#include <rapidcheck.h>

#include <cstdlib>

namespace rustybt::finance::test {

inline const int kPropertyCases = setenv("RC_PARAMS", "max_success=10000 max_size=120", 0);

}  // namespace rustybt::finance::test
