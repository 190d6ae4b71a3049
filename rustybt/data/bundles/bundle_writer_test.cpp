#include "rustybt/data/bundles/bundle_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/killed_writer_test.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

namespace fs = std::filesystem;
using storage::TemporaryFolder;
using Bar = std::array<std::int64_t, kFieldCount>;
using Bars = std::map<std::int64_t, Bar>;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr const char* kAlways = "24/7";

/// The truth that bundles are compared with: bars in two decimals, whole volumes.
struct Market {
  std::map<std::string, Bars> daily, minute;
};

Bar bar_at(std::int64_t close, std::int64_t volume = 100) { return {close, close + 10, close - 10, close, volume}; }

BarSeries series_of(const Bars& bars, int price_scale = 2) {
  BarSeries series;
  series.price_scale = price_scale;
  std::int64_t factor = 1;
  for (int i = 2; i < price_scale; ++i) factor *= 10;
  for (const auto& [time, bar] : bars) {
    series.times.push_back(time);
    for (int f = 0; f < kFieldCount; ++f)
      series.columns[f].push_back(f < 4 ? bar[static_cast<std::size_t>(f)] * factor : bar[4]);
  }
  return series;
}

BundleContent part(const std::string& symbol, const Bars& daily, const Bars& minute, int price_scale = 2) {
  BundleContent content;
  content.calendar_name = kAlways;
  content.items.emplace_back();
  content.items[0].asset.symbol = symbol;
  content.items[0].daily = series_of(daily, price_scale);
  content.items[0].minute = series_of(minute, price_scale);
  return content;
}

BundleContent whole(const Market& market) {
  BundleContent content;
  content.calendar_name = kAlways;
  std::set<std::string> symbols;
  for (const auto& [symbol, bars] : market.daily) symbols.insert(symbol);
  for (const auto& [symbol, bars] : market.minute) symbols.insert(symbol);
  const auto of = [](const std::map<std::string, Bars>& all, const std::string& symbol) {
    const auto at = all.find(symbol);
    return at == all.end() ? BarSeries{} : series_of(at->second);
  };
  for (const std::string& symbol : symbols) {
    content.items.emplace_back();
    content.items.back().asset.symbol = symbol;
    content.items.back().daily = of(market.daily, symbol);
    content.items.back().minute = of(market.minute, symbol);
  }
  return content;
}

std::int64_t day(std::string_view text) { return Date::parse(text).days; }
std::int64_t minute(std::string_view text) { return Timestamp::parse(text).ns; }

/// Two years of days and two months of minutes with gaps, over a year's and a month's end.
Market small_market() {
  std::mt19937 random(7);
  Market market;
  for (const std::string symbol : {"BTC", "ETH", "XRP"}) {
    for (std::int64_t d = day("2021-12-20"); d < day("2022-01-15"); ++d)
      if (random() % 5 != 0) market.daily[symbol][d] = bar_at(10'000 + static_cast<std::int64_t>(random() % 3'000));
    std::int64_t time = minute("2022-01-30T20:00:00Z");
    for (int i = 0; i < 600; ++i) {
      time += kMinuteNs * static_cast<std::int64_t>(1 + random() % 9);
      market.minute[symbol][time] = bar_at(10'000 + static_cast<std::int64_t>(random() % 3'000), 7);
    }
  }
  return market;
}

IngestOptions at(const fs::path& root) {
  IngestOptions options;
  options.root = root;
  return options;
}

IngestOptions appending(const fs::path& root, OnConflict on_conflict = OnConflict::Refuse) {
  IngestOptions options = at(root);
  options.append = true;
  options.on_conflict = on_conflict;
  return options;
}

