#include "rustybt/data/quality/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "rustybt/data/quality/bar_rows.hpp"
#include "rustybt/data/quality/market.hpp"
#include "rustybt/data/quality/restatements.hpp"

namespace rustybt::data {

namespace {

using utils::BarCell;
using utils::BarColumn;
using utils::BarRow;
using utils::Finding;
using utils::MarketKind;
using utils::Severity;

constexpr Role kRoles[] = {Role::Open,   Role::High,     Role::Low,   Role::Close,
                           Role::Volume, Role::Dividend, Role::Split, Role::AdjustedClose};

/// Column of the table that a finding names, -1 for "all".
int table_column(const std::string& name, const TableReading& reading) {
  if (name == "date") return reading.columns[Role::Time];
  for (int c = 0; c < utils::kBarColumnCount; ++c)
    if (name == utils::bar_column_name(static_cast<BarColumn>(c))) return reading.columns[kRoles[c]];
  return -1;
}

void sort_and_place(std::vector<Finding> findings, const RawTable& table, const TableReading& reading,
                    QualityReport& report) {
  std::ranges::stable_sort(findings, {}, &Finding::row);
  for (Finding& finding : findings) {
    QualityFinding placed{std::move(finding), report.file, 0, {}};
    placed.line = table.line(placed.row);
    const int column = table_column(placed.column, reading);
    if (placed.code != "missing_session" && placed.code != "long_gap")
      placed.value = column >= 0 ? table.cell(placed.row, column) : table.text(placed.row);
    report.findings.push_back(std::move(placed));
  }
}

/// A file that stops in the middle of its last number: whole in cells, small in volume.
void recognise_cut_number(const RawTable& table, std::vector<Finding>& findings) {
  if (!table.is_text() || table.ends_with_newline()) return;
  for (Finding& f : findings) {
    if (f.row + 1 != table.rows() || f.code != "volume_outlier" || f.message.find(" 1/") == std::string::npos) continue;
    f.code = "truncated_row";
    f.severity = Severity::Error;
    f.message += ", and the file stops there without a line end: it was cut off in the middle of a number";
    f.advice = "fetch the file again";
  }
}

/// A session that is missing right behind a row whose date cannot be read is that row: one defect, not two.
void join_lost_dates(std::vector<Finding>& findings) {
  std::map<std::int64_t, Finding*> lost;  // by the row after
  for (Finding& f : findings)
    if (f.column == "date" && (f.code == "unreadable_date" || f.code == "missing_value")) lost[f.row + 1] = &f;
  std::erase_if(findings, [&](const Finding& f) {
    const auto at = lost.find(f.row);
    if (f.code != "missing_session" || at == lost.end()) return false;
    at->second->message += fmt::format("; the session of {} is missing there", f.date->to_string());
    at->second->date = f.date;
    lost.erase(at);
    return true;
  });
}

std::string length_text(const SymbolRows& symbol) {
  if (!symbol.bar_length_ns) return symbol.is_longer_than_day ? "weekly or longer" : "daily";
  const std::int64_t seconds = *symbol.bar_length_ns / Timestamp::kSecond;
  if (seconds % 3600 == 0) return fmt::format("{}-hour", seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("{}-minute", seconds / 60);
  return fmt::format("{}-second", seconds);
}

std::string describe(const RawTable& table, const TableReading& reading, const std::vector<SymbolRows>& symbols,
                     const Market& market) {
  std::string text;
  if (table.is_text()) {
    const char d = table.delimiter();
    text += d == ',' ? "comma" : d == ';' ? "semicolon" : d == '\t' ? "tab" : "bar";
    text += "-separated";
    if (reading.decimal_comma) text += ", decimal commas";
    if (!table.has_header()) text += ", no header";
    if (table.skipped_lines() > 0) text += fmt::format(", {} lines above it", table.skipped_lines());
    text += "; ";
  }
  text += reading.day_of_file ? fmt::format("milliseconds of {}", reading.day_of_file->to_string())
                              : fmt::format("dates {}", reading.time_format.describe());
  Date first{INT32_MAX}, last{INT32_MIN};
  for (const SymbolRows& symbol : symbols)
    for (const BarRow& row : symbol.rows) {
      first = std::min(first, row.date);
      last = std::max(last, row.date);
    }
  if (symbols.size() > 1) text += fmt::format("; {} symbols", symbols.size());
  if (!symbols.empty() && first <= last)
    text += fmt::format("; {} {} bars{}, {} to {}", length_text(symbols.front()), utils::market_kind_name(market.kind),
                        market.calendar ? " on calendar " + market.calendar->name() : "", first.to_string(),
                        last.to_string());
  if (!market.why.empty()) text += fmt::format(" ({})", market.why);
  return text;
}

}  // namespace

std::int64_t QualityReport::count(Severity severity) const {
  return std::ranges::count(findings, severity, [](const QualityFinding& f) { return f.severity; });
}

QualityReport check_table(const RawTable& table, const std::string& file, const QualityOptions& options) {
  QualityReport report;
  report.file = file;
  report.rows = table.rows();
  if (auto revised = check_restatements(table, file)) return std::move(*revised);

  const TableReading reading = understand(table, file);
  std::vector<Finding> findings;
  std::vector<SymbolRows> symbols = read_rows(table, reading, findings);
  report.symbols = static_cast<std::int64_t>(symbols.size());
  const Market market = choose_market(symbols, reading, options);
  std::set<std::string> remarks;
  for (SymbolRows& symbol : symbols) {
    std::vector<std::string> said;
    if (symbol.bar_length_ns) {
      settle_stamps(symbol, market, findings);
    } else {
      settle_days(symbol, market, said);
    }
    utils::ValidationOptions rules;
    rules.kind = market.kind;
    rules.calendar = symbol.is_longer_than_day ? nullptr : market.calendar;
    rules.today = options.today;
    rules.bar_length_ns = symbol.bar_length_ns;
    utils::Validation validation = utils::validate_bars(symbol.rows, rules);
    for (Finding& finding : validation.findings) {
      finding.symbol = symbol.symbol;
      if (!reading.bid_or_ask.empty() && finding.code == "missing_value") {
        finding.severity = Severity::Info;  // nobody bid
        finding.message = "no bid";
      }
      findings.push_back(std::move(finding));
    }
    for (std::string& remark : said)
      if (remarks.insert(remark).second) report.remarks.push_back(std::move(remark));
    for (std::string& remark : validation.remarks) {
      const bool has_name = symbols.size() > 1 && !symbol.symbol.empty();
      std::string words = has_name ? fmt::format("{}: {}", symbol.symbol, remark) : std::move(remark);
      if (remarks.insert(words).second) report.remarks.push_back(std::move(words));
    }
  }
  recognise_cut_number(table, findings);
  join_lost_dates(findings);
  report.understood = describe(table, reading, symbols, market);
  sort_and_place(std::move(findings), table, reading, report);
  return report;
}

namespace {

MarketKind kind_of(assets::AssetType type) {
  switch (type) {
    case assets::AssetType::Equity:
      return MarketKind::Equity;
    case assets::AssetType::Future:
      return MarketKind::Future;
    case assets::AssetType::Cryptocurrency:
      return MarketKind::Crypto;
    case assets::AssetType::FxPair:
      return MarketKind::Fx;
  }
  return MarketKind::Equity;
}

BarCell stored_cell(std::int64_t mantissa, int scale) {
  if (mantissa == kMissing) return {BarCell::State::Missing, 0};
  return {BarCell::State::Value, Decimal(mantissa, scale).to_double()};
}

template <class Bars>
BarRow stored_row(const Bars& bars, std::int64_t at, std::int64_t row, Timestamp time, Date date) {
  BarRow out{row, time, date, {}};
  for (int field = 0; field < kFieldCount; ++field)
    out.cells[static_cast<std::size_t>(field)] = stored_cell(
        bars.columns[field][at], field == static_cast<int>(Field::Volume) ? bars.volume_scale : bars.price_scale);
  return out;
}

/// Nothing is known about a session that the bundle holds as nulls.
bool is_empty(const BarRow& row) {
  return std::ranges::none_of(row.cells, [](const BarCell& cell) { return cell.has_value(); });
}

std::vector<BarRow> daily_rows(const Bundle& bundle, AssetIndex asset) {
  const AssetBars& bars = bundle.bars->daily(asset);
  std::vector<BarRow> rows;
  for (std::int32_t i = 0; i < bars.count; ++i) {
    const Date date = bundle.bars->sessions()[static_cast<std::size_t>(bars.first + i)];
    BarRow row = stored_row(bars, i, static_cast<std::int64_t>(rows.size()), Timestamp::from_date(date), date);
    if (is_empty(row)) continue;
    row[BarColumn::Split] = {BarCell::State::Value, 1};
    row[BarColumn::Dividend] = {BarCell::State::Value, 0};
    rows.push_back(row);
  }
  const auto row_on = [&](Date date) -> BarRow* {
    const auto at = std::ranges::lower_bound(rows, date, {}, &BarRow::date);
    return at != rows.end() && at->date == date ? &*at : nullptr;
  };
  for (const Split& split : bundle.adjustments->splits)
    if (BarRow* row = split.asset == asset && split.ratio > 0 ? row_on(split.effective_date) : nullptr)
      (*row)[BarColumn::Split].value = 1 / split.ratio;
  for (const CashDividend& dividend : bundle.adjustments->cash_dividends)
    if (BarRow* row = dividend.asset == asset ? row_on(dividend.ex_date) : nullptr)
      (*row)[BarColumn::Dividend].value = dividend.amount.to_double();
  return rows;
}

std::vector<BarRow> minute_rows(const Bundle& bundle, AssetIndex asset) {
  const AssetMinutes& minutes = bundle.bars->minutes(asset);
  const int first = bundle.calendar->find_session(bundle.bars->sessions().front()).value_or(0);
  std::vector<BarRow> rows;
  for (std::int32_t i = 0; i < minutes.count; ++i) {
    const std::int32_t session = minutes.first + i;
    const std::int64_t block = minutes.block(session);
    if (block < 0) continue;
    const Date date = bundle.bars->sessions()[static_cast<std::size_t>(session)];
    for (int n = 0; n < bundle.bars->minutes_in(session); ++n) {
      BarRow row = stored_row(minutes, block + n, static_cast<std::int64_t>(rows.size()),
                              bundle.calendar->minute(first + session, n), date);
      if (!is_empty(row)) rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace

QualityReport check_bars(const Bundle& bundle, const QualityOptions& options) {
  QualityReport report;
  report.file = bundle.info.name;
  report.understood = fmt::format("bundle on calendar {}, {} to {}", bundle.info.calendar_name,
                                  bundle.info.first_session.to_string(), bundle.info.last_session.to_string());
  const auto assets = bundle.finder->assets();
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const AssetIndex asset{static_cast<std::int32_t>(i)};
    for (const bool is_minute : {false, true}) {
      if (is_minute ? !bundle.bars->has_minutes() : !bundle.bars->has_daily()) continue;
      const std::vector<BarRow> rows = is_minute ? minute_rows(bundle, asset) : daily_rows(bundle, asset);
      if (rows.empty()) continue;
      report.rows += static_cast<std::int64_t>(rows.size());
      utils::ValidationOptions rules;
      rules.kind = options.kind.value_or(kind_of(assets[i].type));
      rules.calendar = options.calendar.empty() ? bundle.calendar : utils::get_calendar(options.calendar);
      rules.today = options.today;
      if (is_minute) rules.bar_length_ns = Timestamp::kMinute;
      for (Finding& finding : utils::validate_bars(rows, rules).findings) {
        // An ingest keeps a day without trade as an empty bar: a hole may be one.
        if (finding.code == "missing_session") finding.severity = Severity::Warning;
        finding.symbol = assets[i].symbol;
        QualityFinding placed{
            std::move(finding), fmt::format("{} {}", report.file, is_minute ? "minute" : "daily"), 0, {}};
        placed.line = placed.row + 1;
        report.findings.push_back(std::move(placed));
      }
    }
    ++report.symbols;
  }
  return report;
}

}  // namespace rustybt::data
