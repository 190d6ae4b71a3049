#pragma once
// Tax lots: which of the shares bought at different prices are sold first (policy `lots` = fifo or lifo). Exact: the
// lots of a position always add up to its amount and its cost.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/decimal/transaction.hpp"
#include "rustybt/finance/policies.hpp"
#include "rustybt/finance/result_tables.hpp"

namespace rustybt::finance {

class LotBook {
 public:
  /// @param closed  where closed lots go
  LotBook(LotMethod method, Table<ClosedLotRow>& closed) : method_(method), closed_(closed) {}

  /// A fill: closes lots of the other side first, oldest or newest, then opens one.
  /// @param traded  its value
  /// @param opening_value  the part of it that opens: all, none, or the rest after a turn through zero
  /// @returns the change of the position's cost
  Money transaction(const DecimalTransaction& fill, Money traded, std::int64_t opening_amount, Money opening_value);
  /// What a position cost besides (commissions) belongs to its newest lot.
  void add_cost(AssetIndex asset, Money cost);
  /// A split has left the position at this amount and cost: lots keep their shares of it, the last one takes what
  /// rounding leaves. @pre held
  void split(AssetIndex asset, std::int64_t numerator, std::int64_t denominator, std::int64_t amount, Money cost);
  /// Shares that came (or went) without a trade.
  void add_shares(AssetIndex asset, std::int64_t amount, Money cost, std::int64_t at_ns);

  struct Lot {
    std::int64_t amount = 0;
    Money cost;
    std::int64_t opened_ns = 0;
  };
  [[nodiscard]] const std::vector<Lot>& lots(AssetIndex asset) { return lots_[asset.value]; }

 private:
  LotMethod method_;
  Table<ClosedLotRow>& closed_;
  std::unordered_map<std::int32_t, std::vector<Lot>> lots_;  ///< by asset, oldest first
};

}  // namespace rustybt::finance
