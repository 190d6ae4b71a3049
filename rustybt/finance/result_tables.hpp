#pragma once
// What a run leaves behind: plain rows, appended with one capacity check, turned into columns at the edge.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rustybt/core/block.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// Rows of one kind in one block of memory. Large blocks grow by moving their pages instead of copying them, and a
/// thread keeps the block of a finished run for its next one: fresh pages cost more than the rows' arithmetic.
template <class Row>
class Table {
  static_assert(std::is_trivially_copyable_v<Row> && std::is_trivially_destructible_v<Row>);

 public:
  Table() = default;
  Table(const Table& other) {
    if (other.size_ == 0) return;
    grow(other.size_);
    std::memcpy(static_cast<void*>(block_.rows), other.block_.rows, other.size_ * sizeof(Row));
    size_ = other.size_;
  }
  Table(Table&& other) noexcept { swap(other); }
  Table& operator=(Table other) noexcept {
    swap(other);
    return *this;
  }
  ~Table() {
    if (block_.rows != nullptr) release(block_);
  }

  /// The row may lie in this table.
  [[gnu::always_inline]] Row& add(const Row& row) {
    if (size_ == block_.capacity) [[unlikely]]
      return add_grown(row);
    return *new (block_.rows + size_++) Row(row);
  }
  /// A row of its defaults, to be filled in.
  [[gnu::always_inline]] Row& add_default() {
    if (size_ == block_.capacity) [[unlikely]]
      return add_grown(Row{});
    return *new (block_.rows + size_++) Row{};
  }
  [[nodiscard]] std::span<const Row> rows() const { return {block_.rows, size_}; }
  [[nodiscard]] const Row& operator[](std::size_t i) const { return block_.rows[i]; }
  [[nodiscard]] Row& operator[](std::size_t i) { return block_.rows[i]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  /// Drop rows from the end while `is_dropped` says so.
  template <class Predicate>
  void erase_tail(Predicate is_dropped) {
    while (size_ != 0 && is_dropped(std::as_const(block_.rows[size_ - 1]))) --size_;
  }

 private:
  static constexpr std::size_t kFirstCapacity = 64;
  static constexpr std::size_t kLargestSpare = std::size_t{32} << 20;  // bytes

  struct Block {
    Row* rows = nullptr;
    std::size_t capacity = 0;
  };
  /// The thread's kept block; trivial, so that tables which outlive it at the end of the thread may still look at it.
  static inline thread_local constinit Block spare_{};
  struct SpareOwner {
    ~SpareOwner() {
      free_block(spare_.rows, spare_.capacity * sizeof(Row));
      spare_ = {nullptr, SIZE_MAX};  // from now on nothing is larger, nothing is kept
    }
  };
  static void release(Block block) noexcept {
    thread_local SpareOwner owner;
    if (block.capacity > spare_.capacity && block.capacity * sizeof(Row) <= kLargestSpare) std::swap(block, spare_);
    free_block(block.rows, block.capacity * sizeof(Row));
  }

  [[gnu::noinline, gnu::cold]] Row& add_grown(Row row) {
    grow(size_ + 1);
    return *new (block_.rows + size_++) Row(row);
  }
  void swap(Table& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
  }
  void grow(std::size_t needed) {
    if (block_.rows == nullptr && spare_.rows != nullptr) {
      std::swap(block_, spare_);
      if (block_.capacity >= needed) return;
    }
    const std::size_t capacity = std::max({needed, 2 * block_.capacity, kFirstCapacity});
    block_.rows = static_cast<Row*>(resize_block(block_.rows, block_.capacity * sizeof(Row), capacity * sizeof(Row)));
    block_.capacity = capacity;
  }

  Block block_;
  std::size_t size_ = 0;
};

struct TransactionRow {
  std::int32_t session = 0;  ///< index into the run's sessions
  AssetIndex asset;
  std::int64_t amount = 0;  ///< quantity digits
  std::int64_t price = 0;   ///< fill scale
  std::int64_t dt_ns = 0;
  OrderId order;  ///< 0: automatic close
};

/// An order as it stood when the session's packet was made.
struct OrderRow {
  std::int32_t session = 0;
  Order order;
};

struct PositionRow {
  std::int32_t session = 0;
  AssetIndex asset;
  std::int64_t amount = 0;
  Money cost;
  std::int64_t last_sale_price = 0;
};

/// One session of the performance frame (zipline_semantics 5). NaN = None.
struct PerformanceRow {
  std::int32_t session = 0;  ///< index into the run's sessions; label and times come from the calendar
  std::int64_t period_open_ns = 0, period_close_ns = 0;
  Money starting_cash, starting_value, starting_exposure;
  Money ending_cash, ending_value, ending_exposure;
  Money pnl, capital_used, portfolio_value;
  Money long_value, short_value, long_exposure, short_exposure;
  int longs_count = 0, shorts_count = 0, trading_days = 0;
  double returns = 0, gross_leverage = 0, net_leverage = 0, max_leverage = 0;
  double algorithm_period_return = 0, benchmark_period_return = 0;
  double algo_volatility = 0, benchmark_volatility = 0, sharpe = 0, sortino = 0, max_drawdown = 0, alpha = 0, beta = 0;
  std::int32_t first_recorded = 0, recorded_count = 0;  ///< range in `recorded`
};

/// The books at the end of a minute (emission rate "minute"): the figures of the session so far, and those of the run.
struct MinutePerformanceRow : PerformanceRow {  // period_close_ns is the minute
  Money cumulative_pnl, cumulative_capital_used;
};

/// What Zipline's books in doubles say of a row, beside the exact amounts (preset zipline).
struct ZiplineFigures {
  double pnl = 0, capital_used = 0;
  double cumulative_pnl = 0, cumulative_capital_used = 0;
};

/// Cash paid in (> 0) or out between two bars.
struct CapitalChangeRow {
  std::int32_t session = 0;
  std::int64_t dt_ns = 0;
  bool has_target = false;  ///< it brought the portfolio to the value `target`
  Money target, delta;
};

enum class HoldingCost : std::uint8_t { Borrow, Financing, Funding };

/// What holding a position has cost (amount < 0) or brought.
struct FinancingRow {
  std::int32_t session = 0;
  AssetIndex asset;
  HoldingCost kind = HoldingCost::Borrow;
  std::int64_t dt_ns = 0;
  Money basis;   ///< what the rate is of; funding: signed as the position
  Decimal rate;  ///< a year; funding: once
  int days = 0;  ///< 0 for funding
  Money amount;  ///< of cash, in the currency of the books
};

/// Shares of one purchase (or short sale) that have been closed by one fill (policy `lots`).
struct ClosedLotRow {
  AssetIndex asset;
  std::int64_t opened_ns = 0, closed_ns = 0;
  std::int64_t amount = 0;  ///< as it was held: negative for shorts
  Money cost, proceeds;     ///< negative for shorts; proceeds - cost is the profit
};

/// A value given to record(): a number, a truth value, text, or an object kept by the embedding language (its handle).
struct ObjectHandle {
  std::int64_t index = -1;
};
using RecordedValue = std::variant<std::monostate, double, std::int64_t, bool, std::string, ObjectHandle>;

struct RecordedCell {
  std::int32_t session = 0;
  std::int32_t name = 0;  ///< index into recorded_names
  RecordedValue value;
};

struct ResultTables {
  Table<PerformanceRow> performance;
  Table<TransactionRow> transactions;
  Table<OrderRow> orders;
  Table<PositionRow> positions;
  Table<MinutePerformanceRow> minute_performance;  ///< with minute emission only
  Table<OrderRow> minute_orders;                   ///< orders touched in a minute, as they stood at its end; likewise
  /// Of `performance` and `minute_performance`, row by row; empty without Zipline's books.
  Table<ZiplineFigures> zipline_figures, zipline_minute_figures;
  Table<CapitalChangeRow> capital_changes;
  Table<FinancingRow> financing;    ///< with costs of holding only
  Table<ClosedLotRow> closed_lots;  ///< with lots = fifo or lifo only
  std::vector<std::string> recorded_names;
  std::vector<RecordedCell> recorded;

  void clear() { *this = ResultTables{}; }
};

}  // namespace rustybt::finance
