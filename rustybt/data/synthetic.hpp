#pragma once
// An invented stock market: seeded, the same bytes on every machine. It feeds the demo, the tests and the benchmarks,
// so that no vendor's data has to come with the project.

#include <cstdint>
#include <string>

#include "rustybt/core/timestamp.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

struct SyntheticSpec {
  std::uint64_t seed = 1;
  int assets = 20;           ///< stocks SYN001.. (1 to 99,999); the fund MARKET comes on top
  Date first = Date{17897};  ///< 2019-01-01
  Date last = Date{19722};   ///< 2023-12-31
  bool daily = true;
  bool minute = false;  ///< minute bars that add up to the daily ones
  std::string calendar = "XNYS";
};

/// Make the market: raw prices in cents as traded, splits visible as jumps, cash dividends with all dates.
///
/// Returns share a market factor and have fat tails; their size, ranges, volumes, splits (0.05 a year) and dividends
/// (2.9 a year, from 85 % of the stocks) follow what is measured on S&P 500 stocks 1999-2021. With more than one stock,
/// SYN002 splits 2:1 in the middle; with more than two the last one is delisted after 70 % of the range. MARKET is a
/// fund that follows the average of all living stocks: a benchmark. Cost: about 0.2 us per daily bar.
/// @throws Error{InvalidArgument} for a count out of range, Error{InvalidDateRange} without a session in the range
[[nodiscard]] BundleContent make_synthetic(const SyntheticSpec& spec);

}  // namespace rustybt::data
