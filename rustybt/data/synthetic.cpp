#include "rustybt/data/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "rustybt/core/error.hpp"
#include "rustybt/core/random.hpp"

// The same bytes everywhere: counter-based integers, and of floating point only + - * / and sqrt, which IEEE 754 rounds
// in one way (the build forbids contraction). No exp, log or pow, whose last bits differ between mathematical
// libraries.

namespace rustybt::data {

namespace {

constexpr double kMarketDeviation = 0.010;  // of a day's return; stocks then lie at 1.5 to 2.8 %
constexpr double kMarketDrift = 0.00055;
constexpr double kSplitsPerSession = 0.05 / 252;
constexpr int kDividendEvery = 63;          // sessions, a quarter
constexpr std::int64_t kLowestPrice = 150;  // cents; below it the price only rises

/// What is drawn for one session of one stock; the counter is day * kDraws + draw.
enum Draw : std::uint64_t {
  Return = 0,
  Tail = 3,
  Gap = 4,
  UpperWick = 7,
  LowerWick,
  Volume,
  Split,
  SplitKind,
  kDraws = 16
};

std::uint64_t counter(Date day, std::uint64_t draw) { return static_cast<std::uint64_t>(day.days) * kDraws + draw; }

/// Nearly normal, deviation 1: the sum of twelve 16-bit uniforms, cut from three draws.
double normal(const CounterRandom& random, std::uint64_t first) {
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::uint64_t bits = random.bits(first + i);
    for (int shift = 0; shift < 64; shift += 16) sum += static_cast<std::int64_t>((bits >> shift) & 0xFFFF);
  }
  return static_cast<double>(2 * sum - 12 * 65535) / (2 * 65536.0);
}

std::int64_t cents(double value) { return static_cast<std::int64_t>(value + 0.5); }  // value > 0

struct Market {
  utils::CalendarPtr calendar;
  int first = 0;  ///< calendar sessions of the range
  int last = 0;
  std::vector<double> returns;  ///< of the common factor
};

/// Sums over the living stocks of what the fund needs, by session of the range.
struct FundSums {
  std::vector<double> open, high, low, close;  ///< relative to the (adjusted) close before
  std::vector<std::int64_t> volume;
  std::vector<int> stocks;
};

struct Stock {
  int number = 0;
  int first = 0;  ///< calendar sessions of its life
  int last = 0;
  int split_session = -1;  ///< a certain 2:1 split
  bool delisted = false;
  double beta = 1.0;
  double own_deviation = 0.0;
  std::int64_t first_price = 0;
  std::int64_t volume = 0;
  int dividend_every = 0;  ///< sessions; 0 = never
  int dividend_phase = 0;
  double dividend_yield = 0.0;  ///< of the price, per payment
};

Stock draw_stock(const SyntheticSpec& spec, const Market& market, int number) {
  const CounterRandom random(spec.seed, 0x1000000ull + static_cast<std::uint64_t>(number));
  const int length = market.last - market.first;
  Stock stock;
  stock.number = number;
  stock.first = market.first;
  stock.last = market.last;
  // 15 % list inside the first half; the first two stocks are there from the beginning, so every run has something to
  // trade
  if (number > 2 && random.uniform(0) < 0.15) stock.first += static_cast<int>(random.uniform(1) * 0.5 * length);
  if (number == 2) stock.split_session = market.first + length / 2;
  const bool fails = number > 20 && random.uniform(2) < 0.08;
  if ((number == spec.assets && number > 2) || fails) {
    stock.delisted = true;
    const double part = fails ? 0.6 + 0.35 * random.uniform(3) : 0.7;
    stock.last = std::max(stock.first, market.first + static_cast<int>(part * length));
  }
  const double deviation = 0.0135 + 0.016 * random.uniform(4);
  stock.beta = 0.5 + 0.8 * random.uniform(5);
  const double common = stock.beta * kMarketDeviation;
  stock.own_deviation = std::sqrt(deviation * deviation - common * common);
  const double price = random.uniform(6);
  stock.first_price = 2000 + static_cast<std::int64_t>(25000 * price * price);
  const double size = random.uniform(7);
  stock.volume = 500'000 + static_cast<std::int64_t>(10'000'000 * size * size * size);
  const double payer = random.uniform(8);  // 65 % quarterly, 10 % half-yearly, 10 % yearly: 2.9 payments a year
  stock.dividend_every = payer < 0.65   ? kDividendEvery
                         : payer < 0.75 ? 2 * kDividendEvery
                         : payer < 0.85 ? 4 * kDividendEvery
                                        : 0;
  if (stock.dividend_every > 0) {
    stock.dividend_phase = static_cast<int>(random.below(9, static_cast<std::uint64_t>(stock.dividend_every)));
    stock.dividend_yield = (0.008 + 0.025 * random.uniform(10)) * stock.dividend_every / 252;
  }
  return stock;
}

/// Nearest session that many after `session`, if the calendar reaches so far.
std::optional<Date> session_after(const utils::TradingCalendar& calendar, int session, int count) {
  const int i = session + count;
  return i >= 0 && i < calendar.session_count() ? std::optional(calendar.session(i)) : std::nullopt;
}

/// A split of this session, as new shares per old ones; 1:1 when there is none.
std::pair<int, int> draw_split(const Stock& stock, const CounterRandom& random, Date day, int session,
                               std::int64_t price) {
  if (session == stock.split_session) return {2, 1};
  const double u = random.uniform(counter(day, Draw::Split));
  if (price < 500) return u < 0.004 ? std::pair{1, 10} : std::pair{1, 1};  // a company avoids being a penny stock
  if (price < 4000 || u >= 1.4 * kSplitsPerSession) return {1, 1};         // 1.4: about 70 % of prices are above
  constexpr std::pair<int, int> kKinds[] = {{2, 1}, {2, 1}, {2, 1}, {2, 1}, {2, 1},
                                            {3, 1}, {3, 1}, {3, 2}, {4, 1}, {7, 1}};
  const std::pair<int, int> kind = kKinds[random.below(counter(day, Draw::SplitKind), std::size(kKinds))];
  return price * kind.second / kind.first >= 1000 ? kind : std::pair{1, 1};
}

void append(BarSeries& series, std::int64_t time, const std::int64_t (&bar)[kFieldCount]) {
  series.times.push_back(time);
  for (int f = 0; f < kFieldCount; ++f) series.columns[f].push_back(bar[f]);
}

/// Minute bars from open to close that reach exactly the day's high, low and volume.
void add_minutes(BarSeries& series, const CounterRandom& random, const utils::TradingCalendar& calendar, int session,
                 const std::int64_t (&day)[kFieldCount]) {
  const auto [open, high, low, close, volume] = std::tuple{day[0], day[1], day[2], day[3], day[4]};
  const int n = calendar.minute_count(session);
  const std::uint64_t base = static_cast<std::uint64_t>(session) << 12;  // up to 4,095 draws
  // a random walk, tied down at both ends
  std::vector<double> walk(static_cast<std::size_t>(n) + 1, 0.0);
  double weights = 0.0;
  std::vector<double> weight(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    const std::uint64_t bits = random.bits(base + static_cast<std::uint64_t>(i));
    const auto at = static_cast<std::size_t>(i);
    walk[at + 1] = walk[at] + static_cast<double>(bits & 0xFFFF) / 65536.0 +
                   static_cast<double>((bits >> 16) & 0xFFFF) / 65536.0 - 1.0;
    const double x = n > 1 ? 2.0 * i / (n - 1) - 1.0 : 0.0;
    weight[at] =
        (0.5 + x * x * 1.5) * (0.25 + static_cast<double>((bits >> 32) & 0xFFFF) / 65536.0);  // busy at both ends
    weights += weight[at];
  }
  const double step = 0.7 * static_cast<double>(high - low) / (0.41 * std::sqrt(static_cast<double>(n)) + 1.0);
  const auto path = [&](int i) -> std::int64_t {  // price after minute i of n
    if (i == 0) return open;
    if (i == n) return close;
    const double part = static_cast<double>(i) / n;
    const double bridge = walk[static_cast<std::size_t>(i)] - part * walk[static_cast<std::size_t>(n)];
    const double value = static_cast<double>(open) + part * static_cast<double>(close - open) + 0.5 * step * bridge;
    return std::clamp(static_cast<std::int64_t>(value), low, high);
  };
  const int at_high = static_cast<int>(random.below(base + 4094, static_cast<std::uint64_t>(n)));
  const int at_low = static_cast<int>(random.below(base + 4095, static_cast<std::uint64_t>(n)));
  std::int64_t left = volume;
  for (int i = 0; i < n; ++i) {
    const std::int64_t from = path(i);
    const std::int64_t to = path(i + 1);
    const std::uint64_t bits = random.bits(base + static_cast<std::uint64_t>(i));
    const std::int64_t wick = static_cast<std::int64_t>((bits >> 48) & 3);
    const std::int64_t shares =
        i + 1 == n ? left
                   : std::min(left, static_cast<std::int64_t>(static_cast<double>(volume) *
                                                              weight[static_cast<std::size_t>(i)] / weights));
    left -= shares;
    const std::int64_t bar[kFieldCount] = {from, i == at_high ? high : std::min(high, std::max(from, to) + wick),
                                           i == at_low ? low : std::max(low, std::min(from, to) - wick), to, shares};
    append(series, calendar.minute(session, i).ns, bar);
  }
}

void make_stock(const SyntheticSpec& spec, const Market& market, const Stock& stock, BundleContent& content,
                FundSums& fund) {
  const utils::TradingCalendar& calendar = *market.calendar;
  const CounterRandom random(spec.seed, static_cast<std::uint64_t>(stock.number));
  const CounterRandom minutes(spec.seed, 0x2000000ull + static_cast<std::uint64_t>(stock.number));
  const AssetIndex index{static_cast<std::int32_t>(content.items.size())};
  BundleContent::Item& item = content.items.emplace_back();
  item.daily.price_scale = item.minute.price_scale = 2;
  Adjustments& actions = content.actions.by_item;

  std::int64_t previous = stock.first_price;
  for (int s = stock.first; s <= stock.last; ++s) {
    const Date day = calendar.session(s);
    if (s > stock.first) {
      const auto [shares, old] = draw_split(stock, random, day, s, previous);
      if (shares != old) {
        actions.splits.push_back({index, day, static_cast<double>(old) / shares, old, shares});
        previous = std::max<std::int64_t>(1, (previous * old + shares / 2) / shares);
      }
      if (stock.dividend_every > 0 && (s - market.first) % stock.dividend_every == stock.dividend_phase) {
        const std::int64_t amount =
            std::max<std::int64_t>(1, cents(static_cast<double>(previous) * stock.dividend_yield));
        actions.cash_dividends.push_back({index, day, session_after(calendar, s, -10), session_after(calendar, s, 1),
                                          session_after(calendar, s, 15), Decimal(amount, 2),
                                          static_cast<double>(amount) / 100.0});
        previous = std::max<std::int64_t>(1, previous - amount);
      }
    }
    const double base = static_cast<double>(previous);
    const double tail = random.uniform(counter(day, Draw::Tail)) < 0.04 ? 2.5 : 0.9;  // fat tails at the same deviation
    const double own = tail * stock.own_deviation;
    double change = stock.beta * market.returns[static_cast<std::size_t>(s - market.first)] +
                    own * normal(random, counter(day, Draw::Return));
    change = std::clamp(change, -0.5, 0.5);
    if (previous < kLowestPrice && change < 0) change = -change;
    const double gap = std::clamp(0.35 * change + 0.35 * own * normal(random, counter(day, Draw::Gap)), -0.5, 0.5);
    const std::int64_t open = std::max<std::int64_t>(1, cents(base * (1.0 + gap)));
    const std::int64_t close = std::max<std::int64_t>(1, cents(base * (1.0 + change)));
    const double up = random.uniform(counter(day, Draw::UpperWick));
    const double down = random.uniform(counter(day, Draw::LowerWick));
    const double reach = 0.7 * (stock.own_deviation + 0.002);
    const std::int64_t high =
        std::max({open, close, cents(static_cast<double>(std::max(open, close)) * (1.0 + reach * up * up))});
    const std::int64_t low = std::max<std::int64_t>(
        1, std::min({open, close, cents(static_cast<double>(std::min(open, close)) * (1.0 - reach * down * down))}));
    const double activity = 0.5 + random.uniform(counter(day, Draw::Volume)) + 12.0 * std::abs(change);
    const std::int64_t volume = static_cast<std::int64_t>(static_cast<double>(stock.volume) * activity) / 100 * 100;

    const std::int64_t bar[kFieldCount] = {open, high, low, close, volume};
    append(item.daily, day.days, bar);
    if (spec.minute) add_minutes(item.minute, minutes, calendar, s, bar);
    const auto at = static_cast<std::size_t>(s - market.first);
    fund.open[at] += static_cast<double>(open) / base;
    fund.high[at] += static_cast<double>(high) / base;
    fund.low[at] += static_cast<double>(low) / base;
    fund.close[at] += static_cast<double>(close) / base;
    fund.volume[at] += volume;
    ++fund.stocks[at];
    previous = close;
  }

  assets::Asset& asset = item.asset;
  asset.symbol = fmt::format("SYN{:03}", stock.number);
  asset.asset_name = fmt::format("Synthetic stock {}", stock.number);
  asset.exchange = "SYNTHETIC";
  asset.country_code = "US";
  asset.start_date = calendar.session(stock.first);
  asset.end_date = calendar.session(stock.last);
  asset.auto_close_date = stock.delisted ? session_after(calendar, stock.last, 3) : std::optional(asset.end_date + 1);
}

void make_fund(const SyntheticSpec& spec, const Market& market, BundleContent& content, const FundSums& fund) {
  const CounterRandom minutes(spec.seed, 0x2000000ull);
  BundleContent::Item& item = content.items.emplace_back();
  item.daily.price_scale = item.minute.price_scale = 2;
  double level = 20'000;  // in cents, kept with its fractions: the fund's price is the level rounded
  for (int s = market.first; s <= market.last; ++s) {
    const auto at = static_cast<std::size_t>(s - market.first);
    if (fund.stocks[at] == 0) continue;
    const double n = fund.stocks[at];
    const std::int64_t bar[kFieldCount] = {cents(level * (fund.open[at] / n)), cents(level * (fund.high[at] / n)),
                                           cents(level * (fund.low[at] / n)), cents(level * (fund.close[at] / n)),
                                           fund.volume[at] / 1000 * 100};
    append(item.daily, market.calendar->session(s).days, bar);
    if (spec.minute) add_minutes(item.minute, minutes, *market.calendar, s, bar);
    level = std::max(100.0, level * (fund.close[at] / n));
  }
  item.asset.symbol = "MARKET";
  item.asset.asset_name = "Synthetic market fund";
  item.asset.exchange = "SYNTHETIC";
  item.asset.country_code = "US";
  item.asset.start_date = Date{static_cast<std::int32_t>(item.daily.times.front())};
  item.asset.end_date = Date{static_cast<std::int32_t>(item.daily.times.back())};
  item.asset.auto_close_date = item.asset.end_date + 1;
}

}  // namespace

