// Adjusted prices as vendors publish them, made again from their raw prices and events: the judges of the policy
// dividend_factor and of LEAN's factor files.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/adapters/csv_adapter.hpp"
#include "rustybt/data/adapters/lean_factors.hpp"
#include "rustybt/data/data_portal.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/storage/temporary_folder_test.hpp"
#include "rustybt/utils/shared_data_test.hpp"

namespace rustybt::data::adapters {
namespace {

namespace fs = std::filesystem;
using utils::shared_data;

/// A bundle of files, and history of whole columns at its end.
class Vendor {
 public:
  Vendor(const fs::path& path, const FileOptions& files, DividendFactor factor) {
    IngestOptions options;
    options.root = folder_.path();
    write_bundle("vendor", read_files(path, files, options), options);
    bundle_ = load_bundle(folder_.path(), "vendor");
    portal_.emplace(bundle_.bars, bundle_.finder,
                    with_dividend_factor(bundle_.adjustments, *bundle_.bars, *bundle_.finder, factor, {}),
                    bundle_.calendar, DataPortalOptions{});
    last_ = bundle_.calendar->session_at_or_before(bundle_.info.last_session);
    portal_->set_session(last_);
  }
  /// Adjusted values by day.
  std::map<Date, double> column(const std::string& symbol, BarField field) {
    const AssetIndex asset = bundle_.finder->lookup_symbol(symbol, std::nullopt, std::nullopt);
    const int first = bundle_.calendar->session_at_or_after((*bundle_.finder)[asset].start_date);
    const HistoryWindow window = portal_->history({&asset, 1}, field, last_ - first + 1, DataFrequency::Daily);
    std::map<Date, double> values;
    for (std::size_t i = 0; i < window.labels.size(); ++i) values[window.labels[i].date()] = window.values[i];
    return values;
  }
  [[nodiscard]] const Bundle& bundle() const { return bundle_; }

 private:
  storage::TemporaryFolder folder_;
  Bundle bundle_;
  std::optional<DataPortal> portal_;
  int last_ = 0;
};

double number(const std::string& cell) { return cell.empty() ? std::nan("") : std::stod(cell); }

/// Largest relative difference between our adjusted column and the vendor's, both as of the file's last day.
double worst(const std::map<Date, double>& ours, const std::map<Date, double>& theirs, double raw_last) {
  double largest = 0;
  const double scale = raw_last / theirs.rbegin()->second;
  for (const auto& [day, value] : theirs) {
    if (value == 0) continue;
    largest = std::max(largest, std::fabs(ours.at(day) / (value * scale) - 1));
  }
  return largest;
}

TEST(VendorAdjustments, QuandlWikiIsTheExClose) {
  const fs::path folder = shared_data() / "equities" / "wiki_quandl";
  RUSTYBT_NEED_SHARED_DATA(folder);
  int files = 0, columns = 0, events = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".csv")) continue;
    FileOptions how;
    how.sort = true;  // newest first
    const bool is_table = name == "QUANDL_SAMPLE_TABLE.csv";
    if (!is_table) how.symbol = "WIKI";
    Vendor vendor(entry.path(), how, DividendFactor::ExClose);
    // (raw close, adjusted open, high, low, close) by symbol and day
    std::map<std::string, std::map<Date, std::array<double, 5>>> rows;
    const std::size_t at = is_table ? 1 : 0;
    for (const auto& cells : utils::read_csv(entry.path())) {
      rows[is_table ? cells[0] : "WIKI"][Date::parse(cells[at])] = {number(cells[at + 4]), number(cells[at + 8]),
                                                                    number(cells[at + 9]), number(cells[at + 10]),
                                                                    number(cells[at + 11])};
      if (number(cells[at + 6]) != 0 || number(cells[at + 7]) != 1) ++events;
    }
    for (const auto& [symbol, days] : rows) {
      const double raw_last = days.rbegin()->second[0], adjusted_last = days.rbegin()->second[4];
      for (std::size_t f = 0; f < 4; ++f) {
        const auto ours = vendor.column(symbol, static_cast<BarField>(f));
        double largest = 0;
        for (const auto& [day, values] : days) {
          const double expected = values[f + 1] * raw_last / adjusted_last;
          if (expected > 0) largest = std::max(largest, std::fabs(ours.at(day) / expected - 1));
        }
        // the published columns carry 12 decimals or a double; both leave 1e-13 at these prices
        EXPECT_LT(largest, 1e-12) << name << " " << symbol << " column " << f;
        ++columns;
      }
    }
    ++files;
  }
  EXPECT_EQ(files, 23);
  EXPECT_EQ(columns, (22 + 4) * 4);  // the table holds four symbols
  EXPECT_EQ(events, 35);
}

TEST(VendorAdjustments, AlphaVantageIsTheTotalReturn) {
  const fs::path folder = shared_data() / "equities" / "sp500_daily_raw";
  RUSTYBT_NEED_SHARED_DATA(folder);
  // the vendor's adjusted close does not follow from its own event (the shared data's README lists them)
  const std::set<std::string> kVendorErrors = {"ABT 2004-05-03", "SO 2001-04-03"};
  Vendor vendor(folder, {}, DividendFactor::TotalReturn);
  std::set<std::string> differ;
  int events = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    const std::string symbol = entry.path().stem().string();
    const auto ours = vendor.column(symbol, BarField::Close);
    double adjusted_before = 0, ours_before = 0;
    for (const auto& cells : utils::read_csv(entry.path())) {
      // timestamp, open, high, low, close, adjusted_close, volume, dividend_amount, split_coefficient
      const double own = ours.at(Date::parse(cells[0])), adjusted = number(cells[5]);
      if (adjusted_before != 0 && (number(cells[7]) != 0 || number(cells[8]) != 1)) {
        ++events;
        if (std::fabs((own / ours_before) / (adjusted / adjusted_before) - 1) > 1e-5)
          differ.insert(symbol + " " + cells[0]);
      }
      ours_before = own;
      adjusted_before = adjusted;
    }
  }
  EXPECT_GT(events, 4000);
  EXPECT_EQ(differ, kVendorErrors);
}

