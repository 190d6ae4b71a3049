#include "rustybt/data/bundles/migration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "rustybt/assets/asset_tables.hpp"
#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/zipline_bars.hpp"
#include "rustybt/data/bundles/zipline_root.hpp"
#include "rustybt/data/golden_input_test.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;

fs::path zipline_folder() { return utils::shared_data() / "golden" / "zipline_bundle"; }

class Migrating : public testing::Test {
 protected:
  IngestOptions options(const std::string& root = "root") {
    IngestOptions o;
    o.root = folder_.path() / root;
    o.clock = &clock_;
    return o;
  }
  /// A copy of the golden bundle that may be changed.
  fs::path copy_of_golden() {
    const fs::path copy = folder_.path() / "zipline";
    fs::copy(zipline_folder(), copy, fs::copy_options::recursive);
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(copy))
      fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
    return copy;
  }
  storage::TemporaryFolder folder_;
  WallClock clock_;
};

using ZiplineMigration = Migrating;

// the judge of the golden bundle is the CSV that it was made of (its README)
TEST_F(ZiplineMigration, EveryBarEqualsTheCsvValueRoundedToThousandths) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const MigrationResult result = migrate_zipline_bundle(zipline_folder(), "golden", options());
  EXPECT_EQ(result.info.calendar_name, "XNYS");
  const Bundle bundle = load_bundle(options().root, "golden");
  const GoldenInput& csv = golden_input();
  std::int64_t cells = 0;
  for (const auto& [symbol, expected_asset] : csv.by_symbol) {
    SCOPED_TRACE(symbol);
    const AssetIndex asset = bundle.finder->lookup_symbol(symbol, std::nullopt);
    const AssetBars& expected = csv.bars->daily(expected_asset);
    const AssetBars& found = bundle.bars->daily(asset);
    const auto as_thousandths = [](std::int64_t v, int scale) {
      return v == kMissing ? v : v * static_cast<std::int64_t>(power_of_ten(3 - scale));
    };
    const auto offset = static_cast<std::int32_t>(
        std::ranges::find(csv.bars->sessions(), bundle.bars->sessions().front()) - csv.bars->sessions().begin());
    for (std::int32_t s = 0; s < static_cast<std::int32_t>(csv.bars->sessions().size()); ++s) {
      for (int f = 0; f < kFieldCount; ++f, ++cells) {
        const auto field = static_cast<Field>(f);
        const int scale = field == Field::Volume ? 3 - found.volume_scale : found.price_scale;
        const std::int64_t e = expected.at(field, s);
        const std::int64_t v = found.at(field, s - offset);
        ASSERT_EQ(field == Field::Volume ? v : as_thousandths(v, scale), e)
            << csv.bars->sessions()[static_cast<std::size_t>(s)].to_string() << " field " << f;
      }
    }
    const AssetMinutes& minutes = csv.bars->minutes(expected_asset);
    const AssetMinutes& migrated = bundle.bars->minutes(asset);
    for (std::int32_t s = 0; s < static_cast<std::int32_t>(csv.bars->sessions().size()); ++s) {
      if (minutes.block(s) < 0) {
        ASSERT_LT(migrated.block(s - offset), 0);
        continue;
      }
      ASSERT_GE(migrated.block(s - offset), 0);
      for (int f = 0; f < kFieldCount; ++f) {
        for (std::int64_t m = 0; m < csv.bars->minutes_in(s); ++m, ++cells) {
          const std::int64_t v = migrated.columns[f][migrated.block(s - offset) + m];
          ASSERT_EQ(f == 4 ? v : as_thousandths(v, migrated.price_scale), minutes.columns[f][minutes.block(s) + m]);
        }
      }
    }
  }
  EXPECT_GT(cells, 550'000);
}

TEST_F(ZiplineMigration, CountsEveryRowOfTheTables) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  MigrationOptions with_futures;
  with_futures.tables = {zipline_folder() / "daily_futures.bcolz"};
  const MigrationResult result = migrate_zipline_bundle(zipline_folder(), "", options(), with_futures);
  EXPECT_EQ(result.info.name, "golden");
  const ZiplineSurvey& s = result.source;
  EXPECT_EQ(s.equities, 24);
  EXPECT_EQ(s.futures, 28);
  EXPECT_EQ(s.splits, 12);
  EXPECT_EQ(s.mergers, 1);
  EXPECT_EQ(s.dividend_ratios, 1153);
  EXPECT_EQ(s.cash_dividends, 1161);
  EXPECT_EQ(s.stock_dividends, 3);
  EXPECT_EQ(s.places, s.daily_rows + s.minute_rows + s.empty + s.not_trading);
  EXPECT_EQ(result.cells_checked, 5 * (s.daily_rows + s.minute_rows));
  EXPECT_EQ(result.info.daily_rows, s.daily_rows);
  EXPECT_EQ(result.info.minute_rows, s.minute_rows);
  EXPECT_TRUE(s.bad_bars.empty());
  const auto minute_csv = utils::read_csv(golden_folder() / "input" / "minute.csv");
  EXPECT_EQ(s.minute_rows, static_cast<std::int64_t>(minute_csv.size()));
}

