#include "rustybt/storage/delimited_text.hpp"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/csv/api.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::storage {

namespace {

std::string unzip(const std::string& packed, const std::filesystem::path& file) {
  const auto fail = [&](const arrow::Status& status) {
    throw Error(ErrorCode::FileNotReadable,
                fmt::format("{} is a damaged gzip file: {}", file.string(), status.message()));
  };
  auto codec = arrow::util::Codec::Create(arrow::Compression::GZIP);
  if (!codec.ok()) fail(codec.status());
  auto stream = arrow::io::CompressedInputStream::Make(
      codec->get(), std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(packed)));
  if (!stream.ok()) fail(stream.status());
  std::string text;
  while (true) {
    auto part = (*stream)->Read(1 << 20);
    if (!part.ok()) fail(part.status());
    if ((*part)->size() == 0) return text;
    text.append(reinterpret_cast<const char*>((*part)->data()), static_cast<std::size_t>((*part)->size()));
  }
}

/// Position behind the first `count` lines.
std::size_t after_lines(std::string_view text, int count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    const std::size_t end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  return at;
}

bool is_blank(std::string_view line) { return line.empty() || line == "\r"; }

/// Line (from 1) of the n-th line that is not blank (n from 0).
std::int64_t nth_line(std::string_view text, std::int64_t n) {
  std::int64_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    ++line;
    if (!is_blank(text.substr(at, end - at)) && n-- == 0) return line;
    at = end + 1;
  }
  return line;
}

}  // namespace

TextTable::TextTable(std::vector<std::string> names, std::vector<std::vector<std::string>> columns)
    : names_(std::move(names)) {
  auto cells = std::make_shared<const std::vector<std::vector<std::string>>>(std::move(columns));
  for (const auto& column : *cells) columns_.emplace_back(column.begin(), column.end());
  cells_ = std::move(cells);
}

std::int64_t TextTable::line_of(std::int64_t row) const {
  if (!text_) return row + 1;
  const std::size_t start = after_lines(*text_, lines_before_);
  return lines_before_ + nth_line(std::string_view(*text_).substr(start), row);
}

std::string read_text_file(const std::filesystem::path& file) {
  std::string bytes = read_file(file);
  if (bytes.starts_with("\x1f\x8b")) return unzip(bytes, file);
  return bytes;
}

TextTable parse_delimited_text(std::string content, const TextFormat& format, const std::filesystem::path& file) {
  TextTable table;
  table.text_ = std::make_shared<const std::string>(std::move(content));
  table.lines_before_ = format.skip_lines;
  const std::string& text = *table.text_;
  std::size_t start = after_lines(text, format.skip_lines);
  if (format.header) {  // blank lines before the header count as lines before the rows
    const auto skipped = static_cast<int>(nth_line(std::string_view(text).substr(start), 0));
    table.lines_before_ += skipped;
    start += after_lines(std::string_view(text).substr(start), skipped - 1);
  }
  const std::size_t rows = format.header ? start + after_lines(std::string_view(text).substr(start), 1) : start;
  if (text.find_first_not_of("\r\n", rows) == std::string::npos)
    throw Error(ErrorCode::EmptyData, fmt::format("{} has no rows", file.string()));

  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;  // rows are numbered only when they are read one after another
  read.block_size = 1 << 24;
  read.autogenerate_column_names = !format.header;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = format.delimiter;
  std::optional<Error> bad_row;
  parse.invalid_row_handler = [&](const arrow::csv::InvalidRow& row) {
    // counted from 1 over the lines that are not blank, header included
    const std::int64_t line = nth_line(std::string_view(text).substr(start), row.number - 1);
    const auto before = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start), '\n');
    bad_row = Error(ErrorCode::BadCell,
                    fmt::format("{}, line {}: found {} cells, expected {} as in the first line", file.string(),
                                before + line, row.actual_columns, row.expected_columns),
                    "correct the line (a file cut off in the middle ends like this)");
    bad_row->with("file", file.string()).with("line", std::to_string(before + line));
    return arrow::csv::InvalidRowResult::Error;
  };
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.default_column_type = arrow::utf8();
  convert.check_utf8 = false;  // what is not UTF-8 stays as it is; numbers and dates are ASCII

  const auto view = std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(text.data() + start),
                                                    static_cast<std::int64_t>(text.size() - start));
  const auto fail = [&](const arrow::Status& status) {
    if (bad_row) throw *bad_row;
    throw Error(ErrorCode::FileNotReadable,
                fmt::format("cannot read {} as delimited text: {}", file.string(), status.message()))
        .with("file", file.string());
  };
  auto reader = arrow::csv::TableReader::Make(arrow::io::default_io_context(),
                                              std::make_shared<arrow::io::BufferReader>(view), read, parse, convert);
  if (!reader.ok()) fail(reader.status());
  auto result = (*reader)->Read();
  if (!result.ok()) fail(result.status());
  const std::shared_ptr<arrow::Table> cells = *result;
  if (cells->num_rows() == 0) throw Error(ErrorCode::EmptyData, fmt::format("{} has no rows", file.string()));
  for (int c = 0; c < cells->num_columns(); ++c) {
    table.names_.push_back(cells->schema()->field(c)->name());
    auto& column = table.columns_.emplace_back();
    column.reserve(static_cast<std::size_t>(cells->num_rows()));
    for (const auto& chunk : cells->column(c)->chunks()) {
      const auto& strings = static_cast<const arrow::StringArray&>(*chunk);
      for (std::int64_t i = 0; i < strings.length(); ++i) column.push_back(strings.GetView(i));
    }
  }
  table.cells_ = cells;
  return table;
}

}  // namespace rustybt::storage
