#include "rustybt/data/bundles/bar_text.hpp"

#include <gtest/gtest.h>

#include "rustybt/core/error.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/data/bundles/content.hpp"
#include "rustybt/data/bundles/symbol_item.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data {
namespace {

constexpr std::string_view kHeader = "date,open,high,low,close,volume\n";

struct Reading {
  std::vector<SymbolBars> bars;
  std::vector<std::string> warnings;
};

Reading read(std::string text, BarTextOptions options = {}) {
  Reading result;
  const storage::TextFormat format = guess_text_format(text);
  const storage::TextTable table = storage::parse_delimited_text(std::move(text), format, "bars.csv");
  options.file = "bars.csv";
  options.symbol = "XYZ";
  options.columns = guess_columns(table.names());
  options.calendar = utils::get_calendar("XNYS");
  options.log = Log([&](LogLevel, std::string_view message) { result.warnings.emplace_back(message); });
  if (options.columns[Role::Time] >= 0)
    options.time_format = detect_time_format(table.column(options.columns[Role::Time])).value_or(TimeFormat{});
  result.bars = read_bars(table, options);
  return result;
}

/// "Code at line: message" of the error, and how many more there were.
std::string error_of(const std::string& text, BarTextOptions options = {}) {
  try {
    static_cast<void>(read(text, std::move(options)));
  } catch (const Error& e) {
    std::string out = std::string(e.name()) + ": " + e.message();
    for (const auto& [key, value] : e.context())
      if (key == "further_errors") out += " (+" + value + ")";
    return out;
  }
  return "no error";
}

std::string rows(std::string_view lines) { return std::string(kHeader) + std::string(lines); }

using Values = std::vector<std::int64_t>;

TEST(BarText, PricesShareTheScaleTheyNeed) {
  const Reading r = read(rows("2014-06-05,10,11.5,9.25,10.125,1000\n2014-06-06,10.5,11,10,10.75,2000.0\n"));
  ASSERT_EQ(r.bars.size(), 1u);
  const BarSeries& s = r.bars[0].daily;
  EXPECT_EQ(r.bars[0].symbol, "XYZ");
  EXPECT_EQ(s.price_scale, 3);
  EXPECT_EQ(s.volume_scale, 0);
  EXPECT_EQ(s.times, (Values{16226, 16227}));  // days since 1970 of 2014-06-05 and -06 (Python date.toordinal)
  EXPECT_EQ(s.columns[0], (Values{10000, 10500}));
  EXPECT_EQ(s.columns[1], (Values{11500, 11000}));
  EXPECT_EQ(s.columns[2], (Values{9250, 10000}));
  EXPECT_EQ(s.columns[3], (Values{10125, 10750}));
  EXPECT_EQ(s.columns[4], (Values{1000, 2000}));
  EXPECT_TRUE(r.warnings.empty());
}

TEST(BarText, BadRowsNameFileLineAndWhatWasFound) {
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,10,1\n2014-06-31,10,11,9,10,1\n")),
            "BadCell: bars.csv, line 3: XYZ: \"2014-06-31\" is not a date like YYYY-MM-DD");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,abc,1\n")),
            "BadCell: bars.csv, line 2: XYZ: close is \"abc\", expected a number");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,inf,1\n")),
            "BadCell: bars.csv, line 2: XYZ: close is \"inf\", expected a number");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,,1\n")),
            "BadCell: bars.csv, line 2: XYZ: close is empty while other cells of the bar are not");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,10,\n")),
            "BadCell: bars.csv, line 2: XYZ: volume is empty while other cells of the bar are not");
  EXPECT_EQ(error_of(rows("2014-06-05,10,9,11,10,1\n")), "BadBar: bars.csv, line 2: XYZ: high 9 is below low 11");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,11.5,1\n")),
            "BadBar: bars.csv, line 2: XYZ: close 11.5 is outside low 9 to high 11");
  EXPECT_EQ(error_of(rows("2014-06-05,8.99,11,9,10,1\n")),
            "BadBar: bars.csv, line 2: XYZ: open 8.99 is outside low 9 to high 11");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,10,-1\n")), "BadBar: bars.csv, line 2: XYZ: volume -1 is negative");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,0,10,1\n")),
            "BadBar: bars.csv, line 2: XYZ: low is 0, expected a price above 0");
  EXPECT_EQ(error_of(rows("2014-06-07,10,11,9,10,1\n")),
            "NotASession: bars.csv, line 2: XYZ: 2014-06-07, a Saturday, is no session of XNYS");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,10,1\n\n2014-06-05,10,11,9,10.5,1\n")),
            "DuplicateRow: bars.csv, line 4: XYZ: a second row for 2014-06-05; the first is line 2");
  EXPECT_EQ(error_of(rows("2014-06-05,10,11,9,10,1\n2014-06-09,10,11,9,10,1\n2014-06-06,10,11,9,10,1\n")),
            "RowsOutOfOrder: bars.csv, line 4: XYZ: 2014-06-06 comes after a later row (line 3)");
}

