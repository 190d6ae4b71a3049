// Orders, cancels and changes on their way to the matcher.

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/decimal/blotter.hpp"

namespace rustybt::finance {

void DecimalBlotter::set_latency(LatencyModel model) {
  check_latency(model);
  require_invariant(orders_.size() == 0, "latency is chosen before the first order");
  latency_ = std::make_unique<Latency>(Latency{std::move(model), {}});
}

std::int64_t DecimalBlotter::arrival(std::int32_t slot, LatencyPurpose purpose, std::int64_t now_ns) const {
  const Order& o = order_at(slot);
  const Terms& t = terms_.at(slot);
  // how much a broker has to check (rustybt_requirements 2.4)
  const bool is_paired = !t.children.empty() || !t.siblings.empty() || (o.has_limit() && o.has_stop());
  return now_ns + latency_ns(latency_->model, {.order = static_cast<std::uint64_t>(o.id.value),
                                               .purpose = purpose,
                                               .now_ns = now_ns,
                                               .complexity = is_paired                                 ? 2.0
                                                             : t.style.kind == OrderKind::TrailingStop ? 1.5
                                                                                                       : 1.0,
                                               .queue_depth = static_cast<double>(open_orders(o.asset).size())});
}

void DecimalBlotter::send(std::int32_t slot) {
  if (latency_) terms_.at(slot).arrives_ns = arrival(slot, LatencyPurpose::Place, order_at(slot).created_ns);
}

void DecimalBlotter::request(Latency::Request wish) {
  const auto after = std::ranges::upper_bound(latency_->requests, wish.arrives_ns, {}, &Latency::Request::arrives_ns);
  latency_->requests.insert(after, std::move(wish));
}

bool DecimalBlotter::request_cancel(OrderId id, std::int64_t now_ns) {
  if (!latency_) return cancel(id, now_ns);
  const Order* o = find(id);
  if (!o || !o->is_open()) return false;
  const auto slot = static_cast<std::int32_t>(id.value - 1);
  const Terms& t = terms_.at(slot);
  // nobody can cancel what has not arrived
  request({id, std::max(t.arrives_ns, arrival(slot, LatencyPurpose::Cancel, now_ns)), std::nullopt});
  return true;
}

bool DecimalBlotter::request_modify(OrderId id, const Change& change, std::int64_t now_ns) {
  if (!latency_) return modify(id, change, now_ns);
  const std::optional<Order> changed = changed_order(id, change);  // errors belong to the caller, now
  if (!changed) return false;
  const auto slot = static_cast<std::int32_t>(id.value - 1);
  const Terms& t = terms_.at(slot);
  request({id, std::max(t.arrives_ns, arrival(slot, LatencyPurpose::Modify, now_ns)), change});
  return true;
}

void DecimalBlotter::deliver(std::int64_t now_ns) {
  std::vector<Latency::Request>& requests = latency_->requests;
  while (!requests.empty() && requests.front().arrives_ns <= now_ns) {
    Latency::Request wish = std::move(requests.front());
    requests.erase(requests.begin());
    if (!wish.change) {
      cancel(wish.order, now_ns);
      continue;
    }
    const Order* o = find(wish.order);
    // filled beyond the new amount meanwhile: what is filled is the order
    if (o && wish.change->amount && std::llabs(*wish.change->amount) < std::llabs(o->filled))
      wish.change->amount = o->filled;
    modify(wish.order, *wish.change, now_ns);
  }
}

}  // namespace rustybt::finance
