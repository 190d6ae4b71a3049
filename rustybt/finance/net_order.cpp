#include "rustybt/finance/net_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::finance {
namespace {

/// `total` in proportion to `weights`, exactly: every share rounded down, then one more for the largest remainders.
/// @pre 0 <= total <= sum of weights, so that no share exceeds its weight
std::vector<std::int64_t> share_out(std::int64_t total, std::span<const std::int64_t> weights) {
  const int128 sum = std::accumulate(weights.begin(), weights.end(), int128{0});
  std::vector<std::int64_t> shares(weights.size(), 0);
  if (sum == 0) return shares;
  std::vector<int128> remainders(weights.size());
  std::int64_t left = total;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const int128 product = int128{total} * weights[i];
    shares[i] = static_cast<std::int64_t>(product / sum);
    remainders[i] = product % sum;
    left -= shares[i];
  }
  std::vector<std::size_t> by_remainder(weights.size());
  std::iota(by_remainder.begin(), by_remainder.end(), std::size_t{0});
  std::ranges::stable_sort(by_remainder, [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; left > 0; ++i, --left) ++shares[by_remainder[i]];
  return shares;
}

/// What is open on one side; 0 for parts of the other one.
std::vector<std::int64_t> open_of_side(std::span<const NetOrder::Part> parts, bool buys) {
  std::vector<std::int64_t> open;
  for (const NetOrder::Part& p : parts) open.push_back((p.amount > 0) == buys ? (buys ? p.open() : -p.open()) : 0);
  return open;
}

}  // namespace

NetOrder::NetOrder(std::span<const std::int64_t> amounts) {
  int128 bought = 0, sold = 0;
  for (const std::int64_t amount : amounts) {
    if (amount == 0)
      throw Error(ErrorCode::InvalidArgument, "an order to be netted has an amount other than 0, found 0");
    (amount > 0 ? bought : sold) += amount > 0 ? int128{amount} : -int128{amount};
    parts_.push_back({amount});
  }
  if (std::max(bought, sold) > INT64_MAX) throw_money_overflow();
  amount_ = static_cast<std::int64_t>(bought - sold);
  crossed_ = static_cast<std::int64_t>(std::min(bought, sold));
  for (const bool buys : {true, false}) {
    const std::vector<std::int64_t> shares = share_out(crossed_, open_of_side(parts_, buys));
    for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i].crossed += buys ? shares[i] : -shares[i];
  }
}

std::vector<std::int64_t> NetOrder::fill(std::int64_t amount) {
  const bool buys = amount_ > 0;
  const std::vector<std::int64_t> open = open_of_side(parts_, buys);
  const std::int64_t most = std::accumulate(open.begin(), open.end(), std::int64_t{0});
  if (amount == 0 || (amount > 0) != buys || amount < -most || amount > most)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("expected a fill of at most {} (what is open), found {}", buys ? most : -most, amount));
  std::vector<std::int64_t> shares = share_out(buys ? amount : -amount, open);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!buys) shares[i] = -shares[i];
    parts_[i].filled += shares[i];
  }
  return shares;
}

}  // namespace rustybt::finance
