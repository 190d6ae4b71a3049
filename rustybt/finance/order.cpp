#include "rustybt/finance/order.hpp"

#include <fmt/format.h>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

using enum OrderStatus;

constexpr unsigned bit(OrderStatus s) { return 1u << static_cast<unsigned>(s); }

/// Legal next states, by state. Open orders may be held, trigger, fill in parts, and end; ended orders stay ended.
constexpr unsigned kNext[] = {
    /* New */ bit(Pending) | bit(Open) | bit(Rejected) | bit(Cancelled),
    /* Pending */ bit(Open) | bit(Rejected) | bit(Cancelled) | bit(Expired) | bit(PartiallyFilled) | bit(Filled),
    /* Open */ bit(Held) | bit(Triggered) | bit(PartiallyFilled) | bit(Filled) | bit(Cancelled) | bit(Rejected) |
        bit(Expired),
    /* Held */ bit(Open) | bit(PartiallyFilled) | bit(Filled) | bit(Cancelled) | bit(Rejected) | bit(Expired),
    /* Triggered */ bit(Held) | bit(Open) | bit(PartiallyFilled) | bit(Filled) | bit(Cancelled) | bit(Rejected) |
        bit(Expired),
    /* PartiallyFilled */ bit(Held) | bit(PartiallyFilled) | bit(Filled) | bit(Cancelled) | bit(Rejected) |
        bit(Expired),
    /* Filled */ 0,
    /* Cancelled */ 0,
    /* Rejected */ 0,
    /* Expired */ 0,
};

[[noreturn, gnu::noinline]] void throw_illegal_transition(const Order& order, OrderStatus to) {
  throw Error(ErrorCode::IllegalOrderTransition,
              fmt::format("order {} cannot go from {} to {}", order.id.value, to_string(order.status), to_string(to)));
}

}  // namespace

bool is_legal_transition(OrderStatus from, OrderStatus to) {
  return (kNext[static_cast<unsigned>(from)] & bit(to)) != 0;
}

std::string_view to_string(OrderStatus status) {
  constexpr std::string_view kNames[] = {"new",    "pending",   "open",     "held",   "triggered", "partially_filled",
                                         "filled", "cancelled", "rejected", "expired"};
  return kNames[static_cast<unsigned>(status)];
}

int zipline_status(OrderStatus status) {
  constexpr int kStatus[] = {0, 0, 0, 4, 0, 0, 1, 2, 3, 2};
  return kStatus[static_cast<unsigned>(status)];
}

void Order::transition(OrderStatus to) {
  if (!is_legal_transition(status, to)) throw_illegal_transition(*this, to);
  status = to;
}

}  // namespace rustybt::finance
