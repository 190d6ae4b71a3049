#pragma once
// Margin: what a broker asks an account to be worth for what it holds and orders (docs/margin.md). Off unless chosen.

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/blotter.hpp"
#include "rustybt/finance/decimal/ledger.hpp"

namespace rustybt::finance {

struct MarginModel {
  /// Parts of what a position is worth: needed for a new order, and to keep the position.
  struct Rates {
    Decimal initial, maintenance;
  };
  /// Money for one contract, in its currency.
  struct PerContract {
    Decimal initial, maintenance;
  };
  std::string name = "RegTMargin";
  Rates longs{Decimal(5, 1), Decimal(25, 2)};   ///< Regulation T, and FINRA rule 4210
  Rates shorts{Decimal(5, 1), Decimal(30, 2)};  ///< beside the proceeds, which are in the account's value
  bool allows_shorts = true;
  std::map<std::string, PerContract> futures = {};     ///< by root symbol
  Rates other_futures{Decimal(10, 2), Decimal(8, 2)};  ///< of the contracts' value, where a root is not listed
  bool liquidates = false;                             ///< a margin call closes positions; else it is only reported

  /// Everything is paid in full, nothing is sold short.
  static MarginModel cash_account();
  /// @throws Error{InvalidArgument}
  void check() const;
};
[[nodiscard]] std::string describe(const MarginModel& model);

struct MarginRequirement {
  Money initial, maintenance;
};

/// A moment in which the account was worth less than its maintenance margin.
struct MarginCall {
  std::int64_t at_ns = 0;
  Money equity, required;
};

/// The margin of one run.
class Margin {
 public:
  Margin(MarginModel model, const DecimalContext& context);
  [[nodiscard]] const MarginModel& model() const { return model_; }
  /// Of so much at a price (fill scale); in the currency of the books, rounded up.
  [[nodiscard]] MarginRequirement of(AssetIndex asset, std::int64_t price, std::int64_t amount) const;
  [[nodiscard]] MarginRequirement of(std::span<const DecimalPosition> positions) const;

  /// What an order would need: positions and open orders of every asset on the side that needs more, and this order.
  struct Verdict {
    bool is_allowed = true;
    bool is_short = false;         ///< refused as a short sale
    Money needed, in_use, equity;  ///< with the order; without; of the account
  };
  /// @param price_of  last known price of an asset at its fill scale, 0: none
  [[nodiscard]] Verdict judge(AssetIndex asset, std::int64_t amount, DecimalLedger& ledger,
                              const DecimalBlotter& blotter,
                              const std::function<std::int64_t(AssetIndex)>& price_of) const;

  struct Closing {
    AssetIndex asset;
    std::int64_t amount = 0;  ///< signed: the order that closes
  };
  /// The fewest units to close for the maintenance to hold, positions that need most first.
  [[nodiscard]] std::vector<Closing> closings(std::span<const DecimalPosition> positions, Money equity) const;

  std::vector<MarginCall> calls;
  bool is_called = false;  ///< the last call still stands

 private:
  MarginModel model_;
  const DecimalContext& context_;
};

}  // namespace rustybt::finance
