#include "rustybt/data/source_cache.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

const FreshnessPolicy kNever{Freshness::Never};

SourceRequest request() {
  return {
      "vendor", {"AAPL", "MSFT"},    Timestamp::parse("2024-01-02T14:30:00Z"), Timestamp::parse("2024-01-02T21:00:00Z"),
      "1m",     {{"adjusted", "no"}}};
}

TEST(SourceCache, RegressionEvent7_KeyCoversEverything) {
  const std::string key = request().key();
  const auto differs = [&](auto change) {
    SourceRequest other = request();
    change(other);
    return other.key() != key;
  };
  EXPECT_TRUE(differs([](SourceRequest& r) { r.source = "other"; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.symbols.pop_back(); }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.symbols = {"AAPLM", "SFT"}; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.start.ns += 1; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.end.ns -= 1; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.frequency = "5m"; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.settings["adjusted"] = "yes"; }));
  EXPECT_TRUE(differs([](SourceRequest& r) { r.settings["feed"] = "iex"; }));
  EXPECT_FALSE(differs([](SourceRequest& r) { std::swap(r.symbols[0], r.symbols[1]); }));
}

TEST(SourceCache, RegressionEvent13_ACorrectedAnswerReplacesTheOldOneAndHasAnotherHash) {
  const storage::TemporaryFolder folder;
  const ManualClock clock(Timestamp::parse("2024-01-03"));
  SourceCache cache(folder.path(), clock);
  cache.put(request(), "10.00");
  const auto before = cache.find(request(), kNever);
  cache.put(request(), "10.01");
  const auto after = cache.find(request(), kNever);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->content, "10.00");
  EXPECT_EQ(after->content, "10.01");
  EXPECT_NE(before->sha256, after->sha256);
}

TEST(SourceCache, ADamagedAnswerIsNotReturned) {
  const storage::TemporaryFolder folder;
  const ManualClock clock(Timestamp::parse("2024-01-03"));
  SourceCache cache(folder.path(), clock);
  cache.put(request(), "10.00");
  std::ofstream(folder.path() / (request().key() + ".bin")) << "10.99";
  EXPECT_FALSE(cache.find(request(), kNever));
  EXPECT_EQ(cache.statistics().entries, 0);
}

TEST(SourceCache, TheLeastRecentlyUsedLeaves) {
  const storage::TemporaryFolder folder;
  const ManualClock clock(Timestamp::parse("2024-01-03"));
  SourceCache cache(folder.path(), clock);
  cache.set_limit(100);
  SourceRequest a = request(), b = request(), c = request();
  b.frequency = "5m";
  c.frequency = "1h";
  cache.put(a, std::string(40, 'a'));
  cache.put(b, std::string(40, 'b'));
  EXPECT_TRUE(cache.find(a, kNever));
  cache.put(c, std::string(60, 'c'));
  EXPECT_TRUE(cache.find(a, kNever));
  EXPECT_FALSE(cache.find(b, kNever));
  EXPECT_TRUE(cache.find(c, kNever));
  cache.put(b, std::string(101, 'b'));
  const CacheStatistics s = cache.statistics();
  EXPECT_EQ(s.entries, 2);
  EXPECT_EQ(s.bytes, 100);
  EXPECT_EQ(s.hits, 3);
  EXPECT_EQ(s.misses, 1);
  cache.set_limit(60);
  EXPECT_EQ(SourceCache(folder.path(), clock).limit(), 60);
  const std::vector<CacheEntry> left = cache.entries();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].description, "AAPL, MSFT 1h 2024-01-02 to 2024-01-02");
  cache.forget(c);
  EXPECT_TRUE(cache.entries().empty());
}

TEST(SourceCache, OutlivesTheProcess) {
  const storage::TemporaryFolder folder;
  const ManualClock clock(Timestamp::parse("2024-01-03"));
  SourceCache(folder.path(), clock).put(request(), "kept");
  SourceCache again(folder.path(), clock);
  EXPECT_EQ(again.find(request(), kNever).value().content, "kept");
  again.clear();
  EXPECT_FALSE(again.find(request(), kNever));
}

TEST(Freshness, PoliciesByTheClockAndTheCalendar) {
  const auto at = [](const char* text) { return Timestamp::parse(text); };
  const Timestamp friday_noon = at("2024-01-05T17:00:00Z");  // XNYS closes at 21:00Z, opens on Monday at 14:30Z
  const FreshnessPolicy close{Freshness::MarketClose, 0, utils::get_calendar("XNYS")};
  EXPECT_TRUE(close.is_fresh(friday_noon, at("2024-01-05T20:59:59Z")));
  EXPECT_FALSE(close.is_fresh(friday_noon, at("2024-01-05T21:00:00Z")));
  EXPECT_TRUE(close.is_fresh(at("2024-01-05T22:00:00Z"), at("2024-01-08T20:00:00Z")));
  const FreshnessPolicy hybrid{Freshness::Hybrid, 300, utils::get_calendar("XNYS")};
  EXPECT_TRUE(hybrid.is_fresh(friday_noon, at("2024-01-05T17:04:59Z")));
  EXPECT_FALSE(hybrid.is_fresh(friday_noon, at("2024-01-05T17:05:00Z")));
  EXPECT_TRUE(hybrid.is_fresh(at("2024-01-05T22:00:00Z"), at("2024-01-07T12:00:00Z")));
  const FreshnessPolicy ttl{Freshness::Ttl, FreshnessPolicy::default_ttl("1h")};
  EXPECT_TRUE(ttl.is_fresh(friday_noon, at("2024-01-05T17:59:59Z")));
  EXPECT_FALSE(ttl.is_fresh(friday_noon, at("2024-01-05T18:00:00Z")));
  EXPECT_EQ(FreshnessPolicy::default_ttl("1d"), 86'400);
  EXPECT_EQ(FreshnessPolicy::default_ttl("5m"), 300);
  EXPECT_FALSE(FreshnessPolicy{Freshness::Always}.is_fresh(friday_noon, friday_noon));
  EXPECT_THROW((void)FreshnessPolicy{Freshness::MarketClose}.is_fresh(friday_noon, friday_noon), Error);
}

}  // namespace
}  // namespace rustybt::data
