#include "rustybt/data/quality/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/quality/bar_rows.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data {

namespace {

using utils::BarColumn;
using utils::BarRow;
using utils::Repair;

constexpr Role kRoles[] = {Role::Open, Role::High, Role::Low, Role::Close, Role::Volume};

int table_column(BarColumn column, const TableReading& reading) {
  const auto at = static_cast<std::size_t>(column);
  return at < std::size(kRoles) ? reading.columns[kRoles[at]] : -1;
}

/// A number's text with its point moved, exactly. @throws Error{InvalidNumber}, Error{Overflow}
std::string moved_point(std::string_view cell, int power, bool decimal_comma) {
  std::string text(cell);
  if (decimal_comma) std::ranges::replace(text, ',', '.');
  Decimal value = Decimal::parse(text);
  const int scale = std::max(value.scale() - power, 0);
  value = Decimal(value.coefficient() * power_of_ten(std::max(power - value.scale(), 0)), scale);
  text = value.to_string();
  if (text.find('.') != std::string::npos) {
    while (text.ends_with('0') && text[text.size() - 2] != '.') text.pop_back();
  }
  if (decimal_comma) std::ranges::replace(text, '.', ',');
  return text;
}

/// On the straight line from a to b, `steps` rows later, one row after a; with the digits of the longer one and inside
/// the row's own high and low.
std::string one_step(const Decimal& a, const Decimal& b, std::int64_t steps, BarColumn column, const BarRow& row,
                     bool decimal_comma) {
  const int scale = std::max(a.scale(), b.scale());
  Decimal value = (a * Decimal(steps - 1, 0) + b).divide(Decimal(steps, 0), scale, Rounding::HalfEven);
  const auto keep = [&](BarColumn bound, bool at_least) {
    if (bound == column || !row[bound].has_value() || row[bound].value <= 0 || row[bound].value > 1e12) return;
    const Decimal limit = Decimal::from_double_shortest(row[bound].value);
    if (at_least ? value < limit : limit < value) value = limit;
  };
  if (column != BarColumn::High) keep(BarColumn::High, false);
  if (column != BarColumn::Low) keep(BarColumn::Low, true);
  for (const BarColumn c : {BarColumn::Open, BarColumn::Close}) {
    if (column == BarColumn::High) keep(c, true);
    if (column == BarColumn::Low) keep(c, false);
  }
  std::string text = value.to_string();
  if (decimal_comma) std::ranges::replace(text, '.', ',');
  return text;
}

using Cells = std::map<std::pair<std::int64_t, int>, Change>;  // by row and table column

void fill_missing(const RawTable& table, const TableReading& reading, const std::vector<SymbolRows>& symbols,
                  Cells& cells) {
  constexpr BarColumn kPrices[] = {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close};
  constexpr std::size_t kMostFilled = 5;  // rows in a row; longer holes are no matter of a straight line
  for (const SymbolRows& symbol : symbols) {
    std::vector<BarRow> rows = symbol.rows;
    std::ranges::stable_sort(rows, {}, [](const BarRow& r) { return r.time; });
    for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
      for (const BarColumn column : kPrices) {
        const int c = table_column(column, reading);
        std::size_t next = i + 1;
        while (next < rows.size() && next - i < kMostFilled && !rows[next][column].has_value()) ++next;
        using State = utils::BarCell::State;  // a broken row has no cells to fill
        const State state = rows[i][column].state;
        if (c < 0 || state == State::Value || state == State::NoColumn || next >= rows.size()) continue;
        const auto& before = rows[i - 1][column];
        const auto& after = rows[next][column];
        if (!before.has_value() || !after.has_value() || before.value <= 0 || after.value <= 0) continue;
        constexpr double kLargest = 1e12;  // a price that Decimal takes in its stride
        if (std::max(before.value, after.value) > kLargest || std::min(before.value, after.value) < 1 / kLargest)
          continue;
        std::string value =
            one_step(Decimal::from_double_shortest(before.value), Decimal::from_double_shortest(after.value),
                     static_cast<std::int64_t>(next - i + 1), column, rows[i], reading.decimal_comma);
        bool ignored = false;
        rows[i][column] = read_cell(value, reading.decimal_comma, ignored);
        cells[{rows[i].row, c}] = {rows[i].row,
                                   table.names()[static_cast<std::size_t>(c)],
                                   std::string(table.cell(rows[i].row, c)),
                                   std::move(value),
                                   "fill",
                                   c};
      }
    }
  }
}

/// Rows of each symbol in order of time, in the places that the symbol has in the file.
void sort_rows(const std::vector<SymbolRows>& symbols, bool newest_first, std::vector<std::int64_t>& order) {
  std::map<std::int64_t, std::int64_t> moved;  // row -> row that comes in its place
  for (const SymbolRows& symbol : symbols) {
    std::vector<const BarRow*> sorted;
    for (const BarRow& row : symbol.rows) sorted.push_back(&row);
    std::ranges::stable_sort(sorted, {}, [&](const BarRow* r) { return newest_first ? -r->time.ns : r->time.ns; });
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (symbol.rows[i].row != sorted[i]->row) moved[symbol.rows[i].row] = sorted[i]->row;
  }
  for (std::int64_t& row : order)
    if (const auto at = moved.find(row); at != moved.end()) row = at->second;
}

