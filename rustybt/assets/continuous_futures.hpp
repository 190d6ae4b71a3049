#pragma once
// Continuous futures: a chain of contracts seen as one price series (zipline_semantics 8).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/assets/asset_finder.hpp"

namespace rustybt::assets {

enum class RollStyle : std::uint8_t { Calendar, Volume };
/// What is done to prices before a roll: nothing, multiply by 1 + (back - front) / front, or add back - front.
enum class RollAdjustment : std::uint8_t { None, Mul, Add };

/// "calendar", "volume"; "" (none), "mul", "add".
[[nodiscard]] std::string_view to_string(RollStyle style);
[[nodiscard]] std::string_view to_string(RollAdjustment adjustment);
/// @throws Error{UnknownField} (a KeyError, as in Zipline) that names the values allowed
[[nodiscard]] RollStyle parse_roll_style(std::string_view text);
/// Also "none". @throws Error{InvalidArgument}
[[nodiscard]] RollAdjustment parse_roll_adjustment(std::string_view text);

/// Which contract, how far from the active one, rolled how: a value; prices come from the data room.
struct ContinuousFuture {
  Sid sid;  ///< made of the other fields, as Zipline does
  std::string root_symbol;
  int offset = 0;  ///< 0 = the active contract, 1 = the one after it
  RollStyle roll_style = RollStyle::Calendar;
  RollAdjustment adjustment = RollAdjustment::Mul;
  Date start_date{};  ///< of the chain
  Date end_date{};
  std::string exchange;       ///< name used by the data, as in Asset
  std::string exchange_full;  ///< canonical name
  friend bool operator==(const ContinuousFuture& a, const ContinuousFuture& b) { return a.sid == b.sid; }
};

/// The digits of: 1, offset, each letter of the root as its code, roll style (0 calendar, 1 volume), adjustment (0
/// none, 1 mul, 2 add). @throws Error{InvalidArgument} when they do not fit 64 bits (a root of more than 7 letters)
[[nodiscard]] Sid continuous_future_sid(std::string_view root_symbol, int offset, RollStyle style,
                                        RollAdjustment adjustment);

/// @throws Error{SymbolNotFound} for an unknown root or one without contracts, Error{InvalidArgument} for offset < 0
[[nodiscard]] ContinuousFuture make_continuous_future(const AssetFinder& finder, std::string_view root_symbol,
                                                      int offset, RollStyle style, RollAdjustment adjustment);

/// Contracts one after another, unusable first ones (start on or after auto close) left out. A place is a position in
/// this chain. Build it once per root and keep it.
class OrderedContracts {
 public:
  struct Contract {
    AssetIndex asset;
    Date start;
    Date end;
    Date auto_close;  ///< the end where the contract has none
  };
  /// The finder's chain of a root, in the order of the sids.
  OrderedContracts(const AssetFinder& finder, std::string_view root_symbol);
  /// `contracts` in their order, which must be that of their assets.
  OrderedContracts(std::string_view root_symbol, std::span<const Contract> contracts);

  [[nodiscard]] const std::string& root_symbol() const { return root_symbol_; }
  [[nodiscard]] std::span<const Contract> contracts() const { return contracts_; }
  [[nodiscard]] int size() const { return static_cast<int>(contracts_.size()); }
  [[nodiscard]] const Contract& operator[](int place) const { return contracts_[static_cast<std::size_t>(place)]; }
  [[nodiscard]] std::optional<int> find_place(AssetIndex contract) const;
  [[nodiscard]] Date start_date() const;
  [[nodiscard]] Date end_date() const;

  /// First contract that closes after `day`, else the last. The chain must not be empty.
  [[nodiscard]] int contract_before_auto_close(Date day) const;
  /// `offset` places further, when there is such a contract and it starts on or before `start_cap`.
  [[nodiscard]] std::optional<int> contract_at_offset(int place, int offset, Date start_cap) const;
  /// Contracts from `place` on that have started by `day`: what data.current_chain shows.
  [[nodiscard]] std::vector<AssetIndex> active_chain(int place, Date day) const;

 private:
  void add(const Contract& contract);

  std::string root_symbol_;
  std::vector<Contract> contracts_;
};

}  // namespace rustybt::assets
