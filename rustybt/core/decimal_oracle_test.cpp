// One million random operations against CPython's decimal (tools/decimal_oracle.py writes them with the results).

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/source_folder_test.hpp"

namespace rustybt {
namespace {

constexpr int kOperations = 1'000'000;

/// operation a b scale mode expected
struct Line {
  std::array<std::string_view, 6> field;
  [[nodiscard]] Decimal a() const { return Decimal::parse(field[1]); }
  [[nodiscard]] Decimal b() const { return Decimal::parse(field[2]); }
  [[nodiscard]] int scale() const { return number(field[3]); }
  [[nodiscard]] Rounding mode() const { return static_cast<Rounding>(number(field[4])); }

  static int number(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ptr != text.data() + text.size()) throw std::runtime_error("not an integer: " + std::string(text));
    return value;
  }
};

double read_bits(std::string_view text) {
  std::uint64_t bits = 0;
  std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  return std::bit_cast<double>(bits);
}

std::string write_bits(double value) {
  std::array<char, 17> text;
  const unsigned long long bits = std::bit_cast<std::uint64_t>(value);
  std::snprintf(text.data(), text.size(), "%016llx", bits);
  return text.data();
}

/// Integers of 128 bits are longer than a decimal may be, so they are read here.
int128 read_int128(std::string_view text) {
  const bool negative = text.front() == '-';
  int128 value = 0;
  for (const char c : text.substr(negative ? 1 : 0)) value = value * 10 + (negative ? '0' - c : c - '0');
  return value;
}

std::string compare(const Decimal& a, const Decimal& b) {
  const auto order = a <=> b;
  if ((order == 0) != (a == b)) return "== and <=> disagree";
  if (order == 0 && a.hash() != b.hash()) return "equal, with different hashes";
  return order < 0 ? "-1" : (order > 0 ? "1" : "0");
}

std::string multiply_divide_line(const Line& l) {
  const std::size_t star = l.field[1].find('*');
  return to_string(multiply_divide(read_int128(l.field[1].substr(0, star)), read_int128(l.field[1].substr(star + 1)),
                                   read_int128(l.field[2]), l.mode()));
}

using Operation = std::function<std::string(const Line&)>;
const std::map<std::string_view, Operation>& operations() {
  static const std::map<std::string_view, Operation> table = {
      {"add", [](const Line& l) { return (l.a() + l.b()).to_string(); }},
      {"sub", [](const Line& l) { return (l.a() - l.b()).to_string(); }},
      {"mul", [](const Line& l) { return (l.a() * l.b()).to_string(); }},
      {"div", [](const Line& l) { return l.a().divide(l.b(), l.scale(), l.mode()).to_string(); }},
      {"quantize", [](const Line& l) { return l.a().quantize(l.scale(), l.mode()).to_string(); }},
      {"mantissa", [](const Line& l) { return to_string(l.a().mantissa_at(l.scale())); }},
      {"compare", [](const Line& l) { return compare(l.a(), l.b()); }},
      {"parse", [](const Line& l) { return l.a().to_string(); }},
      {"to_double", [](const Line& l) { return write_bits(l.a().to_double()); }},
      {"mantissa_to_double",
       [](const Line& l) { return write_bits(mantissa_to_double(read_int128(l.field[1]), l.scale())); }},
      {"divide_rounded",
       [](const Line& l) {
         return to_string(divide_rounded(read_int128(l.field[1]), read_int128(l.field[2]), l.mode()));
       }},
      {"multiply_divide", multiply_divide_line},
      {"double_to_mantissa",
       [](const Line& l) { return std::to_string(double_to_mantissa(read_bits(l.field[1]), l.scale())); }},
      {"python_round", [](const Line& l) { return write_bits(python_round(read_bits(l.field[1]), l.scale())); }},
      {"shortest",
       [](const Line& l) { return Decimal::from_double_shortest(read_bits(l.field[1])).normalized().to_string(); }},
  };
  return table;
}

std::string result_of(const Operation& operation, const Line& line) {
  try {
    return operation(line);
  } catch (const Error& error) {
    return std::string(error.name());
  }
}

bool split(std::string_view text, Line& line) {
  for (std::size_t i = 0; i < line.field.size(); ++i) {
    const std::size_t space = text.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == line.field.size())) return false;
    line.field[i] = text.substr(0, space);
    if (space != std::string_view::npos) text.remove_prefix(space + 1);
  }
  return true;
}

TEST(DecimalOracle, OneMillionRandomOperationsEqualPythonsDecimal) {
  const char* chosen = std::getenv("RUSTYBT_PYTHON");
  const std::string script = (source_folder() / "tools" / "decimal_oracle.py").string();
  ASSERT_TRUE(std::ifstream(script).good()) << "not found: " << script;
  const std::string command =
      std::string("'") + (chosen != nullptr ? chosen : "python3") + "' '" + script + "' " + std::to_string(kOperations);
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr) << "cannot run: " << command;

  std::map<std::string, int, std::less<>> checked;
  int total = 0;
  int different = 0;
  bool ended = false;
  char* buffer = nullptr;
  std::size_t capacity = 0;
  for (ssize_t length; (length = getline(&buffer, &capacity, pipe)) > 0;) {
    const std::string_view text(buffer, static_cast<std::size_t>(length - 1));
    if (text == "end " + std::to_string(kOperations)) {
      ended = true;
      continue;
    }
    ++total;
    Line line;
    const bool whole = split(text, line);
    const auto operation = whole ? operations().find(line.field[0]) : operations().end();
    if (operation == operations().end()) {
      if (++different <= 20) ADD_FAILURE() << "not understood: " << text;
      continue;
    }
    ++checked[std::string(line.field[0])];
    const std::string result = result_of(operation->second, line);
    if (result != line.field[5] && ++different <= 20) ADD_FAILURE() << text << "\n  but here: " << result;
  }
  std::free(buffer);
  const int status = pclose(pipe);

  EXPECT_EQ(status, 0) << "failed: " << command;
  EXPECT_TRUE(ended) << "the script stopped after " << total << " lines";
  EXPECT_EQ(total, kOperations);
  EXPECT_EQ(different, 0);
  for (const auto& [name, run] : operations()) EXPECT_GE(checked[std::string(name)], kOperations / 50) << name;
}

}  // namespace
}  // namespace rustybt
