#pragma once
// ASCII text: what names and cells are compared by.

#include <cstddef>
#include <string>
#include <string_view>

namespace rustybt {

/// Without spaces, tabs and a carriage return at either end.
[[nodiscard]] std::string_view trim(std::string_view text);

/// Upper case, ASCII letters only.
[[nodiscard]] std::string to_upper(std::string_view text);

/// Everything but ASCII letters, digits and -._~ as %XX (RFC 3986).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Least number of letters to insert, delete or replace; `limit` + 1 when it is above `limit`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

}  // namespace rustybt