TEST_F(ZiplineMigration, BringsContractsOfFuturesOver) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  MigrationOptions with_futures;
  with_futures.tables = {zipline_folder() / "daily_futures.bcolz"};
  migrate_zipline_bundle(zipline_folder(), "golden", options(), with_futures);
  const Bundle bundle = load_bundle(options().root, "golden");
  for (const auto& row : utils::read_csv(golden_folder() / "input" / "futures_contracts.csv")) {
    const assets::Asset& asset = (*bundle.finder)[bundle.finder->lookup_future_symbol(row[1])];
    EXPECT_EQ(asset.sid.value, std::stoll(row[0]));
    EXPECT_EQ(asset.root_symbol, row[2]);
    EXPECT_EQ(asset.asset_name, row[3]);
    EXPECT_EQ(asset.start_date.to_string(), row[4]);
    EXPECT_EQ(asset.end_date.to_string(), row[5]);
    EXPECT_EQ(asset.expiration_date->to_string(), row[6]);
    EXPECT_EQ(asset.auto_close_date->to_string(), row[7]);
    EXPECT_EQ(asset.price_multiplier, Decimal::parse(row[8]));
    EXPECT_EQ(asset.tick_size, Decimal::parse(row[9]));
    EXPECT_EQ(asset.exchange, row[10]);
  }
  std::int64_t rows = 0;
  for (const auto& row : utils::read_csv(golden_folder() / "input" / "futures_daily.csv")) {
    const AssetBars& bars = bundle.bars->daily(bundle.finder->lookup_future_symbol(row[0]));
    const auto sessions = bundle.bars->sessions();
    const auto session =
        static_cast<std::int32_t>(std::ranges::lower_bound(sessions, Date::parse(row[1])) - sessions.begin());
    for (std::size_t f = 0; f < 4; ++f) {
      const std::int64_t v = bars.at(static_cast<Field>(f), session);
      const std::int64_t expected = thousandths(row[2 + f]);
      ASSERT_EQ(v == kMissing ? 0 : v * static_cast<std::int64_t>(power_of_ten(3 - bars.price_scale)), expected)
          << row[0] << " " << row[1] << " " << f;
    }
    ++rows;
  }
  EXPECT_GT(rows, 4000);
}

TEST_F(ZiplineMigration, ADryRunSaysWhatComesOverAndWritesNothing) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const ZiplineSurvey survey = survey_zipline_bundle(zipline_folder(), {}, options());
  EXPECT_EQ(survey.name, "golden");
  EXPECT_EQ(survey.first_session->to_string(), "2004-01-02");
  EXPECT_EQ(survey.last_session->to_string(), "2020-12-31");
  EXPECT_EQ(survey.assets.size(), 52u);
  EXPECT_FALSE(fs::exists(options().root));
}

TEST_F(ZiplineMigration, ADamagedChunkIsNamedAndTheVersionBeforeStays) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const fs::path zipline = copy_of_golden();
  const BundleInfo before = migrate_zipline_bundle(zipline, "golden", options()).info;
  const fs::path chunk = find_zipline_ingestion(zipline) / "daily_equities.bcolz" / "close" / "data" / "__1.blp";
  std::string bytes = storage::read_file(chunk);
  bytes.resize(bytes.size() / 2);
  storage::write_file_atomically(chunk, bytes);
  const Error error = error_of([&] { migrate_zipline_bundle(zipline, "golden", options()); });
  EXPECT_EQ(error.code(), ErrorCode::CorruptBundle);
  EXPECT_NE(std::string(error.message()).find("close/data/__1.blp"), std::string::npos);
  EXPECT_EQ(load_bundle(options().root, "golden").info.version_id, before.version_id);
}

TEST_F(ZiplineMigration, IsUndoneToTheVersionBefore) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const BundleInfo first = migrate_zipline_bundle(zipline_folder(), "golden", options()).info;
  const BundleInfo second = migrate_zipline_bundle(zipline_folder(), "golden", options()).info;
  EXPECT_EQ(first.data_hash, second.data_hash);
  ASSERT_NE(first.version_id, second.version_id);
  EXPECT_EQ(undo_migration(options().root, "golden")->version_id, first.version_id);
  EXPECT_EQ(load_bundle(options().root, "golden").info.version_id, first.version_id);
  EXPECT_FALSE(fs::exists(version_folder(bundle_folder(options().root, "golden"), second.version_id)));
  EXPECT_FALSE(undo_migration(options().root, "golden").has_value());
  EXPECT_EQ(error_of([&] { (void)undo_migration(options().root, "golden"); }).code(), ErrorCode::UnknownBundle);
}

