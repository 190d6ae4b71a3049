#pragma once
// Zipline's books as Zipline keeps them: in binary floating point, with its order of operations. They run beside the
// exact ones under the preset `zipline` and give the figures in which that rounding can be seen: returns, leverage,
// profit and capital used. No order, fill, position or amount of money depends on them.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/commission.hpp"
#include "rustybt/finance/decimal/position.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/slippage.hpp"

namespace rustybt::finance {

class ZiplineBooks {
 public:
  ZiplineBooks(const DecimalContext& context, double capital);
  /// Does Zipline know such books? It rounds as its own preset does, and has one currency.
  [[nodiscard]] static bool follow(const Policies& policies, const DecimalContext& context);

  // --- a bar's fills: first all of them, then their transactions in the same order, then their commissions
  /// `order` does not count the fill yet; `charged` is what the exact books take for it.
  void fill(const Order& order, const SlippageFill& fill, const CommissionModel& model, Money charged);
  /// The next fill's transaction; `before` is the position without it, nullptr for none.
  void next_transaction(AssetIndex asset, std::int64_t amount, std::int64_t dt_ns, const DecimalPosition* before) {
    transaction(asset, amount, fills_[posted_++].price, dt_ns, before);
  }
  void commissions();

  // --- other postings
  void transaction(AssetIndex asset, std::int64_t amount, double price, std::int64_t dt_ns,
                   const DecimalPosition* before);
  /// The automatic close of a position, at its last price where the market has none.
  void close(const DecimalPosition& held, std::optional<double> price);
  void earn_dividend(AssetIndex asset, std::int64_t held, const Decimal& per_share, std::int32_t pay_day);
  void pay_dividends(std::int32_t session_day);
  /// All cash in lieu of a session's splits.
  void splits(double cash) { cash_flow(cash); }
  /// @pre refreshed
  void capital_change(bool is_target, double amount);

  void set_price(AssetIndex asset, double price) { assets_[static_cast<std::size_t>(asset.value)].price = price; }
  /// Brings value, profit and return up to the last prices; DecimalLedger::refresh does it.
  void refresh(std::span<const DecimalPosition> positions);

  // --- figures at the last refresh, since the run's start
  [[nodiscard]] double returns() const { return returns_; }
  [[nodiscard]] double pnl() const { return pnl_; }
  [[nodiscard]] double cash_flow() const { return cash_flow_; }
  [[nodiscard]] double gross_leverage() const { return leverage(long_exposure_ - short_exposure_); }
  [[nodiscard]] double net_leverage() const { return leverage(long_exposure_ + short_exposure_); }

 private:
  void cash_flow(double amount) {
    cash_flow_ += amount;
    cash_ += amount;
  }
  [[nodiscard]] double leverage(double exposure) const;

  struct AssetState {
    double price = 0;    ///< of the last sale
    double settled = 0;  ///< futures: price of the last payout
  };
  struct PendingFill {
    double price, commission;
  };
  struct Dividend {
    std::int32_t pay_day;
    double amount;
  };

  const DecimalContext& context_;
  std::vector<AssetState> assets_;
  std::vector<double> order_commissions_;  ///< by slot
  std::vector<PendingFill> fills_;         ///< of the bar
  std::size_t posted_ = 0;                 ///< fills whose transaction is booked
  std::vector<Dividend> dividends_;
  double cash_, value_;
  double cash_flow_ = 0, pnl_ = 0, returns_ = 0;
  double long_exposure_ = 0, short_exposure_ = 0;
};

}  // namespace rustybt::finance
