#pragma once
// Zipline's own bundle folders (bcolz bars, SQLite assets and adjustments; zipline_semantics 6.4-6.9) into ours.
//
//   ZIPLINE_ROOT/data/NAME/2020-01-01T00;00;00/{assets-7.sqlite, adjustments.sqlite, daily_equities.bcolz,
//   minute_equities.bcolz}   -- survey, migrate: write, read back -->   a version of a bundle of ours

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

struct MigrationOptions {
  /// Further tables of bars beside those in the folder, daily or minute (Zipline keeps those of futures apart).
  std::vector<std::filesystem::path> tables;
  /// Bars that contradict themselves (high below low) or lie on no session are an error; true: they are left out,
  /// counted and listed.
  bool leave_out_bad_bars = false;
};

/// What a folder of Zipline's holds.
struct ZiplineSurvey {
  struct AssetRows {
    Sid sid;
    std::string symbol;
    assets::AssetType type = assets::AssetType::Equity;
    std::int64_t daily_rows = 0, minute_rows = 0;
    std::optional<Date> first, last;  ///< session of the first and last bar
  };
  struct BadBar {
    std::string symbol;
    std::string time;
    std::string problem;
  };
  std::filesystem::path folder;  ///< of one ingestion
  std::string name;              ///< of the bundle, from the folder above
  std::string calendar_name;
  std::vector<AssetRows> assets;
  std::int64_t equities = 0, futures = 0;
  std::int64_t places = 0;  ///< rows of all tables = daily and minute rows + empty + not trading + bad bars
  std::int64_t daily_rows = 0, minute_rows = 0;
  std::int64_t empty = 0;        ///< minutes without any value: no trade, or padding
  std::int64_t not_trading = 0;  ///< minutes outside of the session
  std::vector<BadBar> bad_bars;
  std::int64_t splits = 0, mergers = 0, dividend_ratios = 0, cash_dividends = 0, stock_dividends = 0;
  std::optional<Date> first_session, last_session;
};

/// Read a bundle of Zipline's and say what a migration would bring, the bad bars included.
/// @param folder  of one ingestion, of a bundle (its newest ingestion is taken), or a root with one bundle
/// @throws Error{FileNotFound}, Error{CorruptBundle}, Error{DatabaseError}, Error{AssetDBVersionError}
[[nodiscard]] ZiplineSurvey survey_zipline_bundle(const std::filesystem::path& folder,
                                                  const MigrationOptions& migration = {},
                                                  const IngestOptions& options = {});

struct MigrationResult {
  ZiplineSurvey source;
  BundleInfo info;
  std::int64_t cells_checked = 0;  ///< read again from the source and found equal in the bundle
};

/// Write the folder's content as the new version of bundle `name`, then read both sides again and compare every bar,
/// asset and corporate action.
///
/// Prices are the stored thousandths exactly; a stored 0 is a missing price. Sids and dividend ratios are the source's.
/// @param name    empty = the source's
/// @param origin  what the bundle says it comes from; empty = "zipline bundle FOLDER"
/// @throws as survey_zipline_bundle; Error{BadBar}, Error{NotASession}; Error{HashMismatch} when something reads back
///         differently: then the version before is current again
MigrationResult migrate_zipline_bundle(const std::filesystem::path& folder, std::string_view name,
                                       const IngestOptions& options, const MigrationOptions& migration = {},
                                       std::string origin = {});

/// Undo the newest migration of a bundle: the version before it is current again, its own is removed.
/// @returns the version that is current now; none when the bundle had no other and is gone
/// @throws Error{UnknownBundle}, Error{InvalidArgument} when the current version was not made by a migration
std::optional<BundleInfo> undo_migration(const std::filesystem::path& root, std::string_view name);

/// The folder of one ingestion that `folder` means (survey_zipline_bundle). @throws Error{FileNotFound}
[[nodiscard]] std::filesystem::path find_zipline_ingestion(const std::filesystem::path& folder,
                                                           std::optional<Timestamp> as_of = std::nullopt);

}  // namespace rustybt::data
