#include "rustybt/data/quality/raw_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/text_layout.hpp"

namespace rustybt::data {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

std::string_view unquoted(std::string_view cell) {
  cell = trim(cell);
  if (cell.size() >= 2 && (cell.front() == '"' || cell.front() == '\'') && cell.back() == cell.front())
    cell = trim(cell.substr(1, cell.size() - 2));
  return cell;
}

/// [[time, open, high, low, close, volume], ...] as lines of text.
std::string text_of_json(const std::string& json, const std::string& file) {
  const auto fail = [&] {
    throw Error(ErrorCode::FileNotReadable, fmt::format("{} is JSON, but no array of rows of numbers", file),
                "expected [[time, open, high, low, close, volume], ...]");
  };
  const auto rows = nlohmann::json::parse(json, nullptr, false);
  if (!rows.is_array()) fail();
  std::string text;
  for (const auto& row : rows) {
    if (!row.is_array()) fail();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      if (!row[i].is_null()) text += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::vector<std::string_view> split_line(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != delimiter)) continue;
    cells.push_back(line.substr(start, i - start));
    start = i + 1;
  }
  return cells;
}

std::string_view RawTable::cell(std::int64_t row, int column) const {
  const Row& r = row_at(row);
  return column >= 0 && static_cast<std::size_t>(column) < r.cells ? cells_[r.first + static_cast<std::size_t>(column)]
                                                                   : std::string_view{};
}

void RawTable::add_row(std::string_view text, std::int64_t line) {
  const std::size_t first = cells_.size();
  for (const std::string_view cell : split_line(text, format_.delimiter)) cells_.push_back(unquoted(cell));
  rows_.push_back({line, first, cells_.size() - first, text});
}

RawTable RawTable::parse(std::string content, const std::string& file) {
  if (const auto start = content.find_first_not_of(" \t\r\n"); start != std::string::npos && content[start] == '[')
    content = text_of_json(content, file);
  auto kept = std::make_shared<const std::string>(std::move(content));
  const std::string_view text = *kept;
  RawTable table;
  table.keeper_ = kept;
  table.format_ = guess_text_format(text);
  std::size_t at = text.starts_with(kBom) ? kBom.size() : 0;
  std::int64_t line = 0;
  int to_skip = table.format_.skip_lines;
  bool header_pending = table.format_.header;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view words = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (words.ends_with('\r')) {
      words.remove_suffix(1);
      table.windows_line_ends_ = true;
    }
    if (to_skip > 0) {
      --to_skip;
    } else if (trim(words).empty()) {
      continue;
    } else if (header_pending) {
      for (const std::string_view name : split_line(words, table.format_.delimiter))
        table.names_.emplace_back(unquoted(name));
      header_pending = false;
    } else {
      if (table.rows_.empty()) table.preamble_ = text.substr(0, static_cast<std::size_t>(words.data() - text.data()));
      table.add_row(words, line);
    }
  }
  if (table.rows_.empty()) throw Error(ErrorCode::EmptyData, fmt::format("{} has no rows", file));
  if (table.names_.empty())
    for (std::size_t i = 0; i < table.rows_.front().cells; ++i) table.names_.push_back(fmt::format("f{}", i));
  table.ends_with_newline_ = text.ends_with('\n');
  return table;
}

RawTable::RawTable(storage::TextTable table) : is_text_(false) {
  auto kept = std::make_shared<const storage::TextTable>(std::move(table));
  keeper_ = kept;
  names_.assign(kept->names().begin(), kept->names().end());
  for (std::int64_t row = 0; row < kept->rows(); ++row) {
    rows_.push_back({kept->line_of(row), cells_.size(), names_.size(), {}});
    for (std::size_t c = 0; c < names_.size(); ++c)
      cells_.push_back(kept->column(static_cast<int>(c))[static_cast<std::size_t>(row)]);
  }
}

}  // namespace rustybt::data
