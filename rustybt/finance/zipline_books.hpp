#pragma once
// Zipline's books as Zipline keeps them: in binary floating point, with its order of operations. They run beside the
// exact ones under the preset `zipline` and give the figures in which that rounding can be seen: returns, leverage,
// profit and capital used. No order, fill, position or amount of money depends on them.

#include <cmath>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/commission.hpp"
#include "rustybt/finance/decimal/position.hpp"
#include "rustybt/finance/decimal/transaction.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/slippage.hpp"

namespace rustybt::finance {

class ZiplineBooks {
 public:
  ZiplineBooks(const DecimalContext& context, double capital);
  /// Does Zipline know such books? It rounds as its own preset does, and has one currency.
  [[nodiscard]] static bool follow(const Policies& policies, const DecimalContext& context);

  /// The context has one more asset.
  void add_asset() { assets_.emplace_back(); }

  // --- postings
  /// What a fill costs. `order` does not count the fill yet; `charged` is what the exact books take for it.
  [[nodiscard]] double commission_of(const CommissionModel& model, const Order& order, const SlippageFill& fill,
                                     Money charged, const AssetScale& scale) {
    const auto* m = std::get_if<PerShare>(&model);
    if (m && fill.amount == order.amount && paid_.empty() && m->min_trade_cost.is_zero()) [[likely]]  // its only fill
      return std::fabs(in_double(fill.amount, scale) * m->cost_double);
    return commission_of_part(model, order, fill, charged);
  }
  void commission(double cost) {
    if (cost > 0) cash_flow(-cost);
  }
  /// `held` is the position before the transaction.
  void transaction(const DecimalTransaction& t, const DecimalPosition& held, const AssetScale& scale) {
    AssetState& state = assets_[static_cast<std::size_t>(t.asset.value)];
    if (scale.is_future) [[unlikely]]
      settle(state, t, held);
    else
      cash_flow(-(t.price_double * in_double(t.amount, scale)));
    if (t.dt_ns > held.last_sale_ns) state.price = t.price_double;
  }
  void earn_dividend(AssetIndex asset, std::int64_t held, const Decimal& per_share, std::int32_t pay_day);
  void pay_dividends(std::int32_t session_day);
  /// All cash in lieu of a session's splits.
  void splits(double cash) { cash_flow(cash); }
  /// Cash that no transaction brings: rebates, costs of holding (< 0).
  void receive(double cash) { cash_flow(cash); }
  /// @pre refreshed
  void capital_change(bool is_target, double amount);

  void set_price(AssetIndex asset, double price) { assets_[static_cast<std::size_t>(asset.value)].price = price; }
  /// 0 for shares of a stock dividend that nobody has traded yet.
  [[nodiscard]] double price(const DecimalPosition& p) const {
    return p.last_sale_ns == kNeverSold ? 0 : assets_[static_cast<std::size_t>(p.asset.value)].price;
  }
  /// Brings value, profit and return up to the last prices; DecimalLedger::refresh does it.
  void refresh(std::span<const DecimalPosition> positions);

  // --- figures at the last refresh, since the run's start
  [[nodiscard]] double returns() const { return returns_; }
  [[nodiscard]] double pnl() const { return pnl_; }
  [[nodiscard]] double cash_flow() const { return cash_flow_; }
  [[nodiscard]] double gross_leverage() const { return leverage(long_exposure_ - short_exposure_); }
  [[nodiscard]] double net_leverage() const { return leverage(long_exposure_ + short_exposure_); }

 private:
  struct AssetState {
    double price = 0;    ///< of the last sale
    double settled = 0;  ///< futures: price of the last payout
  };
  [[nodiscard]] static double in_double(std::int64_t amount, const AssetScale& scale) {
    return scale.quantity_digits == 0 ? static_cast<double>(amount) : mantissa_to_double(amount, scale.quantity_digits);
  }
  void cash_flow(double amount) {
    cash_flow_ += amount;
    cash_ += amount;
  }
  [[nodiscard]] double commission_of_part(const CommissionModel& model, const Order& order, const SlippageFill& fill,
                                          Money charged);
  void settle(AssetState& state, const DecimalTransaction& t, const DecimalPosition& held);
  [[nodiscard]] double leverage(double exposure) const;

  struct Dividend {
    std::int32_t pay_day;
    double amount;
  };

  const DecimalContext& context_;
  std::vector<AssetState> assets_;
  std::unordered_map<std::int64_t, double> paid_;  ///< commission so far of orders filled in part
  std::vector<Dividend> dividends_;
  double cash_, value_;
  double cash_flow_ = 0, pnl_ = 0, returns_ = 0;
  double long_exposure_ = 0, short_exposure_ = 0;
};

}  // namespace rustybt::finance
