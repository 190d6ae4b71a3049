#include "rustybt/assets/futures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::assets {

namespace {

constexpr std::string_view kMonthCodes = "FGHJKMNQUVXZ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

char month_code(int month) {
  if (month < 1 || month > 12)
    throw Error(ErrorCode::InvalidArgument, fmt::format("expected a month 1 to 12, found {}", month));
  return kMonthCodes[static_cast<std::size_t>(month - 1)];
}

std::optional<int> find_month(char code) {
  const std::size_t at = kMonthCodes.find(code);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<int>(at) + 1);
}

ContractMonth parse_contract_symbol(std::string_view symbol) {
  const std::string upper = to_upper(symbol);
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(upper.rbegin(), upper.rend(), is_digit) - upper.rbegin());
  const std::size_t code = upper.size() - digits - 1;
  if ((digits == 2 || digits == 4) && digits + 1 < upper.size()) {
    if (const auto month = find_month(upper[code])) {
      const int year = std::stoi(upper.substr(code + 1));
      return {upper.substr(0, code), digits == 4 ? year : year + (year < 70 ? 2000 : 1900), *month};
    }
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not the symbol of a contract", symbol),
              "expected root, month code and year, as in ESZ14");
}

std::string contract_symbol(const ContractMonth& contract) {
  if (contract.root.empty() || contract.year < 1970 || contract.year > 2069)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("no contract of \"{}\" in {}: expected a root and a year 1970 to 2069", contract.root,
                            contract.year));
  return fmt::format("{}{}{:02}", to_upper(contract.root), month_code(contract.month), contract.year % 100);
}

std::string_view delivery_months(std::string_view root_symbol) {
  // The currencies list the next three months, but trade in the quarterly ones; gold and silver have months of their
  // own.
  static constexpr std::pair<std::string_view, std::string_view> kChains[] = {
      {"EL", "HMUZ"}, {"ME", "HMUZ"}, {"PL", "FJNV"},   {"PA", "HMUZ"},   {"JY", "HMUZ"},  {"CD", "HMUZ"},
      {"AD", "HMUZ"}, {"BP", "HMUZ"}, {"GC", "GJMQVZ"}, {"XG", "GJMQVZ"}, {"SV", "HKNUZ"}, {"YS", "HKNUZ"}};
  for (const auto& [root, months] : kChains)
    if (root == root_symbol) return months;
  return {};
}

bool is_in_chain(std::string_view root_symbol, std::string_view contract_symbol) {
  const std::string_view months = delivery_months(root_symbol);
  if (months.empty()) return true;
  return contract_symbol.size() >= 3 && months.find(contract_symbol[contract_symbol.size() - 3]) != months.npos;
}

}  // namespace rustybt::assets
