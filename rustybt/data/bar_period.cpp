#include "rustybt/data/bar_period.hpp"

#include <charconv>

#include "rustybt/core/error.hpp"

namespace rustybt::data {

namespace {

constexpr int kMinutesPerDay = 1440;

}  // namespace

std::optional<BarPeriod> BarPeriod::find(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 1 || text.front() == '+') return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "m" && count <= kMinutesPerDay) return of_minutes(count);
  if (unit == "h" && count <= kMinutesPerDay / 60) return of_minutes(60 * count);
  if (count != 1) return std::nullopt;
  if (unit == "d") return day();
  if (unit == "w") return week();
  if (unit == "mo") return month();
  return std::nullopt;
}

BarPeriod BarPeriod::parse(std::string_view text) {
  if (const auto period = find(text)) return *period;
  throw Error{ErrorCode::InvalidArgument, "no length of bars is called \"" + std::string(text) + "\"",
              "lengths are minutes and hours (1m, 5m, 15m, 30m, 1h, 4h), 1d, 1w and 1mo"};
}

std::string BarPeriod::to_string() const {
  switch (unit) {
    case Unit::Minute:
      return minutes % 60 == 0 ? std::to_string(minutes / 60) + "h" : std::to_string(minutes) + "m";
    case Unit::Day:
      return "1d";
    case Unit::Week:
      return "1w";
    case Unit::Month:
      break;
  }
  return "1mo";
}

}  // namespace rustybt::data