/// Everything a bundle holds, as a market again.
Market read_back(const Bundle& bundle) {
  Market market;
  for (std::size_t a = 0; a < bundle.finder->assets().size(); ++a) {
    const std::string& symbol = bundle.finder->assets()[a].symbol;
    const AssetIndex index{static_cast<std::int32_t>(a)};
    const AssetBars& daily = bundle.bars->daily(index);
    std::int64_t factor = 1;
    for (int i = daily.price_scale; i < 2; ++i) factor *= 10;
    const auto bar = [&](const auto& bars, std::int64_t row) {
      Bar b{};
      for (int f = 0; f < kFieldCount; ++f)
        b[static_cast<std::size_t>(f)] = bars.columns[f][row] * (f < 4 ? factor : 1);
      return b;
    };
    for (int i = 0; i < daily.count; ++i) {
      if (daily.columns[3][i] == kMissing) continue;
      market.daily[symbol][bundle.bars->sessions()[static_cast<std::size_t>(daily.first + i)].days] = bar(daily, i);
    }
    const AssetMinutes& minutes = bundle.bars->minutes(index);
    for (int s = minutes.first; s < minutes.first + minutes.count; ++s) {
      const std::int64_t block = minutes.block(s);
      if (block < 0) continue;
      const int session = *bundle.calendar->find_session(bundle.bars->sessions()[static_cast<std::size_t>(s)]);
      for (int i = 0; i < bundle.bars->minutes_in(s); ++i)
        if (minutes.columns[3][block + i] != kMissing)
          market.minute[symbol][bundle.calendar->minute(session, i).ns] = bar(minutes, block + i);
    }
  }
  return market;
}

void expect_holds(const fs::path& root, const std::string& name, const Market& market) {
  const Market found = read_back(load_bundle(root, name));
  EXPECT_EQ(found.daily, market.daily);
  EXPECT_EQ(found.minute, market.minute);
  for (const CheckFinding& finding : check_bundle(root, name)) EXPECT_EQ(finding.problem, "") << finding.file;
}

void expect_balanced(const RowLedger& rows) {
  EXPECT_EQ(rows.read, rows.rows_left_out() + rows.repeated + rows.superseded + rows.replacing + rows.added);
}

/// A market cut into chunks: one asset, daily or minutes, some rows each; shuffled.
std::vector<BundleContent> chunks_of(const Market& market, unsigned seed, std::size_t largest) {
  std::mt19937 random(seed);
  std::vector<BundleContent> chunks;
  for (const bool minutes : {false, true}) {
    for (const auto& [symbol, bars] : minutes ? market.minute : market.daily) {
      for (auto from = bars.begin(); from != bars.end();) {
        Bars some;
        for (std::size_t n = 1 + random() % largest; n > 0 && from != bars.end(); --n, ++from) some.insert(*from);
        // a chunk of the same numbers in more decimals is the same content
        chunks.push_back(part(symbol, minutes ? Bars{} : some, minutes ? some : Bars{}, random() % 3 == 0 ? 4 : 2));
      }
    }
  }
  std::ranges::shuffle(chunks, random);
  return chunks;
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode::InvariantViolation;
}

// --- chunks ---------------------------------------------------------------------------------------------------------

TEST(BundleWriter, ChunksInAnyOrderGiveOneHash) {
  const TemporaryFolder folder;
  const Market market = small_market();
  const std::string expected = write_bundle("whole", whole(market), at(folder.path())).data_hash;
  expect_holds(folder.path(), "whole", market);
  for (unsigned seed = 0; seed < 6; ++seed) {
    IngestOptions options = at(folder.path());
    options.memory_limit = seed % 2 == 0 ? 1 << 30 : 4'000;  // all in memory; spilled again and again
    int spills = 0;
    options.probe = [&](std::string_view step) { spills += step == "spill bars"; };
    const std::string name = "chunks" + std::to_string(seed);
    BundleWriter writer(name, options);
    for (BundleContent& chunk : chunks_of(market, seed, seed < 4 ? 40 : 1)) writer.add(std::move(chunk));
    const BundleInfo info = writer.commit();
    EXPECT_EQ(info.data_hash, expected) << seed;
    EXPECT_EQ(info.rows.added, info.daily_rows + info.minute_rows);
    expect_balanced(info.rows);
    EXPECT_EQ(spills > 3, seed % 2 == 1) << spills;
    expect_holds(folder.path(), name, market);
    const auto id = load_bundle(folder.path(), name).info.version_id;
    EXPECT_FALSE(fs::exists(folder.path() / "data" / name / "versions" / id / "spilled-bars"));
  }
}

TEST(BundleWriter, EqualContentHasEqualParquetWhateverTheChunks) {
  const TemporaryFolder folder;
  const Market market = small_market();
  write_bundle("whole", whole(market), at(folder.path()));
  IngestOptions options = at(folder.path());
  options.memory_limit = 4'000;
  BundleWriter writer("chunks", options);
  BundleContent names = whole(market);  // first the assets, in an order that gives the same sids, then their bars
  for (auto& item : names.items) item.daily = item.minute = {};
  writer.add(std::move(names));
  for (BundleContent& chunk : chunks_of(market, 3, 9)) writer.add(std::move(chunk));
  writer.commit();
  const auto files = [&](const std::string& name) {
    std::map<std::string, std::string> hashes;
    const fs::path bundle = folder.path() / "data" / name;
    for (const ManifestFile& f : parse_manifest(storage::read_file(manifest_file(bundle)), bundle).files)
      if (!f.path.ends_with(".sqlite")) hashes[f.path] = f.sha256;
    return hashes;
  };
  EXPECT_EQ(files("chunks"), files("whole"));
  EXPECT_EQ(files("whole").size(), 6u);  // two years, two months, bars.arrow, reference.json
}

