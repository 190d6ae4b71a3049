#include "rustybt/assets/roll_finder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::assets {
namespace {

namespace fs = std::filesystem;

Date day(std::string_view text) { return Date::parse(text); }

fs::path golden() { return utils::shared_data() / "golden/zipline_reloaded"; }

/// The VX chain of the golden runs: contracts of June 2011 to September 2013 and their daily volumes.
class Market {
 public:
  Market() : finder_(read_contracts()), chain_(finder_, "VX"), calendar_(utils::get_calendar("XNYS")) {
    for (const auto& row : utils::read_csv(golden() / "input/futures_daily.csv")) {
      const Date session = day(row[1]);
      volumes_[{finder_.lookup_future_symbol(row[0]), session}] = std::stod(row[6]);
      last_ = std::max(last_, session);
    }
  }

  [[nodiscard]] RollFinder roll_finder(const std::string& style, bool offset_follows_active) const {
    const SessionVolumes volumes{[this](AssetIndex contract, Date session) {
                                   const auto found = volumes_.find({contract, session});
                                   return found == volumes_.end() ? 0.0 : found->second;
                                 },
                                 last_};
    return {parse_roll_style(style), calendar_, volumes, {offset_follows_active}};
  }
  [[nodiscard]] std::string symbol(std::optional<AssetIndex> contract) const {
    return contract ? finder_[*contract].symbol : "";
  }
  [[nodiscard]] const OrderedContracts& chain() const { return chain_; }
  [[nodiscard]] const AssetFinder& finder() const { return finder_; }
  [[nodiscard]] const utils::TradingCalendar& calendar() const { return *calendar_; }

 private:
  static std::vector<Asset> read_contracts() {
    std::vector<Asset> contracts;
    for (const auto& row : utils::read_csv(golden() / "input/futures_contracts.csv")) {
      Asset a = make_asset(AssetType::Future);
      a.sid = {std::stoll(row[0])};
      a.symbol = row[1];
      a.root_symbol = row[2];
      a.start_date = day(row[4]);
      a.end_date = day(row[5]);
      a.auto_close_date = day(row[7]);
      a.exchange = row[10];
      contracts.push_back(std::move(a));
    }
    return contracts;
  }

