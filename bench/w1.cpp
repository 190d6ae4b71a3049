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

}  // namespace

data::BundleContent w1_content(const std::filesystem::path& folder, int bars) {
  const std::filesystem::path path = folder / "w1_min.bin";
  std::ifstream file(path, std::ios::binary);
  data::BarSeries series;
  series.price_scale = 2;
  const auto count = static_cast<std::size_t>(bars);
  for (int f = 0; f < data::kFieldCount; ++f) {
    std::vector<std::int64_t>& column = series.columns[f];
    column.resize(count);
    file.seekg(static_cast<std::streamoff>(static_cast<std::size_t>(f) * kBarsInFile * sizeof(std::int64_t)));
    file.read(reinterpret_cast<char*>(column.data()), static_cast<std::streamsize>(count * sizeof(std::int64_t)));
  }
  if (!file) throw std::runtime_error("cannot read " + path.string() + "; make it with bench/make_data.py");
  const std::int64_t start = Timestamp::from_date(kFirstDay).ns;
  for (int i = 0; i < bars; ++i) series.times.push_back(start + i * Timestamp::kMinute);

  data::BundleContent content;
  data::BundleContent::Item item;
  item.asset.sid = {0};
  item.asset.symbol = kSymbol;
  item.asset.exchange = "BENCH";
  item.asset.start_date = kFirstSession;
  item.asset.end_date = Timestamp{series.times.back() - Timestamp::kMinute}.date();
  item.minute = std::move(series);
  content.items.push_back(std::move(item));
  content.exchanges.push_back({"BENCH", "BENCH", "US"});
  content.calendar_name = "24/7";
  content.source = "bench";
  return content;
}

data::Bundle w1_bundle(const std::filesystem::path& folder, int bars) {
  data::BundleContent content = w1_content(folder, bars);
  const data::BundleContent::Item& item = content.items.front();
  data::Bundle bundle;
  bundle.calendar = utils::get_calendar(content.calendar_name);
  bundle.info.name = "w1";
  bundle.info.calendar_name = content.calendar_name;
  bundle.info.first_session = item.asset.start_date;
  bundle.info.last_session = item.asset.end_date;
  const int first = bundle.calendar->session_at_or_after(item.asset.start_date);
  const int last = bundle.calendar->session_at_or_before(item.asset.end_date);
  const auto sessions =
      bundle.calendar->sessions().subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
  data::BarStoreBuilder builder({sessions.begin(), sessions.end()});
  builder.add_minutes(item.minute, data::SessionMinutes(bundle.calendar, first, last - first + 1));
  bundle.bars = std::move(builder).build();
  bundle.finder = std::make_shared<assets::AssetFinder>(std::vector<assets::Asset>{item.asset});
  bundle.adjustments = std::make_shared<data::Adjustments>();
  return bundle;
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

}  // namespace rustybt::bench
