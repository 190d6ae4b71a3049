#pragma once
// Internal to validation: what the groups of rules share.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rustybt/utils/validation.hpp"

namespace rustybt::utils::validation {

/// A whole, plausible bar in order of time, as logarithms: what statistics may look at.
struct Bar {
  std::size_t at;  ///< position in the rows
  std::int64_t row;
  Date date;
  Timestamp time;
  double open, high, low, close;  ///< natural logarithms
  double volume;                  ///< natural logarithm; NaN = none
  double level;                   ///< mean of the two middle prices: one bad cell does not move it
};

struct Series {
  std::span<const BarRow> rows;  ///< as in the file
  const ValidationOptions& options;
  std::vector<Bar> bars;
  std::vector<std::size_t> starts;  ///< where a stretch of bars without a long gap begins; bars[0] first
  std::vector<double> sigma;        ///< robust deviation of close returns around each bar, at least the series' own
  bool newest_first = false;
};

struct Limits {
  double price_sigma, volume_sigma;
  double spike_error;    ///< log move there and back that no market makes
  double spike_warning;  ///< log move there and back that is worth a look
  double wick_warning;   ///< log distance of a high or low from open and close
};
[[nodiscard]] Limits limits_of(const ValidationOptions& options);

/// Findings with what they have in common filled in.
class Findings {
 public:
  Finding& add(const BarRow& row, Severity severity, std::string_view code, std::string_view column,
               std::string message, std::string advice);
  std::vector<Finding> list;
  std::vector<std::string> remarks;
};

[[nodiscard]] double median(std::vector<double> values);  ///< NaN when empty
/// Deviation of a normal distribution with the values' median absolute deviation from 0.
[[nodiscard]] double robust_sigma(std::vector<double> values);
[[nodiscard]] std::string price_text(double value);
[[nodiscard]] std::string factor_text(double log_factor);  ///< "7.01 times", "1/10 of"

// rules of one row; true = the row's four prices may be used
bool check_cells(const BarRow& row, const ValidationOptions& options, Findings& findings);

// rules over prices (validation_prices.cpp, validation_actions.cpp)
void check_levels(const Series& series, std::vector<bool>& reported, Findings& findings);
void check_spikes(const Series& series, std::vector<bool>& reported, Findings& findings);
void check_stale(const Series& series, Findings& findings);
void check_volumes(const Series& series, Findings& findings);
void check_actions(const Series& series, const std::vector<bool>& reported, Findings& findings);

// rules over time (validation_time.cpp)
/// Rows that stand in the wrong place: all but the longest run in order.
[[nodiscard]] std::vector<bool> find_misplaced(std::span<const std::int64_t> times);
void check_sessions(std::span<const BarRow> rows, const std::vector<std::size_t>& order,
                    const std::vector<bool>& misplaced, const ValidationOptions& options, bool newest_first,
                    std::vector<bool>& unusable, Findings& findings);
void check_minutes(const Series& series, Findings& findings);

}  // namespace rustybt::utils::validation