TEST(BundleWriter, AChangedPriceChangesTheHash) {
  const TemporaryFolder folder;
  Market market = small_market();
  const std::string before = write_bundle("a", whole(market), at(folder.path())).data_hash;
  EXPECT_EQ(write_bundle("a", whole(market), at(folder.path())).data_hash, before);
  std::set<std::string> hashes{before};
  for (int f = 0; f < kFieldCount; ++f) {
    Market changed = market;
    auto& bar = std::prev(changed.minute["ETH"].end())->second;
    bar[static_cast<std::size_t>(f)] += f == static_cast<int>(Field::Low) ? -1 : 1;
    hashes.insert(write_bundle("a", whole(changed), at(folder.path())).data_hash);
  }
  EXPECT_EQ(hashes.size(), 6u);
}

TEST(BundleWriter, AssetsMayBeDescribedFirstOrLast) {
  const TemporaryFolder folder;
  BundleContent described;
  described.calendar_name = kAlways;
  described.items.emplace_back();
  described.items[0].asset = assets::make_asset(assets::AssetType::Cryptocurrency);
  described.items[0].asset.symbol = "BTC/USD";
  described.items[0].asset.base_currency = "BTC";
  described.items[0].asset.quote_currency = "USD";
  described.items[0].asset.tick_size = Decimal(5, 1);
  described.items[0].asset.exchange = "COINBASE";
  described.symbol_mappings = {};
  Split split;
  split.asset = AssetIndex{0};
  split.effective_date = Date::parse("2022-01-02");
  split.ratio = 0.5;
  split.numerator = 1;
  split.denominator = 2;
  described.actions.by_item.splits.push_back(split);
  const Bars days{{day("2022-01-01"), bar_at(100)}, {day("2022-01-02"), bar_at(120)}};
  std::set<std::string> hashes;
  for (const bool first : {true, false}) {
    BundleWriter writer("b", at(folder.path()));
    if (first) writer.add(described);
    writer.add(part("btc/usd", days, {}));
    if (!first) writer.add(described);
    hashes.insert(writer.commit().data_hash);
    const Bundle bundle = load_bundle(folder.path(), "b");
    ASSERT_EQ(bundle.finder->assets().size(), 1u);
    EXPECT_EQ(bundle.finder->assets()[0].exchange, "COINBASE");
    EXPECT_EQ(bundle.finder->assets()[0].tick_size, Decimal(5, 1));
    EXPECT_EQ(bundle.finder->assets()[0].end_date.to_string(), "2022-01-02");
    EXPECT_EQ(bundle.adjustments->splits.size(), 1u);
  }
  EXPECT_EQ(hashes.size(), 1u);
}

TEST(BundleWriter, OverlapsAreCountedRefusedOrReplaced) {
  const TemporaryFolder folder;
  const Bars first{
      {day("2022-01-01"), bar_at(100)}, {day("2022-01-02"), bar_at(110)}, {day("2022-01-03"), bar_at(120)}};
  const Bars again{{day("2022-01-02"), bar_at(110)}, {day("2022-01-04"), bar_at(130)}};
  const Bars other{{day("2022-01-03"), bar_at(121)}};
  for (const std::int64_t memory : {std::int64_t{1} << 30, std::int64_t{1}}) {
    IngestOptions options = at(folder.path());
    options.memory_limit = memory;
    {
      BundleWriter writer("b", options);
      for (const Bars& bars : {first, again}) writer.add(part("A", bars, {}));
      const BundleInfo info = writer.commit();
      EXPECT_EQ(info.rows.read, 5);
      EXPECT_EQ(info.rows.repeated, 1);
      EXPECT_EQ(info.rows.added, 4);
      expect_balanced(info.rows);
    }
    try {
      BundleWriter writer("b", options);
      for (const Bars& bars : {first, other}) writer.add(part("A", bars, {}));
      writer.commit();
      FAIL() << "no error";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::DuplicateRow);
      EXPECT_NE(e.message().find("A comes twice with different values: 2022-01-03: open 1.2 before, 1.21 now"),
                std::string::npos)
          << e.message();
    }
    options.on_conflict = OnConflict::Replace;
    BundleWriter writer("b", options);
    for (const Bars& bars : {first, other, again}) writer.add(part("A", bars, {}));
    const BundleInfo info = writer.commit();
    EXPECT_EQ(info.rows.superseded, 1);
    EXPECT_EQ(info.restatements, 0);  // of the version before: this one does not build on it
    expect_balanced(info.rows);
    EXPECT_EQ(read_back(load_bundle(folder.path(), "b")).daily["A"].at(day("2022-01-03")), bar_at(121));
  }
}

