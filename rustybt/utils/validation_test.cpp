#include "rustybt/utils/validation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace rustybt::utils {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

BarCell number(double value) { return {BarCell::State::Value, value}; }

BarRow bar(std::int64_t row, Date date, double open, double high, double low, double close, double volume) {
  BarRow r{row, Timestamp::from_date(date), date, {}};
  r[BarColumn::Open] = number(open);
  r[BarColumn::High] = number(high);
  r[BarColumn::Low] = number(low);
  r[BarColumn::Close] = number(close);
  r[BarColumn::Volume] = number(volume);
  return r;
}

/// Sessions of a year with moves of about 1 % a day, and nothing wrong.
std::vector<BarRow> clean_year(const TradingCalendar& calendar, unsigned seed = 1) {
  std::mt19937 random(seed);
  const auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
  std::vector<BarRow> rows;
  double close = 100;
  for (const Date date : calendar.sessions()) {
    if (date < Date::from_ymd(2022, 1, 1) || date > Date::from_ymd(2022, 12, 31)) continue;
    const double open = close * (1 + 0.004 * (uniform() - 0.5));
    close = open * (1 + 0.03 * (uniform() - 0.5));
    const double high = std::max(open, close) * (1 + 0.005 * uniform() + 1e-6);
    const double low = std::min(open, close) * (1 - 0.005 * uniform() - 1e-6);
    rows.push_back(bar(static_cast<std::int64_t>(rows.size()), date, open, high, low, close,
                       std::floor(1e6 * (0.7 + 0.6 * uniform()))));
  }
  return rows;
}

struct Code {
  std::int64_t row;
  std::string code;
  Severity severity;
  friend bool operator==(const Code&, const Code&) = default;
};
void PrintTo(const Code& c, std::ostream* out) { *out << c.row << " " << c.code << " " << severity_name(c.severity); }

std::vector<Code> codes(const std::vector<BarRow>& rows, ValidationOptions options = {}) {
  if (!options.calendar) options.calendar = get_calendar("XNYS");
  std::vector<Code> found;
  for (const Finding& f : validate_bars(rows, options).findings) found.push_back({f.row, f.code, f.severity});
  return found;
}

void renumber(std::vector<BarRow>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].row = static_cast<std::int64_t>(i);
}

void scale_prices(BarRow& row, double factor) {
  for (const BarColumn c : {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close}) row[c].value *= factor;
}

class Validation : public ::testing::Test {
 protected:
  CalendarPtr nyse = get_calendar("XNYS");
  std::vector<BarRow> rows = clean_year(*nyse);
};

using enum Severity;

TEST_F(Validation, CleanSeriesHasNoFindings) {
  for (unsigned seed = 1; seed <= 20; ++seed) EXPECT_THAT(codes(clean_year(*nyse, seed)), IsEmpty()) << seed;
}

// rustybt_requirements.md 13, event 12: upstream counted calendar days, so that weekends and holidays were missing.
TEST_F(Validation, RegressionEvent12_WeekendsAndHolidaysAreNotMissing) {
  EXPECT_TRUE(nyse->is_session(Date::from_ymd(2022, 7, 1)) && nyse->is_session(Date::from_ymd(2022, 7, 5)));
  EXPECT_THAT(codes(rows), IsEmpty());  // 251 sessions of 365 days
  ValidationOptions always_open;
  always_open.calendar = get_calendar("24/7");
  always_open.kind = MarketKind::Crypto;
  EXPECT_THAT(codes(clean_year(*get_calendar("24/7")), always_open), IsEmpty());
}

TEST_F(Validation, MissingSessionIsReportedAtTheRowAfterIt) {
  const Date gone = rows[100].date;
  rows.erase(rows.begin() + 100);
  renumber(rows);
  const auto found = validate_bars(rows, {.calendar = nyse}).findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].row, 100);
  EXPECT_EQ(found[0].code, "missing_session");
  EXPECT_EQ(found[0].date, gone);
}

TEST_F(Validation, MissingSessionOfAFutureIsAWarning) {
  rows.erase(rows.begin() + 100);
  renumber(rows);
  EXPECT_THAT(codes(rows, {.kind = MarketKind::Future}), ElementsAre(Code{100, "missing_session", Warning}));
}

TEST_F(Validation, QuarterWithoutRowsIsOneLongGap) {
  rows.erase(rows.begin() + 80, rows.begin() + 160);
  renumber(rows);
  EXPECT_THAT(codes(rows), ElementsAre(Code{80, "long_gap", Error}));
}

