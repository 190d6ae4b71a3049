#include "rustybt/data/bundles/core.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <list>
#include <map>
#include <set>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/killed_writer_test.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using Values = std::vector<std::int64_t>;

constexpr std::int64_t kMinuteNs = 60'000'000'000;

BundleContent::Item item(const std::string& symbol, const Values& days, std::int64_t price) {
  BundleContent::Item it;
  it.asset.symbol = symbol;
  it.asset.exchange = "NYSE";
  it.asset.country_code = "US";
  it.daily.times = days;
  it.daily.price_scale = 2;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto p = price + static_cast<std::int64_t>(i) * 25;
    const std::int64_t bar[] = {p, p + 10, p - 10, p + 5, 1000};
    for (int f = 0; f < kFieldCount; ++f) it.daily.columns[f].push_back(bar[f]);
  }
  return it;
}

// 2014-06-04 (Wed) .. 2014-06-10 (Tue) as days since 1970
const Values kWeek = {16225, 16226, 16227, 16230, 16231};

BundleContent two_assets() {
  BundleContent content;
  content.calendar_name = "NYSE";
  content.source = "test";
  content.items.push_back(item("MSFT", kWeek, 4000));
  content.items.push_back(item("aapl", {16226, 16227, 16230}, 10000));
  content.items[1].daily.price_scale = 4;  // 1.0000, 1.0025, ...
  CashDividend dividend;
  dividend.asset = AssetIndex{0};
  dividend.ex_date = Date{16227};
  dividend.amount = Decimal(50, 2);
  dividend.amount_double = 0.5;
  content.actions.by_item.cash_dividends.push_back(dividend);
  content.actions.by_item.splits.push_back({AssetIndex{1}, Date{16230}, 0.5, 1, 2});
  return content;
}

IngestOptions at(const fs::path& root, std::string_view time = "2024-01-02T03:04:05Z") {
  static std::list<ManualClock> clocks;  // options only point to theirs
  const ManualClock& clock = clocks.emplace_back(Timestamp::parse(time));
  IngestOptions options;
  options.root = root;
  options.clock = &clock;
  return options;
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode::InvariantViolation;
}

std::int64_t close_of(const Bundle& bundle, const char* symbol, int session) {
  return bundle.bars->daily(bundle.finder->lookup_symbol(symbol, std::nullopt)).at(Field::Close, session);
}

TEST(Bundle, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const BundleInfo info = write_bundle("tech", two_assets(), at(folder.path()));
  EXPECT_EQ(info.daily_rows, 8);
  EXPECT_EQ(info.assets, 2);
  EXPECT_EQ(info.splits, 1);
  EXPECT_EQ(info.dividends, 1);
  EXPECT_EQ(info.calendar_name, "XNYS");
  EXPECT_EQ(info.ingested_at, "2024-01-02T03:04:05Z");
  EXPECT_EQ(info.first_session.to_string(), "2014-06-04");
  EXPECT_EQ(info.last_session.to_string(), "2014-06-10");

  const Bundle bundle = load_bundle(folder.path(), "tech");
  EXPECT_EQ(bundle.info.data_hash, info.data_hash);
  ASSERT_EQ(bundle.finder->assets().size(), 2u);
  EXPECT_EQ(bundle.finder->assets()[0].symbol, "AAPL");  // sids in sorted order of symbols
  EXPECT_EQ(bundle.finder->assets()[0].start_date.to_string(), "2014-06-05");
  EXPECT_EQ(bundle.finder->assets()[0].end_date.to_string(), "2014-06-09");
  ASSERT_EQ(bundle.bars->sessions().size(), 5u);
  const AssetBars& aapl = bundle.bars->daily(AssetIndex{0});
  EXPECT_EQ(aapl.price_scale, 4);
  EXPECT_EQ(aapl.first, 1);
  EXPECT_EQ(aapl.count, 3);
  EXPECT_EQ(close_of(bundle, "AAPL", 0), kMissing);
  EXPECT_EQ(close_of(bundle, "AAPL", 3), 10055);
  EXPECT_EQ(close_of(bundle, "MSFT", 4), 4105);
  ASSERT_EQ(bundle.adjustments->splits.size(), 1u);
  EXPECT_EQ(bundle.adjustments->splits[0].asset.value, 0);
  EXPECT_EQ(bundle.adjustments->splits[0].denominator, 2);
  ASSERT_EQ(bundle.adjustments->cash_dividends.size(), 1u);
  EXPECT_EQ(bundle.adjustments->cash_dividends[0].asset.value, 1);
  EXPECT_EQ(bundle.adjustments->cash_dividends[0].amount.to_string(), "0.50");
  // close of 06-05 is 40.30: 1 - 0.5 / 40.3 (Python)
  ASSERT_EQ(bundle.adjustments->dividends.size(), 1u);
  EXPECT_EQ(bundle.adjustments->dividends[0].ratio, 0.9875930521091811);

  for (const CheckFinding& finding : check_bundle(folder.path(), "tech"))
    EXPECT_EQ(finding.problem, "") << finding.file;
}