TEST(BundleWriter, WithoutCommitNothingHappens) {
  const TemporaryFolder folder;
  const Market market = small_market();
  write_bundle("b", whole(market), at(folder.path()));
  {
    BundleWriter writer("b", at(folder.path()));
    writer.add(part("NEW", {{day("2022-01-01"), bar_at(100)}}, {}));
  }
  expect_holds(folder.path(), "b", market);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "data/b/versions"), fs::directory_iterator()), 1);
}

// --- appends --------------------------------------------------------------------------------------------------------

TEST(Append, AnyOrderOfAppendsGivesTheHashOfOneIngest) {
  const TemporaryFolder folder;
  const Market market = small_market();
  const std::string expected = write_bundle("whole", whole(market), at(folder.path())).data_hash;
  for (unsigned seed = 10; seed < 12; ++seed) {
    const std::string name = "appended" + std::to_string(seed);
    BundleInfo info;
    std::int64_t added = 0;
    for (BundleContent& chunk : chunks_of(market, seed, 300)) {
      info = write_bundle(name, std::move(chunk), appending(folder.path()));
      expect_balanced(info.rows);
      added += info.rows.added;
    }
    EXPECT_EQ(info.data_hash, expected);
    EXPECT_EQ(added, info.daily_rows + info.minute_rows);
    EXPECT_EQ(info.restatements, 0);
    expect_holds(folder.path(), name, market);
  }
}

TEST(Append, UnchangedPartitionsAreTheSameFiles) {
  const TemporaryFolder folder;
  Market market = small_market();
  const std::string before = write_bundle("b", whole(market), at(folder.path())).version_id;
  const Bars more{{minute("2022-02-20T00:00:00Z"), bar_at(500)}, {minute("2022-03-01T00:01:00Z"), bar_at(501)}};
  const std::string after = write_bundle("b", part("BTC", {}, more), appending(folder.path())).version_id;
  market.minute["BTC"].insert(more.begin(), more.end());
  expect_holds(folder.path(), "b", market);
  const auto same = [&](const std::string& path) {
    const fs::path versions = folder.path() / "data/b/versions";
    return fs::equivalent(versions / before / path, versions / after / path);
  };
  EXPECT_TRUE(same("daily/year=2021/bars.parquet"));
  EXPECT_TRUE(same("daily/year=2022/bars.parquet"));
  EXPECT_TRUE(same("minute/year=2022/month=01/bars.parquet"));
  EXPECT_FALSE(same("minute/year=2022/month=02/bars.parquet"));
  EXPECT_TRUE(fs::exists(folder.path() / "data/b/versions" / after / "minute/year=2022/month=03/bars.parquet"));
  clean_bundle(folder.path(), "b", 1, {}, {});  // the older version goes, the shared files stay
  expect_holds(folder.path(), "b", market);
}

TEST(Append, FinerPricesWidenAllFilesOfAKind) {
  const TemporaryFolder folder;
  Market market = small_market();
  write_bundle("b", whole(market), at(folder.path()));
  BundleContent fine = part("FINE", {{day("2022-01-05"), bar_at(100)}}, {});
  fine.items[0].daily.price_scale = 6;
  for (int f = 0; f < 4; ++f) fine.items[0].daily.columns[f][0] = 1'234'567;
  const BundleInfo info = write_bundle("b", BundleContent(fine), appending(folder.path()));
  const fs::path version = folder.path() / "data/b/versions" / info.version_id;
  const auto scale = [&](const char* file) {
    return storage::read_parquet(version / file).column("close").as<storage::Decimals>().scale;
  };
  EXPECT_EQ(scale("daily/year=2021/bars.parquet"), 6);  // was 2
  EXPECT_EQ(scale("daily/year=2022/bars.parquet"), 6);
  EXPECT_EQ(scale("minute/year=2022/month=01/bars.parquet"), 2);
  for (const CheckFinding& finding : check_bundle(folder.path(), "b")) EXPECT_EQ(finding.problem, "") << finding.file;
  BundleWriter writer("whole", at(folder.path()));
  writer.add(whole(market));
  writer.add(std::move(fine));
  EXPECT_EQ(writer.commit().data_hash, info.data_hash);
}

