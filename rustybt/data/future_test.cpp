// Another future, the same past.

#include <gtest/gtest.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bar_store.hpp"

namespace rustybt::data {
namespace {

constexpr auto kClose = Field::Close;

/// Five sessions from 2024-01-01; open, high, low, close around 100.00, 110.00, 120.00, 80.00, 90.00.
std::shared_ptr<const BarStore> store() {
  std::vector<Date> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(Date::parse("2024-01-01") + i);
  BarStoreBuilder builder(sessions);
  BarSeries series;
  series.price_scale = 2;
  const std::int64_t closes[] = {10000, 11000, 12000, 8000, 9000};
  for (int i = 0; i < 5; ++i) {
    series.times.push_back(sessions[static_cast<std::size_t>(i)].days);
    series.columns[0].push_back(closes[i] - 100);
    series.columns[1].push_back(closes[i] + 200);
    series.columns[2].push_back(closes[i] - 300);
    series.columns[3].push_back(closes[i]);
    series.columns[4].push_back(1000 * (i + 1));
  }
  builder.add_daily(series);
  return std::move(builder).build();
}

std::vector<std::int64_t> column(const BarStore& bars, Field field) {
  std::vector<std::int64_t> values;
  for (int s = 0; s < 5; ++s) values.push_back(bars.daily(AssetIndex{0}).at(field, s));
  return values;
}

TEST(FutureView, CutTakesBarsAwayAndKeepsThePast) {
  const auto cut = BarStore::with_future(store(), FutureView::parse("cut:2024-01-02"));
  EXPECT_EQ(column(*cut, kClose), (std::vector<std::int64_t>{10000, 11000, kMissing, kMissing, kMissing}));
  EXPECT_EQ(column(*store(), kClose), (std::vector<std::int64_t>{10000, 11000, 12000, 8000, 9000}));
}

TEST(FutureView, MirroredTurnsEveryFutureReturnAround) {
  const auto turned = BarStore::with_future(store(), FutureView::parse("mirrored:2024-01-02"));
  // 110.00^2 / 120.00 = 100.83; / 80.00 = 151.25, held at the largest price 122.00; / 90.00 = 134.44, held too
  EXPECT_EQ(column(*turned, kClose), (std::vector<std::int64_t>{10000, 11000, 10083, 12200, 12200}));
  // the high of session 2 is the image of its low 117.00: 121.00^2... 110.00^2 / 117.00 = 103.41; low: / 122.00 = 99.18
  EXPECT_EQ(turned->daily(AssetIndex{0}).at(Field::High, 2), 10341);
  EXPECT_EQ(turned->daily(AssetIndex{0}).at(Field::Low, 2), 9918);
  EXPECT_EQ(column(*turned, Field::Volume), (std::vector<std::int64_t>{1000, 2000, 1333, 1000, 800}));
}

TEST(FutureView, ShuffledKeepsWholeRowsOfTheFuture) {
  FutureView view = FutureView::parse("shuffled:2024-01-01");
  bool moved = false;
  for (view.seed = 1; view.seed < 5; ++view.seed) {
    const auto shuffled = BarStore::with_future(store(), view);
    std::vector<std::int64_t> closes = column(*shuffled, kClose);
    const std::vector<std::int64_t> lows = column(*shuffled, Field::Low);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(lows[i], closes[i] - 300);
    EXPECT_EQ(closes[0], 10000);
    moved = moved || closes != column(*store(), kClose);
    std::ranges::sort(closes);
    EXPECT_EQ(closes, (std::vector<std::int64_t>{8000, 9000, 10000, 11000, 12000}));
    EXPECT_EQ(column(*BarStore::with_future(store(), view), kClose), column(*shuffled, kClose));
  }
  EXPECT_TRUE(moved);
}

/// Three minutes a session, two sessions.
struct ThreeMinutes final : MinuteLabels {
  [[nodiscard]] int session_of(Timestamp minute) const override {
    return static_cast<int>(minute.ns / Timestamp::kDay);
  }
  [[nodiscard]] int minute_count(int) const override { return 3; }
  [[nodiscard]] int minute_index(int session, Timestamp minute) const override {
    return static_cast<int>((minute.ns - session * Timestamp::kDay) / Timestamp::kMinute);
  }
};

TEST(FutureView, MinutesAreCutWithinASession) {
  BarStoreBuilder builder({Date{0}, Date{1}});
  BarSeries series;
  for (int i = 0; i < 6; ++i) {
    series.times.push_back(i / 3 * Timestamp::kDay + i % 3 * Timestamp::kMinute);
    for (auto& values : series.columns) values.push_back(i + 1);
  }
  builder.add_minutes(series, ThreeMinutes{});
  const auto bars = std::move(builder).build();
  const auto values = [](const BarStore& of) {
    std::vector<std::int64_t> all;
    const AssetMinutes& minutes = of.minutes(AssetIndex{0});
    for (int s = 0; s < 2; ++s)
      for (int m = 0; m < 3; ++m)
        all.push_back(minutes.block(s) < 0 ? kMissing : minutes.columns[3][minutes.block(s) + m]);
    return all;
  };
  EXPECT_EQ(values(*BarStore::with_future(bars, FutureView::parse("cut:1970-01-01"))),
            (std::vector<std::int64_t>{1, 2, 3, kMissing, kMissing, kMissing}));
  EXPECT_EQ(values(*BarStore::with_future(bars, FutureView::parse("cut:1970-01-01+1"))),
            (std::vector<std::int64_t>{1, 2, 3, 4, kMissing, kMissing}));
  // around 4: 16 / 5 = 3, 16 / 6 = 2
  EXPECT_EQ(values(*BarStore::with_future(bars, FutureView::parse("mirrored:1970-01-01+1"))),
            (std::vector<std::int64_t>{1, 2, 3, 4, 3, 2}));
}

TEST(FutureView, TextIsReadBack) {
  EXPECT_EQ(FutureView::parse("shuffled:2024-01-02+7").to_string(), "shuffled:2024-01-02+7");
  EXPECT_EQ(FutureView::parse("cut:2024-01-02").to_string(), "cut:2024-01-02");
  for (const char* wrong : {"cut", "none:2024-01-02", "cut:2024-01-02+x", "cut:2024-01-02+-1"})
    EXPECT_THROW((void)FutureView::parse(wrong), Error) << wrong;
}

}  // namespace
}  // namespace rustybt::data
