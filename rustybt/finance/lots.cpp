#include "rustybt/finance/lots.hpp"

#include <algorithm>
#include <cstdlib>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/decimal/context.hpp"

namespace rustybt::finance {

Money LotBook::transaction(const DecimalTransaction& fill, Money traded, std::int64_t opening_amount,
                           Money opening_value) {
  std::vector<Lot>& lots = lots_[fill.asset.value];
  Money cost_change;
  std::int64_t left = -(fill.amount - opening_amount);  // to close, with the sign of the lots
  Money proceeds_left = -(traded - opening_value);
  while (left != 0) {
    require_invariant(!lots.empty(), "a position's lots add up to its amount");
    const auto lot = method_ == LotMethod::Fifo ? lots.begin() : lots.end() - 1;
    const bool is_whole = std::llabs(lot->amount) <= std::llabs(left);
    const std::int64_t amount = is_whole ? lot->amount : left;
    const Money cost =
        is_whole ? lot->cost : Money{multiply_divide(lot->cost.units, amount, lot->amount, Rounding::HalfEven)};
    // the last one takes what is left, so that the sum is what was traded
    const Money proceeds =
        amount == left ? proceeds_left : Money{multiply_divide(proceeds_left.units, amount, left, Rounding::HalfEven)};
    closed_.add({fill.asset, lot->opened_ns, fill.dt_ns, amount, cost, proceeds});
    cost_change -= cost;
    left -= amount;
    proceeds_left -= proceeds;
    if (is_whole) {
      lots.erase(lot);
    } else {
      lot->amount -= amount;
      lot->cost -= cost;
    }
  }
  if (opening_amount == 0) return cost_change;
  lots.push_back({opening_amount, opening_value, fill.dt_ns});
  return cost_change + opening_value;
}

void LotBook::add_cost(AssetIndex asset, Money cost) {
  std::vector<Lot>& lots = lots_[asset.value];
  require_invariant(!lots.empty(), "a position has a lot");
  lots.back().cost += cost;
}

void LotBook::split(AssetIndex asset, std::int64_t numerator, std::int64_t denominator, std::int64_t amount,
                    Money cost) {
  std::vector<Lot>& lots = lots_[asset.value];
  Money total;
  for (const Lot& lot : lots) total += lot.cost;
  std::int64_t before = 0, after = 0;
  for (std::size_t i = 0; i < lots.size(); ++i) {
    before += lots[i].amount;
    std::int64_t sum = checked_int64(multiply_divide(before, denominator, numerator, Rounding::Down));
    if (i + 1 == lots.size() || std::llabs(sum) > std::llabs(amount)) sum = amount;
    lots[i].amount = sum - after;
    after = sum;
  }
  lots.back().cost += cost - total;
  // what a lot too small for a share has cost stays with its neighbour
  Money orphaned;
  for (Lot& lot : lots) {
    if (lot.amount == 0) {
      orphaned += lot.cost;
    } else {
      lot.cost += orphaned;
      orphaned = {};
    }
  }
  std::erase_if(lots, [](const Lot& lot) { return lot.amount == 0; });
  if (!lots.empty()) lots.back().cost += orphaned;
}

void LotBook::add_shares(AssetIndex asset, std::int64_t amount, Money cost, std::int64_t at_ns) {
  std::vector<Lot>& lots = lots_[asset.value];
  while (!lots.empty() && amount != 0 && (lots.back().amount < 0) != (amount < 0)) {  // the position has turned since
    Lot& lot = lots.back();
    if (std::llabs(lot.amount) > std::llabs(amount)) {
      lot.amount += amount;
      lot.cost += cost;
      return;
    }
    amount += lot.amount;
    cost += lot.cost;
    lots.pop_back();
  }
  if (amount != 0) lots.push_back({amount, cost, at_ns});
}

}  // namespace rustybt::finance