TEST(Append, RevisionsAreRefusedOrListedCellByCell) {
  const TemporaryFolder folder;
  Market market = small_market();
  write_bundle("b", whole(market), at(folder.path()));
  const auto [date, old] = *market.daily["ETH"].begin();
  Bar now = old;
  now[3] += 5;
  now[4] = 101;
  EXPECT_EQ(code_of([&] { write_bundle("b", part("ETH", {{date, now}}, {}), appending(folder.path())); }),
            ErrorCode::DuplicateRow);
  expect_holds(folder.path(), "b", market);
  const BundleInfo info =
      write_bundle("b", part("ETH", {{date, now}}, {}), appending(folder.path(), OnConflict::Replace));
  EXPECT_EQ(info.restatements, 2);
  EXPECT_EQ(info.rows.replacing, 1);
  EXPECT_EQ(info.rows.added, 0);
  expect_balanced(info.rows);
  market.daily["ETH"][date] = now;
  expect_holds(folder.path(), "b", market);
  EXPECT_EQ(info.data_hash, write_bundle("whole", whole(market), at(folder.path())).data_hash);
  const auto price = [](std::int64_t mantissa) { return Decimal(mantissa, 2).normalized().to_string(); };
  EXPECT_EQ(storage::read_file(folder.path() / "data/b/versions" / info.version_id / "restatements.csv"),
            "symbol,time,what,before,now\nETH," + Date{static_cast<std::int32_t>(date)}.to_string() + ",close," +
                price(old[3]) + "," + price(now[3]) + "\nETH," + Date{static_cast<std::int32_t>(date)}.to_string() +
                ",volume,100,101\n");
}

TEST(Append, KnowsAssetsActionsAndWhatIsRepeated) {
  const TemporaryFolder folder;
  const auto content = [](const Bars& days, std::vector<std::pair<const char*, std::int64_t>> dividends) {
    BundleContent c = part("A", days, {});
    c.items[0].asset.asset_name = "Acme";
    c.items[0].asset.exchange = "X";
    c.supplementary_mappings.push_back({Sid{0}, "ISIN", "US000", Date::parse("2022-01-01"), Date::parse("2023-01-01")});
    for (const auto& [ex_date, cents] : dividends) {
      CashDividend d;
      d.asset = AssetIndex{0};
      d.ex_date = Date::parse(ex_date);
      d.amount = Decimal(cents, 2);
      d.amount_double = static_cast<double>(cents) / 100;
      c.actions.by_item.cash_dividends.push_back(d);
    }
    return c;
  };
  const Bars early{{day("2022-01-01"), bar_at(200)}, {day("2022-01-02"), bar_at(210)}};
  const Bars late{{day("2022-01-02"), bar_at(210)}, {day("2022-01-03"), bar_at(220)}};
  Bars all = early;
  all.insert(late.begin(), late.end());
  const std::string expected =
      write_bundle("whole", content(all, {{"2022-01-02", 10}, {"2022-01-03", 7}}), at(folder.path())).data_hash;
  // the later rows first: the ratio of the first dividend can only be computed when the earlier ones are there
  write_bundle("b", content(late, {{"2022-01-02", 10}, {"2022-01-03", 7}}), at(folder.path()));
  EXPECT_EQ(load_bundle(folder.path(), "b").adjustments->dividends.size(), 1u);
  const BundleInfo info = write_bundle("b", content(early, {{"2022-01-02", 10}}), appending(folder.path()));
  EXPECT_EQ(info.data_hash, expected);
  EXPECT_EQ(info.rows.repeated, 1);
  EXPECT_EQ(info.dividends, 2);
  const Bundle bundle = load_bundle(folder.path(), "b");
  ASSERT_EQ(bundle.adjustments->dividends.size(), 2u);
  EXPECT_DOUBLE_EQ(bundle.adjustments->dividends[0].ratio, 1 - 0.1 / 2.0);
  EXPECT_EQ(bundle.finder->assets()[0].asset_name, "Acme");
  EXPECT_EQ(bundle.finder->assets()[0].start_date.to_string(), "2022-01-01");

  const auto change = [&] {
    return write_bundle("b", content({}, {{"2022-01-03", 8}}), appending(folder.path(), OnConflict::Replace));
  };
  EXPECT_EQ(code_of([&] { write_bundle("b", content({}, {{"2022-01-03", 8}}), appending(folder.path())); }),
            ErrorCode::DuplicateRow);
  EXPECT_EQ(change().restatements, 1);
  EXPECT_EQ(load_bundle(folder.path(), "b").adjustments->cash_dividends[1].amount, Decimal(8, 2));
}

