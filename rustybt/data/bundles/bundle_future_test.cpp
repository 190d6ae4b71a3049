// A bundle of which only the past is known.

#include "rustybt/data/bundles/bundle_future.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/data/fx.hpp"

namespace rustybt::data {
namespace {

using testing::ElementsAre;

Date day(std::string_view text) { return Date::parse(text); }

assets::Asset ends_on(std::string symbol, assets::AssetType type, std::string_view last, std::string_view auto_close) {
  assets::Asset a = assets::make_asset(type);
  a.symbol = a.root_symbol = std::move(symbol);
  a.start_date = day("2020-01-02");
  a.end_date = day(last);
  if (!auto_close.empty()) a.auto_close_date = day(auto_close);
  return a;
}

Bundle bundle() {
  std::vector<assets::Asset> all = {
      ends_on("GONE", assets::AssetType::Equity, "2020-03-04", "2020-03-05"),
      ends_on("GOES", assets::AssetType::Equity, "2020-06-01", "2020-06-03"),
      ends_on("STAYS", assets::AssetType::Equity, "2020-12-31", ""),
      ends_on("FZ", assets::AssetType::Future, "2020-07-15", "2020-07-10"),
  };
  for (std::size_t i = 0; i < all.size(); ++i) all[i].sid = {static_cast<std::int64_t>(i + 1)};
  Bundle b;
  b.finder = std::make_shared<const assets::AssetFinder>(std::move(all));
  b.bars = BarStoreBuilder({day("2020-01-02")}).build();
  std::vector<FxRate> rates;
  const char* const euro[] = {"1.10", "1.20", "1.25", "1.50"};
  for (int i = 0; i < 4; ++i) {
    rates.push_back({"mid", "EUR", "USD", day("2020-03-03") + i, Decimal::parse(euro[i])});
    rates.push_back({"mid", "USD", "JPY", day("2020-03-03") + i, Decimal(100 + i, 0)});
  }
  b.fx_rates = std::make_shared<const FxRates>(rates);
  return b;
}

std::vector<std::string> rates_of(const Bundle& b, std::string_view base) {
  std::vector<std::string> out;
  for (const FxRate& r : b.fx_rates->rows()) {
    if (r.base == base) out.push_back(r.value.normalized().to_string());
  }
  return out;
}

Bundle with(const char* view) { return with_future(bundle(), FutureView::parse(view), day("2020-03-04")); }

TEST(BundleFuture, WhoWillEndIsNotKnownWhoHasEndedIs) {
  for (const Bundle& other :
       {with("cut:2020-03-04"), with("mirrored:2020-03-04"), with_unknown_ends(bundle(), day("2020-03-04"))}) {
    const auto assets = other.finder->assets();
    EXPECT_EQ(assets[0].end_date, day("2020-03-04"));
    EXPECT_EQ(assets[0].auto_close_date, day("2020-03-05"));
    // a year after 2020-12-31; as many days later is the automatic close
    EXPECT_EQ(assets[1].end_date, day("2022-01-01"));
    EXPECT_EQ(assets[1].auto_close_date, day("2022-01-03"));
    EXPECT_EQ(assets[2].end_date, day("2022-01-01"));
    EXPECT_FALSE(assets[2].auto_close_date);
    EXPECT_EQ(assets[3].end_date, day("2020-07-15"));  // the terms of a contract are known
    EXPECT_EQ(assets[3].auto_close_date, day("2020-07-10"));
    EXPECT_EQ(other.finder->lookup_symbol("goes", day("2020-03-04")), AssetIndex{1});
  }
}

TEST(BundleFuture, RatesAreCutMirroredAndShuffled) {
  EXPECT_THAT(rates_of(with("cut:2020-03-03"), "EUR"), ElementsAre("1.1", "1.2"));
  EXPECT_THAT(rates_of(with("cut:2020-03-03"), "USD"), ElementsAre("100", "101"));
  // 1.2^2 / 1.25 = 1.152 and / 1.5 = 0.96; 101^2 / 102 = 100.01 and / 103 = 99.04
  EXPECT_THAT(rates_of(with("mirrored:2020-03-03"), "EUR"), ElementsAre("1.1", "1.2", "1.15", "0.96"));
  EXPECT_THAT(rates_of(with("mirrored:2020-03-03"), "USD"), ElementsAre("100", "101", "100", "99"));
  const std::vector<std::string> shuffled = rates_of(with("shuffled:2020-03-03"), "EUR");
  EXPECT_THAT(std::vector(shuffled.begin(), shuffled.begin() + 2), ElementsAre("1.1", "1.2"));
  EXPECT_THAT(std::vector(shuffled.begin() + 2, shuffled.end()), testing::UnorderedElementsAre("1.25", "1.5"));
}

}  // namespace
}  // namespace rustybt::data