TEST(Bundle, ParquetHoldsEveryRowSortedBySidThenDay) {
  const TemporaryFolder folder;
  BundleContent content = two_assets();
  for (auto& column : content.items[0].daily.columns) column[2] = kMissing;  // a bar without trade is a row of nulls
  const BundleInfo info = write_bundle("tech", std::move(content), at(folder.path()));
  const fs::path file = folder.path() / "data/tech/versions" / info.version_id / "daily/year=2014/bars.parquet";
  const storage::ColumnTable table = storage::read_parquet(file);
  EXPECT_EQ(table.column("sid").as<storage::Int64s>().values, (Values{0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(table.column("session").as<storage::Dates>().values,
            (std::vector<std::int32_t>{16226, 16227, 16230, 16225, 16226, 16227, 16230, 16231}));
  const auto& close = table.column("close");
  EXPECT_EQ(close.as<storage::Decimals>().scale, 4);  // one scale for the file
  EXPECT_EQ(close.as<storage::Decimals>().values[0], 10005);
  EXPECT_EQ(close.as<storage::Decimals>().values[3], 400500);
  EXPECT_FALSE(close.is_valid(5));
  EXPECT_FALSE(table.column("volume").is_valid(5));
  EXPECT_EQ(load_bundle(folder.path(), "tech").bars->daily(AssetIndex{1}).at(Field::Volume, 2), kMissing);
  for (const CheckFinding& finding : check_bundle(folder.path(), "tech"))
    EXPECT_EQ(finding.problem, "") << finding.file;
}

TEST(Bundle, HashDependsOnContentAlone) {
  const TemporaryFolder folder;
  const std::string first = write_bundle("one", two_assets(), at(folder.path(), "2024-01-02T00:00:00Z")).data_hash;
  EXPECT_EQ(write_bundle("one", two_assets(), at(folder.path(), "2024-05-06T00:00:00Z")).data_hash, first);
  BundleContent rescaled = two_assets();  // the same prices with two more zeros, another path, another order
  rescaled.source = "elsewhere";
  for (int f = 0; f < 4; ++f)
    for (auto& v : rescaled.items[0].daily.columns[f]) v *= 100;
  rescaled.items[0].daily.price_scale = 4;
  std::swap(rescaled.items[0], rescaled.items[1]);
  rescaled.actions.by_item.cash_dividends[0].asset.value = 1;
  rescaled.actions.by_item.splits[0].asset.value = 0;
  EXPECT_EQ(write_bundle("two", std::move(rescaled), at(folder.path())).data_hash, first);

  const auto changed = [&](const std::function<void(BundleContent&)>& change) {
    BundleContent content = two_assets();
    change(content);
    return write_bundle("three", std::move(content), at(folder.path())).data_hash;
  };
  std::set<std::string> hashes = {first};
  hashes.insert(changed([](BundleContent& c) { ++c.items[0].daily.columns[3][2]; }));
  hashes.insert(changed([](BundleContent& c) { ++c.items[1].daily.columns[4][0]; }));
  hashes.insert(changed([](BundleContent& c) { c.items[0].daily.price_scale = 3; }));
  hashes.insert(changed([](BundleContent& c) { c.actions.by_item.splits[0].denominator = 3; }));
  hashes.insert(changed([](BundleContent& c) { c.actions.by_item.cash_dividends[0].pay_date = Date{16231}; }));
  hashes.insert(changed([](BundleContent& c) { c.items[1].asset.symbol = "APPL"; }));
  hashes.insert(changed([](BundleContent& c) { c.items[1].asset.quantity_step = Decimal(1, 3); }));
  hashes.insert(changed([](BundleContent& c) { c.items[1].asset.minimum_notional = Decimal(5, 0); }));
  hashes.insert(changed([](BundleContent& c) { c.items[1].asset.quote_currency = "EUR"; }));
  hashes.insert(changed([](BundleContent& c) { c.items[1].asset.notice_date = Date{16000}; }));
  hashes.insert(changed([](BundleContent& c) { c.roots = {{"ES", 1, "", "", ""}}; }));
  hashes.insert(changed([](BundleContent& c) { c.symbol_mappings = {{{1}, "OLD", Date{0}, Date{16000}}}; }));
  hashes.insert(changed([](BundleContent& c) { c.symbol_mappings = {{{0}, "OLD", Date{0}, Date{16000}}}; }));
  hashes.insert(changed([](BundleContent& c) { c.supplementary_mappings = {{{0}, "ID", "7", Date{0}, Date{16000}}}; }));
  EXPECT_EQ(hashes.size(), 15u);
}

TEST(Bundle, SidsAreStableOverIngests) {
  const TemporaryFolder folder;
  const auto ingest = [&](std::vector<std::string> symbols) {
    BundleContent content;
    for (const std::string& s : symbols) content.items.push_back(item(s, kWeek, 5000));
    write_bundle("b", std::move(content), at(folder.path()));
    std::map<std::string, std::int64_t> sids;
    const Bundle bundle = load_bundle(folder.path(), "b");
    for (const assets::Asset& a : bundle.finder->assets()) sids[a.symbol] = a.sid.value;
    return sids;
  };
  using Sids = std::map<std::string, std::int64_t>;
  EXPECT_EQ(ingest({"M", "C", "X"}), (Sids{{"C", 0}, {"M", 1}, {"X", 2}}));
  EXPECT_EQ(ingest({"B", "X", "A", "M"}), (Sids{{"M", 1}, {"X", 2}, {"A", 3}, {"B", 4}}));
  EXPECT_EQ(ingest({"C", "D"}), (Sids{{"C", 0}, {"D", 5}}));  // known from two versions ago
}

TEST(Bundle, SourcesMaySetSids) {
  const TemporaryFolder folder;
  BundleContent content = two_assets();
  content.items[0].asset.sid = Sid{24};
  content.items[1].asset.sid = Sid{8};
  write_bundle("b", std::move(content), at(folder.path()));
  const Bundle bundle = load_bundle(folder.path(), "b");
  EXPECT_EQ(bundle.finder->assets()[0].sid.value, 8);
  EXPECT_EQ(close_of(bundle, "MSFT", 0), 4005);
  content = two_assets();
  content.items[0].asset.sid = content.items[1].asset.sid = Sid{1};
  EXPECT_EQ(code_of([&] { write_bundle("b", std::move(content), at(folder.path())); }), ErrorCode::InvalidArgument);
}

TEST(Bundle, MinuteBarsArePartitionedByMonth) {
  const TemporaryFolder folder;
  BundleContent content;
  content.items.push_back(item("A", kWeek, 5000));
  auto& minute = content.items[0].minute;
  // 2014-06-30 20:00 UTC (last minute of the session) and 2014-07-01 13:31 UTC (first): date -u -d ... +%s
  minute.times = {1404158400LL * 1'000'000'000, 1404221460LL * 1'000'000'000,
                  1404221460LL * 1'000'000'000 + 2 * kMinuteNs};
  for (auto& column : minute.columns) column = {50123, 50124, 50125};
  minute.price_scale = 3;
  const BundleInfo info = write_bundle("m", std::move(content), at(folder.path()));
  EXPECT_EQ(info.minute_rows, 3);
  EXPECT_EQ(info.last_session.to_string(), "2014-07-01");
  const fs::path files = folder.path() / "data/m/versions" / info.version_id;
  EXPECT_EQ(storage::read_parquet(files / "minute/year=2014/month=06/bars.parquet").rows(), 1u);
  const storage::ColumnTable july = storage::read_parquet(files / "minute/year=2014/month=07/bars.parquet");
  EXPECT_EQ(july.column("time").as<storage::Timestamps>().values[0], 1404221460LL * 1'000'000'000);
  const Bundle bundle = load_bundle(folder.path(), "m");
  EXPECT_TRUE(bundle.bars->has_minutes());
  const AssetMinutes& bars = bundle.bars->minutes(AssetIndex{0});
  EXPECT_EQ(bars.price_scale, 3);
  EXPECT_EQ(bundle.bars->daily(AssetIndex{0}).price_scale, 3);  // one scale per asset
  EXPECT_EQ(bundle.bars->daily(AssetIndex{0}).at(Field::Close, 0), 50050);
  const int july_first = static_cast<int>(bundle.bars->sessions().size()) - 1;
  const std::int64_t block = bars.block(july_first);
  ASSERT_GE(block, 0);
  EXPECT_EQ(bars.columns[3][block], 50124);
  EXPECT_EQ(bars.columns[3][block + 1], kMissing);
  EXPECT_EQ(bars.columns[3][block + 2], 50125);
  EXPECT_EQ(bundle.finder->assets()[0].end_date.to_string(), "2014-07-01");
  for (const CheckFinding& finding : check_bundle(folder.path(), "m")) EXPECT_EQ(finding.problem, "") << finding.file;
}

TEST(Bundle, WrongContentIsRefusedAndLeavesNothing) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::function<void(BundleContent&)>& change) {
    BundleContent content = two_assets();
    change(content);
    return code_of([&] { write_bundle("bad", std::move(content), at(folder.path())); });
  };
  EXPECT_EQ(refused([](BundleContent& c) { c.items[0].daily.times[1] = 16225; }), ErrorCode::DuplicateRow);
  EXPECT_EQ(refused([](BundleContent& c) { std::swap(c.items[0].daily.times[1], c.items[0].daily.times[2]); }),
            ErrorCode::RowsOutOfOrder);
  EXPECT_EQ(refused([](BundleContent& c) { c.items[0].daily.columns[1][1] = 1; }), ErrorCode::BadBar);
  EXPECT_EQ(refused([](BundleContent& c) { c.items[0].daily.columns[4][1] = -1; }), ErrorCode::BadBar);
  EXPECT_EQ(refused([](BundleContent& c) { c.items[0].daily.times[3] = 16228; }), ErrorCode::NotASession);
  EXPECT_EQ(refused([](BundleContent& c) { c.items[1].asset.symbol = "MSFT"; }), ErrorCode::InvalidArgument);
  EXPECT_EQ(refused([](BundleContent& c) { c.calendar_name = "XNOWHERE"; }), ErrorCode::InvalidCalendarName);
  EXPECT_EQ(refused([](BundleContent& c) {
              c.items.clear();
              c.actions = {};
            }),
            ErrorCode::EmptyData);
  EXPECT_EQ(refused([](BundleContent& c) {
              c.items = {BundleContent::Item{}};
              c.items[0].asset.symbol = "A";
              c.actions = {};
            }),
            ErrorCode::EmptyData);
  EXPECT_TRUE(list_bundles(folder.path()).empty());
  EXPECT_EQ(code_of([&] { static_cast<void>(load_bundle(folder.path(), "bad")); }), ErrorCode::UnknownBundle);
  EXPECT_EQ(code_of([&] { write_bundle("../bad", two_assets(), at(folder.path())); }), ErrorCode::InvalidArgument);
}

// --- versions
// -----------------------------------------------------------------------------------------------------------

TEST(Bundle, OlderVersionsCanBeOpenedAndCleaned) {
  const TemporaryFolder folder;
  const auto ingest = [&](std::int64_t price, std::string_view time) {
    BundleContent content;
    content.items.push_back(item("A", kWeek, price));
    return write_bundle("v", std::move(content), at(folder.path(), time)).version_id;
  };
  const std::string first = ingest(1000, "2024-01-01T00:00:00Z");
  const std::string second = ingest(2000, "2024-01-02T00:00:00Z");
  const std::string third = ingest(3000, "2024-01-03T00:00:00Z");
  const auto close_as_of = [&](std::optional<std::string_view> time) {
    return close_of(load_bundle(folder.path(), "v", time ? std::optional(Timestamp::parse(*time)) : std::nullopt), "A",
                    0);
  };
  EXPECT_EQ(close_as_of(std::nullopt), 3005);
  EXPECT_EQ(close_as_of("2024-01-02T12:00:00Z"), 2005);
  EXPECT_EQ(close_as_of("2024-01-01T00:00:00Z"), 1005);
  EXPECT_EQ(code_of([&] { close_as_of("2023-12-31"); }), ErrorCode::UnknownBundle);

  const auto clean = [&](std::optional<int> keep, std::optional<Timestamp> before, std::optional<Timestamp> after) {
    return clean_bundle(folder.path(), "v", keep, before, after);
  };
  EXPECT_EQ(code_of([&] { clean({}, {}, {}); }), ErrorCode::BadClean);
  EXPECT_EQ(code_of([&] { clean(1, Timestamp{}, {}); }), ErrorCode::BadClean);
  EXPECT_EQ(clean({}, Timestamp::parse("2024-01-02"), {}), (std::vector<std::string>{first}));
  EXPECT_FALSE(fs::exists(folder.path() / "data/v/versions" / first));
  EXPECT_EQ(clean({}, {}, Timestamp::parse("2024-01-02T12:00:00Z")), (std::vector<std::string>{third}));
  EXPECT_EQ(close_as_of(std::nullopt), 2005);  // the newest that is left is current
  EXPECT_EQ(clean(1, {}, {}), (std::vector<std::string>{}));
  EXPECT_EQ(clean(0, {}, {}), (std::vector<std::string>{second}));
  EXPECT_EQ(code_of([&] { close_as_of(std::nullopt); }), ErrorCode::UnknownBundle);
}

TEST(Bundle, LeftoversOfAKilledIngestAreRemoved) {
  const TemporaryFolder folder;
  const BundleInfo info = write_bundle("b", two_assets(), at(folder.path()));
  const fs::path bundle = folder.path() / "data/b";
  const auto leave = [&] {
    fs::create_directories(bundle / "versions/unfinished/daily");
    std::ofstream(bundle / ".manifest.json.4711.0.tmp") << "{";
  };
  const auto is_clean = [&] {
    return !fs::exists(bundle / "versions/unfinished") && !fs::exists(bundle / ".manifest.json.4711.0.tmp");
  };
  leave();
  EXPECT_TRUE(clean_bundle(folder.path(), "b", 1, {}, {}).empty());
  EXPECT_TRUE(is_clean());
  leave();
  write_bundle("b", two_assets(), at(folder.path()));
  EXPECT_TRUE(is_clean());
  EXPECT_TRUE(fs::exists(bundle / "versions" / info.version_id));
}

TEST(Bundle, OpenReadersSurviveTheRemovalOfTheirVersion) {
  const TemporaryFolder folder;
  write_bundle("b", two_assets(), at(folder.path()));
  const Bundle open = load_bundle(folder.path(), "b");
  EXPECT_EQ(clean_bundle(folder.path(), "b", 0, {}, {}).size(), 1u);
  EXPECT_FALSE(fs::exists(folder.path() / "data/b"));
  EXPECT_EQ(close_of(open, "MSFT", 4), 4105);
  EXPECT_EQ(open.finder->assets()[1].symbol, "MSFT");
  EXPECT_EQ(open.adjustments->splits.size(), 1u);
}

TEST(Bundle, ListAndUnknownNamesShowWhatThereIs) {
  const TemporaryFolder folder;
  write_bundle("beta", two_assets(), at(folder.path()));
  write_bundle("alpha", two_assets(), at(folder.path()));
  fs::create_directories(folder.path() / "data/broken");
  std::ofstream(folder.path() / "data/broken/manifest.json") << "{\"schema_version\": 1";
  const auto infos = list_bundles(folder.path());
  ASSERT_EQ(infos.size(), 3u);
  EXPECT_EQ(infos[0].name, "alpha");
  EXPECT_EQ(infos[1].daily_rows, 8);
  EXPECT_TRUE(infos[2].version_id.empty());
  EXPECT_NE(infos[2].source.find("unreadable"), std::string::npos);
  try {
    static_cast<void>(load_bundle(folder.path(), "gamma"));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::UnknownBundle);
    EXPECT_NE(e.message().find("alpha, beta, broken"), std::string::npos) << e.message();
  }
}

TEST(Bundle, CheckFindsWhatChanged) {
  const TemporaryFolder folder;
  const BundleInfo info = write_bundle("b", two_assets(), at(folder.path()));
  const fs::path files = folder.path() / "data/b/versions" / info.version_id;
  const auto problems = [&] {
    std::vector<std::string> out;
    for (const CheckFinding& f : check_bundle(folder.path(), "b"))
      if (!f.problem.empty()) out.push_back(f.file);
    return out;
  };
  EXPECT_TRUE(problems().empty());
  {
    std::fstream file(files / "daily/year=2014/bars.parquet", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  EXPECT_EQ(problems(), (std::vector<std::string>{"daily/year=2014/bars.parquet"}));
  fs::remove(files / "assets.sqlite");
  EXPECT_EQ(problems(), (std::vector<std::string>{"assets.sqlite", "daily/year=2014/bars.parquet"}));
  EXPECT_EQ(code_of([&] { static_cast<void>(load_bundle(folder.path(), "b")); }), ErrorCode::CorruptBundle);
}

TEST(Bundle, CheckComparesStoreAndParquet) {
  const TemporaryFolder folder;
  const BundleInfo info = write_bundle("b", two_assets(), at(folder.path()));
  const fs::path bundle = folder.path() / "data/b";
  const fs::path store = bundle / "versions" / info.version_id / "bars.arrow";
  {  // another store with the right hash in the manifest
    BundleContent other = two_assets();
    other.items[0].daily.columns[3][1] += 1;
    write_bundle("c", std::move(other), at(folder.path()));
    fs::copy_file(folder.path() / "data/c/versions" / list_bundles(folder.path())[1].version_id / "bars.arrow", store,
                  fs::copy_options::overwrite_existing);
    Manifest manifest = parse_manifest(storage::read_file(manifest_file(bundle)), manifest_file(bundle));
    for (ManifestFile& f : manifest.files)
      if (f.path == "bars.arrow") f.sha256 = storage::sha256_file(store);
    storage::write_file_atomically(manifest_file(bundle), manifest_to_json(manifest));
  }
  std::string problem;
  for (const CheckFinding& f : check_bundle(folder.path(), "b")) problem += f.problem;
  EXPECT_EQ(problem, "differs from bars.arrow: MSFT 2014-06-05");
}

TEST(Manifest, AssetsCanBeSkipped) {
  const TemporaryFolder folder;
  write_bundle("b", two_assets(), at(folder.path()));
  const fs::path file = folder.path() / "data/b/manifest.json";
  const std::string text = storage::read_file(file);
  Manifest all = parse_manifest(text, file);
  const Manifest without = parse_manifest(text, file, ManifestAssets::Skip);
  EXPECT_EQ(all.assets.size(), 2u);
  EXPECT_TRUE(without.assets.empty());
  all.assets.clear();
  EXPECT_EQ(manifest_to_json(without), manifest_to_json(all));
}

TEST(Manifest, ForeignOrHostileOnesAreRefused) {
  const TemporaryFolder folder;
  const BundleInfo info = write_bundle("b", two_assets(), at(folder.path()));
  const fs::path file = folder.path() / "data/b/manifest.json";
  const std::string good = storage::read_file(file);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    storage::write_file_atomically(file, text);
    return code_of([&] { static_cast<void>(load_bundle(folder.path(), "b")); });
  };
  EXPECT_EQ(with("\"schema_version\": 2", "\"schema_version\": 3"), ErrorCode::CorruptBundle);
  EXPECT_EQ(with("\"version_id\": \"", "\"version_id\": \"../../x"), ErrorCode::CorruptBundle);
  EXPECT_EQ(with("\"calendar\"", "\"kalender\""), ErrorCode::CorruptBundle);
  EXPECT_EQ(with("\"first_session\": \"2014-06-04\"", "\"first_session\": \"soon\""), ErrorCode::CorruptBundle);
  EXPECT_EQ(with(good, "[]"), ErrorCode::CorruptBundle);
  EXPECT_EQ(with(good, ""), ErrorCode::CorruptBundle);
  // an ingest replaces what cannot be read
  EXPECT_EQ(write_bundle("b", two_assets(), at(folder.path())).data_hash, info.data_hash);
  EXPECT_EQ(close_of(load_bundle(folder.path(), "b"), "MSFT", 0), 4005);
}

// --- killed ingests
// -----------------------------------------------------------------------------------------------------

/// Ingest in a child process that dies at write step `step`; true when it got to the end.
bool ingest_until(const fs::path& root, std::int64_t price, int step) {
  return storage::runs_until(step, [&](const storage::WriteProbe& probe) {
    IngestOptions options = at(root);
    options.probe = probe;
    BundleContent content;
    content.items.push_back(item("A", kWeek, price));
    content.items.push_back(item("B", kWeek, price));
    write_bundle("k", std::move(content), options);
  });
}

TEST(KilledIngest, LeavesThePreviousVersionWholeAtEveryStep) {
  const TemporaryFolder folder;
  const auto count_versions = [&] {
    return std::distance(fs::directory_iterator(folder.path() / "data/k/versions"), fs::directory_iterator());
  };
  ASSERT_TRUE(ingest_until(folder.path(), 1000, -1));
  bool reached_end = false;
  bool saw_leftover = false;
  int steps = 0;
  std::int64_t current = 1005;
  for (; !reached_end && steps < 100; ++steps) {
    const std::int64_t price = 2000 + steps;
    reached_end = ingest_until(folder.path(), price, steps);
    const Bundle bundle = load_bundle(folder.path(), "k");
    const std::int64_t close = close_of(bundle, "A", 0);
    EXPECT_TRUE(close == current || close == price + 5) << "step " << steps << ": " << close;
    EXPECT_EQ(close_of(bundle, "B", 0), close) << "step " << steps;
    for (const CheckFinding& f : check_bundle(folder.path(), "k"))
      EXPECT_EQ(f.problem, "") << "step " << steps << " " << f.file;
    saw_leftover |= count_versions() > 1 && close == current;
    // the next ingest works and leaves nothing of the killed one
    ASSERT_TRUE(ingest_until(folder.path(), 1000, -1));
    clean_bundle(folder.path(), "k", 1, {}, {});
    EXPECT_EQ(count_versions(), 1);
    EXPECT_EQ(close_of(load_bundle(folder.path(), "k"), "A", 0), 1005);
    current = 1005;
  }
  EXPECT_TRUE(reached_end);
  EXPECT_TRUE(saw_leftover);
  EXPECT_GT(steps, 10);  // folders, 4 files written and synced, manifests
}

TEST(KilledIngest, TheNextIngestRemovesLeftovers) {
  const TemporaryFolder folder;
  ASSERT_TRUE(ingest_until(folder.path(), 1000, -1));
  ASSERT_FALSE(ingest_until(folder.path(), 2000, 6));
  const auto versions = [&] {
    std::set<std::string> names;
    for (const auto& e : fs::directory_iterator(folder.path() / "data/k/versions")) names.insert(e.path().filename());
    return names;
  };
  const auto before = versions();
  ASSERT_EQ(before.size(), 2u);
  ASSERT_TRUE(ingest_until(folder.path(), 3000, -1));
  const auto after = versions();
  EXPECT_EQ(after.size(), 2u);
  EXPECT_NE(after, before);
}

TEST(KilledIngest, AFailureMidwayLeavesNoTrace) {
  const TemporaryFolder folder;
  write_bundle("k", two_assets(), at(folder.path()));
  IngestOptions options = at(folder.path());
  options.probe = [](std::string_view step) {
    if (step == "sync bars.arrow") throw Error(ErrorCode::FileNotWritable, "disk full");
  };
  EXPECT_EQ(code_of([&] { write_bundle("k", two_assets(), options); }), ErrorCode::FileNotWritable);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "data/k/versions"), fs::directory_iterator()), 1);
}

