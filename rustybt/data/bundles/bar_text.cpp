#include "rustybt/data/bundles/bar_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/cell_number.hpp"
#include "rustybt/data/bundles/content.hpp"

namespace rustybt::data {

namespace {

constexpr Role kPriceRoles[] = {Role::Open, Role::High, Role::Low, Role::Close};

/// Bars of one symbol while they are read. Columns share one scale, which grows when a cell needs more decimals.
struct Accumulator {
  std::string symbol;
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> rows;
  std::array<std::vector<std::int64_t>, kFieldCount> columns;
  int price_scale = 0;
  int volume_scale = 0;
  std::vector<std::pair<Date, Decimal>> dividends;
  std::vector<std::pair<Date, Decimal>> splits;
};

/// Bring a value and its columns to a common scale; false when 18 digits do not hold them.
bool align(CellNumber& cell, std::span<std::vector<std::int64_t>> columns, int& scale) {
  const auto limit = static_cast<std::int64_t>(power_of_ten(kMostCellDigits));
  if (cell.scale > scale) {
    const auto factor = static_cast<std::int64_t>(power_of_ten(cell.scale - scale));
    for (const auto& column : columns)
      for (const std::int64_t v : column)
        if (v != kMissing && (v >= limit / factor || v <= -limit / factor)) return false;
    for (auto& column : columns)
      for (std::int64_t& v : column)
        if (v != kMissing) v *= factor;
    scale = cell.scale;
  } else if (cell.scale < scale) {
    const auto factor = static_cast<std::int64_t>(power_of_ten(scale - cell.scale));
    if (cell.mantissa >= limit / factor || cell.mantissa <= -limit / factor) return false;
    cell.mantissa *= factor;
    cell.scale = scale;
  }
  return true;
}

/// How often something worth a warning happened, and where first.
struct Tally {
  std::int64_t count = 0;
  std::string first;
  template <class Describe>
  void add(Describe describe) {
    if (count++ == 0) first = describe();
  }
};

class Reader {
 public:
  Reader(const storage::TextTable& table, const BarTextOptions& options) : table_(table), options_(options) {}

  std::vector<SymbolBars> read() {
    require_columns();
    read_times();
    choose_frequency();
    find_decimal_comma();
    std::vector<std::int64_t> order(static_cast<std::size_t>(table_.rows()));
    std::iota(order.begin(), order.end(), 0);
    if (options_.sort)
      std::ranges::stable_sort(order, {}, [&](std::int64_t r) { return instants_[static_cast<std::size_t>(r)]; });
    for (const std::int64_t row : order) read_row(row);
    if (first_error_) {
      if (errors_ > 1) first_error_->with("further_errors", std::to_string(errors_ - 1));
      throw *first_error_;
    }
    report();
    return take_result();
  }

 private:
  std::string_view cell(Role role, std::int64_t row) const {
    const int column = options_.columns[role];
    return column < 0 ? std::string_view() : trim(table_.column(column)[static_cast<std::size_t>(row)]);
  }
  std::string place(std::int64_t row) const { return fmt::format("{}, line {}", options_.file, table_.line_of(row)); }

  void fail(ErrorCode code, std::int64_t row, const std::string& symbol, const std::string& what,
            std::string hint = {}) {
    if (errors_++ > 0) return;
    first_error_ =
        Error(code, fmt::format("{}: {}{}{}", place(row), symbol, symbol.empty() ? "" : ": ", what), std::move(hint));
    first_error_->with("file", options_.file).with("line", std::to_string(table_.line_of(row)));
    if (!symbol.empty()) first_error_->with("symbol", symbol);
  }