TEST(Append, LivesFollowTheBarsWhereTheSourceOnlyRepeatsThem) {
  const TemporaryFolder folder;
  const auto content = [](const char* first, const char* last) {
    Bars days;
    for (std::int64_t d = day(first); d <= day(last); ++d) days[d] = bar_at(100);
    BundleContent c = part("A", days, {});
    c.items[0].asset.start_date = Date::parse(first);
    c.items[0].asset.end_date = Date::parse(last);
    c.items[0].asset.auto_close_date = Date::parse(last) + 1;
    return c;
  };
  const std::string expected = write_bundle("w", content("2022-01-01", "2022-01-09"), at(folder.path())).data_hash;
  for (const auto& [first, second] :
       {std::pair{content("2022-01-01", "2022-01-05"), content("2022-01-06", "2022-01-09")},
        std::pair{content("2022-01-04", "2022-01-09"), content("2022-01-01", "2022-01-05")}}) {
    write_bundle("b", first, at(folder.path()));
    EXPECT_EQ(write_bundle("b", second, appending(folder.path())).data_hash, expected);
    const assets::Asset asset = load_bundle(folder.path(), "b").finder->assets()[0];
    EXPECT_EQ(asset.start_date.to_string(), "2022-01-01");
    EXPECT_EQ(asset.end_date.to_string(), "2022-01-09");
    EXPECT_EQ(asset.auto_close_date->to_string(), "2022-01-10");
  }
}

TEST(Append, SidsStayAndAnotherCalendarIsRefused) {
  const TemporaryFolder folder;
  write_bundle("b", part("M", {{day("2022-01-01"), bar_at(100)}}, {}), at(folder.path()));
  write_bundle("b", part("A", {{day("2022-01-01"), bar_at(100)}}, {}), appending(folder.path()));
  const Bundle bundle = load_bundle(folder.path(), "b");
  EXPECT_EQ(bundle.finder->assets()[0].symbol, "M");
  EXPECT_EQ(bundle.finder->assets()[1].symbol, "A");
  BundleContent other = part("A", {{day("2022-01-03"), bar_at(100)}}, {});
  other.calendar_name = "XNYS";
  EXPECT_EQ(code_of([&] { write_bundle("b", std::move(other), appending(folder.path())); }),
            ErrorCode::InvalidArgument);
  std::ofstream(folder.path() / "data/b/manifest.json") << "{";
  EXPECT_EQ(code_of([&] { write_bundle("b", part("A", {}, {}), appending(folder.path())); }), ErrorCode::CorruptBundle);
}

// --- killed at every step -------------------------------------------------------------------------------------------

