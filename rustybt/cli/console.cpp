#include "rustybt/cli/console.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace rustybt::cli {

namespace {

std::string group_digits(std::string text) {
  const std::size_t start = text.starts_with('-') ? 1 : 0;
  std::size_t point = text.find('.');
  if (point == std::string::npos) point = text.size();
  for (std::size_t at = point; at > start + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

/// Width on a terminal: UTF-8 continuation bytes take no room.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The beginning of a line that fits into a row of the terminal: a longer one would wrap, and could not be cleared.
std::string_view fitted(std::string_view line) {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return line;
  while (!line.empty() && width_of(line) >= size.ws_col) line.remove_suffix(1);
  return line;
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the reader has gone; there is nobody to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string grouped(const Decimal& value, int digits) {
  return group_digits(value.quantize(digits, Rounding::HalfEven).to_string());
}

std::string grouped(std::int64_t value) { return group_digits(fmt::format("{}", value)); }

std::string signed_percent(double fraction, int digits) {
  if (!std::isfinite(fraction)) return "-";
  return fmt::format("{:+.{}f} %", fraction * 100, digits);
}

std::string plain_percent(double fraction, int digits) {
  return std::isfinite(fraction) ? fixed(fraction * 100, digits) + " %" : "-";
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  const std::string text = fmt::format("{:.{}f}", value, digits);
  return text.find_first_not_of("-0.") == std::string::npos ? fmt::format("{:.{}f}", 0.0, digits) : text;
}

std::string shell_quoted(std::string_view word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=+:,@%") ==
                                          std::string_view::npos;
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string align_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const TextColumn& column : columns) widths.push_back(width_of(column.title));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  const auto put = [&](std::size_t i, std::string_view text) {
    const std::string space(widths[i] - width_of(text), ' ');
    if (i > 0) out += "  ";
    out += columns[i].is_number ? space + std::string(text) : std::string(text) + space;
  };
  const auto end_line = [&out] {
    out.resize(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  const bool has_titles =
      std::any_of(columns.begin(), columns.end(), [](const TextColumn& c) { return !c.title.empty(); });
  if (has_titles) {
    for (std::size_t i = 0; i < columns.size(); ++i) put(i, columns[i].title);
    end_line();
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) put(i, row[i]);
    end_line();
  }
  return out;
}

Console::Console(bool json, std::function<void()> flush_embedded)
    : json_(json), flush_embedded_(std::move(flush_embedded)), error_is_terminal_(::isatty(STDERR_FILENO) == 1) {
  const char* no_colour = std::getenv("NO_COLOR");
  error_has_colour_ = error_is_terminal_ && (no_colour == nullptr || *no_colour == '\0');
  if (json_) {
    std::fflush(stdout);
    kept_output_ = ::dup(STDOUT_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
}

Console::~Console() {
  clear_progress();
  if (flush_embedded_) flush_embedded_();
  give_back_output();
}

void Console::give_back_output() {
  std::fflush(stdout);
  if (kept_output_ < 0) return;
  ::dup2(kept_output_, STDOUT_FILENO);
  ::close(kept_output_);
  kept_output_ = -1;
}

void Console::print(std::string_view text) {
  if (json_) return;
  clear_progress();
  if (flush_embedded_) flush_embedded_();
  std::fflush(stdout);
  write_all(STDOUT_FILENO, text);
}

void Console::print_json(std::string_view text) {
  if (!json_) return;
  const int output = kept_output_ >= 0 ? kept_output_ : STDOUT_FILENO;
  write_all(output, text);
  if (!text.ends_with('\n')) write_all(output, "\n");
}

void Console::print_error_text(std::string_view text) {
  clear_progress();
  if (flush_embedded_) flush_embedded_();
  std::fflush(stdout);
  write_all(STDERR_FILENO, text);
}

void Console::warn(std::string_view text) {
  print_error_text(error_has_colour_ ? fmt::format("\033[33mwarning:\033[0m {}\n", text)
                                     : fmt::format("warning: {}\n", text));
}

void Console::print_error_lines(const Error& error) {
  std::string text = fmt::format("{}error {} {}:{} {}\n", error_has_colour_ ? "\033[1;31m" : "", error.number(),
                                 error.name(), error_has_colour_ ? "\033[0m" : "", error.message());
  for (const auto& [key, value] : error.context()) text += fmt::format("  {}: {}\n", key, value);
  if (!error.hint().empty()) text += fmt::format("hint: {}\n", error.hint());
  print_error_text(text);
}

void Console::print_error(const Error& error) {
  print_error_lines(error);
  if (json_) {
    nlohmann::ordered_json context = nlohmann::ordered_json::object();
    for (const auto& [key, value] : error.context()) context[key] = value;
    const nlohmann::ordered_json object = {{"error",
                                            {{"code", error.number()},
                                             {"name", error.name()},
                                             {"message", error.message()},
                                             {"hint", error.hint()},
                                             {"context", context}}}};
    print_json(object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

Log Console::log() {
  return Log([this](LogLevel level, std::string_view message) {
    if (level >= LogLevel::Warning) {
      warn(message);
    } else if (level == LogLevel::Info && !json_) {
      print_error_text(fmt::format("{}\n", message));
    }
  });
}

void Console::show_progress(std::string_view line) {
  if (error_is_terminal_) {
    write_all(STDERR_FILENO, fmt::format("\r\033[K{}", fitted(line)));
    progress_shown_ = true;
  } else {
    write_all(STDERR_FILENO, fmt::format("{}\n", line));
  }
}

void Console::clear_progress() {
  if (progress_shown_) write_all(STDERR_FILENO, "\r\033[K");
  progress_shown_ = false;
}

}  // namespace rustybt::cli
