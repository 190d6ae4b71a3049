#include "rustybt/data/fx.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"

namespace rustybt::data {
namespace {

FxRate row(const char* base, const char* quote, const char* day, const char* value, const char* rate = "mid") {
  return {rate, base, quote, Date::parse(day), Decimal::parse(value)};
}

const std::vector<FxRate> kRows = {row("EUR", "USD", "2020-01-02", "1.1193"), row("EUR", "USD", "2020-01-06", "1.1172"),
                                   row("GBP", "USD", "2020-01-03", "1.3098"), row("USD", "JPY", "2020-01-02", "108.43"),
                                   row("EUR", "USD", "2020-01-02", "1.1190", "bid")};

Date on(const char* day) { return Date::parse(day); }

TEST(FxRates, TheLastRateOnOrBeforeTheDay) {
  const FxRates rates(kRows);
  EXPECT_EQ(rates.get("mid", "USD", "EUR", on("2020-01-02")), 1.1193);
  EXPECT_EQ(rates.get("mid", "USD", "EUR", on("2020-01-05")), 1.1193);
  EXPECT_EQ(rates.get("mid", "USD", "EUR", on("2020-01-06")), 1.1172);
  EXPECT_EQ(rates.get("mid", "USD", "EUR", on("2030-01-01")), 1.1172);
  EXPECT_EQ(rates.get("bid", "USD", "EUR", on("2020-01-06")), 1.1190);
  EXPECT_EQ(rates.get("mid", "USD", "USD", on("1990-01-01")), 1.0);
}

TEST(FxRates, UnknownIsNan) {
  const FxRates rates(kRows);
  EXPECT_TRUE(std::isnan(rates.get("mid", "USD", "EUR", on("2020-01-01"))));
  EXPECT_TRUE(std::isnan(rates.get("mid", "USD", "CHF", on("2020-01-06"))));
  EXPECT_TRUE(std::isnan(rates.get("ask", "USD", "EUR", on("2020-01-06"))));
  const Error error = error_of([&] { static_cast<void>(rates.require("mid", "USD", "CHF", on("2020-01-06"))); });
  EXPECT_EQ(error.code(), ErrorCode::NoFxRate);
  EXPECT_NE(error.message().find("from CHF to USD (mid) on or before 2020-01-06"), std::string::npos);
}

TEST(FxRates, InversesAndCrossRatesAreExactFractions) {
  const FxRates rates(kRows);
  const ExactRate inverse = *rates.find("mid", "EUR", "USD", on("2020-01-02"));
  EXPECT_EQ(std::pair(inverse.numerator, inverse.denominator), std::pair(INT64_C(10000), INT64_C(11193)));
  const ExactRate cross = *rates.find("mid", "JPY", "EUR", on("2020-01-02"));  // 1.1193 x 108.43 = 121.365699
  EXPECT_EQ(static_cast<double>(cross.numerator) / static_cast<double>(cross.denominator), 121.365699);
  EXPECT_FALSE(rates.find("mid", "JPY", "GBP", on("2020-01-02")));  // no pound before the 3rd
  EXPECT_TRUE(rates.find("mid", "JPY", "GBP", on("2020-01-03")));
}

TEST(FxRates, RefusesBadRows) {
  const auto code = [](std::vector<FxRate> rows) { return error_of([&] { FxRates r(rows); }).code(); };
  EXPECT_EQ(code({row("EUR", "USD", "2020-01-02", "0")}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({row("EUR", "USD", "2020-01-02", "-1")}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({row("EUR", "EUR", "2020-01-02", "1")}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code({row("EUR", "USD", "2020-01-02", "1.1"), row("EUR", "USD", "2020-01-02", "1.2")}),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(code({row("EUR", "USD", "2020-01-02", "1.23456789012345678901")}), ErrorCode::Overflow);
  const std::vector<FxRate> again{row("EUR", "USD", "2020-01-02", "1.1"), row("EUR", "USD", "2020-01-02", "1.10")};
  EXPECT_EQ(FxRates(again).rows().size(), 1u);
}

TEST(FxRates, ATableHoldsThemExactly) {
  const FxRates rates(kRows);
  storage::TemporaryFolder folder;
  storage::write_parquet(folder.path() / "fx.parquet", fx_table(rates.rows()));
  const auto back = fx_rows(storage::read_parquet(folder.path() / "fx.parquet"));
  ASSERT_EQ(back.size(), rates.rows().size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].base, rates.rows()[i].base);
    EXPECT_EQ(back[i].day, rates.rows()[i].day);
    EXPECT_EQ(back[i].value, rates.rows()[i].value);
  }
}

TEST(FxRates, ACsvFileNamesItsLines) {
  storage::TemporaryFolder folder;
  const auto file = folder.path() / "rates.csv";
  storage::write_file_atomically(file, "Date,Base,Quote,Rate\n2020-01-02,eur,usd,1.1193\n2020-01-03,eur,usd,\n");
  const auto rows = read_fx_rates(file);
  ASSERT_EQ(rows.size(), 1u);  // a day without a rate
  EXPECT_EQ(rows[0].base + rows[0].quote + rows[0].rate, "EURUSDmid");
  storage::write_file_atomically(file, "date,base,quote,rate\n2020-01-02,EUR,USD,1.1\n2020-13-02,EUR,USD,1.1\n");
  const Error bad = error_of([&] { static_cast<void>(read_fx_rates(file)); });
  EXPECT_EQ(bad.code(), ErrorCode::BadCell);
  EXPECT_NE(bad.message().find("line 3"), std::string::npos) << bad.message();
  storage::write_file_atomically(file, "date,rate\n2020-01-02,1.1\n");
  EXPECT_EQ(error_of([&] { static_cast<void>(read_fx_rates(file)); }).code(), ErrorCode::MissingColumn);
}

}  // namespace
}  // namespace rustybt::data
