#include "rustybt/assets/assets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::assets {

namespace {

struct TypeName {
  AssetType type;
  std::string_view name;
  std::string_view long_name;
};
constexpr TypeName kTypeNames[] = {{AssetType::Equity, "equity", "equity"},
                                   {AssetType::Future, "future", "future"},
                                   {AssetType::Cryptocurrency, "crypto", "cryptocurrency"},
                                   {AssetType::FxPair, "fx", "fx_pair"}};

[[noreturn]] void refuse(const Asset& asset, std::string_view what, std::string hint = {}) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} {} (sid {}): {}", to_string(asset.type), asset.symbol, asset.sid.value, what),
              std::move(hint))
      .with("symbol", asset.symbol);
}

void complete_future(Asset& asset) {
  asset.root_symbol = to_upper(asset.root_symbol);
  if (asset.root_symbol.empty()) refuse(asset, "a future needs its root symbol", "of ESZ24 it is ES");
  if (asset.auto_close_date) return;
  if (asset.notice_date && asset.expiration_date)
    asset.auto_close_date = std::min(*asset.notice_date, *asset.expiration_date);
  else
    asset.auto_close_date = asset.notice_date ? asset.notice_date : asset.expiration_date;
}

/// "BTC/USDT", "EUR-USD" and "EURUSD" name their currencies; a source may set them itself.
void complete_pair(Asset& asset) {
  asset.base_currency = to_upper(asset.base_currency);
  asset.quote_currency = to_upper(asset.quote_currency);
  if (asset.base_currency.empty() && asset.quote_currency.empty()) {
    const std::string symbol = to_upper(asset.symbol);
    const std::size_t delimiter = symbol.find_first_of("/-_");
    if (delimiter != std::string::npos) {
      asset.base_currency = symbol.substr(0, delimiter);
      asset.quote_currency = symbol.substr(delimiter + 1, symbol.find(':') - delimiter - 1);  // "BTC/USDT:USDT" settles
    } else if (asset.type == AssetType::FxPair && symbol.size() == 6) {
      asset.base_currency = symbol.substr(0, 3);
      asset.quote_currency = symbol.substr(3);
    }
  }
  if (asset.base_currency.empty() || asset.quote_currency.empty())
    refuse(asset, "its base and quote currency are not known", "write the symbol as BASE/QUOTE, or give both");
}

}  // namespace

std::string_view to_string(AssetType type) { return kTypeNames[static_cast<std::size_t>(type)].name; }

AssetType parse_asset_type(std::string_view text) {
  for (const TypeName& t : kTypeNames)
    if (text == t.name || text == t.long_name) return t.type;
  throw Error(ErrorCode::InvalidArgument, fmt::format("unknown asset type \"{}\"", text),
              "asset types are equity, future, crypto, fx");
}

Asset make_asset(AssetType type) {
  Asset asset;
  asset.type = type;
  if (type == AssetType::Future) asset.tick_size = Decimal(1, 3);
  if (type == AssetType::Cryptocurrency) {
    asset.quantity_step = Decimal(1, 8);
    asset.calendar_name = "24/7";
  }
  if (type == AssetType::FxPair) {
    asset.tick_size = Decimal(1, 5);
    asset.calendar_name = "24/5";
  }
  return asset;
}

void complete_terms(Asset& asset) {
  if (asset.type == AssetType::Future) complete_future(asset);
  if (asset.type == AssetType::Cryptocurrency || asset.type == AssetType::FxPair) complete_pair(asset);
  if (asset.tick_size.sign() <= 0) refuse(asset, "the tick size is " + asset.tick_size.to_string());
  if (asset.price_multiplier.sign() <= 0) refuse(asset, "the multiplier is " + asset.price_multiplier.to_string());
  if (asset.quantity_step.sign() <= 0) refuse(asset, "the quantity step is " + asset.quantity_step.to_string());
  if (asset.minimum_notional.sign() < 0) refuse(asset, "the minimum notional is " + asset.minimum_notional.to_string());
  if (asset.quantity_step == Decimal(1, 0) && asset.quantity_digits > 0)
    asset.quantity_step = Decimal(1, asset.quantity_digits);
  asset.quantity_digits = asset.quantity_step.normalized().scale();
}

}  // namespace rustybt::assets
