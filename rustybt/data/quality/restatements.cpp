#include "rustybt/data/quality/restatements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/cell_number.hpp"
#include "rustybt/data/quality/bar_rows.hpp"

namespace rustybt::data {

namespace {

using utils::Severity;

struct Pair {
  std::string name;
  int first, later;
};

std::vector<Pair> find_pairs(const RawTable& table) {
  std::vector<Pair> pairs;
  const auto names = table.names();
  const auto position = [&](const std::string& name) {
    const auto at = std::ranges::find(names, name);
    return at == names.end() ? -1 : static_cast<int>(at - names.begin());
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    constexpr std::string_view kFirst = "first_";
    if (!names[i].starts_with(kFirst)) continue;
    const std::string name = names[i].substr(kFirst.size());
    if (!find_role(name) || find_role(name) == Role::Time || find_role(name) == Role::Symbol) continue;
    int later = position("last_" + name);
    if (later < 0) later = position("revised_" + name);
    if (later >= 0) pairs.push_back({name, static_cast<int>(i), later});
  }
  return pairs;
}

struct Change {
  double relative = 0;  ///< |later / first - 1|
  bool is_rounding = false;
};

/// How a value changed; rounding = equal to the digits of the coarser one.
std::optional<Change> find_change(std::string_view first_text, std::string_view later_text) {
  bool ignored = false;
  const auto first = read_cell(first_text, false, ignored), later = read_cell(later_text, false, ignored);
  if (!first.has_value() || !later.has_value())
    return first.state == later.state ? std::nullopt : std::optional(Change{1});
  if (first.value == later.value) return std::nullopt;
  const auto decimals = [](std::string_view text) {
    const auto point = text.find('.');
    return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
  };
  const double unit = std::pow(10.0, -std::min(decimals(first_text), decimals(later_text)));
  const double base = std::max(std::abs(first.value), unit);
  return Change{
      std::abs(later.value - first.value) / base,
      decimals(first_text) != decimals(later_text) && std::abs(later.value - first.value) <= unit / 2 * 1.001};
}

}  // namespace

std::optional<QualityReport> check_restatements(const RawTable& table, const std::string& file) {
  const std::vector<Pair> pairs = find_pairs(table);
  if (pairs.empty()) return std::nullopt;
  const BarColumns columns = guess_columns(table.names());
  QualityReport report;
  report.file = file;
  report.rows = table.rows();
  report.understood = fmt::format("bars as first sent and as sent later: {} values each", pairs.size());
  std::int64_t rounded = 0;
  constexpr double kLargePrice = 0.005, kLargeVolume = 0.10;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    std::string words, column;
    bool is_large = false, is_rounding = true;
    for (const Pair& pair : pairs) {
      const auto change = find_change(table.cell(row, pair.first), table.cell(row, pair.later));
      if (!change) continue;
      const bool is_volume = find_role(pair.name) == Role::Volume;
      if (column.empty()) column = pair.name;
      is_large = is_large || change->relative > (is_volume ? kLargeVolume : kLargePrice);
      is_rounding = is_rounding && change->is_rounding;
      words += fmt::format("{}{} {} became {} ({:.2g} %)", words.empty() ? "" : ", ", pair.name,
                           table.cell(row, pair.first), table.cell(row, pair.later), change->relative * 100);
    }
    if (words.empty()) continue;
    QualityFinding f;
    f.file = file;
    f.row = row;
    f.line = table.line(row);
    f.column = column;
    f.code = "restatement";
    f.symbol = table.cell(row, columns[Role::Symbol]);
    f.value = table.cell(row, guess_columns(table.names())[Role::Close]);
    if (const auto date = parse_written_time(table.cell(row, columns[Role::Time]), {})) f.date = date->date;
    f.severity = is_large ? Severity::Warning : Severity::Info;
    f.message = is_rounding ? "the vendor sent the same prices again with more digits: " + words
                            : "the vendor changed a bar it had sent: " + words;
    f.advice = is_large
                   ? "a backtest on the later values trades on what nobody knew that day: keep both, with the time "
                     "each was known"
                   : "keep the later value, and its date";
    rounded += is_rounding ? 1 : 0;
    report.findings.push_back(std::move(f));
  }
  report.remarks.push_back(
      fmt::format("{} of {} bars were changed after they were sent: {} by more than {:.1f} % in price "
                  "or {:.0f} % in volume, {} only in their last digits",
                  report.findings.size(), report.rows, report.count(Severity::Warning), kLargePrice * 100,
                  kLargeVolume * 100, rounded));
  return report;
}

}  // namespace rustybt::data