  void require_columns() const {
    std::vector<std::string_view> missing;
    for (const Role role : {Role::Time, Role::Open, Role::High, Role::Low, Role::Close, Role::Volume})
      if (options_.columns[role] < 0) missing.push_back(role_name(role));
    if (options_.columns[Role::Symbol] < 0 && options_.symbol.empty()) missing.push_back(role_name(Role::Symbol));
    if (missing.empty()) return;
    throw Error(ErrorCode::MissingColumn,
                fmt::format("{}: no column for {}; found: {}", options_.file, fmt::join(missing, ", "),
                            fmt::join(table_.names(), ", ")),
                fmt::format("name it with --map {}=COLUMN", missing.front()))
        .with("file", options_.file)
        .with("line", std::to_string(std::max<std::int64_t>(1, table_.line_of(0) - 1)));
  }

  /// Seconds to add to a local time without offset.
  std::int64_t to_utc(const WrittenTime& t) {
    const std::int64_t local = Timestamp::from_date(t.date).ns + t.time_of_day_ns;
    if (t.utc_offset_seconds) return local - *t.utc_offset_seconds * Timestamp::kSecond;
    has_local_times_ = true;
    if (options_.time_zone != "America/New_York") return local;
    const std::int64_t minutes = t.time_of_day_ns / Timestamp::kMinute;
    return utils::new_york_time(t.date, static_cast<int>(minutes / 60), static_cast<int>(minutes % 60)).ns +
           t.time_of_day_ns % Timestamp::kMinute;
  }

  void read_times() {
    const auto rows = static_cast<std::size_t>(table_.rows());
    dates_.resize(rows);
    instants_.resize(rows, kMissing);
    std::string joined;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      std::string_view text = cell(Role::Time, row);
      if (options_.columns[Role::TimeOfDay] >= 0) {
        joined = fmt::format("{} {}", text, cell(Role::TimeOfDay, row));
        text = joined;
      }
      const auto time = parse_written_time(text, options_.time_format);
      if (!time) {
        fail(ErrorCode::BadCell, row, symbol_of(row),
             fmt::format("\"{}\" is not a date like {}", text, options_.time_format.describe()),
             "correct the date, leave the row out, or name the form with --date-format");
        continue;
      }
      dates_[i] = time->date;
      instants_[i] = to_utc(*time);
      has_times_ |= time->time_of_day_ns != 0;
    }
  }

  std::string symbol_of(std::int64_t row) const {
    return options_.columns[Role::Symbol] < 0 ? options_.symbol : std::string(cell(Role::Symbol, row));
  }

  /// Daily when no symbol has two different times on one day; else bars of one minute, or an error.
  void choose_frequency() {
    minutes_ = options_.frequency == BarFrequency::Minute;
    if (options_.frequency != BarFrequency::Auto || !has_times_) return;
    std::unordered_map<std::string_view, std::size_t> last;
    std::int64_t shortest = INT64_MAX;
    for (std::size_t i = 0; i < dates_.size(); ++i) {
      if (instants_[i] == kMissing) continue;
      const auto [entry, is_new] = last.try_emplace(cell(Role::Symbol, static_cast<std::int64_t>(i)), i);
      if (is_new) continue;
      const std::size_t before = std::exchange(entry->second, i);
      if (dates_[before] != dates_[i] || instants_[before] == instants_[i]) continue;
      minutes_ = true;
      shortest = std::min(shortest, std::abs(instants_[i] - instants_[before]));
    }
    if (minutes_ && (shortest % Timestamp::kMinute != 0 || shortest >= 5 * Timestamp::kMinute)) {
      throw Error(ErrorCode::NotYetSupported,
                  fmt::format("{}: rows are {} seconds apart; bars of one minute or one day can be ingested",
                              options_.file, shortest / Timestamp::kSecond),
                  "resample them to minutes or days first");
    }
  }

