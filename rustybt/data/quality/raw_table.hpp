#pragma once
// A table of text as it stands, good rows and bad: what a check looks at and a repair writes back. The readers that
// make bars (storage/delimited_text, data/bundles) refuse the first bad row; this one keeps them all.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data {

class RawTable {
 public:
  /// Text of a file, its layout guessed. JSON arrays of arrays (time, open, high, low, close, volume) are tables too.
  /// Blank lines are no rows. A quote ends at its line's end.
  /// @throws Error{EmptyData} without a row, Error{FileNotReadable} for JSON of another form
  static RawTable parse(std::string text, const std::string& file);
  /// A table that is no text file (Parquet, a frame); row i is line i + 1.
  explicit RawTable(storage::TextTable table);

  [[nodiscard]] std::span<const std::string> names() const { return names_; }  ///< f0, f1, ... without a header
  [[nodiscard]] bool has_header() const { return format_.header; }
  [[nodiscard]] char delimiter() const { return format_.delimiter; }
  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  /// Cells that the row has; names().size() when it is whole.
  [[nodiscard]] std::size_t cell_count(std::int64_t row) const { return row_at(row).cells; }
  /// Without spaces and quotes; empty beyond the row's end.
  [[nodiscard]] std::string_view cell(std::int64_t row, int column) const;
  [[nodiscard]] std::int64_t line(std::int64_t row) const { return row_at(row).line; }
  /// The row as it stands, without its line end; empty for tables that are no text.
  [[nodiscard]] std::string_view text(std::int64_t row) const { return row_at(row).text; }
  /// What stands before the first row, header included, byte for byte.
  [[nodiscard]] std::string_view preamble() const { return preamble_; }
  [[nodiscard]] bool is_text() const { return is_text_; }
  /// False when the text stops without a line end.
  [[nodiscard]] bool ends_with_newline() const { return ends_with_newline_; }
  [[nodiscard]] bool has_windows_line_ends() const { return windows_line_ends_; }
  /// Lines before the header that are no rows of the table.
  [[nodiscard]] int skipped_lines() const { return format_.skip_lines; }

 private:
  struct Row {
    std::int64_t line;
    std::size_t first;
    std::size_t cells;
    std::string_view text;
  };
  RawTable() = default;
  [[nodiscard]] const Row& row_at(std::int64_t row) const { return rows_[static_cast<std::size_t>(row)]; }
  void add_row(std::string_view text, std::int64_t line);

  std::shared_ptr<const void> keeper_;  ///< what the views point into
  storage::TextFormat format_;
  std::vector<std::string> names_;
  std::vector<Row> rows_;
  std::vector<std::string_view> cells_;
  std::string_view preamble_;
  bool is_text_ = true;
  bool ends_with_newline_ = true;
  bool windows_line_ends_ = false;
};

/// The cells of one line, raw: spaces and quotes as they stand.
[[nodiscard]] std::vector<std::string_view> split_line(std::string_view line, char delimiter);

}  // namespace rustybt::data
