#pragma once
// Small hand-made markets for this room's tests: Monday to Friday from 2024-01-01, three minutes a session.

#include <memory>
#include <string>
#include <vector>

#include "rustybt/data/data_portal.hpp"

namespace rustybt::data {

inline constexpr std::int64_t kM = kMissing;
inline const Date kMonday = Date{19723};  // 2024-01-01

/// `sessions` days; without `every_day` only Monday to Friday. Open 14:30, minutes 14:31 to 14:33 UTC.
inline utils::CalendarPtr small_calendar(int sessions, bool every_day = false) {
  utils::TradingCalendar::Columns columns;
  for (Date d = kMonday; static_cast<int>(columns.sessions.size()) < sessions; d = d + 1) {
    if (!every_day && d.weekday() >= 5) continue;
    columns.sessions.push_back(d);
    columns.opens_ns.push_back(Timestamp::from_date(d).ns + (14 * 60 + 30) * Timestamp::kMinute);
    columns.closes_ns.push_back(columns.opens_ns.back() + 3 * Timestamp::kMinute);
  }
  return std::make_shared<utils::TradingCalendar>("SMALL", "UTC", std::move(columns));
}

inline std::vector<Date> days_of(const utils::TradingCalendar& calendar) {
  return {calendar.sessions().begin(), calendar.sessions().end()};
}

/// Daily rows whose open, high, low and close are one number; kM = no row.
inline BarSeries flat_days(const utils::TradingCalendar& calendar, int first, const std::vector<std::int64_t>& closes,
                           int scale, std::int64_t volume = 100) {
  BarSeries series;
  series.price_scale = scale;
  for (std::size_t i = 0; i < closes.size(); ++i) {
    if (closes[i] == kM) continue;
    series.times.push_back(calendar.session(first + static_cast<int>(i)).days);
    for (std::size_t f = 0; f < 4; ++f) series.columns[f].push_back(closes[i]);
    series.columns[4].push_back(volume);
  }
  return series;
}

inline assets::Asset small_asset(std::int64_t sid, Date start, Date end) {
  assets::Asset a;
  a.sid = Sid{sid};
  a.symbol = "S" + std::to_string(sid);
  a.start_date = start;
  a.end_date = end;
  a.exchange = "SMALL";
  return a;
}

/// A portal over daily series, each asset alive from its first to its last row.
struct SmallMarket {
  utils::CalendarPtr calendar;  ///< of the bundle
  std::vector<BarSeries> series;
  Adjustments adjustments;

  [[nodiscard]] DataPortal portal(DataPortalOptions options = {}, utils::CalendarPtr simulation = nullptr) const {
    BarStoreBuilder builder(days_of(*calendar));
    std::vector<assets::Asset> list;
    for (const BarSeries& s : series) {
      builder.add_daily(s);
      list.push_back(small_asset(static_cast<std::int64_t>(list.size()),
                                 Date{static_cast<std::int32_t>(s.times.front())},
                                 Date{static_cast<std::int32_t>(s.times.back())}));
    }
    return DataPortal(std::move(builder).build(), std::make_shared<assets::AssetFinder>(list),
                      std::make_shared<Adjustments>(adjustments), simulation ? simulation : calendar, options);
  }
};

}  // namespace rustybt::data
