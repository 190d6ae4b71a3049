#pragma once
// Bars in Zipline's tables: daily ones (all assets in one bcolz table) and minute ones (a bcolz table per asset);
// zipline_semantics 6.2, 6.4, 6.5.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/data/bar_store.hpp"
#include "rustybt/data/bundles/bcolz.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::data {

/// The bars of one asset, and its places that hold none.
struct ZiplineSeries {
  BarSeries series;
  std::int64_t places = 0;       ///< rows of the table
  std::int64_t empty = 0;        ///< minutes without any value: no bar
  std::int64_t not_trading = 0;  ///< with values where the calendar has no trading minute; Zipline does not show them
};

/// `__attrs__` of a daily table.
struct ZiplineDailyFacts {
  std::string calendar_name;
  std::map<Sid, std::pair<std::int64_t, std::int64_t>> rows;  ///< [first, last) of each asset
};
/// @throws Error{CorruptBundle} naming `file`
[[nodiscard]] ZiplineDailyFacts parse_daily_facts(std::string_view json, const std::filesystem::path& file);

/// `metadata.json` of minute tables, versions 0 to 3.
struct ZiplineMinuteFacts {
  std::string calendar_name;
  Date start_session{};
  int minutes_per_day = 390;
  std::int64_t ratio = 1000;           ///< prices are stored as price x ratio
  std::map<Sid, std::int64_t> ratios;  ///< of assets that have their own
};
/// @throws Error{CorruptBundle} naming `file`
[[nodiscard]] ZiplineMinuteFacts parse_minute_facts(std::string_view json, const std::filesystem::path& file);

/// Daily bars of all assets, one after another. A row is dated by its own `day`.
class ZiplineDailyTable {
 public:
  explicit ZiplineDailyTable(const std::filesystem::path& folder);
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::string& calendar_name() const { return facts_.calendar_name; }
  [[nodiscard]] const auto& rows() const { return facts_.rows; }
  /// Prices are thousandths; a price of 0 is missing, a row of nothing but zeros a day without trade.
  [[nodiscard]] ZiplineSeries read(Sid sid);

 private:
  std::filesystem::path folder_;
  ZiplineDailyFacts facts_;
  std::vector<BcolzColumn> columns_;  ///< open to volume, day
};

/// Minute bars: per asset a fixed number of places for every session from the first.
class ZiplineMinuteTables {
 public:
  explicit ZiplineMinuteTables(const std::filesystem::path& folder);
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::string& calendar_name() const { return facts_.calendar_name; }
  [[nodiscard]] const auto& tables() const { return tables_; }
  /// Place n of session s is the session's first minute + n. @throws Error{CorruptBundle} for rows that the calendar
  /// has no session for, Error{MissingDependency}
  [[nodiscard]] ZiplineSeries read(Sid sid, const utils::TradingCalendar& calendar) const;

 private:
  std::filesystem::path folder_;
  ZiplineMinuteFacts facts_;
  std::map<Sid, std::filesystem::path> tables_;
};

}  // namespace rustybt::data