TEST(VendorAdjustments, LeanFactorFilesGiveLeansAdjustedPrices) {
  const fs::path equities = shared_data() / "equities";
  RUSTYBT_NEED_SHARED_DATA(equities / "lean_factor_files");
  for (const std::string symbol : {"aapl", "aig", "bac", "ibm", "spy"}) {
    FileOptions how;
    how.price_decimals = 4;
    how.factor_files = equities / "lean_factor_files";
    const fs::path file = equities / "lean_daily" / (symbol + ".csv");
    Vendor vendor(file, how, DividendFactor::PreviousClose);
    const LeanFactors factors = LeanFactors::read(how.factor_files / (symbol + ".csv"));
    std::map<Date, double> expected;
    double last = 0;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const Date day = Date::parse(line.substr(0, 4) + "-" + line.substr(4, 2) + "-" + line.substr(6, 2));
      std::size_t comma = 0;
      for (int i = 0; i < 4; ++i) comma = line.find(',', comma) + 1;
      last = std::stod(line.substr(comma)) / 10'000;
      expected[day] = last * factors.factor(day);
    }
    EXPECT_LT(worst(vendor.column(symbol, BarField::Close), expected, last), 1e-13) << symbol;
  }
}

TEST(VendorAdjustments, HugeSplitFactorsKeepTheirDigits) {
  const fs::path folder = shared_data() / "equities" / "lean_factor_files";
  RUSTYBT_NEED_SHARED_DATA(folder);
  // reverse splits up to 1:80 and factors of 166,667 and 1,000; there are no bars, so prices of one cent
  for (const auto& [symbol, first] : {std::pair{"gbsn", "2014-09-30"}, std::pair{"vxx.1", "2009-01-30"}}) {
    const storage::TemporaryFolder bars;
    const auto xnys = utils::get_calendar("XNYS");
    std::string text = "date,open,high,low,close,volume\n";
    for (int s = xnys->session_at_or_after(Date::parse(first)); xnys->session(s) < Date::parse("2018-01-01"); ++s)
      text += xnys->session(s).to_string() + ",0.01,0.01,0.01,0.01,100\n";
    storage::write_file_atomically(bars.path() / (std::string(symbol) + ".csv"), text);
    FileOptions how;
    how.factor_files = folder;
    Vendor vendor(bars.path(), how, DividendFactor::PreviousClose);
    const LeanFactors factors = LeanFactors::read(folder / (std::string(symbol) + ".csv"));
    for (const auto& [day, close] : vendor.column(symbol, BarField::Close))
      ASSERT_NEAR(close / (0.01 * factors.factor(day)), 1.0, 1e-13) << symbol << day.to_string();
    EXPECT_GT(factors.factor(Date::parse(first)), 990);
    EXPECT_EQ(vendor.bundle().adjustments->splits.size(), factors.rows().size() - 2);
  }
}

TEST(LeanFactors, SplitsAreWholeShares) {
  const fs::path folder = shared_data() / "equities" / "lean_factor_files";
  RUSTYBT_NEED_SHARED_DATA(folder);
  Adjustments actions;
  LeanFactors::read(folder / "aapl.csv").append_actions(AssetIndex{0}, *utils::get_calendar("XNYS"), actions);
  std::vector<std::string> splits;
  for (const Split& s : actions.splits)
    splits.push_back(s.effective_date.to_string() + " " + std::to_string(s.numerator) + ":" +
                     std::to_string(s.denominator));
  // new price : old price; the file's factors say 2.00001 for 2005
  EXPECT_EQ(splits, (std::vector<std::string>{"2000-06-21 1:2", "2005-02-28 1:2", "2014-06-09 1:7", "2020-08-31 1:4"}));
  const auto on = [&](const char* day) {
    for (const CashDividend& d : actions.cash_dividends)
      if (d.ex_date == Date::parse(day)) return d.amount.to_string();
    return std::string("none");
  };
  EXPECT_EQ(on("2012-08-09"), "2.6499");  // what the factors say; 2.65 was paid
}

TEST(LeanFactors, RefusesBadLines) {
  const storage::TemporaryFolder folder;
  const fs::path file = folder.path() / "x.csv";
  const auto said = [&](std::string_view text) {
    storage::write_file_atomically(file, text);
    return error_of([&] { static_cast<void>(LeanFactors::read(file)); });
  };
  EXPECT_EQ(said("20140930,1,1,1\n20140930,1,1,1\n").code(), ErrorCode::RowsOutOfOrder);
  EXPECT_EQ(said("20140930,0,1,1\n").code(), ErrorCode::BadCell);
  EXPECT_NE(said("20140930,1,1,1\n2014-10-01,1,1,1\n").message().find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace rustybt::data::adapters
