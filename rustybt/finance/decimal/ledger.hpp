#pragma once
// The one ledger: cash, positions, profit and loss, exact (zipline_semantics 4). Posting code works on int64 and Money
// only.
//
// Double entry: every posting changes cash and position cost, and books their sum to an income account, so that at any
// time
//   cash + cost of equity positions = capital + realised P&L + dividends + financing
// holds to the last digit; it is checked after every posting in debug builds and every session in release builds.
//
// Everything is in the currency of the books: what an asset of another one costs, pays and is worth is converted at the
// day's rate when it is posted or valued, rounded half-even once.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/decimal/position.hpp"
#include "rustybt/finance/decimal/transaction.hpp"
#include "rustybt/finance/lots.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance {

/// Sums over the held positions (zipline_semantics 4.8).
struct PositionStats {
  Money long_value, short_value, long_exposure, short_exposure;
  int longs_count = 0, shorts_count = 0;
  [[nodiscard]] Money net_value() const { return long_value + short_value; }
  [[nodiscard]] Money net_exposure() const { return long_exposure + short_exposure; }
  [[nodiscard]] Money gross_exposure() const { return long_exposure - short_exposure; }
};

class ZiplineBooks;

class DecimalLedger {
 public:
  DecimalLedger(const DecimalContext& context, const Policies& policies, Money capital);

  // --- postings
  // ---------------------------------------------------------------------------------------------------------
  void process_transaction(const DecimalTransaction& transaction);
  void process_commission(AssetIndex asset, Money charged);  ///< in the asset's currency
  /// A split of a held asset; books cash in lieu with either sign; drops a position left at 0.
  /// @returns that cash
  Money process_split(AssetIndex asset, double ratio, std::int64_t numerator, std::int64_t denominator);
  /// Remember what a dividend owes for today's holding; paid by pay_dividends on `pay_day` (session number).
  void earn_cash_dividend(AssetIndex asset, const Decimal& per_share, std::int32_t pay_day);
  void earn_stock_dividend(AssetIndex asset, AssetIndex payment_asset, double ratio, const Decimal& ratio_exact,
                           std::int32_t pay_day);
  /// Last known price of an asset at its fill scale, 0: none.
  using ReferencePrice = std::function<std::int64_t(AssetIndex)>;
  /// @param reference_price  at which fractions of stock dividends are paid in cash where nothing of the asset is held,
  /// else at its last price (policy decision_arithmetic=exact; Zipline drops them, quirk Q25)
  void pay_dividends(std::int32_t session_day, const ReferencePrice& reference_price = {});
  /// Shares of a stock dividend for today's holding, whole units of the payment asset, and rest / parts of one more.
  struct OwedShares {
    std::int64_t amount = 0;
    int128 rest = 0, parts = 1;
  };
  [[nodiscard]] OwedShares owed_shares(AssetIndex asset, AssetIndex payment_asset, double ratio,
                                       const Decimal& ratio_exact) const;
  /// Shares (or, < 0, their loss) that come without being paid for.
  void receive_shares(AssetIndex asset, std::int64_t amount, std::int32_t session_day);
  void receive_dividend(Money paid);
  /// What holding positions costs (< 0) or brings: borrow cost, financing, funding.
  void process_financing(Money amount);
  /// Close lots by the policy `lots` instead of at average cost; before the first fill.
  void keep_lots(Table<ClosedLotRow>& closed) { lots_ = std::make_unique<LotBook>(policies_.lots, closed); }
  /// Cash that moves without being profit.
  void capital_change(Money amount);

  // --- books outside a run
  // -----------------------------------------------------------------------------------------------
  /// The context has one more asset.
  void add_asset();
  /// Make the asset's position what it is said to be; the change of its value is profit.
  void set_position(const DecimalPosition& position);

  // --- prices
  // -----------------------------------------------------------------------------------------------------------
  /// New last price of the position in slot `index` of positions().
  void set_last_price(std::size_t index, std::int64_t price, std::int64_t dt_ns) {
    DecimalPosition& p = positions_[index];
    p.last_sale_price = price;
    p.last_sale_ns = dt_ns;
    dirty_ = true;
  }