TEST_F(ZiplineMigration, LeavesOutWhatOtherSystemsPutBesideTheTables) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const fs::path zipline = copy_of_golden();
  storage::write_file_atomically(find_zipline_ingestion(zipline) / "._daily_equities.bcolz", "an archive of macOS");
  EXPECT_EQ(survey_zipline_bundle(zipline, {}, options()).last_session->to_string(), "2020-12-31");
}

TEST_F(ZiplineMigration, TakesTheNewestIngestionAtOrBeforeATime) {
  const fs::path bundle = folder_.path() / "quandl";
  for (const char* time : {"2019-01-01T00;00;00.123456", "2020-06-01T12;30;00", "2021-01-01T00;00;00"}) {
    fs::create_directories(bundle / time);
    storage::write_file_atomically(bundle / time / "assets-7.sqlite", "");
  }
  fs::create_directories(bundle / ".cache");
  EXPECT_EQ(find_zipline_ingestion(bundle).filename(), "2021-01-01T00;00;00");
  EXPECT_EQ(find_zipline_ingestion(bundle, Timestamp::parse("2020-12-31")).filename(), "2020-06-01T12;30;00");
  EXPECT_EQ(find_zipline_ingestion(bundle, Timestamp::parse("2020-01-01")).filename(), "2019-01-01T00;00;00.123456");
  EXPECT_EQ(error_of([&] { (void)find_zipline_ingestion(bundle, Timestamp::parse("2018-01-01")); }).code(),
            ErrorCode::FileNotFound);
}

// --- older layouts and defects, on small facts written here
// -----------------------------------------------------------

TEST(ZiplineMinuteFacts, AreReadInEveryVersionOfTheFormat) {
  const ZiplineMinuteFacts v0 = parse_minute_facts(
      R"({"ohlc_ratio": 1000, "first_trading_day": "2015-01-02", "market_opens": [], "market_closes": [23670900]})",
      "m");
  EXPECT_EQ(v0.minutes_per_day, 390);
  EXPECT_EQ(v0.calendar_name, "XNYS");
  EXPECT_EQ(v0.start_session.to_string(), "2015-01-02");
  const ZiplineMinuteFacts v1 = parse_minute_facts(
      R"({"version": 1, "ohlc_ratio": 100, "minutes_per_day": 1440, "first_trading_day": "2015-01-02"})", "m");
  EXPECT_EQ(v1.minutes_per_day, 1440);
  EXPECT_EQ(v1.ratio, 100);
  const ZiplineMinuteFacts v2 = parse_minute_facts(
      R"({"version": 2, "ohlc_ratio": 1000, "minutes_per_day": 1440, "calendar_name": "us_futures",
          "start_session": "2015-01-02", "end_session": "2016-01-04"})",
      "m");
  EXPECT_EQ(v2.calendar_name, "us_futures");
  const ZiplineMinuteFacts v3 = parse_minute_facts(
      R"({"version": 3, "ohlc_ratio": 1000, "ohlc_ratios_per_sid": {"7": 100000}, "minutes_per_day": 390,
          "calendar_name": "XNYS", "start_session": "2015-01-02", "end_session": "2016-01-04"})",
      "m");
  EXPECT_EQ(v3.ratios.at(Sid{7}), 100000);
}

TEST(ZiplineMinuteFacts, OfAVersionThatIsNotKnownAreRefused) {
  const Error error = error_of([] { (void)parse_minute_facts(R"({"version": 4, "ohlc_ratio": 1000})", "file.json"); });
  EXPECT_EQ(error.code(), ErrorCode::CorruptBundle);
  EXPECT_NE(std::string(error.message()).find("expected a version of 0 to 3, found 4"), std::string::npos);
}

TEST(ZiplineMinuteFacts, WithNumbersThatDoNotFitAreRefused) {
  for (const char* minutes : {"0", "1441", "390.5", "1e300", "18446744073709551615", "\"390\""}) {
    const std::string json = fmt::format(
        R"({{"version": 1, "ohlc_ratio": 1000, "minutes_per_day": {}, "first_trading_day": "2015-01-02"}})", minutes);
    const Error error = error_of([&] { (void)parse_minute_facts(json, "file.json"); });
    EXPECT_EQ(error.code(), ErrorCode::CorruptBundle) << minutes;
    EXPECT_NE(std::string(error.message()).find("a whole number from 1 to 1440"), std::string::npos) << error.message();
  }
}

