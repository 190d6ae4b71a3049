#include "rustybt/data/adapters/lean_factors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data::adapters {

namespace fs = std::filesystem;

namespace {

constexpr int kCashDecimals = 4;  // of amounts that seven-digit factors can tell

Date parse_day(std::string_view cell) {  // YYYYMMDD
  if (cell.size() != 8 || cell.find_first_not_of("0123456789") != std::string_view::npos)
    throw Error(ErrorCode::InvalidDate, fmt::format("expected a day YYYYMMDD, found \"{}\"", cell));
  return Date::parse(fmt::format("{}-{}-{}", cell.substr(0, 4), cell.substr(4, 2), cell.substr(6, 2)));
}

double quotient(const Decimal& a, const Decimal& b) {
  return static_cast<double>(static_cast<long double>(a.coefficient()) * std::pow(10.0L, b.scale()) /
                             (static_cast<long double>(b.coefficient()) * std::pow(10.0L, a.scale())));
}

/// The factors have about seven digits: 0.0178571 / 0.0089286 is 2:1. A small fraction that near is what happened.
void set_shares(Split& split) {
  constexpr std::int64_t kMost = 100;
  constexpr double kNear = 1e-5;
  for (std::int64_t old_shares = 1; old_shares <= kMost; ++old_shares) {
    const double fresh = std::round(static_cast<double>(old_shares) * split.ratio);
    if (fresh < 1 || fresh > kMost ||
        std::fabs(fresh / static_cast<double>(old_shares) - split.ratio) > kNear * split.ratio)
      continue;
    split.numerator = static_cast<std::int64_t>(fresh);
    split.denominator = old_shares;
    return;
  }
  set_exact_ratio(split);
}

}  // namespace

LeanFactors LeanFactors::read(const fs::path& file) {
  const storage::TextTable table =
      storage::parse_delimited_text(storage::read_text_file(file), {.delimiter = ',', .header = false}, file);
  std::vector<LeanFactorRow> rows;
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    const auto cell = [&](int column) { return trim(table.column(column)[static_cast<std::size_t>(i)]); };
    const auto fail = [&](ErrorCode code, const std::string& what) {
      throw Error(code, fmt::format("{} line {}: {}", file.string(), table.line_of(i), what))
          .with("file", file.string());
    };
    if (table.names().size() < 3) fail(ErrorCode::BadCell, "expected day, price factor, split factor, reference close");
    LeanFactorRow row;
    try {
      row = {parse_day(cell(0)), Decimal::parse(cell(1)), Decimal::parse(cell(2)),
             table.names().size() > 3 && !cell(3).empty() ? Decimal::parse(cell(3)) : Decimal()};
    } catch (const Error& e) {
      fail(ErrorCode::BadCell, e.message());
    }
    if (row.price_factor.sign() <= 0 || row.split_factor.sign() <= 0)
      fail(ErrorCode::BadCell, "factors must be above 0");
    if (!rows.empty() && row.last_day <= rows.back().last_day)
      fail(ErrorCode::RowsOutOfOrder, "the line before has the same day or a later one");
    rows.push_back(row);
  }
  return LeanFactors(std::move(rows));
}

double LeanFactors::factor(Date day) const {
  const auto row = std::ranges::lower_bound(rows_, day, {}, &LeanFactorRow::last_day);
  return row == rows_.end() ? 1.0 : row->price_factor.to_double() * row->split_factor.to_double();
}

void LeanFactors::append_actions(AssetIndex asset, const utils::TradingCalendar& calendar, Adjustments& actions) const {
  for (std::size_t i = 0; i + 1 < rows_.size(); ++i) {
    const LeanFactorRow &before = rows_[i], &after = rows_[i + 1];
    const int session = calendar.session_at_or_after(before.last_day + 1);
    if (session >= calendar.session_count()) continue;
    const Date day = calendar.session(session);
    if (before.split_factor != after.split_factor) {
      Split split{asset, day, quotient(before.split_factor, after.split_factor), 1, 1};
      set_shares(split);
      actions.splits.push_back(split);
    }
    if (before.price_factor == after.price_factor) continue;
    const double ratio = quotient(before.price_factor, after.price_factor);
    actions.dividends.push_back({asset, day, ratio});
    const double cash = before.reference_close.to_double() * (1.0 - ratio);
    const Decimal amount(double_to_mantissa(cash, kCashDecimals), kCashDecimals);
    if (amount.sign() <= 0) continue;
    CashDividend& dividend = actions.cash_dividends.emplace_back();
    dividend.asset = asset;
    dividend.ex_date = day;
    dividend.amount = amount;
    dividend.amount_double = amount.to_double();
  }
}

void add_lean_factors(const fs::path& folder, const utils::TradingCalendar& calendar, BundleContent& content) {
  bool any = false;
  for (std::size_t i = 0; i < content.items.size(); ++i) {
    std::string name = content.items[i].asset.symbol;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const fs::path file = folder / (name + ".csv");
    if (!fs::exists(file)) continue;
    any = true;
    LeanFactors::read(file).append_actions(AssetIndex{static_cast<std::int32_t>(i)}, calendar, content.actions.by_item);
  }
  if (!any)
    throw Error(ErrorCode::FileNotFound, fmt::format("{} has no factor file of any symbol", folder.string()),
                "factor files are named by the symbol in small letters: aapl.csv");
  content.actions.compute_dividend_ratios = false;
}

}  // namespace rustybt::data::adapters
