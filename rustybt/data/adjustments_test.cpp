#include "rustybt/data/adjustments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"
#include "rustybt/data/small_market_test.hpp"
#include "rustybt/storage/sqlite.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

constexpr AssetIndex kA{0}, kB{1};

assets::AssetFinder two_assets() {
  return assets::AssetFinder({small_asset(10, kMonday, kMonday + 400), small_asset(25, kMonday, kMonday + 400)});
}

TEST(ExactRatio, NearestSmallFractionOfTheDouble) {
  struct Case {
    double ratio;
    std::int64_t numerator, denominator;
  };
  const Case cases[] = {{0.5, 1, 2},
                        {0.14285714285714285, 1, 7},
                        {20.0, 20, 1},
                        {1.5, 3, 2},
                        {0.9487, 9487, 10000},
                        {1.0 / 1.054, 500, 527},
                        {0.333333333333, 1, 3},
                        {1.0 / 12000, 1, 12000},
                        // further than 1e-9 from 1/7 and from every other small fraction: as the text says
                        {0.1428571, 1428571, 10000000}};
  for (const Case& c : cases) {
    Split s{kA, kMonday, c.ratio};
    set_exact_ratio(s);
    EXPECT_EQ(s.numerator, c.numerator) << c.ratio;
    EXPECT_EQ(s.denominator, c.denominator) << c.ratio;
  }
}

TEST(ExactRatio, MustBePositive) {
  for (const double ratio : {0.0, -2.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Split s{kA, kMonday, ratio};
    EXPECT_THROW(set_exact_ratio(s), Error) << ratio;
  }
}

TEST(AdjustmentFile, ReadsBackExactlyInSourceOrder) {
  const storage::TemporaryFolder folder;
  const auto file = folder.path() / "adjustments.sqlite";
  const auto finder = two_assets();
  Adjustments written;
  written.splits = {{kB, kMonday + 30, 1.0 / 3, 1, 3}, {kA, kMonday + 3, 20.0, 20, 1}};
  written.mergers = {{kA, kMonday + 9, 0.95}};
  written.dividends = {{kA, kMonday + 12, 0.9957248410931501}};
  CashDividend cash;
  cash.asset = kA;
  cash.ex_date = kMonday + 12;
  cash.pay_date = kMonday + 20;
  cash.amount = Decimal::parse("0.1000000000000000000000001");  // more digits than a double has
  cash.amount_double = 0.1;
  written.cash_dividends = {cash};
  StockDividend stock;
  stock.asset = kA;
  stock.ex_date = kMonday + 15;
  stock.declared_date = kMonday + 1;
  stock.record_date = kMonday + 16;
  stock.payment_asset = kB;
  stock.ratio = 0.05;
  stock.ratio_exact = Decimal::parse("0.05");
  written.stock_dividends = {stock};
  write_adjustments(file, written, finder);

  const Adjustments read = read_adjustments(file, finder);
  ASSERT_EQ(read.splits.size(), 2u);
  EXPECT_EQ(read.splits[0].asset, kB);
  EXPECT_EQ(read.splits[0].effective_date, kMonday + 30);
  EXPECT_EQ(read.splits[0].ratio, 1.0 / 3);
  EXPECT_EQ(read.splits[0].denominator, 3);
  EXPECT_EQ(read.splits[1].numerator, 20);
  ASSERT_EQ(read.mergers.size(), 1u);
  EXPECT_EQ(read.mergers[0].ratio, 0.95);
  ASSERT_EQ(read.dividends.size(), 1u);
  EXPECT_EQ(read.dividends[0].ratio, 0.9957248410931501);
  ASSERT_EQ(read.cash_dividends.size(), 1u);
  EXPECT_EQ(read.cash_dividends[0].amount.to_string(), "0.1000000000000000000000001");
  EXPECT_EQ(read.cash_dividends[0].amount_double, 0.1);
  EXPECT_FALSE(read.cash_dividends[0].declared_date.has_value());
  EXPECT_EQ(read.cash_dividends[0].pay_date, kMonday + 20);
  ASSERT_EQ(read.stock_dividends.size(), 1u);
  EXPECT_EQ(read.stock_dividends[0].payment_asset, kB);
  EXPECT_EQ(read.stock_dividends[0].declared_date, kMonday + 1);
  EXPECT_FALSE(read.stock_dividends[0].pay_date.has_value());
  EXPECT_EQ(read.stock_dividends[0].ratio_exact, Decimal::parse("0.05"));

  // zipline_semantics 6.7: sids, epoch seconds, NaT = INT64_MIN
  storage::Database db(file, storage::OpenMode::ReadOnly);
  auto row = db.prepare("SELECT sid, ex_date, declared_date, pay_date, amount FROM dividend_payouts");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), 10);
  EXPECT_EQ(row.int64(1), (19723 + 12) * 86400LL);
  EXPECT_EQ(row.int64(2), INT64_MIN);
  EXPECT_EQ(row.int64(3), (19723 + 20) * 86400LL);
  EXPECT_EQ(row.real(4), 0.1);
}