  /// A comma is the decimal sign when no price has a point. Where every comma could as well separate thousands
  /// ("78,500") nobody can tell, and a guess would be wrong by a factor of 1000.
  void find_decimal_comma() {
    std::int64_t ambiguous = -1;  // first row with a comma before exactly three digits
    bool is_clear = false;
    for (const Role role : kPriceRoles) {
      const auto cells = table_.column(options_.columns[role]);
      for (std::size_t row = 0; row < cells.size(); ++row) {
        std::string_view text = trim(cells[row]);
        if (text.starts_with('$')) text.remove_prefix(1);
        if (text.find('.') != std::string_view::npos) return;
        const std::size_t comma = text.find(',');
        if (comma == std::string_view::npos) continue;
        decimal_comma_ = true;
        const bool may_be_thousands = comma >= 1 && comma <= 3 && text.front() != '0' && text.size() == comma + 4;
        is_clear |= !may_be_thousands;
        if (may_be_thousands && ambiguous < 0) ambiguous = static_cast<std::int64_t>(row);
      }
    }
    if (ambiguous < 0 || is_clear) return;
    const std::string_view text = cell(Role::Close, ambiguous);
    fail(ErrorCode::BadCell, ambiguous, symbol_of(ambiguous),
         fmt::format("the comma in its prices (close is \"{}\") can stand before decimals or separate thousands", text),
         "write prices without separators of thousands, and decimals with a point");
  }

  Accumulator& accumulator(std::int64_t row) {
    const std::string_view symbol =
        options_.columns[Role::Symbol] < 0 ? std::string_view(options_.symbol) : cell(Role::Symbol, row);
    if (last_ >= 0 && symbols_[static_cast<std::size_t>(last_)].symbol == symbol)
      return symbols_[static_cast<std::size_t>(last_)];
    const auto [entry, is_new] = index_.try_emplace(std::string(symbol), static_cast<int>(symbols_.size()));
    if (is_new) symbols_.emplace_back().symbol = symbol;
    last_ = entry->second;
    return symbols_[static_cast<std::size_t>(last_)];
  }

  /// Number of a cell; reports what is no number.
  CellNumber number(Role role, std::int64_t row, const std::string& symbol) {
    const std::string_view text = cell(role, row);
    const CellNumber value = parse_cell(text, decimal_comma_);
    if (value.kind == CellNumber::Kind::Bad) {
      fail(ErrorCode::BadCell, row, symbol, fmt::format("{} is \"{}\", expected a number", role_name(role), text));
    } else if (value.kind == CellNumber::Kind::TooLong) {
      fail(ErrorCode::BadCell, row, symbol,
           fmt::format("{} is \"{}\", which has more than 18 digits", role_name(role), text), "round the number");
    } else if (value.rounded) {
      noise_.add([&] { return fmt::format("{} {}", place(row), text); });
    }
    return value;
  }

  void read_row(std::int64_t row) {
    const auto at = static_cast<std::size_t>(row);
    if (instants_[at] == kMissing) return;  // reported before
    Accumulator& bars = accumulator(row);
    if (bars.symbol.empty()) return fail(ErrorCode::BadCell, row, "", "the symbol is empty");

    std::array<CellNumber, kFieldCount> cells;
    for (int f = 0; f < 4; ++f) cells[static_cast<std::size_t>(f)] = number(kPriceRoles[f], row, bars.symbol);
    cells[4] = number(Role::Volume, row, bars.symbol);
    const auto is_bad = [](const CellNumber& c) {
      return c.kind != CellNumber::Kind::Value && c.kind != CellNumber::Kind::Missing;
    };
    if (std::ranges::any_of(cells, is_bad)) return;
    const auto bar = bar_of(cells, row, bars);
    if (!bar) return;
    const auto time = time_of(row, bars.symbol);
    if (!time || !is_later(*time, row, bars)) return;
    read_actions(row, bars);
    bars.times.push_back(*time);
    bars.rows.push_back(row);
    for (int f = 0; f < kFieldCount; ++f)
      bars.columns[static_cast<std::size_t>(f)].push_back((*bar)[static_cast<std::size_t>(f)]);
  }

