#include "rustybt/data/quality/bar_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/cell_number.hpp"

namespace rustybt::data {

namespace {

using utils::BarCell;
using utils::BarColumn;
using utils::BarRow;
using utils::Finding;
using utils::Repair;
using utils::Severity;

constexpr Role kCellRoles[utils::kBarColumnCount] = {Role::Open,   Role::High,     Role::Low,   Role::Close,
                                                     Role::Volume, Role::Dividend, Role::Split, Role::AdjustedClose};
constexpr std::int64_t kSample = 2000;
constexpr int kFirstYear = 1900, kLastYear = 2189;  // their distance fits int64 nanoseconds

bool is_integer(std::string_view cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789") == std::string_view::npos;
}

std::int64_t to_integer(std::string_view digits) {
  std::int64_t value = -1;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return failure == std::errc{} && end == digits.data() + digits.size() ? value : -1;
}

/// A date of eight digits in a file's name: LEAN's files within a day carry it there.
std::optional<Date> date_in_name(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  for (std::size_t i = 0; i + 8 <= name.size(); ++i) {
    const std::string_view digits = std::string_view(name).substr(i, 8);
    if (!is_integer(digits)) continue;
    const auto time = parse_written_time(digits, {TimeFormat::Kind::Compact, {}});
    if (time) return time->date;
  }
  return std::nullopt;
}

/// All times are milliseconds since midnight: integers below a day's, rising.
bool has_day_milliseconds(const RawTable& table, int column) {
  std::int64_t before = -1;
  for (std::int64_t row = 0; row < std::min(table.rows(), kSample); ++row) {
    const std::string_view cell = table.cell(row, column);
    if (cell.size() > 8 || !is_integer(cell)) return false;
    const std::int64_t value = to_integer(cell);
    if (value < before || value >= 86'400'000) return false;
    before = value;
  }
  return !parse_written_time(table.cell(0, column), {TimeFormat::Kind::Compact, {}}) || before < 1'000'000;
}

BarColumns columns_without_header(const RawTable& table, TableReading& reading) {
  BarColumns columns;
  const int count = static_cast<int>(table.names().size());
  int at = 0;
  if (at < count) columns[Role::Time] = at++;
  bool ignored = false;
  if (at < count && read_cell(table.cell(0, at), false, ignored).state == BarCell::State::Unreadable)
    columns[Role::Symbol] = at++;
  if (count == 11) reading.bid_or_ask = "bid";  // LEAN's quote bars: bid OHLC and size, ask OHLC and size
  for (const Role role : {Role::Open, Role::High, Role::Low, Role::Close, Role::Volume})
    if (at < count && !(count == 11 && role == Role::Volume)) columns[role] = at++;
  return columns;
}

bool guess_decimal_comma(const RawTable& table, const BarColumns& columns) {
  if (table.delimiter() == ',') return false;
  int commas = 0, points = 0;
  for (std::int64_t row = 0; row < std::min(table.rows(), kSample); ++row)
    for (const Role role : {Role::Open, Role::High, Role::Low, Role::Close}) {
      const std::string_view cell = table.cell(row, columns[role]);
      if (cell.find(',') != std::string_view::npos) ++commas;
      if (cell.find('.') != std::string_view::npos) ++points;
    }
  return commas > points;
}

/// How well dates of a form follow each other: steps of at most a week in one direction.
int orderly_steps(const std::vector<std::string_view>& cells, TimeFormat::Kind kind) {
  int up = 0, down = 0;
  std::optional<Date> before;
  for (const std::string_view cell : cells) {
    const auto time = parse_written_time(cell, {kind, {}});
    if (!time) continue;
    const int step = before ? time->date - *before : 0;
    if (step > 0 && step <= 7) ++up;
    if (step < 0 && step >= -7) ++down;
    before = time->date;
  }
  return std::max(up, down);
}

std::optional<TimeFormat> guess_time_format(const RawTable& table, int column) {
  std::vector<std::string_view> cells;
  for (std::int64_t row = 0; row < std::min(table.rows(), kSample); ++row) cells.push_back(table.cell(row, column));
  using Kind = TimeFormat::Kind;
  TimeFormat best;
  std::ptrdiff_t most = 0;
  for (const Kind kind : {Kind::YearFirst, Kind::Compact, Kind::Epoch, Kind::MonthFirst, Kind::DayFirst}) {
    const TimeFormat format{kind, {}};
    const std::ptrdiff_t read =
        std::ranges::count_if(cells, [&](std::string_view c) { return parse_written_time(c, format).has_value(); });
    const bool is_tie = read == most && kind == Kind::DayFirst && best.kind == Kind::MonthFirst &&
                        orderly_steps(cells, Kind::DayFirst) > orderly_steps(cells, Kind::MonthFirst);
    if (read > most || (is_tie && read > 0)) {
      most = read;
      best = format;
    }
  }
  if (most == 0) return std::nullopt;
  return best;
}

/// A cell that the column's form does not read, in another form that leaves no doubt.
std::optional<WrittenTime> read_other_form(std::string_view cell, const TimeFormat& format) {
  using Kind = TimeFormat::Kind;
  for (const Kind kind : {Kind::YearFirst, Kind::Compact, Kind::Epoch})
    if (kind != format.kind)
      if (const auto time = parse_written_time(cell, {kind, {}})) return time;
  const auto day_first = parse_written_time(cell, {Kind::DayFirst, {}});
  const auto month_first = parse_written_time(cell, {Kind::MonthFirst, {}});
  if (day_first && month_first) return day_first->date == month_first->date ? day_first : std::nullopt;
  return day_first ? day_first : month_first;
}

Finding make_finding(std::int64_t row, std::string code, Severity severity, std::string column, std::string message,
                     std::string advice) {
  Finding f;
  f.row = row;
  f.code = std::move(code);
  f.severity = severity;
  f.column = std::move(column);
  f.message = std::move(message);
  f.advice = std::move(advice);
  return f;
}

bool is_header_again(const RawTable& table, std::int64_t row) {
  if (!table.has_header()) return false;
  for (std::size_t c = 0; c < table.names().size(); ++c)
    if (table.cell(row, static_cast<int>(c)) != table.names()[c]) return false;
  return true;
}

/// False when the row is no row of the table.
bool check_shape(const RawTable& table, std::int64_t row, std::vector<Finding>& findings) {
  const std::size_t expected = table.names().size(), found = table.cell_count(row);
  if (is_header_again(table, row)) {
    findings.push_back(make_finding(row, "repeated_header", Severity::Warning, "all",
                                    "the header stands here again: two files in one", "remove the line"));
    findings.back().repair = Repair::RemoveRow;
    return false;
  }
  if (found == expected) return true;
  if (found > expected) {
    bool is_empty = true;
    for (std::size_t c = expected; c < found; ++c) is_empty = is_empty && table.cell(row, static_cast<int>(c)).empty();
    if (is_empty) return true;  // delimiters at the end
    findings.push_back(make_finding(
        row, "extra_cells", Severity::Error, "all",
        fmt::format("{} cells where the table has {}: a stray delimiter shifts the columns", found, expected),
        "correct the line: decimal commas and thousands separators need quotes"));
    return false;
  }
  const bool is_last = row + 1 == table.rows();
  findings.push_back(
      make_finding(row, "truncated_row", Severity::Error, "all",
                   fmt::format("the row stops after {} of {} cells{}", found, expected,
                               is_last ? (table.ends_with_newline() ? ": the file ends too early"
                                                                    : ": the file was cut off in the middle of a line")
                                       : ""),
                   is_last ? "fetch the file again" : "correct the line"));
  return false;
}

struct Stamp {
  std::int64_t ns;
  Date date;
};

/// When the row is; nullopt with a finding when that cannot be told.
std::optional<Stamp> read_stamp(const RawTable& table, std::int64_t row, const TableReading& reading,
                                std::vector<Finding>& findings) {
  const std::string_view cell = table.cell(row, reading.columns[Role::Time]);
  if (reading.day_of_file) {
    const std::int64_t ms = is_integer(cell) ? to_integer(cell) : -1;
    if (ms >= 0 && ms < 86'400'000) {
      const std::int64_t ns = Timestamp::from_date(*reading.day_of_file).ns + ms * 1'000'000;
      return Stamp{ns, *reading.day_of_file};
    }
  }
  std::optional<WrittenTime> time = reading.day_of_file ? std::nullopt : parse_written_time(cell, reading.time_format);
  if (!time && !reading.day_of_file) {
    time = read_other_form(cell, reading.time_format);
    if (time)
      findings.push_back(make_finding(row, "mixed_date_forms", Severity::Warning, "date",
                                      fmt::format("\"{}\" is written in another form than the dates around it ({})",
                                                  cell, reading.time_format.describe()),
                                      "write all dates in one form"));
  }
  if (!time) {
    findings.push_back(cell.empty() ? make_finding(row, "missing_value", Severity::Error, "date", "the date is missing",
                                                   "a row without a date cannot be used: look it up or remove the row")
                                    : make_finding(row, "unreadable_date", Severity::Error, "date",
                                                   fmt::format("\"{}\" is no date ({} was expected)", cell,
                                                               reading.time_format.describe()),
                                                   "correct the date"));
    return std::nullopt;
  }
  std::int64_t of_day = time->time_of_day_ns;
  if (const int column = reading.columns[Role::TimeOfDay]; column >= 0) {
    const auto clock = parse_written_time(fmt::format("2000-01-01 {}", table.cell(row, column)), {});
    if (clock) of_day += clock->time_of_day_ns;
  }
  const std::int64_t offset = time->utc_offset_seconds.value_or(0) * Timestamp::kSecond;
  if (time->date.year() < kFirstYear || time->date.year() > kLastYear) {
    findings.push_back(make_finding(row, "unreadable_date", Severity::Error, "date",
                                    fmt::format("\"{}\" is no day of a market", cell), "correct the date"));
    return std::nullopt;
  }
  const Timestamp stamp{Timestamp::from_date(time->date).ns + of_day - offset};
  return Stamp{stamp.ns, stamp.date()};
}

}  // namespace

BarCell read_cell(std::string_view cell, bool decimal_comma, bool& thousands) {
  using State = BarCell::State;
  const CellNumber number = parse_cell(cell, decimal_comma);
  if (number.kind == CellNumber::Kind::Missing) return {State::Missing, 0};
  if (number.kind == CellNumber::Kind::Value)
    return {State::Value, static_cast<double>(number.mantissa) / std::pow(10.0, number.scale)};
  std::string text(trim(cell));
  std::string word = to_upper(text);
  if (word.starts_with('-') || word.starts_with('+')) word.erase(0, 1);
  if (word == "INF" || word == "INFINITY" || word == "1.#INF" || word == "\xE2\x88\x9E") return {State::Infinite, 0};
  const char separator = decimal_comma ? '.' : ',';
  if (number.kind == CellNumber::Kind::Bad) {  // 1,234,567.8: groups of three behind the first
    std::string plain;
    std::size_t group = 0;
    bool in_groups = false, is_grouped = true, after_point = false;
    for (const char c : text) {
      if (c == separator && !after_point) {
        is_grouped = is_grouped && (in_groups ? group == 3 : group >= 1 && group <= 3);
        in_groups = true;
        group = 0;
        continue;
      }
      if (c == (decimal_comma ? ',' : '.')) {
        is_grouped = is_grouped && (!in_groups || group == 3);
        after_point = true;
      }
      if (c >= '0' && c <= '9' && !after_point) ++group;
      plain += c;
    }
    if (!in_groups || !is_grouped || (!after_point && group != 3)) return {State::Unreadable, 0};
    const CellNumber again = parse_cell(plain, decimal_comma);
    if (again.kind != CellNumber::Kind::Value) return {State::Unreadable, 0};
    thousands = true;
    return {State::Value, static_cast<double>(again.mantissa) / std::pow(10.0, again.scale)};
  }
  if (decimal_comma) std::ranges::replace(text, ',', '.');  // too long for a bar
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return {State::Unreadable, 0};
  if (failure != std::errc{} || !std::isfinite(value)) return {State::Infinite, 0};
  return {State::Value, value};
}

TableReading understand(const RawTable& table, const std::string& file) {
  TableReading reading;
  reading.columns =
      table.has_header() || !table.is_text() ? guess_columns(table.names()) : columns_without_header(table, reading);
  std::string missing;
  for (const Role role : {Role::Time, Role::Close})
    if (reading.columns[role] < 0) missing += fmt::format("{}{}", missing.empty() ? "" : " and ", role_name(role));
  if (!missing.empty())
    throw Error(ErrorCode::MissingColumn,
                fmt::format("{} has no column of {}; it has {}", file, missing, fmt::join(table.names(), ", ")),
                "bars need a date and a close; name the columns as usual (date, open, high, low, close, volume)");
  reading.decimal_comma = guess_decimal_comma(table, reading.columns);
  for (const std::string& name : table.names()) {
    const std::string word = to_upper(name);
    if (word.find("SETTLE") != std::string::npos || word.find("OPEN INTEREST") != std::string::npos ||
        word.find("OPEN_INTEREST") != std::string::npos)
      reading.has_futures_columns = true;
  }
  const int time = reading.columns[Role::Time];
  if (const auto day = date_in_name(file); day && has_day_milliseconds(table, time)) {
    reading.day_of_file = day;
    return reading;
  }
  if (const auto format = guess_time_format(table, time)) reading.time_format = *format;
  return reading;
}

std::vector<SymbolRows> read_rows(const RawTable& table, const TableReading& reading, std::vector<Finding>& findings) {
  std::vector<SymbolRows> symbols;
  std::map<std::string, std::size_t, std::less<>> known;
  const int symbol_column = reading.columns[Role::Symbol];
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const std::size_t first_finding = findings.size();
    const bool is_whole = check_shape(table, row, findings);
    if (!is_whole && (table.cell_count(row) < 2 || is_header_again(table, row))) continue;
    const std::string_view symbol = table.cell(row, symbol_column);
    std::vector<Finding> of_broken_row;  // its shape is reported, its date says that the session is there
    const auto stamp = read_stamp(table, row, reading, is_whole ? findings : of_broken_row);
    if (stamp) {
      auto at = known.find(symbol);
      if (at == known.end()) {
        at = known.emplace(symbol, symbols.size()).first;
        symbols.push_back({std::string(symbol), {}, {}, false});
      }
      BarRow bar{row, {stamp->ns}, stamp->date, {}};
      for (int c = 0; is_whole && c < utils::kBarColumnCount; ++c) {
        const int column = reading.columns[kCellRoles[c]];
        if (column < 0) continue;
        bool thousands = false;
        bar.cells[static_cast<std::size_t>(c)] = read_cell(table.cell(row, column), reading.decimal_comma, thousands);
        if (thousands)
          findings.push_back(make_finding(row, "thousands_separator", Severity::Warning,
                                          std::string(utils::bar_column_name(static_cast<BarColumn>(c))),
                                          "the number has separators between its thousands",
                                          "write plain numbers: an ingest does not read these"));
      }
      symbols[at->second].rows.push_back(bar);
    }
    for (std::size_t i = first_finding; i < findings.size(); ++i) {
      findings[i].symbol = symbol;
      if (stamp) findings[i].date = stamp->date;
    }
  }
  for (SymbolRows& symbol : symbols) find_bar_length(symbol);
  return symbols;
}

