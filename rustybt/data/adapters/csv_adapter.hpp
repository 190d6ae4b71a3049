#pragma once
// One's own bars: any CSV or Parquet file, or a folder of them. Columns, delimiter and form of dates are guessed, shown
// by describe(), and can be said instead.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "rustybt/data/adapters/base.hpp"
#include "rustybt/data/bundles/bar_text.hpp"

namespace rustybt::data::adapters {

/// What the user says about the files; everything left out is guessed per file.
struct FileOptions {
  std::string symbol;                   ///< of a single file without symbol column; default: the file's name
  std::map<Role, std::string> columns;  ///< by name, or by number from 1
  std::optional<char> delimiter;
  std::optional<bool> header;
  std::string date_format;  ///< strptime's; empty = by the cells
  std::string time_zone = "UTC";
  BarFrequency frequency = BarFrequency::Auto;
  StampedAt stamped_at = StampedAt::Auto;
  bool sort = false;
  int price_decimals = 0;              ///< prices are whole numbers of 10^-n (LEAN's equities: 4)
  std::filesystem::path factor_files;  ///< folder of LEAN factor files; empty = none
  assets::AssetType asset_type = assets::AssetType::Equity;
  std::string calendar = "XNYS";
  std::string exchange = "NYSE";
  std::string country_code = "US";
};

/// How one file will be read.
struct Mapping {
  std::filesystem::path file;
  bool is_parquet = false;
  storage::TextFormat format;
  std::vector<std::string> names;  ///< of all columns
  BarColumns columns;
  TimeFormat time_format;
  std::string symbol;  ///< of all rows, empty when there is a symbol column

  /// Lines for a person.
  [[nodiscard]] std::string describe() const;
};

/// The files behind a path: itself, or the CSV and Parquet files of a folder, sorted.
/// @throws Error{FileNotFound}, Error{EmptyData} for a folder without any
[[nodiscard]] std::vector<std::filesystem::path> bar_files(const std::filesystem::path& path);

/// How a file will be read; reads all of it (day and month are told apart by all dates).
/// @throws Error{MissingColumn} for a column named in the options that is not there, Error{InvalidDate}
[[nodiscard]] Mapping guess_mapping(const std::filesystem::path& file, const FileOptions& options);

/// Read files as one bundle. One symbol per file, named by it, or a symbol column. Splits and dividends come from
/// columns of that name; adjusted closes are never used.
/// @throws Error of read_bars; Error{DuplicateRow} when two files have rows of one symbol at the same time
[[nodiscard]] BundleContent read_files(const std::filesystem::path& path, const FileOptions& files,
                                       const IngestOptions& options);

/// The adapters "csv" and "parquet": read_files with settings (symbol, columns, date_format, ...).
class FileAdapter final : public DataAdapter {
 public:
  FileAdapter(std::string_view name, std::string_view description) : name_(name), description_(description) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string_view description() const override { return description_; }
  [[nodiscard]] std::vector<SettingHelp> settings() const override;
  [[nodiscard]] std::string describe(const DataRequest& request) const override;
  [[nodiscard]] BundleContent fetch(const DataRequest& request, const IngestOptions& options) const override;
  /// A part per file; files of one symbol may come in any order and overlap, as BundleWriter allows.
  void deliver(const DataRequest& request, const IngestOptions& options,
               const std::function<void(BundleContent)>& take) const override;

 private:
  [[nodiscard]] FileOptions options_of(const DataRequest& request) const;
  std::string_view name_;
  std::string_view description_;
};

}  // namespace rustybt::data::adapters
