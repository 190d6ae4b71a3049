#pragma once
// One exception type for the whole system. Codes are stable: 1xxx input, 2xxx data, 3xxx finance, 4xxx broker,
// 5xxx network, 6xxx storage, 9xxx internal. The table of codes is error_table.hpp; from it come the Python
// classes, the command line's exit codes and, later, HTTP statuses.

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/core/error_table.hpp"

namespace rustybt {

/// A failure: what happened, what was expected, what to do.
///
/// `context` holds named facts in the order they were added (file, line, symbol, ...), shown by the command line and
/// handed to Python exceptions as attributes.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, std::string hint = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] int number() const noexcept { return static_cast<int>(code_); }
  /// Name of the code, equal to the Python class ("SymbolNotFound").
  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& context() const noexcept { return context_; }
  /// Exit status of the command line for this category: 1xxx: 2, 2xxx: 3, 3xxx: 4, 4xxx: 5, 5xxx: 6, 6xxx: 7, 9xxx: 70.
  [[nodiscard]] int exit_status() const noexcept;

  /// Add a fact while the exception passes; returns itself so that it can be rethrown in one line.
  Error& with(std::string key, std::string value);
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
  std::string hint_;
  std::vector<std::pair<std::string, std::string>> context_;
};

/// Throw Error{InvariantViolation} unless `holds`: for what must be true whatever the input. Stays on in release.
void require_invariant(bool holds, std::string_view what);

}  // namespace rustybt