TEST_F(Validation, WeekendAndHolidayRowsAreNoSessions) {
  BarRow saturday = rows[10], holiday = rows[10];
  saturday.date = Date::from_ymd(2022, 1, 22);
  holiday.date = Date::from_ymd(2022, 1, 17);  // Martin Luther King Day
  for (BarRow* row : {&saturday, &holiday}) row->time = Timestamp::from_date(row->date);
  rows.push_back(saturday);
  rows.push_back(holiday);
  std::ranges::stable_sort(rows, {}, &BarRow::date);
  renumber(rows);
  const auto found = codes(rows);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].code, "not_a_session");
  EXPECT_EQ(rows[static_cast<std::size_t>(found[0].row)].date, holiday.date);
  EXPECT_EQ(rows[static_cast<std::size_t>(found[1].row)].date, saturday.date);
}

TEST_F(Validation, DatesOneDayEarlyAreOneFinding) {
  for (BarRow& row : rows) {
    row.date = row.date - 1;
    row.time = Timestamp::from_date(row.date);
  }
  EXPECT_THAT(codes(rows), ElementsAre(Code{0, "time_zone_suspect", Error}));
}

TEST_F(Validation, ExactDuplicateCanBeRemovedAndConflictingOneCannot) {
  rows.insert(rows.begin() + 51, rows[50]);
  rows.insert(rows.begin() + 101, rows[100]);
  rows[101][BarColumn::Close].value *= 1.0001;
  renumber(rows);
  const auto found = validate_bars(rows, {.calendar = nyse}).findings;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].row, 51);
  EXPECT_EQ(found[0].repair, Repair::RemoveRow);
  EXPECT_EQ(found[1].row, 101);
  EXPECT_EQ(found[1].code, "duplicate_date");
  EXPECT_EQ(found[1].repair, Repair::None);
}

TEST_F(Validation, RowInTheWrongPlaceIsTheOneThatMoved) {
  std::rotate(rows.begin() + 40, rows.begin() + 41, rows.begin() + 61);  // row 40 goes to place 60
  renumber(rows);
  EXPECT_THAT(codes(rows), ElementsAre(Code{60, "out_of_order", Error}));
  std::swap(rows[150], rows[151]);
  renumber(rows);
  EXPECT_THAT(codes(rows), ElementsAre(Code{60, "out_of_order", Error}, Code{151, "out_of_order", Error}));
}

TEST_F(Validation, NewestFirstIsARemarkNotADefect) {
  std::ranges::reverse(rows);
  renumber(rows);
  const utils::Validation result = validate_bars(rows, {.calendar = nyse});
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_THAT(result.remarks, ElementsAre("the newest row comes first"));
}

TEST_F(Validation, FutureDateIsReportedAndMakesNoGap) {
  BarRow last = rows.back();
  last.row = static_cast<std::int64_t>(rows.size());
  last.date = Date::from_ymd(2030, 1, 2);
  last.time = Timestamp::from_date(last.date);
  rows.push_back(last);
  EXPECT_THAT(codes(rows, {.today = Date::from_ymd(2023, 1, 3)}), ElementsAre(Code{last.row, "future_date", Error}));
}

TEST_F(Validation, CellsThatAreNoNumbers) {
  using State = BarCell::State;
  rows[10][BarColumn::Open] = {State::Missing, 0};
  rows[20][BarColumn::Volume] = {State::Missing, 0};
  rows[30][BarColumn::High] = {State::Infinite, 0};
  rows[40][BarColumn::Low] = {State::Unreadable, 0};
  for (int c = 0; c <= static_cast<int>(BarColumn::Volume); ++c)
    rows[50].cells[static_cast<std::size_t>(c)] = {State::Missing, 0};
  EXPECT_THAT(codes(rows), ElementsAre(Code{10, "missing_value", Error}, Code{20, "missing_value", Error},
                                       Code{30, "infinite_value", Error}, Code{40, "unreadable_value", Error},
                                       Code{50, "missing_value", Error}));
}

TEST_F(Validation, ADayWithoutTradeIsNoMissingValue) {
  for (const BarColumn c : {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close})
    rows[10][c] = {BarCell::State::Missing, 0};
  rows[10][BarColumn::Volume].value = 0;
  EXPECT_THAT(codes(rows), ElementsAre(Code{10, "no_trade", Warning}));
}

