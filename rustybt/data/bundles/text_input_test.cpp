// Forms of dates, layout of files, numbers in cells.

#include <gtest/gtest.h>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/cell_number.hpp"
#include "rustybt/data/bundles/text_layout.hpp"
#include "rustybt/data/bundles/time_text.hpp"

namespace rustybt::data {
namespace {

using Kind = TimeFormat::Kind;

std::optional<Kind> kind_of(std::vector<std::string_view> cells) {
  const auto format = detect_time_format(cells);
  return format ? std::optional(format->kind) : std::nullopt;
}

/// "2014-06-05 09:31:00 +7200", offset as written.
std::string read(std::string_view cell, TimeFormat format) {
  const auto t = parse_written_time(cell, format);
  if (!t) return "none";
  std::string out = t->date.to_string() + " " + std::to_string(t->time_of_day_ns / Timestamp::kSecond);
  if (t->utc_offset_seconds) out += " offset " + std::to_string(*t->utc_offset_seconds);
  return out;
}

TEST(TimeText, HourAndHalfOfTheDay) {
  EXPECT_EQ(read("2019-10-17 09-AM", {Kind::YearFirst, {}}), "2019-10-17 32400");
  EXPECT_EQ(read("2019-10-17 12-PM", {Kind::YearFirst, {}}), "2019-10-17 43200");
  EXPECT_EQ(read("2019-10-17 13-PM", {Kind::YearFirst, {}}), "none");
  EXPECT_EQ(read("2019-10-17 09-XM", {Kind::YearFirst, {}}), "none");
}

TEST(TimeText, FormsAreToldByTheCells) {
  EXPECT_EQ(kind_of({"", "2014-06-05"}), Kind::YearFirst);
  EXPECT_EQ(kind_of({"2014/6/5 09:31"}), Kind::YearFirst);
  EXPECT_EQ(kind_of({"20140605"}), Kind::Compact);
  EXPECT_EQ(kind_of({"20110103 143100"}), Kind::Compact);
  EXPECT_EQ(kind_of({"1672531200"}), Kind::Epoch);
  EXPECT_EQ(kind_of({"1672531200000"}), Kind::Epoch);
  EXPECT_EQ(kind_of({"01/02/2023", "01/31/2023"}), Kind::MonthFirst);
  EXPECT_EQ(kind_of({"01/02/2023", "31/01/2023"}), Kind::DayFirst);
  EXPECT_EQ(kind_of({"05.06.2014", "13.06.2014"}), Kind::DayFirst);
  EXPECT_EQ(kind_of({"yesterday"}), std::nullopt);
}

TEST(TimeText, AmbiguousDatesAskForTheForm) {
  try {
    static_cast<void>(kind_of({"01/02/2023", "03/04/2023"}));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::InvalidDate);
    EXPECT_NE(e.hint().find("--date-format"), std::string::npos);
  }
}

TEST(TimeText, TimesOfDayAndOffsets) {
  EXPECT_EQ(read("2014-06-05", {Kind::YearFirst, {}}), "2014-06-05 0");
  EXPECT_EQ(read("2014-06-05T09:31:00Z", {Kind::YearFirst, {}}), "2014-06-05 34260 offset 0");
  EXPECT_EQ(read("2014-06-05 00:00:00-05:00", {Kind::YearFirst, {}}), "2014-06-05 0 offset -18000");
  EXPECT_EQ(read("2014-06-05 9:31 PM", {Kind::YearFirst, {}}), "2014-06-05 77460");
  EXPECT_EQ(read("2014-06-05 24:00", {Kind::YearFirst, {}}), "2014-06-06 0");
  EXPECT_EQ(read("20110103 143100", {Kind::Compact, {}}), "2011-01-03 52260");
  EXPECT_EQ(read("20110103143100", {Kind::Compact, {}}), "2011-01-03 52260");
  EXPECT_EQ(read("5/6/2014", {Kind::DayFirst, {}}), "2014-06-05 0");
  EXPECT_EQ(read("6/5/2014 4:00:00 PM", {Kind::MonthFirst, {}}), "2014-06-05 57600");
  EXPECT_EQ(read("1672617600", {Kind::Epoch, {}}), "2023-01-02 0 offset 0");  // date -u -d @1672617600
  EXPECT_EQ(read("1672617660000", {Kind::Epoch, {}}), "2023-01-02 60 offset 0");
  EXPECT_EQ(read("05-Jun-2014", {Kind::Pattern, "%d-%b-%Y"}), "2014-06-05 0");
}

TEST(TimeText, WhatIsNoTimeIsRefused) {
  for (const char* cell : {"", "2014-13-01", "2014-02-29", "2014-06-31", "2014-06-05x", "2014-06-05 25:00", "2014-06",
                           "9999-01-01", "2014-06-05 09:61", "0000-00-00"})
    EXPECT_EQ(read(cell, {Kind::YearFirst, {}}), "none") << cell;
  EXPECT_EQ(read("99999999999999999999", {Kind::Epoch, {}}), "none");
  EXPECT_EQ(read("05-Jux-2014", {Kind::Pattern, "%d-%b-%Y"}), "none");
}

TEST(TextLayout, DelimiterHeaderAndTitlesAreGuessed) {
  const auto guess = [](std::string_view text) {
    const storage::TextFormat f = guess_text_format(text);
    return std::string(1, f.delimiter) + (f.header ? " header " : " rows ") + std::to_string(f.skip_lines);
  };
  EXPECT_EQ(guess("Date,Open,High,Low,Close,Volume\n2023-01-01,100.50,101,100,100.8,1000\n"), ", header 0");
  EXPECT_EQ(guess("date;open;high;low;close;volume\n2013-01-02;553,82;555,0;541,63;549,03;20018500\n"), "; header 0");
  EXPECT_EQ(guess("Date\tOpen\tHigh\tLow\tClose\n2023-01-01\t1\t2\t1\t2\n"), "\t header 0");
  EXPECT_EQ(guess("trade_date|ticker|o|h|l|c|vol\n01/01/2023|AAPL|1|2|1|2|3\n"), "| header 0");
  EXPECT_EQ(guess("1672531200,100.50,101.00,100.00,100.80,1000000\n"), ", rows 0");
  EXPECT_EQ(
      guess("http://data.example/btc\nDate,Open,High,Low,Close,Volume\n2019-10-17,1,2,1,2,3\n2019-10-18,1,2,1,2,3\n"),
      ", header 1");
  EXPECT_EQ(guess("just one line"), ", header 0");
}

TEST(TextLayout, ColumnsAreFoundByTheirNames) {
  const std::vector<std::string> names = {
      "Ticker", "<DATE>", "Open", "High", "Low", "Close/Last", "Adj Close", "Vol", "split_coefficient"};
  const BarColumns c = guess_columns(names);
  EXPECT_EQ(c[Role::Symbol], 0);
  EXPECT_EQ(c[Role::Time], 1);
  EXPECT_EQ(c[Role::Open], 2);
  EXPECT_EQ(c[Role::Close], 5);
  EXPECT_EQ(c[Role::AdjustedClose], 6);
  EXPECT_EQ(c[Role::Volume], 7);
  EXPECT_EQ(c[Role::Split], 8);
  EXPECT_EQ(c[Role::Dividend], -1);
  EXPECT_EQ(c[Role::TimeOfDay], -1);

  const std::vector<std::string> two = {"Date", "Time", "o", "h", "l", "c", "v"};
  EXPECT_EQ(guess_columns(two)[Role::Time], 0);
  EXPECT_EQ(guess_columns(two)[Role::TimeOfDay], 1);
  const std::vector<std::string> index = {"", "open", "high", "low", "close", "volume"};
  EXPECT_EQ(guess_columns(index)[Role::Time], 0);
}

std::string number(std::string_view cell, bool comma = false) {
  const CellNumber n = parse_cell(cell, comma);
  switch (n.kind) {
    case CellNumber::Kind::Missing:
      return "missing";
    case CellNumber::Kind::Bad:
      return "bad";
    case CellNumber::Kind::TooLong:
      return "too long";
    default:
      return Decimal(n.mantissa, n.scale).to_string() + (n.rounded ? " rounded" : "");
  }
}

TEST(CellNumber, NumbersAreExactAndWithoutTrailingZeros) {
  EXPECT_EQ(number("58.485714"), "58.485714");
  EXPECT_EQ(number(" 12.50 "), "12.5");
  EXPECT_EQ(number("-0.25"), "-0.25");
  EXPECT_EQ(number("75555200.0"), "75555200");
  EXPECT_EQ(number("100"), "100");
  EXPECT_EQ(number("1.5e6"), "1500000");
  EXPECT_EQ(number("1E-05"), "0.00001");
  EXPECT_EQ(number("553,82", true), "553.82");
  EXPECT_EQ(number("0.0"), "0");
  EXPECT_EQ(number("$46.96"), "46.96");  // as exchanges' web pages export prices
  EXPECT_EQ(number("123456789012345678"), "123456789012345678");
}

TEST(CellNumber, FloatNoiseIsRoundedHalfEvenToTwelveDecimals) {
  EXPECT_EQ(number("0.30000000000000004"), "0.3 rounded");
  EXPECT_EQ(number("58.4700010000005"), "58.470001 rounded");  // ...0000005 is a tie at the 12th decimal: to even 0
  EXPECT_EQ(number("58.4700010000015"), "58.470001000002 rounded");           // tie: to even 2
  EXPECT_EQ(number("1234567.1234567890123"), "1234567.12345678901 rounded");  // 18 digits hold 11 decimals
}

TEST(CellNumber, MissingBadAndTooLong) {
  for (const char* cell : {"", "  ", "NaN", "nan", "null", "NULL", "N/A", "None", "-"})
    EXPECT_EQ(number(cell), "missing") << cell;
  for (const char* cell : {"inf", "12.5x", "1.2.3", "$", "$-12", "12$", "1,234.5", "--5", "abc", "e5"})
    EXPECT_EQ(number(cell), "bad") << cell;
  EXPECT_EQ(number("12.345", true), "bad") << "thousands where the comma is the decimal sign";
  EXPECT_EQ(number("1234567890123456789"), "too long");
  EXPECT_EQ(number("9999999999999999129"), "too long");  // more than 64 bits hold
  EXPECT_EQ(number("1e30"), "too long");
  EXPECT_EQ(number("123456789012345678901234567890123456789012345"), "too long");
}

}  // namespace
}  // namespace rustybt::data
