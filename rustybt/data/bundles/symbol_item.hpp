#pragma once
// From the bars and actions of one symbol, as a text holds them, to an item of a bundle's content.

#include "rustybt/assets/asset_writer.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/data/bundles/bar_text.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

/// Append a symbol as an item with its actions. The asset lives from its first to its last bar and closes automatically
/// one day later (csvdir's rule). A pair's currencies are those of its symbol ("BTC/USDT").
void add_item(SymbolBars bars, const assets::Exchange& exchange, const utils::TradingCalendar& calendar,
              BundleContent& content, assets::AssetType type = assets::AssetType::Equity);

/// The actions of a source's columns as splits and dividends of item `asset` (csvdir's rules: ratio 1 / split; no pay
/// date).
void append_actions(const SymbolBars& bars, AssetIndex asset, Adjustments& actions);

}  // namespace rustybt::data