TEST_F(Validation, ImpossiblePricesAndRelations) {
  rows[10][BarColumn::Close].value *= -1;
  rows[20][BarColumn::Open].value = 0;
  std::swap(rows[30][BarColumn::High].value, rows[30][BarColumn::Low].value);
  rows[40][BarColumn::Open].value = rows[40][BarColumn::High].value * 1.01;
  rows[50][BarColumn::Close].value = rows[50][BarColumn::Low].value * 0.99;
  rows[60][BarColumn::Close].value = rows[60][BarColumn::High].value * 1.00001;
  EXPECT_THAT(codes(rows), ElementsAre(Code{10, "nonpositive_price", Error}, Code{20, "nonpositive_price", Error},
                                       Code{30, "high_below_low", Error}, Code{40, "open_above_high", Error},
                                       Code{50, "close_below_low", Error}, Code{60, "close_above_high", Warning}));
}

TEST_F(Validation, NegativePriceOfAFutureIsPossible) {
  for (const BarColumn c : {BarColumn::Low, BarColumn::Close}) rows[10][c].value = -37.63;  // CL, 2020-04-20
  EXPECT_THAT(codes(rows, {.kind = MarketKind::Future}),
              ElementsAre(Code{10, "nonpositive_price", Warning}, Code{10, "nonpositive_price", Warning}));
}

TEST_F(Validation, FutureWithoutTradeIsAWarning) {
  for (const BarColumn c : {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close, BarColumn::Volume})
    rows[10][c].value = 0;
  EXPECT_THAT(codes(rows, {.kind = MarketKind::Future}), ElementsAre(Code{10, "no_trade", Warning}));
}

TEST_F(Validation, SpikesOfPowersOfTenNameTheRepair) {
  scale_prices(rows[60], 10);
  scale_prices(rows[61], 0.1);  // neighbours do not hide each other
  scale_prices(rows[120], 100);
  const auto found = validate_bars(rows, {.calendar = nyse}).findings;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].row, 60);
  EXPECT_EQ(found[0].power_of_ten, -1);
  EXPECT_EQ(found[1].row, 61);
  EXPECT_EQ(found[1].power_of_ten, 1);
  EXPECT_EQ(found[2].row, 120);
  EXPECT_EQ(found[2].power_of_ten, -2);
  for (const Finding& f : found) EXPECT_EQ(f.code, "price_spike");
}

TEST_F(Validation, SmallerSpikesAndWicksAreWarnings) {
  scale_prices(rows[60], 1.3);
  rows[120][BarColumn::High].value *= 1.35;
  rows[180][BarColumn::Low].value *= 0.7;
  EXPECT_THAT(codes(rows), ElementsAre(Code{60, "price_spike", Warning}, Code{120, "price_spike", Warning},
                                       Code{180, "price_spike", Warning}));
}

TEST_F(Validation, CryptoMayMoveMore) {
  rows = clean_year(*get_calendar("24/7"));
  scale_prices(rows[60], 1.3);
  rows[120][BarColumn::High].value *= 1.35;
  EXPECT_THAT(codes(rows, {.kind = MarketKind::Crypto, .calendar = get_calendar("24/7")}), IsEmpty());
}

TEST_F(Validation, SplitWithMatchingVolumeIsARemark) {
  for (std::size_t i = 120; i < rows.size(); ++i) {
    scale_prices(rows[i], 1.0 / 7);
    rows[i][BarColumn::Volume].value *= 7;
  }
  const utils::Validation result = validate_bars(rows, {.calendar = nyse});
  EXPECT_THAT(result.findings, IsEmpty());
  ASSERT_EQ(result.remarks.size(), 1U);
  EXPECT_THAT(result.remarks[0], ::testing::HasSubstr("7:1 split"));
}

TEST_F(Validation, SplitColumnWithoutTheSplitIsAWarning) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i][BarColumn::Split] = number(1);
    if (i < 120) continue;
    scale_prices(rows[i], 1.0 / 7);
    rows[i][BarColumn::Volume].value *= 7;
  }
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "unadjusted_split", Warning}));
  rows[120][BarColumn::Split] = number(7);
  EXPECT_THAT(codes(rows), IsEmpty());
}

TEST_F(Validation, SplitOfAdjustedPricesWouldBeAppliedTwice) {
  for (BarRow& row : rows) row[BarColumn::Split] = number(1);
  rows[120][BarColumn::Split] = number(2);
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "split_not_in_price", Error}));
}

TEST_F(Validation, SplitAppliedToAFewRowsOnlyNamesEachOfThem) {
  for (std::size_t i = 120; i < 123; ++i) scale_prices(rows[i], 1.0 / 7);
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "split_reverted", Error}, Code{121, "split_reverted", Error},
                                       Code{122, "split_reverted", Error}));
}

