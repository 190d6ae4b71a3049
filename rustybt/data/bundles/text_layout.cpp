#include "rustybt/data/bundles/text_layout.hpp"

#include <algorithm>
#include <array>

#include "rustybt/data/bundles/time_text.hpp"

namespace rustybt::data {

namespace {

struct RoleWords {
  Role role;
  std::string_view name;
  std::vector<std::string_view> words;  ///< lower case, letters and digits only
};

// Where two columns could serve, the earlier word wins ("date" before "time").
const std::vector<RoleWords>& role_words() {
  static const std::vector<RoleWords> table = {
      {Role::Time, "date", {"date",    "datetime",     "timestamp",   "time",     "dt",       "ts",    "day",
                            "session", "tradedate",    "tradingdate", "opentime", "unixtime", "unix",  "epoch",
                            "bartime", "timestamputc", "datetimeutc", "dateutc",  "timeutc",  "index", "indexlevel0",
                            ""}},
      {Role::TimeOfDay, "time_of_day", {"time", "timeofday"}},
      {Role::Symbol, "symbol", {"symbol", "ticker", "sym", "instrument", "code", "tic", "secid", "name", "asset"}},
      {Role::Open, "open", {"open", "o", "openprice", "pxopen", "first"}},
      {Role::High, "high", {"high", "h", "highprice", "pxhigh", "max"}},
      {Role::Low, "low", {"low", "l", "lowprice", "pxlow", "min"}},
      {Role::Close, "close", {"close", "c", "closeprice", "pxlast", "last", "closelast"}},
      {Role::Volume, "volume", {"volume", "v", "vol", "totalvolume", "pxvolume", "qty", "quantity", "shares"}},
      {Role::Dividend,
       "dividend",
       {"dividend", "dividends", "dividendamount", "exdividend", "divcash", "cashdividend"}},
      {Role::Split, "split", {"split", "splitcoefficient", "splitratio", "stocksplits", "splitfactor", "splits"}},
      {Role::AdjustedClose, "adjusted_close", {"adjustedclose", "adjclose", "closeadj", "closeadjusted"}},
  };
  return table;
}

/// "Adj Close" -> "adjclose", "<OPEN>" -> "open".
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < most) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Delimiters outside quotes.
int count_cells(std::string_view line, char delimiter) {
  int cells = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == delimiter && !quoted) ++cells;
  }
  return cells;
}

std::vector<std::string_view> split_cells(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != delimiter)) continue;
    std::string_view cell = line.substr(start, i - start);
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
    cells.push_back(cell);
    start = i + 1;
  }
  return cells;
}

bool is_number(std::string_view cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789+-.,eE ") == std::string_view::npos &&
         cell.find_first_of("0123456789") != std::string_view::npos;
}

constexpr int kFewestCells = 5;  // time and four prices

}  // namespace

std::string_view role_name(Role role) { return role_words()[static_cast<std::size_t>(role)].name; }

std::optional<Role> find_role(std::string_view name) {
  for (const RoleWords& entry : role_words())
    if (entry.name == name) return entry.role;
  return std::nullopt;
}

storage::TextFormat guess_text_format(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string_view> lines = lines_of(text, 40);
  if (lines.size() > 1 && text.size() > 1'000'000) lines.pop_back();
  storage::TextFormat format;
  // The delimiter that gives the most lines one and the same number of cells, at least five. Comma comes last, because
  // beside another delimiter it is a decimal comma.
  std::ptrdiff_t best = 0;
  int cells = 0;
  for (const char delimiter : std::array{';', '\t', '|', ','}) {
    std::vector<int> counts;
    for (const std::string_view line : lines) counts.push_back(line.empty() ? 0 : count_cells(line, delimiter));
    for (const int c : counts) {
      const std::ptrdiff_t agreeing = std::ranges::count(counts, c);
      if (c < kFewestCells || agreeing <= best) continue;
      best = agreeing;
      cells = c;
      format.delimiter = delimiter;
    }
  }
  if (cells == 0) return format;               // unknown: read as CSV, the missing columns will be named
  for (const std::string_view line : lines) {  // titles and notes above the table
    if (count_cells(line, format.delimiter) == cells) break;
    ++format.skip_lines;
  }
  const auto first = split_cells(lines[static_cast<std::size_t>(format.skip_lines)], format.delimiter);
  format.header = std::ranges::none_of(first, is_number);
  return format;
}

BarColumns guess_columns(std::span<const std::string> names) {
  BarColumns columns;
  std::vector<bool> used(names.size(), false);
  for (const RoleWords& entry : role_words()) {
    for (const std::string_view word : entry.words) {
      for (std::size_t i = 0; i < names.size() && columns[entry.role] < 0; ++i) {
        if (used[i] || plain(names[i]) != word) continue;
        columns[entry.role] = static_cast<int>(i);
        used[i] = true;
      }
    }
  }
  return columns;
}

BarColumns guess_columns_without_header(const storage::TextTable& table) {
  BarColumns columns;
  const int count = static_cast<int>(table.names().size());
  int at = 0;
  if (at < count) columns[Role::Time] = at++;
  if (at < count && table.rows() > 0 && !is_number(table.column(at)[0])) columns[Role::Symbol] = at++;
  for (const Role role : {Role::Open, Role::High, Role::Low, Role::Close, Role::Volume})
    if (at < count) columns[role] = at++;
  return columns;
}

}  // namespace rustybt::data
