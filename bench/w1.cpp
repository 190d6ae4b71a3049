#include "bench/w1.hpp"

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "rustybt/data/bundles/minute_labels.hpp"

namespace rustybt::bench {
namespace {

constexpr std::size_t kBarsInFile = 1'000'000;
// The calendar is right-sided: the bar labelled 2020-01-01 00:00 is the last minute of the session before.
constexpr Date kFirstDay{18262};  // 2020-01-01
constexpr Date kFirstSession{18261};

/// Rows first .. first + bars of the file, labelled from the first minute on.
data::BarSeries w1_rows(const std::filesystem::path& folder, int first, int bars) {
  const std::filesystem::path path = folder / "w1_min.bin";
  std::ifstream file(path, std::ios::binary);
  data::BarSeries series;
  series.price_scale = 2;
  const auto count = static_cast<std::size_t>(bars);
  for (int f = 0; f < data::kFieldCount; ++f) {
    std::vector<std::int64_t>& column = series.columns[f];
    column.resize(count);
    const std::size_t row = static_cast<std::size_t>(f) * kBarsInFile + static_cast<std::size_t>(first);
    file.seekg(static_cast<std::streamoff>(row * sizeof(std::int64_t)));
    file.read(reinterpret_cast<char*>(column.data()), static_cast<std::streamsize>(count * sizeof(std::int64_t)));
  }
  if (!file) throw std::runtime_error("cannot read " + path.string() + "; make it with bench/make_data.py");
  const std::int64_t start = Timestamp::from_date(kFirstDay).ns;
  for (int i = 0; i < bars; ++i) series.times.push_back(start + i * Timestamp::kMinute);
  return series;
}

assets::Asset bench_asset(int sid, const std::string& symbol, const data::BarSeries& minutes) {
  assets::Asset asset;
  asset.sid = {sid};
  asset.symbol = symbol;
  asset.exchange = "BENCH";
  asset.start_date = kFirstSession;
  asset.end_date = Timestamp{minutes.times.back() - Timestamp::kMinute}.date();
  return asset;
}

data::Bundle bundle_in_memory(std::vector<assets::Asset> assets, const std::vector<data::BarSeries>& minutes) {
  data::Bundle bundle;
  bundle.calendar = utils::get_calendar("24/7");
  bundle.info.name = "w1";
  bundle.info.calendar_name = "24/7";
  bundle.info.first_session = assets.front().start_date;
  bundle.info.last_session = assets.front().end_date;
  const int first = bundle.calendar->session_at_or_after(bundle.info.first_session);
  const int last = bundle.calendar->session_at_or_before(bundle.info.last_session);
  const auto sessions =
      bundle.calendar->sessions().subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
  data::BarStoreBuilder builder({sessions.begin(), sessions.end()});
  for (const data::BarSeries& series : minutes)
    builder.add_minutes(series, data::SessionMinutes(bundle.calendar, first, last - first + 1));
  bundle.bars = std::move(builder).build();
  bundle.finder = std::make_shared<assets::AssetFinder>(std::move(assets));
  bundle.adjustments = std::make_shared<data::Adjustments>();
  return bundle;
}

}  // namespace

data::BundleContent w1_content(const std::filesystem::path& folder, int bars) {
  data::BundleContent content;
  data::BundleContent::Item item;
  item.minute = w1_rows(folder, 0, bars);
  item.asset = bench_asset(0, kSymbol, item.minute);
  content.items.push_back(std::move(item));
  content.exchanges.push_back({"BENCH", "BENCH", "US"});
  content.calendar_name = "24/7";
  content.source = "bench";
  return content;
}

data::Bundle w1_bundle(const std::filesystem::path& folder, int bars) {
  const data::BarSeries minutes = w1_rows(folder, 0, bars);
  return bundle_in_memory({bench_asset(0, kSymbol, minutes)}, {minutes});
}

data::Bundle many_assets_bundle(const std::filesystem::path& folder, int assets, int bars) {
  std::vector<assets::Asset> found;
  std::vector<data::BarSeries> minutes;
  for (int i = 0; i < assets; ++i) {
    minutes.push_back(w1_rows(folder, i * bars, bars));
    found.push_back(bench_asset(i, "W" + std::to_string(i + 1), minutes.back()));
  }
  return bundle_in_memory(std::move(found), minutes);
}

algorithm::RunSettings w1_settings(const finance::Policies& policies) {
  algorithm::RunSettings settings;
  settings.capital = Decimal(1'000'000, 0);
  settings.frequency = data::DataFrequency::Minute;
  settings.policies = policies;
  return settings;
}

void W1Strategy::initialize(Context& context) {
  asset_ = context.symbol(kSymbol);
  context.set_slippage(finance::NoSlippage{});
  context.set_commission(finance::PerShare{Decimal(75, 4), Decimal(0, 0)});
}

void SmaCross::handle_data(Context& context, BarData& data) {
  const double close = data.current(asset_, BarField::Close);
  if (std::isnan(close)) return;
  fast_sum_ += close - closes_[(seen_ - kFast) & (kRing - 1)];
  slow_sum_ += close - closes_[(seen_ - kSlow) & (kRing - 1)];
  closes_[seen_ & (kRing - 1)] = close;
  if (++seen_ < kSlow) return;
  const double spread = fast_sum_ * kSlow - slow_sum_ * kFast;
  const bool wants_long = spread > 0;  // no bar of the data has equal averages
  if (wants_long == is_long_) return;
  is_long_ = wants_long;
  context.order(asset_, wants_long ? 100 : -100);
}

void EveryBar::handle_data(Context& context, BarData& data) {
  if (std::isnan(data.current(asset_, BarField::Close))) return;
  context.order(asset_, next_);
  next_ = -next_;
}

void Resting::handle_data(Context& context, BarData& data) {
  if (placed_ || std::isnan(data.current(AssetIndex{0}, BarField::Close))) return;
  placed_ = true;
  for (int a = 0; a < static_cast<int>(context.portal().finder().assets().size()); ++a) {
    const AssetIndex asset{a};
    const double close = data.current(asset, BarField::Close);
    for (int i = 0; i < orders_per_asset_; ++i) {
      const bool is_buy = i % 2 == 0;
      const double distance = 0.04 + 0.0025 * (i / 2);
      context.order(asset, is_buy ? 100 : -100, ExecutionStyle::limit(close * (is_buy ? 1 - distance : 1 + distance)));
    }
  }
}

}  // namespace rustybt::bench