TEST(BarText, FurtherErrorsAreCounted) {
  EXPECT_EQ(error_of(rows(
                "2014-06-05,10,9,11,10,1\n2014-06-06,x,11,9,10,1\n2014-06-09,10,11,9,10,-1\n2014-06-10,1,1,1,1,1\n")),
            "BadBar: bars.csv, line 2: XYZ: high 9 is below low 11 (+2)");
}

TEST(BarText, MissingColumnsAreNamedWithThoseFound) {
  EXPECT_EQ(error_of("date,open,high,low,price,volume\n2014-06-05,10,11,9,10,1\n"),
            "MissingColumn: bars.csv: no column for close; found: date, open, high, low, price, volume");
}

TEST(BarText, RowsWithoutTradeStayAsMissingBars) {
  const Reading r =
      read(rows("2014-06-05,10,11,9,10,1\n2014-06-06,,,,,\n2014-06-09,NaN,NaN,NaN,NaN,0\n2014-06-10,0,0,0,0,0\n"));
  const BarSeries& s = r.bars[0].daily;
  ASSERT_EQ(s.times.size(), 4u);
  for (const auto& column : s.columns)
    EXPECT_EQ(Values(column.begin() + 1, column.end()), (Values{kMissing, kMissing, kMissing}));
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_EQ(r.warnings[0], "bars.csv: 3 rows without a trade are kept as missing bars (first: bars.csv, line 3)");
}

TEST(BarText, ScaleGrowsAlsoWhereTheNewDigitsComeLast) {
  const Reading r = read(rows("2014-06-05,1,1,1,1,1\n2014-06-06,,,,,\n2014-06-09,1,1.5,1,1.25,1\n"));
  EXPECT_EQ(r.bars[0].daily.price_scale, 2);
  EXPECT_EQ(r.bars[0].daily.columns[3], (Values{100, kMissing, 125}));
  EXPECT_EQ(r.bars[0].daily.columns[1], (Values{100, kMissing, 150}));
}

TEST(BarText, SymbolsMayBeInterleaved) {
  const Reading r = read(
      "symbol,date,open,high,low,close,volume\nB,2014-06-05,1,1,1,1,1\nA,2014-06-05,2.5,2.5,2.5,2.5,1\n"
      "B,2014-06-06,1,1,1,1,1\nA,2014-06-06,2,2,2,2,1\n");
  ASSERT_EQ(r.bars.size(), 2u);
  EXPECT_EQ(r.bars[0].symbol, "B");
  EXPECT_EQ(r.bars[1].symbol, "A");
  EXPECT_EQ(r.bars[1].daily.columns[3], (Values{25, 20}));
  EXPECT_EQ(r.bars[0].daily.price_scale, 0);
}

TEST(BarText, CommasThatMayBeThousandsAreRefused) {
  const std::string korean =
      "date;open;high;low;close;volume\n2014-06-05;78,500;79,000;78,000;78,600;1\n2014-06-09;78,500;79,000;78,000;78,"
      "600;"
      "1\n";
  EXPECT_EQ(
      error_of(korean),
      "BadCell: bars.csv, line 2: XYZ: the comma in its prices (close is \"78,600\") can stand before decimals or "
      "separate thousands");
  std::string clear = korean;  // one price that is no number of thousands tells what the comma is
  clear.replace(clear.find("78,600"), 6, "78,60");
  const Reading r = read(clear);
  EXPECT_EQ(r.bars[0].daily.columns[3], (Values{786, 786}));  // 78.60 and 78.600
  EXPECT_EQ(r.bars[0].daily.price_scale, 1);
}