TEST(BundleLock, SecondWriterIsTurnedAway) {
  const TemporaryFolder folder;
  IngestOptions options = at(folder.path());
  ErrorCode second{};
  options.probe = [&](std::string_view step) {
    if (step == "replace manifest") second = code_of([&] { write_bundle("k", two_assets(), at(folder.path())); });
  };
  write_bundle("k", two_assets(), options);
  EXPECT_EQ(second, ErrorCode::FileNotWritable);
}

// --- places, registry, speed
// ----------------------------------------------------------------------------------------------

TEST(BundleRoot, IsTheEnvironmentsOrInTheHomeFolder) {
  ::setenv("RUSTYBT_ROOT", "/somewhere", 1);
  EXPECT_EQ(default_root(), fs::path("/somewhere"));
  ::unsetenv("RUSTYBT_ROOT");
  EXPECT_EQ(default_root(), fs::path(::getenv("HOME") ? ::getenv("HOME") : ".") / ".rustybt");
}

TEST(BundleRegistry, NamesAreUniqueAndKnown) {
  BundleRegistry registry;
  std::string called;
  registry.register_source({"b", "", [&](const IngestOptions&) { called += "b"; }});
  registry.register_source({"a", "", [&](const IngestOptions&) { called += "a"; }});
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"a", "b"}));
  registry.source("b").ingest({});
  EXPECT_EQ(called, "b");
  EXPECT_EQ(code_of([&] { registry.register_source({"a", "", {}}); }), ErrorCode::InvalidArgument);
  registry.unregister("a");
  EXPECT_EQ(code_of([&] { static_cast<void>(registry.source("a")); }), ErrorCode::UnknownBundle);
  EXPECT_EQ(code_of([&] { registry.unregister("a"); }), ErrorCode::UnknownBundle);
}

}  // namespace
}  // namespace rustybt::data
