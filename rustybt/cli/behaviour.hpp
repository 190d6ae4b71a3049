#pragma once
// What a strategy did in a run, and where two runs part: orders, fills, books and recorded values from the tables; for
// scripts also each read of the data with the line that made it (python/rustybt/_check).

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rustybt/core/timestamp.hpp"

namespace rustybt::cli {

/// One row of a result table, or one line of the trace.
struct Deed {
  std::int64_t ns = 0;  ///< rows: midnight of their session; new orders: when they were made
  Date session{};
  std::string kind;   ///< read, act, order, fill, books, position, recorded
  std::string place;  ///< "strategy.py:12 in handle_data"; empty for rows
  std::string what;   ///< the call, or what the row is about
  std::string value;  ///< what the call gave, or the row's cells
};

struct Behaviour {
  std::vector<Deed> trace;      ///< reads and acts in order; empty for compiled strategies
  std::vector<Deed> rows;       ///< of whole sessions: orders, fills, books, positions, recorded values
  std::vector<Deed> made;       ///< orders as they were made
  std::vector<Deed> files;      ///< files and bundles that the strategy opened itself
  std::vector<Deed> unchecked;  ///< what it opened and nobody can cut

  std::vector<Date> sessions;               ///< that were finished
  std::vector<std::int64_t> opens, closes;  ///< of these sessions
  std::string calendar;
  std::string preset;
  std::set<Date> order_sessions;  ///< on which orders were made
  /// By session: recorded values by name, and what is held (assets and direction) under the name "".
  std::map<Date, std::map<std::string, std::string>> signals;
  std::optional<Deed> failure;  ///< what ended the run early: what = error, place = the script's line
};

/// Read what strategy_probe left in a folder. @throws Error{FileNotFound} when it left nothing
[[nodiscard]] Behaviour read_behaviour(const std::filesystem::path& folder);

/// Where two runs part.
struct Difference {
  std::int64_t ns = 0;
  Date session{};
  std::string kind, place, what;
  std::string before, after;  ///< in the run as it is, in the changed one
};

/// The first difference of what must be equal: everything of sessions up to `known`, and what happens before
/// `bound_ns`.
[[nodiscard]] std::optional<Difference> first_difference(const Behaviour& real, const Behaviour& other, Date known,
                                                         std::int64_t bound_ns);
/// The first difference of two whole runs.
[[nodiscard]] std::optional<Difference> first_difference(const Behaviour& real, const Behaviour& other);

/// Which of the recorded values ("" = what is held) agree from when on, to the end: empty when they never do.
[[nodiscard]] std::map<std::string, std::optional<Date>> agreement(const Behaviour& real, const Behaviour& later);

}  // namespace rustybt::cli