TEST(BarText, SplitAndDividendColumnsBecomeActions) {
  const Reading r = read(
      "date,open,high,low,close,volume,dividend,split\n2014-06-05,10,11,9,10,1,0.0,1.0\n"
      "2014-06-06,10,11,9,10,1,0.47,1\n2014-06-09,2,2,2,2,1,0,7.0\n2014-06-10,20,20,20,20,1,,0.1\n2014-06-11,8,8,8,8,1,"
      ",1.5\n");
  Adjustments actions;
  append_actions(r.bars[0], AssetIndex{3}, actions);
  ASSERT_EQ(actions.cash_dividends.size(), 1u);
  EXPECT_EQ(actions.cash_dividends[0].asset.value, 3);
  EXPECT_EQ(actions.cash_dividends[0].ex_date, Date::parse("2014-06-06"));
  EXPECT_EQ(actions.cash_dividends[0].amount.to_string(), "0.47");
  EXPECT_EQ(actions.cash_dividends[0].amount_double, 0.47);
  EXPECT_FALSE(actions.cash_dividends[0].pay_date.has_value());
  ASSERT_EQ(actions.splits.size(), 3u);
  EXPECT_EQ(actions.splits[0].ratio, 0.14285714285714285);  // Python 1 / 7.0
  EXPECT_EQ(actions.splits[0].numerator, 1);
  EXPECT_EQ(actions.splits[0].denominator, 7);
  EXPECT_EQ(actions.splits[1].numerator, 10);  // reverse 1:10
  EXPECT_EQ(actions.splits[1].denominator, 1);
  EXPECT_EQ(actions.splits[2].numerator, 2);
  EXPECT_EQ(actions.splits[2].denominator, 3);
  EXPECT_TRUE(r.warnings.empty()) << r.warnings[0];
}

TEST(BarText, RoundedSplitCoefficientsMeanSmallFractions) {
  SymbolBars bars;
  const std::pair<const char*, std::pair<int, int>> cases[] = {
      {"7.000007", {7, 1}}, {"0.333333", {1, 3}},       {"1.5", {3, 2}},
      {"0.05", {1, 20}},    {"1.0213", {10213, 10000}}, {"1.0471", {10471, 10000}}};
  for (const auto& [text, expected] : cases) bars.splits.emplace_back(Date{0}, Decimal::parse(text));
  Adjustments actions;
  append_actions(bars, AssetIndex{0}, actions);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(actions.splits[i].denominator, cases[i].second.first) << cases[i].first;
    EXPECT_EQ(actions.splits[i].numerator, cases[i].second.second) << cases[i].first;
  }
  EXPECT_EQ(actions.splits[0].ratio, 1 / 7.000007);  // the source's double stays
}

TEST(BarText, MissingSessionsAndJumpsAreReported) {
  const Reading r = read(rows("2014-06-05,10,10,10,10,1\n2014-06-10,10,10,10,10,1\n2014-06-11,100,100,100,100,1\n"));
  ASSERT_EQ(r.warnings.size(), 2u);
  EXPECT_EQ(r.warnings[0], "bars.csv: 2 sessions between first and last row have no row (first: XYZ 2014-06-06)");
  EXPECT_EQ(r.warnings[1],
            "bars.csv: 1 closes are three times the close before, or a third of it, without a split (first: XYZ "
            "2014-06-11, 100 after 10)");
}

TEST(BarText, MidnightsOfAnyZoneAreDays) {
  const Reading r =
      read(rows("2014-03-07T05:00:00Z,1,1,1,1,1\n2014-03-10T04:00:00Z,1,1,1,1,1\n"));  // over a clock change
  EXPECT_EQ(r.bars[0].daily.times, (Values{16136, 16139}));
  EXPECT_TRUE(r.bars[0].minute.times.empty());
}

// 2014-06-05 13:30..20:00 UTC is XNYS's session; 13:31 UTC = 1401975060 s (date -u -d '2014-06-05 13:31' +%s).
constexpr std::int64_t kFirstMinute = 1'401'975'060'000'000'000;

TEST(BarText, MinutesAreLabelledByTheirEnd) {
  const Reading end =
      read(rows("2014-06-05 13:31,1,1,1,1,1\n2014-06-05 13:32,1,1,1,1,1\n2014-06-05 20:00,1,1,1,1,1\n"));
  EXPECT_EQ(end.bars[0].minute.times,
            (Values{kFirstMinute, kFirstMinute + 60'000'000'000, kFirstMinute + 389 * 60'000'000'000}));
  const Reading start =
      read(rows("2014-06-05 13:30,1,1,1,1,1\n2014-06-05 13:31,1,1,1,1,1\n2014-06-05 19:59,1,1,1,1,1\n"));
  EXPECT_EQ(start.bars[0].minute.times, end.bars[0].minute.times);
  BarTextOptions new_york;
  new_york.time_zone = "America/New_York";
  const Reading local =
      read(rows("2014-06-05 09:31,1,1,1,1,1\n2014-06-05 09:32,1,1,1,1,1\n2014-06-05 16:00,1,1,1,1,1\n"), new_york);
  EXPECT_EQ(local.bars[0].minute.times, end.bars[0].minute.times);
}

