#pragma once
// Exchange rates: how many units of the quote currency one unit of the base currency is worth, by day.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::storage {
struct ColumnTable;
}

namespace rustybt::data {

/// One row of a source: on `day`, 1 `base` = `value` `quote`.
struct FxRate {
  std::string rate = "mid";  ///< which of several rates of a pair (mid, bid, a vendor's name)
  std::string base, quote;
  Date day;
  Decimal value;
};

/// An exact rate: numerator / denominator.
struct ExactRate {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  Date day{};  ///< of the row it comes from
  [[nodiscard]] double to_double() const {
    return static_cast<double>(static_cast<long double>(numerator) / static_cast<long double>(denominator));
  }
};

/// Rates of a bundle, read by (rate, quote, base, day): the last one on or before the day (zipline_semantics 6.6).
///
/// A pair that is not there is found through its inverse, else through one third currency that has rates against both.
class FxRates {
 public:
  FxRates() = default;
  /// @throws Error{InvalidArgument} for a value <= 0, a pair of one currency, or a pair's day twice with other values
  explicit FxRates(std::span<const FxRate> rows);

  [[nodiscard]] bool empty() const { return pairs_.empty(); }
  /// Nothing when the pair is unknown or `day` is before its first rate.
  [[nodiscard]] std::optional<ExactRate> find(std::string_view rate, std::string_view quote, std::string_view base,
                                              Date day) const;
  /// NaN where find() has nothing.
  [[nodiscard]] double get(std::string_view rate, std::string_view quote, std::string_view base, Date day) const;
  /// @throws Error{NoFxRate} naming pair and day
  [[nodiscard]] ExactRate require(std::string_view rate, std::string_view quote, std::string_view base, Date day) const;
  /// All rows, sorted by rate, base, quote, day.
  [[nodiscard]] std::vector<FxRate> rows() const;
  /// Names of rates, sorted; the only one, or "mid" where it is among several, is the default of a run.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::string default_name() const;

 private:
  struct Quote {
    Date day;
    std::int64_t mantissa;
    int scale;
  };
  using Key = std::pair<std::string, std::pair<std::string, std::string>>;  // rate, (base, quote)
  [[nodiscard]] std::optional<ExactRate> find_direct(std::string_view rate, std::string_view quote,
                                                     std::string_view base, Date day) const;
  std::map<Key, std::vector<Quote>> pairs_;
};

/// Rows as the table of a bundle (rate, base, quote, day, value), and back.
/// @throws Error{Overflow} for a value that does not fit 18 digits beside the others
[[nodiscard]] storage::ColumnTable fx_table(std::span<const FxRate> rows);
[[nodiscard]] std::vector<FxRate> fx_rows(const storage::ColumnTable& table);

/// Rows of a CSV file with the columns date, base, quote, rate and, where there are several rates of a pair, rate_name.
/// A row without a rate is left out. @throws Error{MissingColumn}, Error{BadCell} naming the line
[[nodiscard]] std::vector<FxRate> read_fx_rates(const std::filesystem::path& file);

}  // namespace rustybt::data
