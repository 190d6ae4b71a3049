// Rolls by calendar against LEAN's own: its map files of mode 0 (last trading day) name the last day of each contract.

#include <gtest/gtest.h>

#include <fstream>

#include "rustybt/assets/futures.hpp"
#include "rustybt/assets/roll_finder.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::assets {
namespace {

/// CME's rule of the E-mini S&P 500: it expires on the third Friday of its month.
Date third_friday(int year, int month) {
  const Date first = Date::from_ymd(year, month, 1);
  return first + ((4 - first.weekday() + 7) % 7) + 14;
}

AssetFinder es_contracts(int first_year, int last_year) {
  std::vector<Asset> contracts;
  for (int year = first_year; year <= last_year; ++year) {
    for (const int month : {3, 6, 9, 12}) {
      Asset a = make_asset(AssetType::Future);
      a.sid = {static_cast<std::int64_t>(contracts.size()) + 1};
      a.root_symbol = "ES";
      a.symbol = contract_symbol({"ES", year, month});
      a.end_date = third_friday(year, month);
      a.auto_close_date = a.end_date;
      a.start_date = a.end_date - 450;
      contracts.push_back(a);
    }
  }
  return AssetFinder(std::move(contracts));
}

TEST(LeanRolls, ByCalendarTheLastDaysOfEsAreThoseOfTheMapFile) {
  RUSTYBT_NEED_SHARED_DATA(utils::shared_data() / "futures/lean_map_files");
  std::vector<std::string> expected;
  std::ifstream map_file(utils::shared_data() / "futures/lean_map_files/es.csv");
  for (std::string line; std::getline(map_file, line);) {
    if (line.ends_with(",0")) expected.push_back(line.substr(0, 4) + "-" + line.substr(4, 2) + "-" + line.substr(6, 2));
  }
  ASSERT_EQ(expected.size(), 55u);

  const AssetFinder finder = es_contracts(2009, 2024);
  const OrderedContracts chain(finder, "ES");
  const utils::CalendarPtr calendar = utils::get_calendar("CMES");
  const RollFinder rolls(RollStyle::Calendar, calendar);
  std::vector<std::string> found;
  for (const Roll& roll : rolls.get_rolls(chain, Date::from_ymd(2009, 11, 2), Date::from_ymd(2023, 7, 3), 0)) {
    if (roll.session) found.push_back(calendar->session(*calendar->find_session(*roll.session) - 1).to_string());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace rustybt::assets
