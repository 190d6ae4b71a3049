#pragma once
// What is traded. Assets are plain values; the asset database (asset_finder.hpp) makes them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::assets {

enum class AssetType : std::uint8_t { Equity, Future, Cryptocurrency, FxPair };

/// An asset. Dates are days; absent means "not set" (Zipline's NaT).
struct Asset {
  Sid sid;
  AssetType type = AssetType::Equity;
  std::string symbol;
  std::string asset_name;
  std::string exchange;       ///< name used by the data ("NYSE")
  std::string exchange_full;  ///< canonical name
  std::string country_code = "??";
  Date start_date{};
  Date end_date{};
  std::optional<Date> first_traded;
  std::optional<Date> auto_close_date;
  Decimal tick_size = Decimal(1, 2);
  Decimal price_multiplier = Decimal(1, 0);
  int quantity_digits = 0;  ///< digits after the point of an order's amount (equities, futures 0)

  // futures
  std::string root_symbol;
  std::optional<Date> notice_date, expiration_date;

  // cryptocurrencies and FX pairs
  std::string base_currency, quote_currency;  ///< of BTC/USDT: BTC, USDT. Others: quote_currency is their currency
  Decimal quantity_step = Decimal(1, 0);      ///< amounts are whole multiples of it
  Decimal minimum_notional = Decimal(0, 0);   ///< least amount x price of an order, in the quote currency
  std::string calendar_name;                  ///< when it trades: "24/7" (crypto), "24/5" (FX); empty = the bundle's

  [[nodiscard]] bool is_alive_for_session(Date session) const { return start_date <= session && session <= end_date; }
};

/// "equity", "future", "crypto", "fx".
[[nodiscard]] std::string_view to_string(AssetType type);
/// The type of such a text, or "cryptocurrency", "fx_pair". @throws Error{InvalidArgument}
[[nodiscard]] AssetType parse_asset_type(std::string_view text);

/// An asset with the terms of its type that Zipline and the venues take for granted: tick 0.01 (futures 0.001, FX
/// 0.00001), whole units (crypto 0.00000001), calendar 24/7 for crypto and 24/5 for FX.
[[nodiscard]] Asset make_asset(AssetType type);

/// Fill in what follows from other terms: a future's auto close is the earlier of notice and expiration, the digits of
/// an amount are those of the quantity step (or the step follows the digits, when only they are set).
/// @throws Error{InvalidArgument} for a tick, multiplier or step <= 0, a negative minimum notional, a future or a
///         currency pair without the names it needs
void complete_terms(Asset& asset);

}  // namespace rustybt::assets