TEST(KilledAppend, LeavesOneVersionWholeAtEveryStep) {
  const TemporaryFolder folder;
  const Market market = small_market();
  Market after = market;
  const Bars days{{day("2022-01-13"), bar_at(777)}, {day("2022-06-01"), bar_at(778)}};
  Bars minutes{{minute("2022-02-27T00:01:00Z"), bar_at(779)}};
  for (const auto& [time, bar] : days) after.daily["ETH"][time] = bar;
  after.minute["DOGE"].insert(minutes.begin(), minutes.end());

  const auto ingest = [&](const storage::WriteProbe& probe) {
    IngestOptions options = at(folder.path());
    options.memory_limit = 60'000;
    options.probe = probe;
    BundleWriter writer("k", options);
    writer.add(whole(market));
    writer.commit();
  };
  const auto append = [&](const storage::WriteProbe& probe) {
    IngestOptions options = appending(folder.path(), OnConflict::Replace);
    options.memory_limit = 1;
    options.probe = probe;
    BundleWriter writer("k", options);
    writer.add(part("ETH", days, {}));
    writer.add(part("DOGE", {}, minutes));
    writer.commit();
  };
  const auto holds = [&](const Market& expected) {
    const Market found = read_back(load_bundle(folder.path(), "k"));
    return found.daily == expected.daily && found.minute == expected.minute;
  };
  const fs::path data = folder.path() / "data", kept = folder.path() / "kept";
  ASSERT_TRUE(storage::runs_until(-1, ingest));
  fs::copy(data, kept, fs::copy_options::recursive);
  int steps_of_append = 0, steps_of_ingest = 0;
  bool saw_old = false, saw_new_before_end = false;
  for (bool reached_end = false; !reached_end && steps_of_append < 200; ++steps_of_append) {
    fs::remove_all(data);
    fs::copy(kept, data, fs::copy_options::recursive);
    reached_end = storage::runs_until(steps_of_append, append);
    const bool is_old = holds(market), is_new = holds(after);
    EXPECT_TRUE(is_old || is_new) << "step " << steps_of_append;
    saw_old |= is_old;
    saw_new_before_end |= is_new && !reached_end;
    for (const CheckFinding& f : check_bundle(folder.path(), "k"))
      EXPECT_EQ(f.problem, "") << "step " << steps_of_append << " " << f.file;
    ASSERT_TRUE(storage::runs_until(-1, append)) << "step " << steps_of_append;  // the next one succeeds
    EXPECT_TRUE(holds(after));
    for (const CheckFinding& f : check_bundle(folder.path(), "k")) EXPECT_EQ(f.problem, "") << f.file;
    EXPECT_EQ(clean_bundle(folder.path(), "k", 0, {}, {}).size(), is_new ? 3u : 2u);
    EXPECT_FALSE(fs::exists(folder.path() / "data/k"));
  }
  EXPECT_TRUE(saw_old && saw_new_before_end);
  fs::remove_all(data);
  EXPECT_GT(steps_of_append, 25);  // folders, spills, links, files written and synced, names, manifests

  for (bool reached_end = false; !reached_end && steps_of_ingest < 200; ++steps_of_ingest) {  // into an empty root
    reached_end = storage::runs_until(steps_of_ingest, ingest);
    if (list_bundles(folder.path()).empty()) {
      EXPECT_EQ(code_of([&] { static_cast<void>(load_bundle(folder.path(), "k")); }), ErrorCode::UnknownBundle);
    } else {
      EXPECT_TRUE(holds(market)) << "step " << steps_of_ingest;
    }
    ASSERT_TRUE(storage::runs_until(-1, ingest));
    EXPECT_TRUE(holds(market));
    fs::remove_all(folder.path() / "data/k");
  }
  EXPECT_GT(steps_of_ingest, 20);
}

// --- readers during ingests -----------------------------------------------------------------------------------------

TEST(ConcurrentReaders, SeeOneVersionEach) {
  const TemporaryFolder folder;
  constexpr int kVersions = 12;
  std::vector<Market> markets(kVersions);
  for (int v = 0; v < kVersions; ++v) {
    for (const std::string symbol : {"A", "B"}) {
      for (int d = 0; d < 40; ++d)
        markets[static_cast<std::size_t>(v)].daily[symbol][day("2022-01-01") + d] = bar_at(1'000 + 100 * v + d);
      for (int m = 1; m < 60; ++m)
        markets[static_cast<std::size_t>(v)].minute[symbol][minute("2022-01-05T00:00:00Z") + m * kMinuteNs] =
            bar_at(2'000 + 100 * v + m);
    }
  }
  const auto ingest = [&](int v) {
    IngestOptions options = v % 2 == 0 ? at(folder.path()) : appending(folder.path(), OnConflict::Replace);
    write_bundle("b", whole(markets[static_cast<std::size_t>(v)]), options);
  };
  ingest(0);
  std::atomic<bool> stop = false;
  std::atomic<int> opened = 0, wrong = 0;
  std::array<std::atomic<int>, kVersions> seen{};
  std::vector<std::thread> readers;
  for (int i = 0; i < 10; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const Market found = read_back(load_bundle(folder.path(), "b"));
        bool known = false;
        for (int v = 0; v < kVersions; ++v) {
          const Market& expected = markets[static_cast<std::size_t>(v)];
          if (found.daily != expected.daily || found.minute != expected.minute) continue;
          known = true;
          ++seen[static_cast<std::size_t>(v)];
        }
        ++opened;
        if (!known) ++wrong;
      }
    });
  }
  for (int v = 1; v < kVersions; ++v) ingest(v);
  while (seen[kVersions - 1] == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(opened, 10);
}

// --- events that happened elsewhere (rustybt_requirements 13) -------------------------------------------------------

