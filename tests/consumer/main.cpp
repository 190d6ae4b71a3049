// A program outside the project: it sees only what `find_package(rustybt)` gives.
#include <iostream>

#include "position.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/version.hpp"

int main() {
  const auto total = cost(rustybt::Decimal::parse("0.10"), 3) + rustybt::Decimal::parse("0.2");
  if (total.to_string() != "0.50") {
    std::cerr << "expected 0.50, got " << total.to_string() << '\n';
    return 1;
  }
  try {  // an exception of the library is caught by its type
    rustybt::Decimal::parse("ten");
    std::cerr << "expected an error for \"ten\"\n";
    return 1;
  } catch (const rustybt::Error& error) {
    std::cout << "rustybt " << rustybt::kVersion << ": " << total.to_string() << ", " << error.name() << '\n';
  }
  return 0;
}