  /// Mantissas at the symbol's scales, kMissing all through for a bar without trade; nullopt after reporting a bad one.
  std::optional<std::array<std::int64_t, kFieldCount>> bar_of(std::array<CellNumber, kFieldCount>& cells,
                                                              std::int64_t row, Accumulator& bars) {
    const auto missing = [](const CellNumber& c) { return c.kind == CellNumber::Kind::Missing; };
    const auto prices = std::span(cells).first<4>();
    const bool no_volume = missing(cells[4]) || cells[4].mantissa == 0;
    const bool no_prices = std::ranges::all_of(prices, missing);
    const bool zeros = std::ranges::all_of(prices, [&](const CellNumber& c) { return missing(c) || c.mantissa == 0; });
    if ((no_prices || zeros) && no_volume) {
      no_trade_.add([&] { return place(row); });
      return std::array<std::int64_t, kFieldCount>{kMissing, kMissing, kMissing, kMissing, kMissing};
    }
    for (std::size_t f = 0; f < cells.size(); ++f) {
      const Role role = f < 4 ? kPriceRoles[f] : Role::Volume;
      if (missing(cells[f])) {
        fail(ErrorCode::BadCell, row, bars.symbol,
             fmt::format("{} is empty while other cells of the bar are not", role_name(role)),
             "fill the cell, or empty all prices of a bar without trade");
        return std::nullopt;
      }
      if (f < 4 && cells[f].mantissa <= 0) {
        fail(ErrorCode::BadBar, row, bars.symbol,
             fmt::format("{} is {}, expected a price above 0", role_name(role), cell(role, row)));
        return std::nullopt;
      }
    }
    bool fits = true;
    for (int pass = 0; pass < 2; ++pass)  // twice: a later cell may raise the scale of the earlier ones
      for (CellNumber& price : prices) fits = fits && align(price, std::span(bars.columns).first(4), bars.price_scale);
    fits = fits && align(cells[4], std::span(bars.columns).subspan(4), bars.volume_scale);
    if (!fits) {
      fail(ErrorCode::BadCell, row, bars.symbol,
           "the prices or volumes need more than 18 digits together with those of other rows",
           "round the numbers to fewer decimals");
      return std::nullopt;
    }
    const std::array<std::int64_t, kFieldCount> bar = {cells[0].mantissa, cells[1].mantissa, cells[2].mantissa,
                                                       cells[3].mantissa, cells[4].mantissa};
    if (const std::string problem = describe_bad_bar(bar, bars.price_scale, bars.volume_scale); !problem.empty()) {
      fail(ErrorCode::BadBar, row, bars.symbol, problem);
      return std::nullopt;
    }
    return bar;
  }

  /// Day, or end of the minute in ns; nullopt when the row is reported or left out.
  std::optional<std::int64_t> time_of(std::int64_t row, const std::string& symbol) {
    const auto at = static_cast<std::size_t>(row);
    const utils::TradingCalendar& calendar = *options_.calendar;
    if (!minutes_) {
      if (calendar.is_session(dates_[at])) return dates_[at].days;
      static constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
      fail(ErrorCode::NotASession, row, symbol,
           fmt::format("{}, a {}, is no session of {}", dates_[at].to_string(), kDays[dates_[at].weekday()],
                       calendar.name()),
           "leave the row out, or choose the market's calendar with --calendar (24/7 has every day)");
      return std::nullopt;
    }
    const std::int64_t label = instants_[at] + (starts() ? Timestamp::kMinute : 0);
    if (label % Timestamp::kMinute != 0) {
      fail(ErrorCode::BadCell, row, symbol,
           fmt::format("{} is not a full minute", Timestamp{instants_[at]}.to_string()));
      return std::nullopt;
    }
    if (is_trading_minute(label)) return label;
    outside_.add([&] { return fmt::format("{}, {}", place(row), Timestamp{instants_[at]}.to_string()); });
    return std::nullopt;
  }

