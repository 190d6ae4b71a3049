#pragma once
// What it costs to hold: borrowing what is sold short, financing what is bought on credit, funding of perpetuals.
// Formulas: docs/costs.md.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rustybt/assets/assets.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/result_tables.hpp"

namespace rustybt::finance {

/// A rate from a moment on (borrow: a day's start).
struct DatedRate {
  std::int64_t from_ns = INT64_MIN;
  Decimal rate;
};
/// Rates of single assets, each ascending by time.
using RatesByAsset = std::map<AssetIndex, std::vector<DatedRate>>;

/// Paid on the value of a short position at a session's close, for the calendar days to the next session.
struct BorrowCost {
  Decimal default_rate = Decimal(3, 3);  ///< a year
  RatesByAsset rates = {};               ///< the last one on or before the session; before the first: the default
  int days_per_year = 365;
};

/// Paid on what positions are worth beyond the account's own money.
struct Financing {
  struct Rates {
    Decimal of_longs = Decimal(5, 2), of_shorts = Decimal();  ///< a year; below 0: received
  };
  Rates equity = {}, crypto = {}, forex = {};
  int days_per_year = 365;
  std::optional<int> triple_swap_day =
      2;  ///< currency pairs: weekday (Monday 0) whose night counts for the weekend too
};

/// Paid by longs to shorts of perpetuals, on the position's value at the moment of funding.
struct Funding {
  Decimal rate = Decimal(1, 4);         ///< per interval, for assets without a table
  int interval_hours = 8;               ///< counted from midnight UTC
  std::vector<AssetIndex> assets = {};  ///< the perpetuals at the fixed rate; those with a table are it by their table
  RatesByAsset table = {};              ///< moments of funding with their rates
};

[[nodiscard]] std::string describe(const BorrowCost& cost);
[[nodiscard]] std::string describe(const Financing& cost);
[[nodiscard]] std::string describe(const Funding& cost);

/// The costs of holding of one run; posts them to the ledger and keeps a row of each.
class HoldingCosts {
 public:
  HoldingCosts(DecimalLedger& ledger, std::span<const assets::Asset> assets, ResultTables& tables);

  /// @throws Error{InvalidArgument} for a year without days and unsorted rates
  void set(BorrowCost cost);
  void set(Financing cost);
  /// @param now_ns  moments after it count
  void set(Funding cost, std::int64_t now_ns);

  [[nodiscard]] std::string borrow_text() const { return borrow_ ? describe(*borrow_) : ""; }
  [[nodiscard]] std::string financing_text() const { return financing_ ? describe(*financing_) : ""; }
  [[nodiscard]] std::string funding_text() const { return funding_ ? describe(*funding_) : ""; }

  /// Borrow cost and financing of the nights to the next session, at the ledger's prices.
  void charge_nights(int session, Date day, Date next_session, std::int64_t now_ns);

  /// The next moment of funding; INT64_MAX: none.
  [[nodiscard]] std::int64_t next_funding_ns() const { return next_funding_ns_; }
  /// Amounts held when funding is due, and prices (fill scale; nothing: no price, nothing is paid).
  using Amounts = std::function<std::int64_t(AssetIndex)>;
  using Prices = std::function<std::optional<std::int64_t>(AssetIndex)>;
  /// All fundings up to `now_ns` that are not charged yet.
  void charge_fundings(int session, std::int64_t now_ns, const Amounts& amount_of, const Prices& price_of);

 private:
  void post(FinancingRow row);
  [[nodiscard]] bool is_perpetual(AssetIndex asset) const;
  void charge_borrow(int session, Date day, int days, std::int64_t now_ns);
  void charge_financing(int session, Date day, Date next_session, std::int64_t now_ns);
  [[nodiscard]] std::int64_t funding_after(std::int64_t ns) const;

  DecimalLedger& ledger_;
  const DecimalContext& context_;
  std::span<const assets::Asset> assets_;
  ResultTables& tables_;
  std::optional<BorrowCost> borrow_;
  std::optional<Financing> financing_;
  std::optional<Funding> funding_;
  std::int64_t funded_ns_ = INT64_MIN;
  std::int64_t next_funding_ns_ = INT64_MAX;
};

}  // namespace rustybt::finance
