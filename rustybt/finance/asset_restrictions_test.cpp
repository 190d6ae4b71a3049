#include "rustybt/finance/asset_restrictions.hpp"

#include <gtest/gtest.h>

namespace rustybt::finance {
namespace {

constexpr AssetIndex kA{0}, kB{1}, kC{2};

TEST(AssetRestrictions, ListedAssetsAreRestrictedAtAnyTime) {
  AssetRestrictions restrictions;
  EXPECT_TRUE(restrictions.empty());
  restrictions.add({{kC}, {kA}});
  EXPECT_FALSE(restrictions.empty());
  for (const std::int64_t now : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    EXPECT_TRUE(restrictions.is_restricted(kA, now));
    EXPECT_FALSE(restrictions.is_restricted(kB, now));
    EXPECT_TRUE(restrictions.is_restricted(kC, now));
  }
}

TEST(AssetRestrictions, TheLastEntryThatIsNotAfterNowHolds) {
  AssetRestrictions restrictions;
  restrictions.add({{kB, 50, true}, {kA, 20, false}, {kA, 10, true}, {kA, 30, true}});
  EXPECT_FALSE(restrictions.is_restricted(kA, 9));
  EXPECT_TRUE(restrictions.is_restricted(kA, 10));
  EXPECT_FALSE(restrictions.is_restricted(kA, 20));
  EXPECT_TRUE(restrictions.is_restricted(kA, 31));
  EXPECT_FALSE(restrictions.is_restricted(kB, 49));
  EXPECT_TRUE(restrictions.is_restricted(kB, 50));
}

TEST(AssetRestrictions, OfTwoEntriesOfOneMomentTheLaterOneInTheListHolds) {
  AssetRestrictions restrictions;
  restrictions.add({{kA, 10, true}, {kA, 10, false}});
  EXPECT_FALSE(restrictions.is_restricted(kA, 10));
}

TEST(AssetRestrictions, AUnionRestrictsWhatOneOfItsPartsRestricts) {
  AssetRestrictions dated, all;
  dated.add({{kA, 10, true}, {kA, 20, false}});
  all.add({{kB}});
  all.add(dated);
  all.add([](AssetIndex asset, std::int64_t now) { return asset == kC && now == 15; });
  EXPECT_TRUE(all.is_restricted(kA, 15));
  EXPECT_FALSE(all.is_restricted(kA, 25));
  EXPECT_TRUE(all.is_restricted(kB, 15));
  EXPECT_TRUE(all.is_restricted(kC, 15));
  EXPECT_FALSE(all.is_restricted(kC, 25));
}

}  // namespace
}  // namespace rustybt::finance
