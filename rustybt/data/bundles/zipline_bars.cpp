#include "rustybt/data/bundles/zipline_bars.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bundles/json_number.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

constexpr std::array<const char*, kFieldCount> kFields = {"open", "high", "low", "close", "volume"};
constexpr int kDailyScale = 3;  // daily prices are thousandths
constexpr std::uint32_t kSecondsADay = 86'400;
constexpr std::int64_t kMostRows = std::int64_t{1} << 40;
constexpr std::int64_t kLargestRatio = 1'000'000'000;
constexpr std::int64_t kMinutesADay = 1440;

[[noreturn]] void corrupt(const fs::path& file, const std::string& problem) {
  throw Error(ErrorCode::CorruptBundle, fmt::format("{}: {}", file.string(), problem),
              "take the folder from a backup, or ingest it again with Zipline")
      .with("file", file.string());
}

Sid parse_sid(std::string_view text, const fs::path& file) {
  std::int64_t sid = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sid);
  if (error != std::errc{} || end != text.data() + text.size() || sid < 0)
    corrupt(file, fmt::format("expected a sid, found \"{}\"", text));
  return {sid};
}

/// What `read` takes out of a JSON text; whatever it does not find is damage of the file.
template <class Read>
void read_json(std::string_view text, const fs::path& file, Read read) {
  try {
    read(Json::parse(text));
  } catch (const Json::exception& e) {
    corrupt(file, e.what());
  } catch (const Error& e) {
    if (e.code() == ErrorCode::CorruptBundle) throw;
    corrupt(file, e.message());
  }
}

using Cells = std::array<std::vector<std::uint32_t>, kFieldCount>;

bool has_values(const Cells& cells, std::size_t i) {
  bool any = false;
  for (const auto& column : cells) any = any || column[i] != 0;
  return any;
}

/// Take over place `i`: a price of 0 is missing.
void add(BarSeries& out, std::int64_t time, const Cells& cells, std::size_t i, std::int64_t factor) {
  out.times.push_back(time);
  for (std::size_t f = 0; f < 4; ++f)
    out.columns[f].push_back(cells[f][i] == 0 ? kMissing : std::int64_t{cells[f][i]} * factor);
  out.columns[4].push_back(cells[4][i]);
}

/// Decimals that hold stored / ratio exactly, and what to multiply the stored number by.
std::pair<int, std::int64_t> scale_of(std::int64_t ratio, const fs::path& file) {
  for (int scale = 0; scale <= 9; ++scale) {
    const std::int64_t power = kPowersOfTen64[static_cast<std::size_t>(scale)];
    if (ratio > 0 && power % ratio == 0) return {scale, power / ratio};
  }
  corrupt(file, fmt::format("prices are multiplied by {}, which divides no power of ten up to 9 digits", ratio));
}

}  // namespace

ZiplineDailyFacts parse_daily_facts(std::string_view json, const fs::path& file) {
  ZiplineDailyFacts facts;
  read_json(json, file, [&](const Json& attrs) {
    facts.calendar_name = attrs.value("calendar_name", "XNYS");  // tables of before 2017 list their days instead
    const Json& last = attrs.at("last_row");
    for (const auto& [sid, row] : attrs.at("first_row").items()) {
      const std::int64_t begin = whole_number(row, 0, kMostRows);
      const std::int64_t end = whole_number(last.at(sid), begin, kMostRows);
      facts.rows[parse_sid(sid, file)] = {begin, end + 1};
    }
  });
  return facts;
}

ZiplineMinuteFacts parse_minute_facts(std::string_view json, const fs::path& file) {
  ZiplineMinuteFacts facts;
  read_json(json, file, [&](const Json& data) {
    const std::int64_t version = data.contains("version") ? whole_number(data.at("version")) : 0;
    if (version < 0 || version > 3) corrupt(file, fmt::format("expected a version of 0 to 3, found {}", version));
    facts.ratio = whole_number(data.at("ohlc_ratio"), 1, kLargestRatio);
    if (version >= 1)
      facts.minutes_per_day = static_cast<int>(whole_number(data.at("minutes_per_day"), 1, kMinutesADay));
    facts.calendar_name = version >= 2 ? data.at("calendar_name").get<std::string>() : "XNYS";
    const auto day = data.at(version >= 2 ? "start_session" : "first_trading_day").get<std::string>();
    facts.start_session = Date::parse(std::string_view(day).substr(0, 10));
    if (version >= 3 && data.at("ohlc_ratios_per_sid").is_object())
      for (const auto& [sid, ratio] : data.at("ohlc_ratios_per_sid").items())
        facts.ratios[parse_sid(sid, file)] = whole_number(ratio, 1, kLargestRatio);
  });
  return facts;
}

