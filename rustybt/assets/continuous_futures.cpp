#include "rustybt/assets/continuous_futures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::assets {

std::string_view to_string(RollStyle style) { return style == RollStyle::Calendar ? "calendar" : "volume"; }

std::string_view to_string(RollAdjustment adjustment) {
  if (adjustment == RollAdjustment::None) return "";
  return adjustment == RollAdjustment::Mul ? "mul" : "add";
}

RollStyle parse_roll_style(std::string_view text) {
  if (text == "calendar") return RollStyle::Calendar;
  if (text == "volume") return RollStyle::Volume;
  throw Error(ErrorCode::UnknownField, fmt::format("Invalid roll style '{}'.", text),  // Zipline: KeyError
              "roll styles are calendar and volume");
}

RollAdjustment parse_roll_adjustment(std::string_view text) {
  if (text.empty() || text == "none") return RollAdjustment::None;
  if (text == "mul") return RollAdjustment::Mul;
  if (text == "add") return RollAdjustment::Add;
  throw Error(ErrorCode::InvalidArgument, fmt::format("Invalid adjustment style '{}'.", text),
              "adjustment styles are mul, add and none");
}

Sid continuous_future_sid(std::string_view root_symbol, int offset, RollStyle style, RollAdjustment adjustment) {
  std::string digits = fmt::format("1{}", offset);
  for (const char c : to_upper(root_symbol)) digits += std::to_string(static_cast<int>(static_cast<unsigned char>(c)));
  digits += fmt::format("{}{}", static_cast<int>(style), static_cast<int>(adjustment));
  Sid sid;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), sid.value).ec != std::errc{})
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("no sid for a continuous future of {}: {} does not fit 64 bits", root_symbol, digits),
                "the root symbol of a continuous future has at most 7 letters");
  return sid;
}

ContinuousFuture make_continuous_future(const AssetFinder& finder, std::string_view root_symbol, int offset,
                                        RollStyle style, RollAdjustment adjustment) {
  if (offset < 0)
    throw Error(ErrorCode::InvalidArgument, fmt::format("the offset of a continuous future is {}", offset),
                "0 is the active contract, 1 the one after it");
  const FutureRoot& root = finder.lookup_root(root_symbol);
  const OrderedContracts chain(finder, root.root_symbol);
  if (chain.size() == 0) {
    throw Error(ErrorCode::SymbolNotFound, fmt::format("Symbol '{}' was not found.", root_symbol),
                "the bundle knows the root, but has no contracts of it")
        .with("symbol", std::string(root_symbol));
  }
  ContinuousFuture future{.sid = continuous_future_sid(root.root_symbol, offset, style, adjustment),
                          .root_symbol = root.root_symbol,
                          .offset = offset,
                          .roll_style = style,
                          .adjustment = adjustment,
                          .start_date = chain.start_date(),
                          .end_date = chain.end_date(),
                          .exchange = root.exchange,
                          .exchange_full = root.exchange};
  for (const Exchange& e : finder.exchanges())
    if (e.exchange == root.exchange && !e.canonical_name.empty()) future.exchange_full = e.canonical_name;
  return future;
}

OrderedContracts::OrderedContracts(const AssetFinder& finder, std::string_view root_symbol)
    : root_symbol_(to_upper(root_symbol)) {
  for (const AssetIndex i : finder.chain_of(root_symbol_)) {
    const Asset& a = finder[i];
    add({i, a.start_date, a.end_date, a.auto_close_date.value_or(a.end_date)});
  }
}

OrderedContracts::OrderedContracts(std::string_view root_symbol, std::span<const Contract> contracts)
    : root_symbol_(to_upper(root_symbol)) {
  for (const Contract& contract : contracts) add(contract);
}

void OrderedContracts::add(const Contract& contract) {
  if (contracts_.empty() && contract.start >= contract.auto_close) return;
  contracts_.push_back(contract);
}

std::optional<int> OrderedContracts::find_place(AssetIndex contract) const {
  const auto found = std::ranges::lower_bound(contracts_, contract, {}, &Contract::asset);
  if (found == contracts_.end() || found->asset != contract) return std::nullopt;
  return static_cast<int>(found - contracts_.begin());
}

Date OrderedContracts::start_date() const {
  return contracts_.empty() ? Date{} : std::ranges::min(contracts_, {}, &Contract::start).start;
}

Date OrderedContracts::end_date() const {
  return contracts_.empty() ? Date{} : std::ranges::max(contracts_, {}, &Contract::end).end;
}

int OrderedContracts::contract_before_auto_close(Date day) const {
  require_invariant(!contracts_.empty(), "a chain of futures has contracts");
  for (int place = 0; place < size(); ++place)
    if ((*this)[place].auto_close > day) return place;
  return size() - 1;
}

std::optional<int> OrderedContracts::contract_at_offset(int place, int offset, Date start_cap) const {
  const int at = place + offset;
  if (at >= size() || (*this)[at].start > start_cap) return std::nullopt;
  return at;
}

std::vector<AssetIndex> OrderedContracts::active_chain(int place, Date day) const {
  std::vector<AssetIndex> active;
  for (int at = place; at < size(); ++at)
    if ((*this)[at].start <= day) active.push_back((*this)[at].asset);
  return active;
}

}  // namespace rustybt::assets
