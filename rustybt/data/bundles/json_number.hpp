#pragma once
// Whole numbers out of JSON, whose library truncates fractions and wraps what does not fit.

#include <cstdint>
#include <string>

#include "rustybt/core/error.hpp"

namespace rustybt::data {

/// @throws Error{InvalidNumber} for anything but a whole number from `least` to `most`
template <class Json>
[[nodiscard]] std::int64_t whole_number(const Json& value, std::int64_t least = INT64_MIN,
                                        std::int64_t most = INT64_MAX) {
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.template get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (fits)
    if (const auto number = value.template get<std::int64_t>(); number >= least && number <= most) return number;
  throw Error(ErrorCode::InvalidNumber, "expected a whole number from " + std::to_string(least) + " to " +
                                            std::to_string(most) + ", found " + std::string(value.type_name()) + " " +
                                            (value.is_number() ? value.dump() : std::string()));
}

}  // namespace rustybt::data
