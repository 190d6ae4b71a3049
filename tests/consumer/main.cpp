// A program outside the project: it sees only what `find_package(rustybt)` gives.
//   consumer FOLDER    makes a bundle of four bars in FOLDER, runs a strategy over it, prints the final value

#include <filesystem>
#include <iostream>
#include <utility>

#include "buy_and_hold.hpp"
#include "rustybt/algorithm/result.hpp"
#include "rustybt/version.hpp"

namespace data = rustybt::data;

namespace {

/// SMALL, 2024-01-02 to 2024-01-05: closes 10.00, 10.10, 10.20, 10.35.
data::BundleContent four_bars() {
  data::BundleContent content;
  content.source = "four bars by hand";
  data::BundleContent::Item item;
  item.asset.symbol = "SMALL";
  item.asset.exchange = "NYSE";
  item.daily.price_scale = 2;
  rustybt::Date day = rustybt::Date::parse("2024-01-02");
  for (const int cents : {1000, 1010, 1020, 1035}) {
    item.daily.times.push_back(day.days);
    for (int field = 0; field < 4; ++field) item.daily.columns[field].push_back(cents);
    item.daily.columns[4].push_back(1'000'000);
    day = day + 1;
  }
  content.items.push_back(std::move(item));
  return content;
}

int run(const std::filesystem::path& root) {
  data::IngestOptions options;
  options.root = root;
  data::write_bundle("small", four_bars(), options);

  BuyAndHold strategy;
  const rustybt::RunResult result =
      rustybt::algorithm::run_algorithm(strategy, data::load_bundle(root, "small"), rustybt::algorithm::RunSettings{});
  result.raise();
  const rustybt::Decimal value = rustybt::algorithm::summarize(result).ending_value;
  std::cout << "rustybt " << rustybt::kVersion << ": final value " << value.to_string() << '\n';
  // 100,000 + 100 * (10.35 - 10.10)
  return value == rustybt::Decimal(100'025, 0) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: consumer FOLDER\n";
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const rustybt::Error& error) {  // an exception of the library is caught by its type
    std::cerr << error.name() << ": " << error.what() << '\n';
    return 1;
  }
}
