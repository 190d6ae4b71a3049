#pragma once
// The finance classes driven from Python without a run, or from inside a user's model: the same native code as in runs.

#include <nanobind/nanobind.h>

#include "rustybt/finance/commission.hpp"
#include "rustybt/finance/decimal/ledger.hpp"
#include "rustybt/finance/slippage.hpp"

namespace rustybt::python {

namespace nb = nanobind;

/// ("Name", parameter, ...) as rustybt.finance.slippage and .commission write built-in models.
[[nodiscard]] finance::SlippageModel built_in_slippage(const nb::object& parameters);
[[nodiscard]] finance::CommissionModel built_in_commission(const nb::object& parameters);

/// The policies of the run on this thread; outside of one those of the process's preset.
[[nodiscard]] finance::Policies policies_now();

/// Sums over a ledger's positions, under Zipline's names.
void add_position_sums(finance::DecimalLedger& ledger, nb::dict& to);
/// What a position is worth to whoever holds it, with a contract's multiplier.
[[nodiscard]] double exposure_of(const finance::DecimalContext& context, const finance::DecimalPosition& position);

/// Mantissa of an amount at an asset's quantity digits. @throws Error{Overflow}
[[nodiscard]] std::int64_t units_of(nb::handle amount, const finance::AssetScale& scale);

void bind_lone_orders(nb::module_& m);
void bind_lone_books(nb::module_& m);

}  // namespace rustybt::python