  bool is_trading_minute(std::int64_t label) {
    const utils::TradingCalendar& calendar = *options_.calendar;
    const auto in = [&](int s) {
      return s >= 0 && s < calendar.session_count() && label > calendar.open(s).ns && label <= calendar.close(s).ns;
    };
    if (!in(session_)) {  // rows come in runs of one session
      const int near = calendar.session_at_or_after(Timestamp{label}.date() - 1);
      session_ = -1;
      for (int s = near; s < near + 3; ++s)
        if (in(s)) session_ = s;
    }
    return session_ >= 0 && calendar.find_minute(session_, {label}).has_value();
  }

  /// Are minutes stamped at their start? Told by the file: a row at some session's open and none at a close.
  bool starts() {
    if (starts_) return *starts_;
    if (options_.stamped_at != StampedAt::Auto) return *(starts_ = options_.stamped_at == StampedAt::Start);
    bool at_open = false;
    bool at_close = false;
    const utils::TradingCalendar& calendar = *options_.calendar;
    for (const std::int64_t t : instants_) {
      if (t == kMissing) continue;
      const int near = calendar.session_at_or_after(Timestamp{t}.date() - 1);
      for (int s = near; s < std::min(near + 3, calendar.session_count()); ++s) {
        at_open |= t == calendar.open(s).ns;
        at_close |= t == calendar.close(s).ns;
      }
    }
    if (at_open && at_close) {
      options_.log.warning(
          fmt::format("{}: cannot tell whether minutes are stamped at their start or end; taken as the end "
                      "(change with --stamped-at start)",
                      options_.file));
    }
    return *(starts_ = at_open && !at_close);
  }

  bool is_later(std::int64_t time, std::int64_t row, const Accumulator& bars) {
    if (bars.times.empty() || time > bars.times.back()) return true;
    if (errors_ > 0) {  // only counted: to look lines up for every row of a long file would take for ever
      ++errors_;
      return false;
    }
    const std::string when = minutes_ ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string();
    const auto same = std::ranges::lower_bound(bars.times, time);
    if (same != bars.times.end() && *same == time) {
      const std::int64_t other = bars.rows[static_cast<std::size_t>(same - bars.times.begin())];
      fail(ErrorCode::DuplicateRow, row, bars.symbol,
           fmt::format("a second row for {}; the first is line {}", when, table_.line_of(other)));
    } else {
      fail(ErrorCode::RowsOutOfOrder, row, bars.symbol,
           fmt::format("{} comes after a later row (line {})", when, table_.line_of(bars.rows.back())),
           "sort the rows by time within each symbol, or pass --sort");
    }
    return false;
  }

  void read_actions(std::int64_t row, Accumulator& bars) {
    const auto at = static_cast<std::size_t>(row);
    for (const Role role : {Role::Dividend, Role::Split}) {
      if (options_.columns[role] < 0) continue;
      const CellNumber value = number(role, row, bars.symbol);
      if (value.kind != CellNumber::Kind::Value || value.mantissa == 0) continue;
      const Decimal amount(value.mantissa, value.scale);
      if (value.mantissa < 0) {
        fail(ErrorCode::BadCell, row, bars.symbol,
             fmt::format("{} is {}, expected 0 or more", role_name(role), amount.to_string()));
        continue;
      }
      auto& actions = role == Role::Dividend ? bars.dividends : bars.splits;
      const bool repeated = !actions.empty() && actions.back().first == dates_[at];  // by the minutes of a day
      if (!repeated && (role == Role::Dividend || amount != Decimal(1, 0))) actions.emplace_back(dates_[at], amount);
    }
  }

