// Runs workload W1 once per line of standard input and prints one JSON line for each run: run.py interleaves several
// such processes, so that all sides of a ratio see the same machine.
//
// Usage: w1_worker FOLDER sma|dense|empty|restingN rustybt|zipline|rustybt:FILL BARS
// restingN: N resting orders on each of 100 assets of BARS / 100 minutes

#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "bench/w1.hpp"

namespace {

using namespace rustybt;

constexpr std::string_view kResting = "resting";
constexpr int kRestingAssets = 100;

std::unique_ptr<Strategy> make_strategy(const std::string& name) {
  if (name == "sma") return std::make_unique<bench::SmaCross>();
  if (name == "dense") return std::make_unique<bench::EveryBar>();
  if (name == "empty") return std::make_unique<bench::Empty>();
  if (name.starts_with(kResting)) return std::make_unique<bench::Resting>(std::stoi(name.substr(kResting.size())));
  throw std::runtime_error("unknown strategy " + name);
}

int work(const std::string& folder, const std::string& strategy_name, const std::string& preset, int bars) {
  const data::Bundle bundle = strategy_name.starts_with(kResting)
                                  ? bench::many_assets_bundle(folder, kRestingAssets, bars / kRestingAssets)
                                  : bench::w1_bundle(folder, bars);
  const auto colon = preset.find(':');
  finance::Policies policies = finance::Policies::named(preset.substr(0, colon));
  if (colon != std::string::npos) policies.set("fill", preset.substr(colon + 1));
  const algorithm::RunSettings settings = bench::w1_settings(policies);
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::unique_ptr<Strategy> strategy = make_strategy(strategy_name);
    const auto start = std::chrono::steady_clock::now();
    const RunResult result = algorithm::run_algorithm(*strategy, bundle, settings);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    result.raise();
    const double equity = result.context->money().to_double(result.tables.performance.rows().back().portfolio_value);
    std::cout << std::setprecision(17) << "{\"seconds\": " << elapsed.count()
              << ", \"fills\": " << result.tables.transactions.size() << ", \"equity\": " << equity << "}" << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: w1_worker FOLDER sma|dense|empty|restingN rustybt|zipline|rustybt:FILL BARS\n";
    return 2;
  }
  try {
    return work(argv[1], argv[2], argv[3], std::stoi(argv[4]));
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
