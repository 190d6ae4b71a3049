// The data plane's side of the benchmarks: one run per line of standard input, one JSON line each (see w1_worker.cpp).
//
// Usage: data_worker write FOLDER           bundles "daily8000" and "minute100" below FOLDER
//        data_worker scan FOLDER            sum of every daily column of daily8000
//        data_worker history FOLDER         200-row windows of daily8000, one per asset and session
//        data_worker merge FOLDER           the minutes of minute100 in order of time
//        data_worker ingest FOLDER FILE     a CSV file into the bundle "csv" below FOLDER
//        data_worker minutes FOLDER ROWS    an ingest of so many invented minute bars: seconds and peak memory (one
//        run)

#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>

#include "rustybt/data/adapters/registry.hpp"
#include "rustybt/data/bundles/bundle_writer.hpp"
#include "rustybt/data/columnar/minute_merge.hpp"
#include "rustybt/data/data_portal.hpp"

namespace {

using namespace rustybt;
using data::kFieldCount;

constexpr int kAssets = 8'000;
constexpr int kSessions = 2'520;
constexpr int kStreams = 100;
constexpr int kMinuteSessions = 63;

/// A walk in cents: the same numbers on every machine.
class Walk {
 public:
  explicit Walk(std::uint64_t seed)
      : state_(seed * 0x9E3779B97F4A7C15ULL + 1), price_(5'000 + static_cast<int>(seed % 20'000)) {}
  void put(data::BarSeries& series, std::int64_t time) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto bits = static_cast<std::int64_t>(state_ >> 33);
    const std::int64_t open = price_;
    price_ = std::max<std::int64_t>(100, price_ + bits % 41 - 20);
    series.times.push_back(time);
    series.columns[0].push_back(open);
    series.columns[1].push_back(std::max(open, price_) + (bits >> 8) % 10);
    series.columns[2].push_back(std::min(open, price_) - (bits >> 12) % 10);
    series.columns[3].push_back(price_);
    series.columns[4].push_back(100 * (1 + (bits >> 16) % 5'000));
  }

 private:
  std::uint64_t state_;
  std::int64_t price_;
};

data::BundleContent empty_part() {
  data::BundleContent part;
  part.source = "benchmark";
  return part;
}

data::BundleContent::Item& add_item(data::BundleContent& part, int number) {
  auto& item = part.items.emplace_back();
  item.asset.symbol = "S" + std::to_string(100'000 + number).substr(1);
  item.asset.exchange = "BENCH";
  item.daily.price_scale = item.minute.price_scale = 2;
  return item;
}

void add_minutes(data::BarSeries& series, const utils::TradingCalendar& calendar, int session, Walk& walk) {
  const int count = calendar.minute_count(session);
  for (int i = 0; i < count; ++i) walk.put(series, calendar.minute(session, i).ns);
}

int write(const std::string& folder) {
  const utils::CalendarPtr calendar = utils::get_calendar("XNYS");
  const int first = calendar->session_at_or_after(Date{14613});  // 2010-01-04
  data::IngestOptions options;
  options.root = folder;
  {
    data::BundleWriter writer("daily8000", options);
    for (int a = 0; a < kAssets; ++a) {
      data::BundleContent part = empty_part();
      auto& item = add_item(part, a);
      Walk walk(static_cast<std::uint64_t>(a));
      for (int s = 0; s < kSessions; ++s) walk.put(item.daily, calendar->session(first + s).days);
      writer.add(std::move(part));
    }
    writer.commit();
  }
  data::BundleWriter writer("minute100", options);
  for (int a = 0; a < kStreams; ++a) {
    data::BundleContent part = empty_part();
    auto& item = add_item(part, a);
    Walk walk(static_cast<std::uint64_t>(a));
    for (int s = 0; s < kMinuteSessions; ++s) add_minutes(item.minute, *calendar, first + s, walk);
    writer.add(std::move(part));
  }
  writer.commit();
  return 0;
}

/// Answer every line of input with what `run` says, after how long it took.
int serve(const std::function<std::string(double&)>& run) {
  std::string line;
  while (std::getline(std::cin, line)) {
    double seconds = 0;
    const std::string results = run(seconds);
    std::cout << "{\"seconds\": " << seconds << results << "}" << std::endl;
  }
  return 0;
}

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string field(const char* name, std::int64_t value) {
  return std::string(", \"") + name + "\": " + std::to_string(value);
}

int scan(const std::string& folder) {
  const data::Bundle bundle = data::load_bundle(folder, "daily8000");
  return serve([&](double& seconds) {
    const Stopwatch watch;
    std::int64_t sums[kFieldCount] = {};
    std::int64_t values = 0;
    for (std::int32_t a = 0; a < bundle.bars->asset_count(); ++a) {
      const data::AssetBars& bars = bundle.bars->daily({a});
      values += std::int64_t{kFieldCount} * bars.count;
      for (int f = 0; f < kFieldCount; ++f) {
        const std::int64_t* column = bars.columns[f];
        std::int64_t sum = 0;
        for (std::int32_t i = 0; i < bars.count; ++i) sum += column[i] == data::kMissing ? 0 : column[i];
        sums[f] += sum;
      }
    }
    seconds = watch.seconds();
    return field("values", values) + field("closes", sums[3]) + field("volumes", sums[4]);
  });
}

int history(const std::string& folder) {
  const data::Bundle bundle = data::load_bundle(folder, "daily8000");
  constexpr int kRows = 200, kDays = 250;
  return serve([&](double& seconds) {
    data::DataPortal portal(bundle.bars, bundle.finder, bundle.adjustments, bundle.calendar, {});
    const int last = bundle.calendar->session_at_or_before(bundle.info.last_session);
    double sum = 0;
    std::int64_t windows = 0;
    for (int s = last - kDays; s <= last; ++s) {
      portal.set_session(s);
      const Stopwatch watch;
      for (std::int32_t a = 0; a < 500; ++a) {
        const auto window = portal.window({a}, data::BarField::Close, kRows);
        sum += window.front() + window.back();
      }
      if (s > last - kDays) {  // the first one fills the buffers
        seconds += watch.seconds();
        windows += 500;
      }
    }
    return field("windows", windows) + field("cents", static_cast<std::int64_t>(sum * 100 + 0.5));
  });
}

int merge(const std::string& folder) {
  const data::Bundle bundle = data::load_bundle(folder, "minute100");
  std::vector<AssetIndex> assets;
  for (std::int32_t a = 0; a < bundle.bars->asset_count(); ++a) assets.push_back({a});
  data::MinuteBatch batch;
  return serve([&](double& seconds) {
    const Stopwatch watch;
    data::MinuteMerge merge(bundle.bars, bundle.calendar, assets, 0, INT32_MAX);
    std::int64_t rows = 0, check = 0;
    while (merge.next(batch)) {
      for (std::size_t i = 0; i < batch.rows(); ++i)
        check += batch.columns[3][i] * ((rows + static_cast<std::int64_t>(i)) % 1'009);
      rows += static_cast<std::int64_t>(batch.rows());
    }
    seconds = watch.seconds();
    return field("rows", rows) + field("check", check);
  });
}

int ingest(const std::string& folder, const std::string& file) {
  const auto adapter = data::adapters::default_adapters().make("csv");
  return serve([&](double& seconds) {
    data::IngestOptions options;
    options.root = folder;
    const Stopwatch watch;
    const data::BundleInfo info = data::write_bundle("csv", adapter->fetch({file, {}}, options), options);
    seconds = watch.seconds();
    const data::Bundle bundle = data::load_bundle(folder, "csv");
    Decimal closes;
    for (std::int32_t a = 0; a < bundle.bars->asset_count(); ++a) {
      const data::AssetBars& bars = bundle.bars->daily({a});
      std::int64_t sum = 0;
      for (std::int32_t i = 0; i < bars.count; ++i)
        sum += bars.columns[3][i] == data::kMissing ? 0 : bars.columns[3][i];
      closes = closes + Decimal(sum, bars.price_scale);
    }
    data::clean_bundle(folder, "csv", 1, {}, {});
    return field("rows", info.daily_rows) + ", \"closes\": \"" + closes.normalized().to_string() + "\"";
  });
}

int minutes(const std::string& folder, std::int64_t rows) {
  const utils::CalendarPtr calendar = utils::get_calendar("24/7");
  const int first = *calendar->find_session(Date::parse("2020-01-01"));
  constexpr int kSeries = 500;
  data::IngestOptions options;
  options.root = folder;
  const Stopwatch watch;
  data::BundleWriter writer("minutes", options);
  std::vector<Walk> walks;
  for (int a = 0; a < kSeries; ++a) walks.emplace_back(static_cast<std::uint64_t>(a));
  std::int64_t made = 0;
  for (int s = 0; made < rows; ++s) {  // day after day, all assets: as a vendor's files come
    for (int a = 0; a < kSeries && made < rows; ++a) {
      data::BundleContent part = empty_part();
      part.calendar_name = "24/7";
      auto& item = add_item(part, a);
      add_minutes(item.minute, *calendar, first + s, walks[static_cast<std::size_t>(a)]);
      made += static_cast<std::int64_t>(item.minute.times.size());
      writer.add(std::move(part));
    }
  }
  const data::BundleInfo info = writer.commit();
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::cout << "{\"seconds\": " << watch.seconds() << field("made", made) << field("rows", info.minute_rows)
            << field("peak_bytes", usage.ru_maxrss * 1024) << "}" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "write" && argc == 3) return write(argv[2]);
    if (command == "scan" && argc == 3) return scan(argv[2]);
    if (command == "history" && argc == 3) return history(argv[2]);
    if (command == "merge" && argc == 3) return merge(argv[2]);
    if (command == "ingest" && argc == 4) return ingest(argv[2], argv[3]);
    if (command == "minutes" && argc == 4) return minutes(argv[2], std::stoll(argv[3]));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
  std::cerr << "usage: data_worker write|scan|history|merge FOLDER | ingest FOLDER FILE | minutes FOLDER ROWS\n";
  return 2;
}