/// As pandas writes it for Zipline: no columns of ours, tables without rows with TEXT columns.
TEST(AdjustmentFile, ReadsZiplinesOwn) {
  const storage::TemporaryFolder folder;
  const auto file = folder.path() / "adjustments.sqlite";
  {
    storage::Database db(file, storage::OpenMode::Create);
    for (const char* sql :
         {R"(CREATE TABLE "splits" ("index" INTEGER, "effective_date" INTEGER, "ratio" REAL, "sid" INTEGER))",
          R"(INSERT INTO splits VALUES (0, 1704153600, 0.14285714285714285, 25))",
          R"(CREATE TABLE "mergers" ("index" TEXT, "effective_date" TEXT, "ratio" TEXT, "sid" TEXT))",
          R"(CREATE TABLE "dividends" ("index" INTEGER, "sid" INTEGER, "effective_date" INTEGER, "ratio" REAL))",
          R"(CREATE TABLE "dividend_payouts" ("index" INTEGER, "sid" INTEGER, "amount" REAL, "ex_date" INTEGER,
                               "record_date" INTEGER, "declared_date" INTEGER, "pay_date" INTEGER))",
          R"(INSERT INTO dividend_payouts VALUES (0, 10, 0.57, 1704153600, -9223372036854775808,
                               -9223372036854775808, -9223372036854775808))",
          R"(CREATE TABLE "stock_dividend_payouts" ("index" TEXT, "sid" TEXT, "ex_date" TEXT, "declared_date" TEXT,
                               "record_date" TEXT, "pay_date" TEXT, "payment_sid" TEXT, "ratio" TEXT))"})
      db.execute(sql);
  }
  const Adjustments read = read_adjustments(file, two_assets());
  ASSERT_EQ(read.splits.size(), 1u);
  EXPECT_EQ(read.splits[0].asset, kB);
  EXPECT_EQ(read.splits[0].effective_date.to_string(), "2024-01-02");
  EXPECT_EQ(read.splits[0].numerator, 1);
  EXPECT_EQ(read.splits[0].denominator, 7);
  ASSERT_EQ(read.cash_dividends.size(), 1u);
  EXPECT_EQ(read.cash_dividends[0].amount.to_string(), "0.57");
  EXPECT_FALSE(read.cash_dividends[0].pay_date.has_value());
  EXPECT_TRUE(read.mergers.empty());
}

TEST(AdjustmentFile, UnknownSidIsAnError) {
  const storage::TemporaryFolder folder;
  const auto file = folder.path() / "adjustments.sqlite";
  Adjustments a;
  a.splits = {{kB, kMonday, 0.5, 1, 2}};
  write_adjustments(file, a, two_assets());
  try {
    (void)read_adjustments(file, assets::AssetFinder({small_asset(10, kMonday, kMonday)}));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::SidsNotFound);
  }
}

TEST(DividendRatios, OneMinusAmountOverPreviousClose) {
  const auto calendar = small_calendar(5);
  const auto day = [&](int s) { return calendar->session(s); };
  std::vector<CashDividend> dividends;
  const auto add = [&](Date ex, const char* amount) {
    CashDividend d;
    d.asset = kA;
    d.ex_date = ex;
    d.amount = Decimal::parse(amount);
    d.amount_double = d.amount.to_double();
    dividends.push_back(d);
  };
  add(day(0), "1");      // no session before: dropped silently
  add(day(2), "2.65");   // close before 619.86
  add(day(3), "0.5");    // close before missing
  add(day(4), "50");     // not below the close before, 40
  add(day(4) + 1, "2");  // a Saturday: the session before is Friday
  std::vector<std::string> warnings;
  const CloseOn close = [&](AssetIndex, Date d) {
    return d == day(1) ? 619.86 : d == day(2) ? std::nan("") : d == day(3) ? 40.0 : 100.0;
  };
  const auto ratios = compute_dividend_ratios(
      dividends, calendar->sessions(), close, [](AssetIndex) { return "KO"; },
      Log([&](LogLevel, std::string_view m) { warnings.emplace_back(m); }));
  ASSERT_EQ(ratios.size(), 2u);
  EXPECT_EQ(ratios[0].effective_date, day(2));
  EXPECT_EQ(ratios[0].ratio, 0.9957248410931501);  // golden set: AAPL 2012-08-09, close before 619.86
  EXPECT_EQ(ratios[1].effective_date, day(4) + 1);
  EXPECT_EQ(ratios[1].ratio, 0.98);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("KO on 2024-01-04"), std::string::npos) << warnings[0];
}