ZiplineDailyTable::ZiplineDailyTable(const fs::path& folder)
    : folder_(folder), facts_(parse_daily_facts(storage::read_file(folder / "__attrs__"), folder / "__attrs__")) {
  if (facts_.rows.empty()) return;
  for (const char* field : kFields) columns_.emplace_back(folder_ / field);
  columns_.emplace_back(folder_ / "day");
}

ZiplineSeries ZiplineDailyTable::read(Sid sid) {
  const auto [begin, end] = facts_.rows.at(sid);
  Cells cells;
  for (std::size_t f = 0; f < kFieldCount; ++f) cells[f] = columns_[f].read(begin, end - begin);
  const std::vector<std::uint32_t> days = columns_.back().read(begin, end - begin);
  ZiplineSeries out;
  out.places = end - begin;
  out.series.price_scale = kDailyScale;
  for (std::size_t i = 0; i < days.size(); ++i) add(out.series, days[i] / kSecondsADay, cells, i, 1);
  return out;
}

ZiplineMinuteTables::ZiplineMinuteTables(const fs::path& folder)
    : folder_(folder),
      facts_(parse_minute_facts(storage::read_file(folder / "metadata.json"), folder / "metadata.json")) {
  for (auto entry = fs::recursive_directory_iterator(folder_); entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->path().extension() != ".bcolz") continue;
    entry.disable_recursion_pending();
    tables_[parse_sid(entry->path().stem().string(), entry->path())] = entry->path();
  }
}

ZiplineSeries ZiplineMinuteTables::read(Sid sid, const utils::TradingCalendar& calendar) const {
  const fs::path& table = tables_.at(sid);
  Cells cells;
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    BcolzColumn column(table / kFields[f]);
    cells[f] = column.read(0, column.size());
    if (cells[f].size() != cells[0].size())
      corrupt(table, fmt::format("{} has {} rows, open {}", kFields[f], cells[f].size(), cells[0].size()));
  }
  const fs::path facts_file = folder_ / "metadata.json";
  const auto own = facts_.ratios.find(sid);
  const auto [scale, factor] = scale_of(own == facts_.ratios.end() ? facts_.ratio : own->second, facts_file);
  const std::optional<int> first = calendar.find_session(facts_.start_session);
  if (!first) {
    corrupt(facts_file, fmt::format("{} is no session of {}", facts_.start_session.to_string(), calendar.name()));
  }
  ZiplineSeries out;
  out.series.price_scale = scale;
  out.places = static_cast<std::int64_t>(cells[0].size());
  const auto per_day = static_cast<std::size_t>(facts_.minutes_per_day);
  for (std::size_t i = 0; i < cells[0].size(); ++i) {
    const std::size_t session = static_cast<std::size_t>(*first) + i / per_day;
    if (session >= static_cast<std::size_t>(calendar.session_count())) {
      corrupt(table, fmt::format("has rows after {}, the last session of {}", calendar.sessions().back().to_string(),
                                 calendar.name()));
    }
    if (!has_values(cells, i)) {
      ++out.empty;
      continue;
    }
    const int at = static_cast<int>(session);
    const Timestamp minute{calendar.first_minute(at).ns + static_cast<std::int64_t>(i % per_day) * Timestamp::kMinute};
    if (calendar.find_minute(at, minute)) {
      add(out.series, minute.ns, cells, i, factor);
    } else {
      ++out.not_trading;  // after an early close, or in a break
    }
  }
  return out;
}

}  // namespace rustybt::data
