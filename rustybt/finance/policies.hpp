#pragma once
// Named policies: every behaviour that changes numbers has a name, a value and a place in the report.
// The two presets are columns of one table; the meaning of each value is in docs/policies.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rustybt::finance {

enum class Preset : std::uint8_t { Zipline, Rustybt };

enum class FillPolicy : std::uint8_t { NextClose, ThisClose, NextOpen, OhlcPath, WorstCase };
enum class LimitCheck : std::uint8_t { TriggerOnly, NeverWorse };
enum class TriggerPrice : std::uint8_t { Close, BarRange };
enum class QuantityRule : std::uint8_t { Whole, AssetStep };
enum class LimitPriceTick : std::uint8_t { ZiplineAsymmetric, AssetTick };
enum class PriceSourcePolicy : std::uint8_t { Thousandths, Exact };
enum class HistoryRoundingPolicy : std::uint8_t { ThreeDecimals, Tick, None };
enum class DecisionArithmetic : std::uint8_t { IeeeDouble, Exact };
enum class SessionLag : std::uint8_t { Zipline247, None };
enum class BeforeTradingStartView : std::uint8_t { SeesOwnDay, PreviousClose };
enum class DividendPay : std::uint8_t { SessionOnly, NextSession };
enum class DividendFactorPolicy : std::uint8_t { PreviousClose, ExClose, TotalReturn };
enum class PnlDefinition : std::uint8_t { WithoutDividends, WithDividends };
enum class EodCancelDaily : std::uint8_t { FirstOfSeveral, All };
enum class SplitPriceRounding : std::uint8_t { PythonRound2, Exact };
enum class LotMethod : std::uint8_t { Average, Fifo, Lifo };

/// The policies of one run. Fields are plain so that the loop can test them without a call.
struct Policies {
  Preset preset = Preset::Rustybt;
  FillPolicy fill = FillPolicy::NextClose;
  LimitCheck limit_check = LimitCheck::NeverWorse;
  TriggerPrice trigger_price = TriggerPrice::Close;
  QuantityRule quantity = QuantityRule::AssetStep;
  LimitPriceTick limit_price_tick = LimitPriceTick::AssetTick;
  PriceSourcePolicy price_source = PriceSourcePolicy::Exact;
  HistoryRoundingPolicy history_rounding = HistoryRoundingPolicy::None;
  DecisionArithmetic decision_arithmetic = DecisionArithmetic::Exact;
  SessionLag session_lag = SessionLag::None;
  BeforeTradingStartView before_trading_start_view = BeforeTradingStartView::PreviousClose;
  DividendPay dividend_pay = DividendPay::NextSession;
  DividendFactorPolicy dividend_factor = DividendFactorPolicy::PreviousClose;
  PnlDefinition pnl_definition = PnlDefinition::WithDividends;
  EodCancelDaily eod_cancel_daily = EodCancelDaily::All;
  SplitPriceRounding split_price_rounding = SplitPriceRounding::Exact;
  LotMethod lots = LotMethod::Average;

  static Policies of(Preset preset);
  /// "zipline" or "rustybt". @throws Error{UnknownPolicy}
  static Policies named(std::string_view preset_name);
  [[nodiscard]] std::string_view preset_name() const { return preset == Preset::Zipline ? "zipline" : "rustybt"; }

  /// Choose one policy by its name and value ("limit_check", "trigger_only").
  /// @throws Error{UnknownPolicy} naming what exists, Error{NotYetSupported} for a value that the engine does not have
  /// yet
  void set(std::string_view policy, std::string_view value);
  /// Every policy with its value, in the order of docs/policies.md.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const;
};

}  // namespace rustybt::finance