  AssetFinder finder_;
  OrderedContracts chain_;
  utils::CalendarPtr calendar_;
  std::map<std::pair<AssetIndex, Date>, double> volumes_;
  Date last_{};
};

std::string rolls_text(const Market& market, const std::string& style, int offset, std::string_view start,
                       std::string_view end, bool offset_follows_active = false) {
  std::string text;
  const RollFinder finder = market.roll_finder(style, offset_follows_active);
  for (const Roll& roll : finder.get_rolls(market.chain(), day(start), day(end), offset)) {
    text += (text.empty() ? "" : " ") + market.symbol(roll.contract);
    if (roll.session) text += ">" + roll.session->to_string();
  }
  return text;
}

// Made with zipline-reloaded 3.2.1: CalendarRollFinder and VolumeRollFinder .get_rolls over the same contracts.
TEST(RollFinder, RollsAsZipline) {
  RUSTYBT_NEED_SHARED_DATA(golden());
  const Market market;
  struct Case {
    std::string style;
    int offset;
    std::string_view start, end, expected;
  };
  const Case cases[] = {
      {"calendar", 0, "2011-06-01", "2013-09-20",
       "VXM11>2011-06-14 VXN11>2011-07-19 VXQ11>2011-08-16 VXU11>2011-09-20 VXV11>2011-10-18 VXX11>2011-11-15 "
       "VXZ11>2011-12-20 VXF12>2012-01-17 VXG12>2012-02-14 VXH12>2012-03-20 VXJ12>2012-04-17 VXK12>2012-05-15 "
       "VXM12>2012-06-19 VXN12>2012-07-17 VXQ12>2012-08-21 VXU12>2012-09-18 VXV12>2012-10-16 VXX12>2012-11-20 "
       "VXZ12>2012-12-18 VXF13>2013-01-15 VXG13>2013-02-12 VXH13>2013-03-19 VXJ13>2013-04-16 VXK13>2013-05-21 "
       "VXM13>2013-06-18 VXN13>2013-07-16 VXQ13>2013-08-20 VXU13"},
      {"calendar", 0, "2012-03-12", "2012-03-14", "VXH12"},
      {"calendar", 1, "2012-02-01", "2012-06-29",
       "VXH12>2012-02-14 VXJ12>2012-03-20 VXK12>2012-04-17 VXM12>2012-05-15 VXN12>2012-06-19 VXQ12"},
      {"calendar", 2, "2012-02-01", "2012-06-29",
       "VXJ12>2012-02-14 VXK12>2012-03-20 VXM12>2012-04-17 VXN12>2012-05-15 VXQ12>2012-06-19 VXU12"},
      {"volume", 0, "2011-06-01", "2013-09-20",
       "VXM11>2011-06-08 VXN11>2011-07-13 VXQ11>2011-08-11 VXU11>2011-09-15 VXV11>2011-10-12 VXX11>2011-11-09 "
       "VXZ11>2011-12-12 VXF12>2012-01-11 VXG12>2012-02-09 VXH12>2012-03-13 VXJ12>2012-04-10 VXK12>2012-05-11 "
       "VXM12>2012-06-12 VXN12>2012-07-16 VXQ12>2012-08-14 VXU12>2012-09-13 VXV12>2012-10-11 VXX12>2012-11-13 "
       "VXZ12>2012-12-19 VXF13>2013-01-08 VXG13>2013-02-08 VXH13>2013-03-12 VXJ13>2013-04-11 VXK13>2013-05-17 "
       "VXM13>2013-06-18 VXN13>2013-07-10 VXQ13>2013-08-21 VXU13"},
      {"volume", 0, "2012-03-12", "2012-03-14", "VXH12>2012-03-13 VXJ12"},
      {"volume", 1, "2012-02-01", "2012-06-29",
       "VXH12>2012-02-15 VXJ12>2012-03-21 VXK12>2012-04-18 VXM12>2012-05-16 VXN12>2012-06-20 VXQ12"},
      {"volume", 1, "2012-03-12", "2012-03-14", "VXJ12>2012-03-14 VXK12"},
      {"volume", 2, "2012-02-01", "2012-06-29",
       "VXJ12>2012-02-15 VXK12>2012-03-21 VXM12>2012-04-18 VXN12>2012-05-16 VXQ12>2012-06-20 VXU12"}};
  for (const Case& c : cases)
    EXPECT_EQ(rolls_text(market, c.style, c.offset, c.start, c.end), c.expected) << c.style << " " << c.offset;
  EXPECT_EQ(rolls_text(market, "volume", 1, "2011-06-01", "2013-09-20"), "") << "no contract after the last one";
}

// Contracts and chains that a strategy saw in zipline's run s19b, every session of five months.
TEST(RollFinder, NamesTheContractsOfTheGoldenRuns) {
  RUSTYBT_NEED_SHARED_DATA(golden());
  const Market market;
  for (const std::string style : {"calendar", "volume"}) {
    const RollFinder finder = market.roll_finder(style, false);
    const fs::path folder = golden() / "expected/s19b_continuous_futures" / style;
    for (const auto& row : utils::read_csv(folder / "contract.csv"))
      EXPECT_EQ(market.symbol(finder.get_contract_center(market.chain(), day(row[0]), std::stoi(row[1]))), row[2])
          << style << " " << row[0] << " offset " << row[1];
    for (const auto& row : utils::read_csv(folder / "chain.csv")) {
      const auto center = finder.get_contract_center(market.chain(), day(row[0]), 0);
      std::string chain;
      for (const AssetIndex contract : market.chain().active_chain(*market.chain().find_place(*center), day(row[0])))
        chain += (chain.empty() ? "" : " ") + market.symbol(contract);
      EXPECT_EQ(chain, row[1]) << style << " " << row[0];
    }
  }
}

// The `sid` field of a 45-day history in the same runs: which contract each row of the window belongs to.
TEST(RollFinder, SplicesTheHistoriesOfTheGoldenRuns) {
  RUSTYBT_NEED_SHARED_DATA(golden());
  const Market market;
  const utils::TradingCalendar& calendar = market.calendar();
  for (const std::string style : {"calendar", "volume"}) {
    const RollFinder finder = market.roll_finder(style, false);
    for (const auto& row :
         utils::read_csv(golden() / "expected/s19b_continuous_futures" / style / "history_sids.csv")) {
      const int last = *calendar.find_session(day(row[0]));
      // zipline loads windows 40 sessions ahead, and Q32 makes the last rows depend on it
      const auto rolls =
          finder.get_rolls(market.chain(), calendar.session(last - 44), calendar.session(last + 40), std::stoi(row[1]));
      std::string sids;
      std::size_t i = 0;
      for (int s = last - 44; s <= last; ++s) {
        while (rolls[i].session && calendar.session(s) >= *rolls[i].session) ++i;
        sids += fmt::format("{}{}", sids.empty() ? "" : " ", market.finder()[rolls[i].contract].sid.value);
      }
      EXPECT_EQ(sids, row[3]) << style << " " << row[0] << " offset " << row[1];
    }
  }
}

// Q32 fixed: after the roll of 2012-03-13 the active contract is VXJ12, and VXK12 comes after it at once.
TEST(RollFinder, OffsetOneIsTheContractAfterTheActiveOne) {
  RUSTYBT_NEED_SHARED_DATA(golden());
  const Market market;
  const auto contract = [&](bool fixed, std::string_view session, int offset) {
    return market.symbol(market.roll_finder("volume", fixed).get_contract_center(market.chain(), day(session), offset));
  };
  EXPECT_EQ(contract(true, "2012-03-12", 0) + " " + contract(true, "2012-03-12", 1), "VXH12 VXJ12");
  EXPECT_EQ(contract(true, "2012-03-13", 0) + " " + contract(true, "2012-03-13", 1), "VXJ12 VXK12");
  EXPECT_EQ(contract(false, "2012-03-13", 0) + " " + contract(false, "2012-03-13", 1), "VXJ12 VXJ12");
  EXPECT_EQ(rolls_text(market, "volume", 1, "2012-02-01", "2012-06-29", true),
            "VXH12>2012-02-09 VXJ12>2012-03-13 VXK12>2012-04-10 VXM12>2012-05-11 VXN12>2012-06-12 VXQ12");
}

/// Two contracts: front closes on Friday 2020-01-17, back a month later.
AssetFinder two_contracts() {
  std::vector<Asset> contracts;
  for (const auto& [sid, symbol, end] : {std::tuple{1, "ZZF20", "2020-01-17"}, std::tuple{2, "ZZG20", "2020-02-21"}}) {
    Asset a = make_asset(AssetType::Future);
    a.sid = {sid};
    a.symbol = symbol;
    a.root_symbol = "ZZ";
    a.start_date = day("2019-12-02");
    a.end_date = day(end);
    a.auto_close_date = day(end);
    contracts.push_back(std::move(a));
  }
  return AssetFinder(std::move(contracts));
}

std::string volume_roll(const std::map<std::string, double>& back_volumes, std::string_view session) {
  const AssetFinder finder = two_contracts();
  const OrderedContracts chain(finder, "ZZ");
  const SessionVolumes volumes{[&](AssetIndex contract, Date d) {
                                 if (contract.value == 0) return 100.0;
                                 const auto found = back_volumes.find(d.to_string());
                                 return found == back_volumes.end() ? 50.0 : found->second;
                               },
                               day("2020-01-10")};
  const RollFinder rolls(RollStyle::Volume, utils::get_calendar("XNYS"), volumes);
  const auto stretches = rolls.get_rolls(chain, day(session), day(session), 0);
  return finder[stretches.front().contract].symbol;
}

TEST(RollFinder, RollsOnTheDayAfterTheVolumeMoved) {
  EXPECT_EQ(volume_roll({}, "2020-01-09"), "ZZF20");
  EXPECT_EQ(volume_roll({{"2020-01-08", 101}}, "2020-01-08"), "ZZF20") << "the volume of the day itself is not known";
  EXPECT_EQ(volume_roll({{"2020-01-08", 101}}, "2020-01-09"), "ZZG20");
  EXPECT_EQ(volume_roll({{"2020-01-08", 100}}, "2020-01-09"), "ZZF20") << "equal volume is no reason to roll";
}

// Seven sessions before 2020-01-17 is 2020-01-08: a move of volume from then on counts for good, one before does not.
TEST(RollFinder, RemembersAMoveWithinTheGraceDays) {
  EXPECT_EQ(volume_roll({{"2020-01-08", 101}}, "2020-01-14"), "ZZG20");
  EXPECT_EQ(volume_roll({{"2020-01-07", 101}}, "2020-01-14"), "ZZF20");
}

TEST(OrderedContracts, LeavesOutWhatIsNotTraded) {
  std::vector<Asset> contracts;
  const auto add = [&](std::int64_t sid, std::string symbol, std::string_view start, std::string_view close) {
    Asset a = make_asset(AssetType::Future);
    a.sid = {sid};
    a.symbol = std::move(symbol);
    a.root_symbol = "GC";
    a.start_date = day(start);
    a.end_date = day(close);
    a.auto_close_date = day(close);
    contracts.push_back(std::move(a));
  };
  add(1, "GCG20", "2020-02-26", "2020-02-26");  // first contract, closes on its first day
  add(2, "GCH20", "2019-01-02", "2020-03-27");  // March is no month of gold
  add(3, "GCJ20", "2019-01-02", "2020-04-28");
  add(4, "GCM20", "2020-04-01", "2020-06-26");
  AssetFinder finder(contracts);
  const OrderedContracts chain(finder, "gc");
  ASSERT_EQ(chain.size(), 2);
  EXPECT_EQ(finder[chain[0].asset].symbol, "GCJ20");
  EXPECT_EQ(chain.start_date(), day("2019-01-02"));
  EXPECT_EQ(chain.end_date(), day("2020-06-26"));
  EXPECT_EQ(chain.contract_before_auto_close(day("2020-04-27")), 0);
  EXPECT_EQ(chain.contract_before_auto_close(day("2020-04-28")), 1);
  EXPECT_EQ(chain.contract_before_auto_close(day("2020-12-01")), 1) << "the last one when all have closed";
  EXPECT_EQ(chain.contract_at_offset(0, 1, day("2020-03-31")), std::nullopt);
  EXPECT_EQ(chain.contract_at_offset(0, 1, day("2020-04-01")), 1);
  EXPECT_EQ(chain.contract_at_offset(1, 1, day("2020-12-01")), std::nullopt);
  EXPECT_EQ(chain.active_chain(0, day("2020-03-31")).size(), 1U);
  EXPECT_EQ(chain.find_place(chain[1].asset), 1);
  EXPECT_EQ(chain.find_place(AssetIndex{0}), std::nullopt);

  finder.set_chain("gc", {AssetIndex{3}, AssetIndex{0}, AssetIndex{1}});
  const OrderedContracts chosen(finder, "GC");
  ASSERT_EQ(chosen.size(), 2) << "the first contract is still unusable";
  EXPECT_EQ(finder[chosen[0].asset].symbol, "GCH20");
  EXPECT_EQ(finder[chosen[1].asset].symbol, "GCM20");
}

// A rule that leaves a contract on the first session of the month of its close.
TEST(RollFinder, AsksARuleOfOnesOwn) {
  const std::vector<OrderedContracts::Contract> contracts = {
      {AssetIndex{0}, day("2020-01-02"), day("2020-02-18"), day("2020-02-18")},
      {AssetIndex{1}, day("2020-01-02"), day("2020-03-17"), day("2020-03-17")}};
  const OrderedContracts chain("CL", contracts);
  const RollFinder rolls(
      [](const OrderedContracts& oc, int front, int back, Date today) {
        return today.to_string().substr(0, 7) >= oc[front].auto_close.to_string().substr(0, 7) ? back : front;
      },
      utils::get_calendar("XNYS"));
  EXPECT_EQ(rolls.get_contract_center(chain, day("2020-01-31"), 0), AssetIndex{0});
  EXPECT_EQ(rolls.get_contract_center(chain, day("2020-02-03"), 0), AssetIndex{1});
  const std::vector<Roll> expected = {{AssetIndex{0}, day("2020-02-03")}, {AssetIndex{1}, std::nullopt}};
  EXPECT_EQ(rolls.get_rolls(chain, day("2020-01-21"), day("2020-02-10"), 0), expected);
}

// zipline: create_continuous_future('VX', 1, 'volume', 'add') is 11868812; ('VX', 0, 'calendar', 'mul') is 10868801.
TEST(ContinuousFuture, HasTheSidOfZipline) {
  EXPECT_EQ(continuous_future_sid("VX", 1, RollStyle::Volume, RollAdjustment::Add).value, 11868812);
  EXPECT_EQ(continuous_future_sid("vx", 0, RollStyle::Calendar, RollAdjustment::Mul).value, 10868801);
  EXPECT_EQ(continuous_future_sid("VX", 0, RollStyle::Calendar, RollAdjustment::None).value, 10868800);
  EXPECT_EQ(
      error_of([] { (void)continuous_future_sid("ABCDEFGHIJ", 0, RollStyle::Volume, RollAdjustment::None); }).code(),
      ErrorCode::InvalidArgument);
}

TEST(ContinuousFuture, KnowsItsChain) {
  const AssetFinder finder = two_contracts();
  const ContinuousFuture future = make_continuous_future(finder, "zz", 0, RollStyle::Calendar, RollAdjustment::Mul);
  EXPECT_EQ(future.root_symbol, "ZZ");
  EXPECT_EQ(future.start_date, day("2019-12-02"));
  EXPECT_EQ(future.end_date, day("2020-02-21"));
  const auto code = [&](std::string_view root, int offset) {
    return error_of(
               [&] { (void)make_continuous_future(finder, root, offset, RollStyle::Calendar, RollAdjustment::None); })
        .code();
  };
  EXPECT_EQ(code("QQ", 0), ErrorCode::SymbolNotFound);
  EXPECT_EQ(code("ZZ", -1), ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of([] { (void)parse_roll_style("moon"); }).message(), "Invalid roll style 'moon'.");
  EXPECT_EQ(error_of([] { (void)parse_roll_adjustment("div"); }).message(), "Invalid adjustment style 'div'.");
}

}  // namespace
}  // namespace rustybt::assets