  /// What is no error but worth knowing.
  void report() {
    const auto warn = [&](const Tally& tally, std::string_view what) {
      if (tally.count > 0)
        options_.log.warning(fmt::format("{}: {} {} (first: {})", options_.file, tally.count, what, tally.first));
    };
    warn(noise_, "numbers with more than 12 decimals were rounded to 12");
    warn(no_trade_, "rows without a trade are kept as missing bars");
    warn(outside_, "rows outside the calendar's trading minutes were left out");
    if (outside_.count > 0 && options_.left_out)
      options_.left_out->push_back({options_.file, "outside the calendar's trading minutes", outside_.count});
    if (outside_.count > 0 && has_local_times_ && options_.time_zone == "UTC") {
      options_.log.warning(
          fmt::format("{}: its times have no offset and were read as UTC; if they are New York's, ingest again with "
                      "--timezone America/New_York",
                      options_.file));
    }
    if (minutes_) return;
    Tally gaps;
    Tally jumps;
    for (const Accumulator& bars : symbols_) {
      if (bars.times.empty()) continue;
      const utils::TradingCalendar& calendar = *options_.calendar;
      int session = calendar.session_at_or_after({static_cast<std::int32_t>(bars.times.front())});
      std::int64_t previous = kMissing;
      auto split = bars.splits.begin();
      for (std::size_t i = 0; i < bars.times.size(); ++i, ++session) {
        const Date day{static_cast<std::int32_t>(bars.times[i])};
        for (; calendar.session(session) < day; ++session)
          gaps.add([&] { return fmt::format("{} {}", bars.symbol, calendar.session(session).to_string()); });
        while (split != bars.splits.end() && split->first < day) ++split;
        const bool is_split = split != bars.splits.end() && split->first == day;
        const std::int64_t close = bars.columns[3][i];
        if (close == kMissing) continue;
        if (previous != kMissing && !is_split && (close / 3 >= previous || previous / 3 >= close)) {
          jumps.add([&] {
            return fmt::format("{} {}, {} after {}", bars.symbol, day.to_string(),
                               Decimal(close, bars.price_scale).normalized().to_string(),
                               Decimal(previous, bars.price_scale).normalized().to_string());
          });
        }
        previous = close;
      }
    }
    warn(gaps, "sessions between first and last row have no row");
    warn(jumps, "closes are three times the close before, or a third of it, without a split");
  }

  std::vector<SymbolBars> take_result() {
    std::vector<SymbolBars> result;
    for (Accumulator& bars : symbols_) {
      if (bars.times.empty()) continue;  // all minutes outside the sessions: counted in the warning
      SymbolBars& out = result.emplace_back();
      out.symbol = std::move(bars.symbol);
      out.dividends = std::move(bars.dividends);
      out.splits = std::move(bars.splits);
      BarSeries& series = minutes_ ? out.minute : out.daily;
      series.times = std::move(bars.times);
      for (int f = 0; f < kFieldCount; ++f) series.columns[f] = std::move(bars.columns[static_cast<std::size_t>(f)]);
      series.price_scale = bars.price_scale;
      series.volume_scale = bars.volume_scale;
    }
    if (result.empty()) {
      throw Error(ErrorCode::EmptyData,
                  fmt::format("{}: none of {} rows is inside a session of {}", options_.file, table_.rows(),
                              options_.calendar->name()),
                  "check the time zone (--timezone) and the calendar (--calendar)");
    }
    return result;
  }

  const storage::TextTable& table_;
  const BarTextOptions& options_;
  std::vector<Date> dates_;             ///< as written
  std::vector<std::int64_t> instants_;  ///< ns UTC, kMissing = reported as bad
  bool has_times_ = false;
  bool minutes_ = false;
  bool decimal_comma_ = false;
  std::optional<bool> starts_;
  int session_ = -1;
  std::vector<Accumulator> symbols_;
  std::unordered_map<std::string, int> index_;
  int last_ = -1;
  std::optional<Error> first_error_;
  std::int64_t errors_ = 0;
  Tally noise_, no_trade_, outside_;
  bool has_local_times_ = false;
};

}  // namespace

std::vector<SymbolBars> read_bars(const storage::TextTable& table, const BarTextOptions& options) {
  return Reader(table, options).read();
}

}  // namespace rustybt::data