// An ex-date with a 7:1 split: close 645.57 before, 93.70 on the day, dividend 0.47. Python:
// 1 - 0.47/645.57, 1/(1 + 0.47/93.7), 1/(1 + 0.47/(93.7*7))
TEST(Adjustments, DividendFactorsFollowTheNamedConvention) {
  const auto calendar = small_calendar(3);
  CashDividend d;
  d.asset = kA;
  d.ex_date = calendar->session(1);
  d.amount = Decimal::parse("0.47");
  d.amount_double = 0.47;
  const Split split{kA, d.ex_date, 1.0 / 7.0, 1, 7};
  const CloseOn close = [&](AssetIndex, Date on) { return on == calendar->session(0) ? 645.57 : 93.7; };
  const auto factor = [&](DividendFactor convention) {
    return compute_dividend_ratios({&d, 1}, calendar->sessions(), close, [](AssetIndex) { return "AAPL"; }, {},
                                   convention, {&split, 1})
        .at(0)
        .ratio;
  };
  EXPECT_EQ(factor(DividendFactor::PreviousClose), 0.9992719612125719);
  EXPECT_EQ(factor(DividendFactor::ExClose), 0.9950090262291599);
  EXPECT_EQ(factor(DividendFactor::TotalReturn), 0.999283940460411);
}

TEST(AdjustmentIndex, FactorsStandByDayThenMergerDividendSplit) {
  Adjustments a;
  a.splits = {{kB, kMonday + 7, 0.25}, {kA, kMonday + 2, 0.5}};
  a.mergers = {{kA, kMonday + 2, 0.95}};
  a.dividends = {{kA, kMonday + 2, 0.99}, {kA, kMonday + 1, 0.98}};
  const AdjustmentIndex index(a, 3);
  const auto factors = index.factors(kA);
  ASSERT_EQ(factors.size(), 4u);
  EXPECT_EQ(factors[0].price_factor, 0.98);
  EXPECT_EQ(factors[1].price_factor, 0.95);
  EXPECT_EQ(factors[2].price_factor, 0.99);
  EXPECT_EQ(factors[3].price_factor, 0.5);
  EXPECT_EQ(factors[3].volume_factor, 2.0);
  EXPECT_EQ(factors[2].volume_factor, 1.0);
  EXPECT_EQ(index.factors(kB).size(), 1u);
  EXPECT_TRUE(index.factors(AssetIndex{2}).empty());
}

TEST(AdjustmentIndex, RatioTakesDaysAfterFromUpToTo) {
  Adjustments a;
  a.splits = {{kA, kMonday + 2, 0.5}, {kA, kMonday + 5, 0.25}};
  const AdjustmentIndex index(a, 1);
  const auto ratio = [&](int from, int to, bool volume = false) {
    return index.ratio(kA, volume, Timestamp::from_date(kMonday + from), Timestamp::from_date(kMonday + to));
  };
  EXPECT_EQ(ratio(0, 1), 1.0);
  EXPECT_EQ(ratio(0, 2), 0.5);
  EXPECT_EQ(ratio(2, 4), 1.0);
  EXPECT_EQ(ratio(1, 5), 0.125);
  EXPECT_EQ(ratio(1, 5, true), 8.0);
}

// zipline's get_adjustments stops reading a table at its first row after now, even when an earlier day follows (6.1)
TEST(AdjustmentIndex, RatioReadsEachTableUpToItsFirstLaterRow) {
  Adjustments a;
  a.splits = {{kA, kMonday + 9, 0.5}, {kA, kMonday + 2, 0.25}};
  a.dividends = {{kA, kMonday + 2, 0.9}};
  const AdjustmentIndex index(a, 1);
  EXPECT_EQ(index.ratio(kA, false, Timestamp::from_date(kMonday), Timestamp::from_date(kMonday + 4)), 0.9);
}

}  // namespace
}  // namespace rustybt::data
