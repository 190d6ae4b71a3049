#pragma once
// What a run leaves behind: plain rows, appended with one capacity check, turned into columns at the edge.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// Grows in place: a long run's tables are hundreds of megabytes, and realloc moves their pages instead of copying them.
template <class Row>
class Table {
  static_assert(std::is_trivially_copyable_v<Row> && std::is_trivially_destructible_v<Row>);

 public:
  Table() = default;
  Table(const Table& other) { append(other); }
  Table(Table&& other) noexcept { swap(other); }
  Table& operator=(Table other) noexcept {
    swap(other);
    return *this;
  }
  ~Table() { std::free(rows_); }

  Row& add(const Row& row) {
    if (size_ == capacity_) [[unlikely]] {
      const Row copy = row;  // it may lie in this table
      grow(size_ + 1);
      return *new (rows_ + size_++) Row(copy);
    }
    return *new (rows_ + size_++) Row(row);
  }
  [[nodiscard]] std::span<const Row> rows() const { return {rows_, size_}; }
  [[nodiscard]] const Row& operator[](std::size_t i) const { return rows_[i]; }
  [[nodiscard]] Row& operator[](std::size_t i) { return rows_[i]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  /// Drop rows from the end while `is_dropped` says so.
  template <class Predicate>
  void erase_tail(Predicate is_dropped) {
    while (size_ != 0 && is_dropped(std::as_const(rows_[size_ - 1]))) --size_;
  }

 private:
  void swap(Table& other) noexcept {
    std::swap(rows_, other.rows_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  void append(const Table& other) {
    if (other.size_ == 0) return;
    grow(size_ + other.size_);
    std::memcpy(static_cast<void*>(rows_ + size_), other.rows_, other.size_ * sizeof(Row));
    size_ += other.size_;
  }
  void grow(std::size_t needed) {
    const std::size_t wanted = needed > 2 * capacity_ ? needed : 2 * capacity_;
    const std::size_t capacity = wanted > 64 ? wanted : 64;
    void* const moved = std::realloc(static_cast<void*>(rows_), capacity * sizeof(Row));
    if (moved == nullptr) throw std::bad_alloc();
    rows_ = static_cast<Row*>(moved);
    capacity_ = capacity;
  }

  Row* rows_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

struct TransactionRow {
  std::int32_t session = 0;   ///< index into the run's sessions
  AssetIndex asset;
  std::int64_t amount = 0;    ///< quantity digits
  std::int64_t price = 0;     ///< fill scale
  std::int64_t dt_ns = 0;
  OrderId order;              ///< 0: automatic close
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
  std::int32_t session = 0;      ///< index into the run's sessions; label and times come from the calendar
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

/// A value given to record(): a number, a truth value, text, or an object kept by the embedding language (its handle).
struct ObjectHandle { std::int64_t index = -1; };
using RecordedValue = std::variant<std::monostate, double, std::int64_t, bool, std::string, ObjectHandle>;

struct RecordedCell {
  std::int32_t session = 0;
  std::int32_t name = 0;      ///< index into recorded_names
  RecordedValue value;
};

struct ResultTables {
  Table<PerformanceRow> performance;
  Table<TransactionRow> transactions;
  Table<OrderRow> orders;
  Table<PositionRow> positions;
  std::vector<std::string> recorded_names;
  std::vector<RecordedCell> recorded;

  void clear() { *this = ResultTables{}; }
};

}  // namespace rustybt::finance