void find_bar_length(SymbolRows& symbol) {
  std::map<std::int64_t, std::size_t> steps;
  std::vector<std::int64_t> times;
  for (const BarRow& row : symbol.rows) times.push_back(row.time.ns);
  std::ranges::sort(times);
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] != times[i - 1]) ++steps[times[i] - times[i - 1]];
  if (steps.empty()) return;
  const auto commonest = std::ranges::max_element(steps, {}, [](const auto& step) { return step.second; });
  constexpr std::int64_t kHour = 60 * Timestamp::kMinute;
  if (commonest->first < 20 * kHour) symbol.bar_length_ns = commonest->first;
  if (symbol.bar_length_ns) return;
  // weeks, months, quarters, years: nearly all steps are of one such length (holidays have none in common)
  std::size_t all = 0;
  for (const auto& [step, count] : steps) all += count;
  constexpr std::pair<int, int> kDays[] = {{5, 9}, {27, 33}, {88, 95}, {360, 370}};
  for (const auto& [fewest, most] : kDays) {
    std::size_t fitting = 0;
    for (const auto& [step, count] : steps)
      if (step >= fewest * Timestamp::kDay && step <= most * Timestamp::kDay) fitting += count;
    if (all >= 5 && fitting * 10 >= all * 9) symbol.is_longer_than_day = true;
  }
}

}  // namespace rustybt::data
