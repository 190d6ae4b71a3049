#pragma once
// `data`, the market as a strategy may see it now (zipline_semantics 1.2).

#include <span>

#include "rustybt/data/continuous_future_reader.hpp"
#include "rustybt/data/data_portal.hpp"
#include "rustybt/finance/asset_restrictions.hpp"

namespace rustybt::algorithm {

using data::BarField;
using data::DataFrequency;

/// A view of the portal at the simulation's cursor; one object per run, passed to every hook.
class BarData {
 public:
  /// @param restrictions  assets that may not be ordered are not tradable either; null = none
  explicit BarData(data::DataPortal& portal, const std::int64_t& now_ns,
                   const finance::AssetRestrictions* restrictions = nullptr)
      : portal_(portal), futures_(portal), now_ns_(now_ns), restrictions_(restrictions) {}

  [[nodiscard]] double current(AssetIndex asset, BarField field) const { return portal_.current(asset, field); }
  [[nodiscard]] double price(AssetIndex asset) const { return portal_.current_price(asset); }
  /// Chains of futures: `data.current(future, "contract")`, bars of that contract, windows spliced at the rolls.
  [[nodiscard]] const data::ContinuousFutureReader& continuous_futures() const { return futures_; }
  [[nodiscard]] std::optional<AssetIndex> current_contract(const assets::ContinuousFuture& future) const {
    return futures_.current_contract(future);
  }
  [[nodiscard]] std::vector<AssetIndex> current_chain(const assets::ContinuousFuture& future) const {
    return futures_.current_chain(future);
  }
  [[nodiscard]] double current(const assets::ContinuousFuture& future, BarField field) const {
    return futures_.current(future, field);
  }
  [[nodiscard]] data::HistoryWindow history(const assets::ContinuousFuture& future, BarField field, int bar_count,
                                            DataFrequency frequency = DataFrequency::Daily) const {
    return futures_.history(future, field, bar_count, frequency);
  }
  [[nodiscard]] bool can_trade(AssetIndex asset) const { return !is_restricted(asset) && portal_.can_trade(asset); }
  [[nodiscard]] bool is_stale(AssetIndex asset) const { return portal_.is_stale(asset); }
  [[nodiscard]] std::optional<Timestamp> last_traded(AssetIndex asset) const { return portal_.last_traded(asset); }
  [[nodiscard]] data::HistoryWindow history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                            DataFrequency frequency = DataFrequency::Daily) const {
    return portal_.history(assets, field, bar_count, frequency);
  }
  /// Bars of any length ("1h", "1w"), the last one running; prices in `currency` where it is not empty.
  [[nodiscard]] data::HistoryWindow history(std::span<const AssetIndex> assets, BarField field, int bar_count,
                                            data::BarPeriod period, const std::string& currency = {}) const {
    return portal_.history(assets, field, bar_count, period, currency);
  }
  /// The current value in another currency. @throws Error{NoFxRate}
  [[nodiscard]] double current(AssetIndex asset, BarField field, const std::string& currency) const {
    const double value = portal_.current(asset, field);
    return field == BarField::Volume ? value : value * portal_.rate_to(asset, currency);
  }
  /// Read-only view of the last `n` daily values ending now; no copy.
  [[nodiscard]] std::span<const double> window(AssetIndex asset, BarField field, int n) {
    return portal_.window(asset, field, n);
  }
  /// Mean of the last n daily values, left to right, NaN values left out.
  [[nodiscard]] double mean(AssetIndex asset, BarField field, int n);
  /// Sample deviation (ddof 1) of the last n daily values.
  [[nodiscard]] double std(AssetIndex asset, BarField field, int n);
  [[nodiscard]] double max(AssetIndex asset, BarField field, int n);
  [[nodiscard]] double min(AssetIndex asset, BarField field, int n);
  [[nodiscard]] DataFrequency frequency() const { return portal_.options().frequency; }
  [[nodiscard]] Timestamp current_dt() const { return {now_ns_}; }
  [[nodiscard]] data::DataPortal& portal() { return portal_; }

 private:
  [[nodiscard]] bool is_restricted(AssetIndex asset) const {
    return restrictions_ != nullptr && !restrictions_->empty() &&
           restrictions_->is_restricted(asset, restriction_time_ns());
  }
  [[nodiscard]] std::int64_t restriction_time_ns() const;

  data::DataPortal& portal_;
  data::ContinuousFutureReader futures_;
  const std::int64_t& now_ns_;
  const finance::AssetRestrictions* restrictions_;
};

}  // namespace rustybt::algorithm
