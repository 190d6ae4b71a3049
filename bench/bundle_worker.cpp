// Writes the bundles of the benchmarks, and opens one once per line of standard input (see w1_worker.cpp).
//
// Usage: bundle_worker write FOLDER    bundles "w1" and "daily500" below FOLDER
//        bundle_worker open FOLDER NAME

#include <chrono>
#include <iostream>
#include <string>

#include "bench/w1.hpp"
#include "rustybt/data/synthetic.hpp"

namespace {

using namespace rustybt;

constexpr int kAssets = 500;
constexpr int kSessions = 2520;

/// 500 assets (one of them the fund MARKET) on 2,520 XNYS sessions from 2010-01-04.
data::BundleContent daily_content() {
  const utils::CalendarPtr calendar = utils::get_calendar("XNYS");
  const int first = calendar->session_at_or_after(Date{14613});
  data::SyntheticSpec spec;
  spec.assets = kAssets - 1;
  spec.first = calendar->session(first);
  spec.last = calendar->session(first + kSessions - 1);
  return data::make_synthetic(spec);
}

int write(const std::string& folder) {
  data::IngestOptions options;
  options.root = folder;
  data::write_bundle("w1", bench::w1_content(folder, 1'000'000), options);
  const data::BundleInfo info = data::write_bundle("daily500", daily_content(), options);
  std::cout << info.assets << " assets, " << info.daily_rows << " daily bars\n";
  return 0;
}

/// Sum of all closes as stored: what the other reader of the same bundle must find too.
std::int64_t sum_of_closes(const data::BarStore& store) {
  std::int64_t sum = 0;
  for (std::int32_t i = 0; i < store.asset_count(); ++i) {
    const data::AssetBars& bars = store.daily({i});
    for (std::int32_t s = bars.first; s < bars.first + bars.count; ++s) {
      const std::int64_t close = bars.at(data::Field::Close, s);
      if (close != data::kMissing) sum += close;
    }
  }
  return sum;
}

int open(const std::string& folder, const std::string& name) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto start = std::chrono::steady_clock::now();
    const data::Bundle bundle = data::load_bundle(folder, name);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::cout << "{\"seconds\": " << elapsed.count() << ", \"assets\": " << bundle.info.assets
              << ", \"rows\": " << bundle.info.daily_rows << ", \"closes\": " << sum_of_closes(*bundle.bars) << "}"
              << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "write" && argc == 3) return write(argv[2]);
    if (command == "open" && argc == 4) return open(argv[2], argv[3]);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
  std::cerr << "usage: bundle_worker write FOLDER | open FOLDER NAME\n";
  return 2;
}
