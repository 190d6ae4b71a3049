#pragma once
// Delimited text (CSV and its relatives, also gzipped) as cells of text with their line numbers. Arrow reads; what a
// cell means is the caller's business.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rustybt::storage {

struct TextFormat {
  char delimiter = ',';
  bool header = true;  ///< the first line (after skip_lines) names the columns; else they are f0, f1, ...
  int skip_lines = 0;  ///< lines before the header, blank ones included
};

/// A table of cells; the views live as long as the table or a copy of it.
class TextTable {
 public:
  /// A table made of columns (for sources that are not text files); row i is line i + 1.
  TextTable(std::vector<std::string> names, std::vector<std::vector<std::string>> columns);

  [[nodiscard]] std::span<const std::string> names() const { return names_; }
  [[nodiscard]] std::int64_t rows() const {
    return columns_.empty() ? 0 : static_cast<std::int64_t>(columns_[0].size());
  }
  [[nodiscard]] std::span<const std::string_view> column(int index) const {
    return columns_[static_cast<std::size_t>(index)];
  }
  /// Line of the file (from 1) on which a row stands; blank lines are counted. O(file), for messages.
  [[nodiscard]] std::int64_t line_of(std::int64_t row) const;

 private:
  friend TextTable parse_delimited_text(std::string text, const TextFormat& format, const std::filesystem::path& file);
  TextTable() = default;
  std::vector<std::string> names_;
  std::vector<std::vector<std::string_view>> columns_;
  std::shared_ptr<const void> cells_;        ///< what the views point into
  std::shared_ptr<const std::string> text_;  ///< the file, null when there is none
  int lines_before_ = 0;                     ///< skipped lines, header included
};

/// A whole file; gzip is unpacked (told by its first bytes, not its name).
/// @throws Error{FileNotFound}, Error{FileNotReadable} for a damaged archive
[[nodiscard]] std::string read_text_file(const std::filesystem::path& file);

/// Split a file's text into cells. `file` is for messages. Blank lines are left out, quotes understood, a BOM dropped.
/// @throws Error{BadCell} with the line of a row that has more or fewer cells than the first, Error{EmptyData} without
/// a row
[[nodiscard]] TextTable parse_delimited_text(std::string text, const TextFormat& format,
                                             const std::filesystem::path& file);

}  // namespace rustybt::storage
