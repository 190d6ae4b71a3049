// Asset and adjustment databases. An input that begins with SQLite's own header is a file; any other is rows: one a
// line, the table's letter and its values, put into a database of Zipline's schema.

#include <algorithm>
#include <charconv>
#include <vector>

#include "fuzzing.hpp"
#include "rustybt/assets/asset_db_schema.hpp"
#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bundles/zipline_assets.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt {

namespace {

struct Table {
  char letter;
  const char* name;
  int columns;
};
constexpr Table kTables[] = {
    {'x', "exchanges", 3},
    {'e', "equities", 7},
    {'m', "equity_symbol_mappings", 7},
    {'u', "equity_supplementary_mappings", 5},
    {'r', "futures_root_symbols", 5},
    {'f', "futures_contracts", 13},
    {'s', "splits", 4},
    {'g', "mergers", 4},
    {'d', "dividends", 4},
    {'p', "dividend_payouts", 7},
    {'k', "stock_dividend_payouts", 8},
};
constexpr const char* kActions = R"sql(
CREATE TABLE splits ("index", sid, effective_date, ratio);
CREATE TABLE mergers ("index", sid, effective_date, ratio);
CREATE TABLE dividends ("index", sid, effective_date, ratio);
CREATE TABLE dividend_payouts ("index", sid, ex_date, declared_date, record_date, pay_date, amount);
CREATE TABLE stock_dividend_payouts ("index", sid, ex_date, declared_date, record_date, pay_date, payment_sid, ratio);
)sql";

/// A cell as SQLite would hold it: whole number, number, nothing ("-"), or text.
void bind(storage::Statement& insert, int index, std::string_view cell) {
  std::int64_t whole = 0;
  double real = 0;
  const char* const end = cell.data() + cell.size();
  if (cell == "-" || cell.empty()) {
    insert.bind_null(index);
  } else if (const auto [at, bad] = std::from_chars(cell.data(), end, whole); bad == std::errc{} && at == end) {
    insert.bind(index, whole);
  } else if (const auto [at2, bad2] = std::from_chars(cell.data(), end, real); bad2 == std::errc{} && at2 == end) {
    insert.bind(index, real);
  } else {
    insert.bind(index, cell);
  }
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void write_rows(const std::filesystem::path& path, std::string_view rows) {
  storage::Database database(path, storage::OpenMode::Create);
  database.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; BEGIN");  // nothing is to survive
  database.execute(assets::kAssetDbTables);
  database.execute(kActions);
  database.execute("INSERT INTO version_info VALUES (1, 7)");
  for (const std::string_view line : split(rows, '\n')) {
    if (line.empty()) continue;
    const auto table = std::ranges::find(kTables, line.front(), &Table::letter);
    if (table == std::end(kTables)) continue;
    std::string sql = std::string("INSERT OR IGNORE INTO ") + table->name + " VALUES (?";
    for (int i = 1; i < table->columns; ++i) sql += ", ?";
    storage::Statement insert = database.prepare(sql + ")");
    const std::vector<std::string_view> cells = split(line.substr(1), ',');
    for (int i = 0; i < table->columns; ++i)
      bind(insert, i + 1, static_cast<std::size_t>(i) < cells.size() ? cells[static_cast<std::size_t>(i)] : "-");
    insert.execute();
  }
  database.execute("COMMIT");
}

void read_everything(const std::filesystem::path& path) {
  fuzzing::expect_only_errors([&] {
    const data::BundleContent content = data::read_zipline_assets(path);
    for (const auto& mapping : content.symbol_mappings)
      if (mapping.sid.value < 0 || mapping.sid.value >= static_cast<std::int64_t>(content.items.size())) std::abort();
  });
  fuzzing::expect_only_errors([&] {
    const assets::AssetFinder finder(path);
    for (std::size_t i = 1; i < finder.assets().size(); ++i)
      if (!(finder.assets()[i - 1].sid < finder.assets()[i].sid)) std::abort();
    fuzzing::expect_only_errors([&] { static_cast<void>(data::read_adjustments(path, finder)); });
  });
}

}  // namespace

}  // namespace rustybt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rustybt;
  const std::string_view input = fuzzing::text_of(data, size);
  if (input.starts_with("SQLite format 3")) {
    const fuzzing::InputFile file(input);
    read_everything(file.path());
  } else {
    const std::filesystem::path path = fuzzing::InputFile::folder() / "rows";
    bool is_written = true;
    try {
      write_rows(path, input);
    } catch (const Error&) {  // rows that SQLite does not take
      is_written = false;
    }
    if (is_written) read_everything(path);
  }
  return 0;
}