TEST(BcolzFacts, OfOtherKindsOfNumbersAreRefused) {
  const Error error = error_of([] {
    (void)parse_bcolz_facts(R"({"shape": [3], "nbytes": 24, "cbytes": 1})", R"({"dtype": "float64", "chunklen": 4})",
                            "close");
  });
  EXPECT_EQ(error.code(), ErrorCode::CorruptBundle);
  EXPECT_NE(std::string(error.message()).find("float64"), std::string::npos);
}

/// A root of Zipline's for one test.
class ZiplineRoot : public Migrating {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("ZIPLINE_ROOT")) before_ = before;
    ::setenv("ZIPLINE_ROOT", zipline_folder().c_str(), 1);
  }
  void TearDown() override {
    if (before_) {
      ::setenv("ZIPLINE_ROOT", before_->c_str(), 1);
    } else {
      ::unsetenv("ZIPLINE_ROOT");
    }
  }
  std::optional<std::string> before_;
};

TEST_F(ZiplineRoot, OpensDirectlyAndIsConvertedOnce) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const fs::path root = folder_.path() / "root";
  std::vector<std::string> said;
  const Log log([&](LogLevel, std::string_view message) { said.emplace_back(message); });
  ASSERT_EQ(list_zipline_bundles(root).size(), 1u);
  EXPECT_EQ(list_zipline_bundles(root).front().name, "golden");
  const Bundle first = open_bundle(root, "golden", std::nullopt, log);
  EXPECT_NE(first.info.source.find("converted from"), std::string::npos);
  const Bundle second = open_bundle(root, "golden", std::nullopt, log);
  EXPECT_EQ(first.info.version_id, second.info.version_id);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_NE(said[0].find("converting"), std::string::npos);
  EXPECT_NE(said[1].find("converted from"), std::string::npos);
  EXPECT_TRUE(list_bundles(root).empty());  // the cache is no bundle of ours
}

TEST_F(ZiplineRoot, IsFoundAgainByItsContentAfterACopy) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const fs::path root = folder_.path() / "root";
  const Bundle original = open_bundle(root, "golden", std::nullopt, {});
  const fs::path copy = copy_of_golden();  // other times of change
  ::setenv("ZIPLINE_ROOT", copy.c_str(), 1);
  EXPECT_EQ(open_bundle(root, "golden", std::nullopt, {}).info.version_id, original.info.version_id);
  std::string attrs = storage::read_file(find_zipline_ingestion(copy) / "adjustments.sqlite");
  attrs.back() = static_cast<char>(attrs.back() ^ 1);  // free space of a page, but another content
  storage::write_file_atomically(find_zipline_ingestion(copy) / "adjustments.sqlite", attrs);
  std::string said;
  const Log log([&](LogLevel, std::string_view message) { said += message; });
  (void)open_bundle(root, "golden", std::nullopt, log);
  EXPECT_NE(said.find("converting"), std::string::npos);
}

TEST_F(ZiplineRoot, LeavesOutBarsOfNoSessionAndSaysSo) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  const fs::path copy = copy_of_golden();
  fs::remove_all(find_zipline_ingestion(copy) / "minute_equities.bcolz");
  const fs::path attrs = find_zipline_ingestion(copy) / "daily_equities.bcolz" / "__attrs__";
  std::string text = storage::read_file(attrs);
  const std::size_t calendar = text.find("XNYS");
  ASSERT_NE(calendar, std::string::npos);
  storage::write_file_atomically(attrs, text.replace(calendar, 4, "XLON"));  // New York trades on bank holidays
  ::setenv("ZIPLINE_ROOT", copy.c_str(), 1);
  EXPECT_EQ(error_of([&] { migrate_zipline_bundle(copy, "golden", options()); }).code(), ErrorCode::BadBar);
  std::string said;
  const Log log([&](LogLevel level, std::string_view message) { said += level == LogLevel::Warning ? message : ""; });
  const Bundle bundle = open_bundle(folder_.path() / "root", "golden", std::nullopt, log);
  EXPECT_NE(said.find("no session of XLON"), std::string::npos) << said;
  EXPECT_TRUE(bundle.info.source.ends_with(", bad bars left out"));
}

TEST_F(ZiplineRoot, GivesWayToABundleOfOurs) {
  RUSTYBT_NEED_SHARED_DATA(zipline_folder());
  migrate_zipline_bundle(zipline_folder(), "golden", options());
  const Bundle bundle = open_bundle(options().root, "golden", std::nullopt, {});
  EXPECT_TRUE(bundle.info.source.starts_with("zipline bundle "));
  EXPECT_TRUE(list_zipline_bundles(options().root).empty());
  EXPECT_EQ(error_of([&] { (void)open_bundle(options().root, "other", std::nullopt, {}); }).code(),
            ErrorCode::UnknownBundle);
}

}  // namespace
}  // namespace rustybt::data