TEST_F(Validation, LevelThatChangesWithoutVolumeIsAnotherUnit) {
  for (std::size_t i = 120; i < rows.size(); ++i) scale_prices(rows[i], 100);
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "scale_change", Error}));
  rows = clean_year(*nyse);
  for (std::size_t i = 120; i < rows.size(); ++i) scale_prices(rows[i], 1.0 / 7);
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "unadjusted_split", Error}));
}

TEST_F(Validation, PrintFromBeforeASplitInTheFirstBar) {
  rows[0][BarColumn::Open].value *= 7;
  rows[0][BarColumn::High].value *= 7;
  EXPECT_THAT(codes(rows), ElementsAre(Code{0, "unadjusted_split", Error}));
}

TEST_F(Validation, StaleRowsAreNamedButTheFirst) {
  for (std::size_t i = 61; i < 64; ++i)
    for (int c = 0; c < 5; ++c)
      rows[i].cells[static_cast<std::size_t>(c)] = rows[60].cells[static_cast<std::size_t>(c)];
  EXPECT_THAT(codes(rows), ElementsAre(Code{61, "stale_price", Warning}, Code{62, "stale_price", Warning},
                                       Code{63, "stale_price", Warning}));
}

TEST_F(Validation, Volumes) {
  rows[10][BarColumn::Volume].value *= -1;
  rows[30][BarColumn::Volume].value = 0;
  rows[60][BarColumn::Volume].value *= 1000;
  rows[90][BarColumn::Volume].value += 0.5;
  EXPECT_THAT(codes(rows),
              ElementsAre(Code{10, "negative_volume", Error}, Code{30, "zero_volume_moving_price", Warning},
                          Code{60, "volume_outlier", Warning}, Code{90, "fractional_volume", Warning}));
}

TEST_F(Validation, FractionalVolumeIsUsualForCrypto) {
  rows = clean_year(*get_calendar("24/7"));
  for (BarRow& row : rows) row[BarColumn::Volume].value += 0.25;
  EXPECT_THAT(codes(rows, {.kind = MarketKind::Crypto, .calendar = get_calendar("24/7")}), IsEmpty());
}

TEST_F(Validation, DividendThatThePriceDoesNotShow) {
  for (BarRow& row : rows) row[BarColumn::Dividend] = number(0);
  rows[120][BarColumn::Dividend] = number(rows[119][BarColumn::Close].value * 0.4);
  rows[150][BarColumn::Dividend] = number(-1);
  EXPECT_THAT(codes(rows), ElementsAre(Code{120, "bad_dividend", Error}, Code{150, "bad_dividend", Error}));
}

TEST_F(Validation, GapsWithinADayAreCountedOnACalendarThatNeverCloses) {
  std::vector<BarRow> minutes;
  const Timestamp start = Timestamp::parse("2022-03-05T00:00:00Z");
  for (int i = 0; i < 200; ++i) {
    if (i >= 50 && i < 56) continue;
    BarRow row = rows[0];
    row.row = static_cast<std::int64_t>(minutes.size());
    row.time = {start.ns + i * Timestamp::kMinute};
    row.date = row.time.date();
    row[BarColumn::Volume].value += i;
    minutes.push_back(row);
  }
  const auto found =
      validate_bars(minutes,
                    {.kind = MarketKind::Crypto, .calendar = get_calendar("24/7"), .bar_length_ns = Timestamp::kMinute})
          .findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].row, 50);
  EXPECT_EQ(found[0].code, "missing_bars");
  EXPECT_THAT(found[0].message, ::testing::StartsWith("6 bars are missing"));
}

TEST_F(Validation, EmptyAndTinySeriesAreQuiet) {
  EXPECT_THAT(codes({}), IsEmpty());
  EXPECT_THAT(codes({rows[0]}), IsEmpty());
  EXPECT_THAT(codes({rows[0], rows[1]}), IsEmpty());
}

TEST(FindSplitRatio, NamesSimpleRatiosOnly) {
  EXPECT_EQ(find_split_ratio(6.98)->to_string(), "7:1");
  EXPECT_EQ(find_split_ratio(1.5)->to_string(), "3:2");
  EXPECT_EQ(find_split_ratio(0.1)->to_string(), "1:10");
  EXPECT_FALSE(find_split_ratio(1.2));
  EXPECT_FALSE(find_split_ratio(1.75));
}

}  // namespace
}  // namespace rustybt::utils