TEST(BarText, MinutesOutsideTheSessionAreLeftOutAndCounted) {
  const Reading r =
      read(rows("2014-06-05 13:00,1,1,1,1,1\n2014-06-05 13:31,1,1,1,1,1\n2014-06-05 13:32,1,1,1,1,1\n2014-06-07 "
                "15:00,1,1,1,1,1\n"));
  EXPECT_EQ(r.bars[0].minute.times.size(), 2u);
  ASSERT_EQ(r.warnings.size(), 2u);
  EXPECT_EQ(r.warnings[0],
            "bars.csv: 2 rows outside the calendar's trading minutes were left out (first: bars.csv, line 2, "
            "2014-06-05T13:00:00Z)");
  EXPECT_NE(r.warnings[1].find("read as UTC"), std::string::npos);  // local times are the usual reason
  EXPECT_EQ(read(rows("2014-06-05T13:00Z,1,1,1,1,1\n2014-06-05T13:31Z,1,1,1,1,1\n2014-06-05T13:32Z,1,1,1,1,1\n"))
                .warnings.size(),
            1u);
  EXPECT_TRUE(error_of(rows("2014-06-07 15:00,1,1,1,1,1\n2014-06-07 15:01,1,1,1,1,1\n")).starts_with("EmptyData"));
}

TEST(BarText, OtherLengthsOfBarAreRefused) {
  EXPECT_EQ(error_of(rows("2014-06-05 14:00,1,1,1,1,1\n2014-06-05 15:00,1,1,1,1,1\n")),
            "NotYetSupported: bars.csv: rows are 3600 seconds apart; bars of one minute or one day can be ingested");
  EXPECT_TRUE(
      error_of(rows("2014-06-05 14:00:00,1,1,1,1,1\n2014-06-05 14:00:30,1,1,1,1,1\n")).starts_with("NotYetSupported"));
}

TEST(BarText, SortPutsRowsInOrder) {
  BarTextOptions sort;
  sort.sort = true;
  const Reading r = read(rows("2014-06-06,2,2,2,2,1\n2014-06-05,1,1,1,1,1\n"), sort);
  EXPECT_EQ(r.bars[0].daily.columns[3], (Values{1, 2}));
}

TEST(BarText, DigitsBeyondEighteenAreRefused) {
  EXPECT_EQ(
      error_of(rows("2014-06-05,1,1,1,1,1\n2014-06-06,1000000000,1000000000,1000000000,1000000000.123456789012,1\n")),
      "BadCell: bars.csv, line 3: XYZ: close is \"1000000000.123456789012\", which has more than 18 digits");
  EXPECT_EQ(
      error_of(rows("2014-06-05,1,1.123456789012,1,1,1\n2014-06-06,1000000000,1000000000,1000000000,1000000000,1\n")),
      "BadCell: bars.csv, line 3: XYZ: the prices or volumes need more than 18 digits together with those of other "
      "rows");
}

/// Any bytes give bars or an Error, never anything else: texts of several layouts with random bytes changed, cut or
/// doubled.
TEST(BarText, DamagedTextsGiveBarsOrAnError) {
  const std::string texts[] = {
      rows("2014-06-05,10,11,9,10.5,1000\n2014-06-06,10.25,11,9,10,1e3\n2014-06-09,,,,,\n"),
      "symbol;time;open;high;low;close;vol;split\nA;05.06.2014 15:31;1,5;1,5;1,5;1,5;7;1\nA;13.06.2014 "
      "15:32;2;2;2;2;7;0,5\n",
      "1401975060,10,11,9,10,5\n1401975120,10,11,9,10,5\n",
      "\xEF\xBB\xBF"
      "title\n\n\"Date\",\"Time\",o,h,l,c,v\r\n20140605,09:31:00.5 PM,1,1,1,1,1\r\n",
  };
  const std::string_view alphabet = "0123456789.,;:-+eE\n\r\"\t |TZ/anN\x00\xff";
  const CounterRandom random(7, 0);
  std::uint64_t draw = 0;
  int errors = 0;
  for (int n = 0; n < 4000; ++n) {
    std::string text = texts[n % std::size(texts)];
    for (std::uint64_t change = 1 + random.below(draw++, 5); change > 0 && !text.empty(); --change) {
      const auto at = static_cast<std::size_t>(random.below(draw++, text.size()));
      const char c = alphabet[static_cast<std::size_t>(random.below(draw++, alphabet.size()))];
      switch (random.below(draw++, 4)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        case 2:
          text.erase(at, 1 + static_cast<std::size_t>(random.below(draw++, 8)));
          break;
        default:
          text.insert(at, text.substr(at, 12));
      }
    }
    errors += error_of(text) != "no error";
  }
  EXPECT_GT(errors, 1000);
  EXPECT_LT(errors, 4000);
}

}  // namespace
}  // namespace rustybt::data