std::string quoted_csv(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

RepairPlan plan_repair(const RawTable& table, const QualityReport& report, const RepairOptions& options) {
  RepairPlan plan;
  const TableReading reading = understand(table, report.file);
  std::vector<utils::Finding> ignored;
  const std::vector<SymbolRows> symbols = read_rows(table, reading, ignored);
  std::set<std::int64_t> removed;
  Cells cells;
  bool sort = false;
  for (const QualityFinding& f : report.findings) {
    if (f.repair == Repair::SortRows) {
      sort = true;
      plan.changes.push_back({f.row, "row", std::string(table.text(f.row)), "moved", f.code});
    }
    if (f.repair == Repair::RemoveRow && removed.insert(f.row).second)
      plan.changes.push_back({f.row, "row", std::string(table.text(f.row)), "removed", f.code});
    if (f.repair != Repair::ScaleCells && f.repair != Repair::ClearCells) continue;
    for (const BarColumn column : f.columns) {
      const int c = table_column(column, reading);
      if (c < 0) continue;
      const std::string_view cell = table.cell(f.row, c);
      std::string after;
      if (f.repair == Repair::ScaleCells) {
        try {
          after = moved_point(cell, f.power_of_ten, reading.decimal_comma);
        } catch (const Error&) {  // "$12", 1e300: stays, and is reported again
          continue;
        }
      }
      if (after != cell)
        cells[{f.row, c}] = {f.row, table.names()[static_cast<std::size_t>(c)], std::string(cell), after, f.code, c};
    }
  }
  std::erase_if(plan.changes, [&](const Change& c) { return c.after == "moved" && removed.contains(c.row); });
  if (options.fill) fill_missing(table, reading, symbols, cells);
  for (const auto& [place, change] : cells)
    if (!removed.contains(place.first)) plan.changes.push_back(change);
  std::ranges::stable_sort(plan.changes, {}, &Change::row);
  for (std::int64_t row = 0; row < table.rows(); ++row) plan.rows.push_back(row);
  if (sort) {
    const bool newest_first = std::ranges::any_of(
        report.remarks, [](const std::string& r) { return r.find("newest row") != std::string::npos; });
    sort_rows(symbols, newest_first, plan.rows);
  }
  std::erase_if(plan.rows, [&](std::int64_t row) { return removed.contains(row); });
  return plan;
}

std::string repaired_text(const RawTable& table, const RepairPlan& plan) {
  std::map<std::int64_t, std::vector<const Change*>> changed;
  for (const Change& change : plan.changes)
    if (change.column != "row") changed[change.row].push_back(&change);
  const std::string_view line_end = table.has_windows_line_ends() ? "\r\n" : "\n";
  std::string text(table.preamble());
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    const std::int64_t row = plan.rows[i];
    const auto at = changed.find(row);
    if (at == changed.end()) {
      text += table.text(row);
    } else {
      std::vector<std::string> cells;
      for (const std::string_view cell : split_line(table.text(row), table.delimiter())) cells.emplace_back(cell);
      for (const Change* change : at->second) {
        const auto at_cell = static_cast<std::size_t>(change->cell);
        if (at_cell < cells.size()) cells[at_cell] = change->after;
      }
      text += fmt::format("{}", fmt::join(cells, std::string(1, table.delimiter())));
    }
    const bool is_cut = row + 1 == table.rows() && !table.ends_with_newline();
    if (!is_cut || i + 1 < plan.rows.size()) text += line_end;
  }
  return text;
}

void repair_parquet(const std::filesystem::path& source, const std::filesystem::path& target, const RepairPlan& plan) {
  storage::ColumnTable table = storage::read_parquet(source);
  for (const Change& change : plan.changes) {
    if (change.column == "row") continue;
    for (storage::Column& column : table.columns) {
      if (column.name != change.column) continue;
      const auto row = static_cast<std::size_t>(change.row);
      if (column.validity.empty()) column.validity.assign(column.size(), 1);
      column.validity[row] = change.after.empty() ? 0 : 1;
      if (auto* doubles = std::get_if<storage::Doubles>(&column.values); doubles && !change.after.empty())
        doubles->values[row] = Decimal::parse(change.after).to_double();
      if (auto* decimals = std::get_if<storage::Decimals>(&column.values); decimals && !change.after.empty())
        decimals->values[row] = static_cast<std::int64_t>(
            Decimal::parse(change.after).quantize(decimals->scale, Rounding::HalfEven).coefficient());
      if (auto* integers = std::get_if<storage::Int64s>(&column.values); integers && !change.after.empty())
        integers->values[row] =
            static_cast<std::int64_t>(Decimal::parse(change.after).quantize(0, Rounding::HalfEven).coefficient());
      if (auto* strings = std::get_if<storage::Strings>(&column.values)) strings->values[row] = change.after;
    }
  }
  for (storage::Column& column : table.columns) {
    const auto take = [&](auto& values) {
      auto taken = values;
      taken.clear();
      for (const std::int64_t row : plan.rows) taken.push_back(values[static_cast<std::size_t>(row)]);
      values = std::move(taken);
    };
    std::visit([&](auto& typed) { take(typed.values); }, column.values);
    if (!column.validity.empty()) take(column.validity);
  }
  storage::write_parquet(target, table);
}

std::string change_log(const std::string& file, const RepairPlan& plan) {
  std::string text = "file,row,column,old,new,rule\n";
  for (const Change& change : plan.changes)
    text += fmt::format("{},{},{},{},{},{}\n", quoted_csv(file), change.row, quoted_csv(change.column),
                        quoted_csv(change.before), quoted_csv(change.after), change.rule);
  return text;
}

}  // namespace rustybt::data
