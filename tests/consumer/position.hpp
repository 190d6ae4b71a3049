#pragma once
#include "rustybt/core/decimal.hpp"

/// What `shares` cost at `price`, exactly.
inline rustybt::Decimal cost(const rustybt::Decimal& price, int shares) {
  return price * rustybt::Decimal::from_int(shares);
}
