#pragma once
// Names of things, as types that cannot be mixed up.

#include <compare>
#include <cstdint>
#include <functional>

namespace rustybt {

/// Security id: stable over ingests, as in Zipline.
struct Sid {
  std::int64_t value = -1;
  friend constexpr auto operator<=>(const Sid&, const Sid&) = default;
};

/// Number of an order within a run, from 1 in the order of creation.
struct OrderId {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(const OrderId&, const OrderId&) = default;
};

/// Position of an asset in the run's asset table (BarStore, ledger, blotter): dense, from 0.
struct AssetIndex {
  std::int32_t value = -1;
  friend constexpr auto operator<=>(const AssetIndex&, const AssetIndex&) = default;
};

}  // namespace rustybt

template <>
struct std::hash<rustybt::Sid> {
  std::size_t operator()(rustybt::Sid s) const noexcept { return std::hash<std::int64_t>{}(s.value); }
};