TEST(RegressionEvent6, PartitionsInAnyOrderReadBackEqualAndOverflowIsAnError) {
  const TemporaryFolder folder;
  Market market;
  for (const char* month : {"2021-11", "2021-12", "2022-01", "2022-02", "2022-03"})
    for (int i = 1; i < 50; ++i)
      market.minute["A"][minute(std::string(month) + "-03T00:00:00Z") + i * kMinuteNs] = bar_at(1'000 + i);
  for (unsigned seed = 0; seed < 4; ++seed) {
    BundleWriter writer("b", at(folder.path()));
    for (BundleContent& chunk : chunks_of(market, seed, 20)) writer.add(std::move(chunk));
    EXPECT_EQ(writer.commit().minute_rows, 5 * 49);
    expect_holds(folder.path(), "b", market);
  }
  // 9.2e18 units at one scale cannot be written beside 12 decimals: an error, not a null
  BundleContent fine = part("FINE", {{day("2022-01-01"), bar_at(1'000)}}, {}), huge = fine;
  fine.items[0].daily.price_scale = 12;
  fine.items[0].daily.columns[3][0] += 1;
  fine.items[0].daily.columns[1][0] += 1;
  huge.items[0].asset.symbol = "HUGE";
  for (int f = 0; f < 4; ++f) huge.items[0].daily.columns[f][0] = 9'000'000'000'000'000'001;
  huge.items[0].daily.price_scale = 0;
  EXPECT_EQ(code_of([&] {
              BundleWriter writer("b", at(folder.path()));
              writer.add(std::move(fine));
              writer.add(std::move(huge));
              writer.commit();
            }),
            ErrorCode::Overflow);
  expect_holds(folder.path(), "b", market);
}

TEST(RegressionEvent8, SidsAreNotReusedByLaterIngests) {
  const TemporaryFolder folder;
  const Bars days{{day("2022-01-01"), bar_at(100)}};
  const auto sid_of = [&](const char* symbol) {
    const Bundle bundle = load_bundle(folder.path(), "b");
    for (const assets::Asset& a : bundle.finder->assets())
      if (a.symbol == symbol) return a.sid.value;
    return std::int64_t{-1};
  };
  write_bundle("b", part("OLD", days, {}), at(folder.path()));
  write_bundle("b", part("NEW", days, {}), at(folder.path()));  // OLD is not in it
  EXPECT_EQ(sid_of("NEW"), 1);
  write_bundle("b", part("THIRD", days, {}), appending(folder.path()));
  EXPECT_EQ(sid_of("THIRD"), 2);
  write_bundle("b", part("OLD", days, {}), appending(folder.path()));
  EXPECT_EQ(sid_of("OLD"), 0);
  EXPECT_EQ(sid_of("NEW"), 1);
}

TEST(RegressionEvent16, EveryRowOfEveryFileIsAccountedFor) {
  const TemporaryFolder folder;
  BundleWriter writer("b", at(folder.path()));
  std::int64_t rows = 0;
  for (int file = 0; file < 1'888; ++file) {  // one file a session: all of them, not the first
    const Bars bars{{minute("2015-01-01T00:01:00Z") + file * 1'440 * kMinuteNs, bar_at(1'000 + file)},
                    {minute("2015-01-01T12:00:00Z") + file * 1'440 * kMinuteNs, bar_at(1'001 + file)}};
    rows += static_cast<std::int64_t>(bars.size());
    BundleContent content = part("ES", {}, bars);
    if (file % 100 == 0) content.left_out.push_back({"file " + std::to_string(file), "no time", 3});
    rows += file % 100 == 0 ? 3 : 0;
    writer.add(std::move(content));
  }
  const BundleInfo info = writer.commit();
  EXPECT_EQ(info.rows.read, rows);
  EXPECT_EQ(info.rows.added, 2 * 1'888);
  EXPECT_EQ(info.rows.rows_left_out(), 3 * 19);
  expect_balanced(info.rows);
  EXPECT_EQ(info.minute_rows, 2 * 1'888);
  const Bundle bundle = load_bundle(folder.path(), "b");
  EXPECT_EQ(bundle.info.rows.left_out.size(), 19u);  // kept in the manifest
  EXPECT_EQ(bundle.info.rows.left_out[1].source, "file 100");
  EXPECT_EQ(read_back(bundle).minute["ES"].size(), 2u * 1'888);
}

}  // namespace
}  // namespace rustybt::data
