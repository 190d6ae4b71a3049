#pragma once
// Zipline's csvdir: a folder with daily/ and minute/, one SYMBOL.csv[.gz] each (zipline_semantics 6.9).

#include <filesystem>
#include <string>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

struct CsvdirOptions {
  std::filesystem::path folder;  ///< empty: the environment's CSVDIR
  std::string calendar = "XNYS";
  std::string country_code = "US";  ///< Zipline writes "??", which its own US_EQUITIES pipelines do not find (Q10)
};

/// Read the folder: first column the date, then by name open, high, low, close, volume [, dividend] [, split].
///
/// A split s becomes the price ratio 1 / s; a dividend is a cash dividend with that ex-date and no pay date. Both
/// frames may be there; a folder with the files directly in it is read as daily. Assets close automatically one day
/// after their end.
/// @throws Error{InvalidArgument} without a folder, Error{FileNotFound}, Error{EmptyData}, and those of read_bars
[[nodiscard]] BundleContent read_csvdir(const CsvdirOptions& csvdir, const IngestOptions& options);

}  // namespace rustybt::data
