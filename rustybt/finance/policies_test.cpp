#include "rustybt/finance/policies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/finance/books_test.hpp"

namespace rustybt::finance {
namespace {

using test::error_of;
using Described = std::vector<std::pair<std::string, std::string>>;

// the two columns of docs/policies.md
TEST(Policies, ZiplinePresetKeepsEveryQuirk) {
  const Described expected = {{"fill", "next_close"},
                              {"limit_check", "trigger_only"},
                              {"trigger_price", "close"},
                              {"quantity", "whole"},
                              {"limit_price_tick", "zipline_asymmetric"},
                              {"price_source", "thousandths"},
                              {"history_rounding", "three_decimals"},
                              {"decision_arithmetic", "ieee_double"},
                              {"session_lag", "zipline_24_7"},
                              {"before_trading_start_view", "sees_own_day"},
                              {"dividend_pay", "session_only"},
                              {"dividend_factor", "previous_close"},
                              {"pnl_definition", "without_dividends"},
                              {"eod_cancel_daily", "first_of_several"},
                              {"split_price_rounding", "python_round_2"},
                              {"lots", "average"}};
  EXPECT_EQ(Policies::named("zipline").describe(), expected);
  EXPECT_EQ(Policies::named("zipline").preset_name(), "zipline");
}

TEST(Policies, RustybtPresetFixesEveryQuirkAndIsTheDefault) {
  const Described expected = {{"fill", "next_close"},
                              {"limit_check", "never_worse"},
                              {"trigger_price", "close"},
                              {"quantity", "asset_step"},
                              {"limit_price_tick", "asset_tick"},
                              {"price_source", "exact"},
                              {"history_rounding", "none"},
                              {"decision_arithmetic", "exact"},
                              {"session_lag", "none"},
                              {"before_trading_start_view", "previous_close"},
                              {"dividend_pay", "next_session"},
                              {"dividend_factor", "previous_close"},
                              {"pnl_definition", "with_dividends"},
                              {"eod_cancel_daily", "all"},
                              {"split_price_rounding", "exact"},
                              {"lots", "average"}};
  EXPECT_EQ(Policies::named("rustybt").describe(), expected);
  EXPECT_EQ(Policies{}.describe(), expected);
  EXPECT_EQ(Policies{}.preset_name(), "rustybt");
}

TEST(Policies, EachOneCanBeChosenByItself) {
  Policies p = Policies::of(Preset::Rustybt);
  p.set("limit_check", "trigger_only");
  p.set("history_rounding", "tick");
  EXPECT_EQ(p.limit_check, LimitCheck::TriggerOnly);
  EXPECT_EQ(p.history_rounding, HistoryRoundingPolicy::Tick);
  EXPECT_EQ(p.preset, Preset::Rustybt);
  EXPECT_EQ(p.describe()[1], (std::pair<std::string, std::string>("limit_check", "trigger_only")));
}

TEST(Policies, EveryValueOfTheOtherPresetCanBeSet) {
  for (const auto& [target, start] :
       {std::pair(Preset::Zipline, Preset::Rustybt), std::pair(Preset::Rustybt, Preset::Zipline)}) {
    Policies p = Policies::of(start);
    for (const auto& [name, value] : Policies::of(target).describe()) p.set(name, value);
    EXPECT_EQ(p.describe(), Policies::of(target).describe());
  }
}

TEST(Policies, UnknownNamesAreRefusedWithWhatExists) {
  Policies p;
  EXPECT_EQ(error_of([&] { p.set("limit_chek", "never_worse"); }), ErrorCode::UnknownPolicy);
  EXPECT_EQ(error_of([&] { p.set("limit_check", "sometimes"); }), ErrorCode::UnknownPolicy);
  EXPECT_EQ(error_of([&] { (void)Policies::named("quantopian"); }), ErrorCode::UnknownPolicy);
  try {
    p.set("limit_check", "sometimes");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "its values are trigger_only, never_worse");
  }
  try {
    p.set("limit_chek", "never_worse");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.hint(), testing::HasSubstr("eod_cancel_daily"));
  }
}

TEST(Policies, FillsWithinTheBarTestStopsAndLimitsThere) {
  Policies p;
  for (const char* value : {"next_open", "ohlc_path", "worst_case"}) {
    p.set("fill", value);
    EXPECT_EQ(p.trigger_price, TriggerPrice::BarRange) << value;
    p.set("fill", "this_close");
    EXPECT_EQ(p.trigger_price, TriggerPrice::Close) << value;
  }
}

}  // namespace
}  // namespace rustybt::finance
