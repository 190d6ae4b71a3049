#include "rustybt/finance/order.hpp"

#include <fmt/format.h>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {

std::string_view to_string(OrderStatus status) {
  constexpr std::string_view kNames[] = {"new",    "pending",   "open",     "held",   "triggered", "partially_filled",
                                         "filled", "cancelled", "rejected", "expired"};
  return kNames[static_cast<unsigned>(status)];
}

int zipline_status(OrderStatus status) {
  constexpr int kStatus[] = {0, 0, 0, 4, 0, 0, 1, 2, 3, 2};
  return kStatus[static_cast<unsigned>(status)];
}

void Order::throw_illegal_transition(OrderStatus to) const {
  throw Error(ErrorCode::IllegalOrderTransition,
              fmt::format("order {} cannot go from {} to {}", id.value, to_string(status), to_string(to)));
}

}  // namespace rustybt::finance
