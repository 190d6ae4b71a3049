#pragma once
// What the command line writes where: results on standard output, everything else on standard error.

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/log.hpp"

namespace rustybt::cli {

/// "1,234.50": digits grouped, exactly `digits` after the point (half-even).
[[nodiscard]] std::string grouped(const Decimal& value, int digits);
[[nodiscard]] std::string grouped(std::int64_t value);
/// "+12.34 %"; "-" when not a number.
[[nodiscard]] std::string signed_percent(double fraction, int digits = 2);
/// "12.34 %"; "-" when not a number.
[[nodiscard]] std::string plain_percent(double fraction, int digits = 2);
[[nodiscard]] std::string fixed(double value, int digits);
/// The word as a shell reads it back: plain, or in single quotes.
[[nodiscard]] std::string shell_quoted(std::string_view word);

/// Rows of text, aligned; numbers to the right.
struct TextColumn {
  std::string title;
  bool is_number = false;
};
[[nodiscard]] std::string align_table(const std::vector<TextColumn>& columns,
                                      const std::vector<std::vector<std::string>>& rows);

/// Standard output and error of one command.
///
/// With `json`, standard output is kept for the one result: until it is written file descriptor 1 leads to standard
/// error, so that nothing a strategy prints gets in between.
class Console {
 public:
  Console(bool json, std::function<void()> flush_embedded);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console();

  [[nodiscard]] bool json() const { return json_; }
  /// Text for a person; dropped with --json.
  void print(std::string_view text);
  /// The result of the command; dropped without --json.
  void print_json(std::string_view text);
  /// A line on standard error.
  void warn(std::string_view text);
  /// Standard error, as it is.
  void print_error_text(std::string_view text);
  /// "error 2101 SymbolNotFound: message", facts, hint: on standard error.
  void print_error_lines(const Error& error);
  /// print_error_lines, and with --json an object on standard output: the result of a command that has no other.
  void print_error(const Error& error);
  [[nodiscard]] bool error_is_terminal() const { return error_is_terminal_; }
  /// Messages of the library as lines on standard error.
  [[nodiscard]] Log log();

  /// Undo the redirection of --json, before another program takes this process over.
  void give_back_output();

  /// A progress line is on the terminal, as much of it as one row holds: it is cleared before anything else is written.
  void show_progress(std::string_view line);
  void clear_progress();

 private:
  bool json_;
  std::function<void()> flush_embedded_;
  int kept_output_ = -1;  ///< the real standard output while 1 is redirected
  bool error_is_terminal_;
  bool error_has_colour_;
  bool progress_shown_ = false;
};

}  // namespace rustybt::cli