  /// The rates of other currencies have changed.
  void revalue() { dirty_ = true; }

  // --- state
  // ------------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::span<const DecimalPosition> positions() const { return positions_; }
  [[nodiscard]] const DecimalPosition* find_position(AssetIndex asset) const {
    const std::int32_t i = index_[static_cast<std::size_t>(asset.value)];
    return i < 0 ? nullptr : &positions_[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] std::int64_t amount(AssetIndex asset) const {
    const DecimalPosition* p = find_position(asset);
    return p ? p->amount : 0;
  }
  /// Bring value, P&L and returns up to the last prices (zipline_semantics 4.5); cheap when nothing changed.
  void refresh();
  [[nodiscard]] Money cash() const { return cash_; }
  [[nodiscard]] Money capital() const { return capital_; }
  /// Cumulative, without capital changes.
  [[nodiscard]] Money cash_flow() const { return cash_ - capital_ - capital_changes_; }
  [[nodiscard]] Money portfolio_value() {
    refresh();
    return value_;
  }
  [[nodiscard]] Money positions_value() {
    refresh();
    return stats_.net_value();
  }
  [[nodiscard]] Money pnl() {
    refresh();
    return pnl_;
  }  ///< cumulative
  [[nodiscard]] double returns();  ///< cumulative
  [[nodiscard]] const PositionStats& stats() {
    refresh();
    return stats_;
  }
  [[nodiscard]] double gross_leverage();
  [[nodiscard]] double net_leverage();
  [[nodiscard]] Money realised_pnl() const { return realised_; }
  [[nodiscard]] Money dividends_paid() const { return dividends_; }
  [[nodiscard]] Money financing_received() const { return financing_; }
  [[nodiscard]] Money commissions_paid() const { return commissions_; }
  [[nodiscard]] const DecimalContext& context() const { return context_; }

  /// The books in doubles that are brought up to date together with these, and give returns and leverage (preset
  /// zipline); nullptr for none.
  [[nodiscard]] const ZiplineBooks* zipline_books() const { return zipline_books_; }
  void set_zipline_books(ZiplineBooks* books) { zipline_books_ = books; }

  /// Cost per share at 12 decimals, in the books' currency.
  [[nodiscard]] Decimal cost_basis(const DecimalPosition& position) const;
  /// @throws Error{InvariantViolation} when the double entry does not hold
  void check_identity() const;

 private:
  DecimalPosition& position_for(AssetIndex asset);
  void remove_position(std::int32_t index);
  [[nodiscard]] Money lots_cost_change(const DecimalTransaction& t, std::int64_t held, std::int64_t total,
                                       Money traded);
  /// `paid` leaves the cash and the cost of positions grows by `cost`; what lies between them is income of `account`.
  void pay(Money paid, Money cost, Money& account);

  const DecimalContext& context_;
  Policies policies_;
  std::vector<DecimalPosition> positions_;   ///< in order of opening
  std::vector<std::int32_t> index_;          ///< by asset, -1 = none
  std::vector<std::int64_t> settled_price_;  ///< futures: price of the last payout, by asset; kNoSettlement = none

  struct CashPayment {
    std::int32_t pay_day;
    AssetIndex asset;
    Money amount;  ///< in the asset's currency
  };
  struct StockPayment {
    std::int32_t pay_day;
    AssetIndex asset;
    OwedShares owed;  ///< its rest is paid in cash
  };
  std::vector<CashPayment> cash_payments_;
  std::vector<StockPayment> stock_payments_;

  Money capital_, capital_changes_, cash_, cost_, realised_, dividends_, financing_, commissions_;
  Money value_, pnl_;
  long double growth_ =
      1;  ///< product of 1 + return of every refresh: there may be one per minute, and rounding adds up
  PositionStats stats_;
  ZiplineBooks* zipline_books_ = nullptr;
  std::unique_ptr<LotBook> lots_;  ///< nullptr: average cost
  bool dirty_ = false;
};

}  // namespace rustybt::finance