BundleContent make_synthetic(const SyntheticSpec& spec) {
  if (spec.assets < 1 || spec.assets > 99'999)
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} synthetic assets; 1 to 99999 are possible", spec.assets));
  Market market;
  market.calendar = utils::get_calendar(spec.calendar);
  market.first = market.calendar->session_at_or_after(spec.first);
  market.last = market.calendar->session_at_or_before(spec.last);
  if (market.first > market.last) {
    throw Error(ErrorCode::InvalidDateRange, fmt::format("{} has no session from {} to {}", market.calendar->name(),
                                                         spec.first.to_string(), spec.last.to_string()));
  }
  const auto sessions = static_cast<std::size_t>(market.last - market.first + 1);
  const CounterRandom random(spec.seed, 0);
  for (int s = market.first; s <= market.last; ++s) {
    const Date day = market.calendar->session(s);
    const double tail = random.uniform(counter(day, Draw::Tail)) < 0.04 ? 2.5 : 0.9;
    market.returns.push_back(kMarketDrift + tail * kMarketDeviation * normal(random, counter(day, Draw::Return)));
  }

  BundleContent content;
  content.calendar_name = spec.calendar;
  content.source = fmt::format("synthetic seed={} assets={} {}..{}{}{}", spec.seed, spec.assets, spec.first.to_string(),
                               spec.last.to_string(), spec.daily ? " daily" : "", spec.minute ? " minute" : "");
  content.exchanges.push_back({"SYNTHETIC", "Synthetic exchange", "US"});
  FundSums fund;
  for (auto* sums : {&fund.open, &fund.high, &fund.low, &fund.close}) sums->assign(sessions, 0.0);
  fund.volume.assign(sessions, 0);
  fund.stocks.assign(sessions, 0);
  content.items.reserve(static_cast<std::size_t>(spec.assets) + 1);
  for (int number = 1; number <= spec.assets; ++number)
    make_stock(spec, market, draw_stock(spec, market, number), content, fund);
  make_fund(spec, market, content, fund);
  if (!spec.daily) {
    for (BundleContent::Item& item : content.items) item.daily = {};
    content.actions.compute_dividend_ratios = false;  // they are made of daily closes
  }
  return content;
}

}  // namespace rustybt::data
