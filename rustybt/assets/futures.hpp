#pragma once
// Contracts of futures as the exchanges name them: root, month code, year ("ESZ14").

#include <optional>
#include <string>
#include <string_view>

namespace rustybt::assets {

/// CME's code of a month 1..12: F G H J K M N Q U V X Z (cmegroup.com/month-codes.html). @throws Error{InvalidArgument}
[[nodiscard]] char month_code(int month);
/// Month 1..12 of a code, none for another letter.
[[nodiscard]] std::optional<int> find_month(char code);

struct ContractMonth {
  std::string root;
  int year = 0;
  int month = 0;
};
/// "ESZ14" (or "ESZ2014"): two digits are 1970 to 2069. @throws Error{InvalidArgument} for another form
[[nodiscard]] ContractMonth parse_contract_symbol(std::string_view symbol);
/// "ESZ14". @throws Error{InvalidArgument}
[[nodiscard]] std::string contract_symbol(const ContractMonth& contract);

/// Month codes that a continuous future of this root is made of, empty = all. Zipline's CHAIN_PREDICATES: some
/// markets list every month, but trade only in these.
[[nodiscard]] std::string_view delivery_months(std::string_view root_symbol);
/// Whether a contract belongs to the chain of its root; the month is the third letter from the end, as in Zipline.
[[nodiscard]] bool is_in_chain(std::string_view root_symbol, std::string_view contract_symbol);

}  // namespace rustybt::assets
