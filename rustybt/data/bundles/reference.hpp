#pragma once
// What a bundle knows beside its bars, as the sources said it: assets, exchanges, mappings, actions. A bundle keeps it
// in reference.json (actions in adjustments.sqlite), so that an append begins where the last ingest ended.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/data/bundles/core.hpp"

namespace rustybt::data {

class ReferenceBook {
 public:
  /// An asset, and what is known of its bars. Its number (key) is its position in entries().
  struct Entry {
    assets::Asset asset;            ///< as described; sid -1 until given out, dates of life 1970-01-01 where not said
    bool closes_after_end = false;  ///< auto_close_date is the day after the last bar, where none is said
    int first_session = -1;         ///< of its daily bars, indexes into the calendar
    int last_session = -1;
    std::vector<bool> minute_sessions = {};  ///< by session of the calendar; empty = no minutes
    int price_scale = 0;                     ///< decimals that its bars need
    int volume_scale = 0;
    std::int64_t daily_rows = 0;
    std::int64_t minute_rows = 0;
  };

  /// Take in what a part says. @returns the key of each item
  /// @throws Error{InvalidArgument} for an item without symbol, a symbol or sid twice in the part, a symbol of several
  /// assets without sid, an action or mapping of an item that the part does not have
  std::vector<int> take(const BundleContent& part);
  /// Give sids to the assets without: those of `known` (by symbol) first, then the next ones in order of symbols.
  void assign_sids(std::map<std::string, std::int64_t>& known);
  /// Keys in order of sid.
  [[nodiscard]] std::vector<int> by_sid() const;

  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::string& symbol(int key) const {
    return entries_[static_cast<std::size_t>(key)].asset.symbol;
  }
  [[nodiscard]] int key_of(Sid sid) const;  ///< -1 for an unknown one
  /// A symbol that was read from a bundle has changed: hashes over symbols are to be made anew.
  [[nodiscard]] bool has_renamed() const { return has_renamed_; }

  /// Tables for assets.sqlite: assets by sid with the given lives, exchanges completed.
  [[nodiscard]] assets::AssetTables tables(std::vector<assets::Asset> assets) const;

  /// Actions of the parts, by key; `dividends` are ratios that the source gave.
  Adjustments actions;
  bool compute_dividend_ratios = true;
  std::vector<FxRate> fx_rates;  ///< of the parts

  [[nodiscard]] std::string to_json() const;
  /// Read a bundle's file; actions are not in it. @throws Error{CorruptBundle} naming `file`
  [[nodiscard]] static ReferenceBook parse(std::string_view json, const std::filesystem::path& file);
  /// How many of the bundle's dividend ratios the source gave (the first ones); known after parse().
  std::size_t given_ratios = 0;

 private:
  [[nodiscard]] int find(const assets::Asset& asset) const;
  void add(const assets::Asset& asset);

  std::vector<Entry> entries_;
  std::map<std::string, std::vector<int>> by_symbol_;
  std::map<std::int64_t, int> by_sid_;
  std::vector<assets::Exchange> exchanges_;
  std::vector<assets::FutureRoot> roots_;
  std::vector<assets::SymbolMapping> mappings_;              ///< sid = key
  std::vector<assets::SupplementaryMapping> supplementary_;  ///< sid = key
  bool has_renamed_ = false;
  std::size_t parsed_ = 0;  ///< entries that came from a file
};

/// Call `change(AssetIndex&)` for every asset that the actions name.
template <class Change>
void for_each_asset_of(Adjustments& actions, const Change& change) {
  for (auto& s : actions.splits) change(s.asset);
  for (auto& m : actions.mergers) change(m.asset);
  for (auto& d : actions.dividends) change(d.asset);
  for (auto& d : actions.cash_dividends) change(d.asset);
  for (auto& d : actions.stock_dividends) {
    change(d.asset);
    change(d.payment_asset);
  }
}

/// Every field of an asset but its sid, as one line of JSON: equal for equal assets.
[[nodiscard]] std::string describe_asset(const assets::Asset& asset);

}  // namespace rustybt::data
