// rustybt._core: the C++ library as Python sees it. The public face is the package around it (python/rustybt).

#include <string>

#include "objects.hpp"
#include "rustybt/version.hpp"

namespace rustybt::python {
void bind_catalog(nb::module_& m);
void bind_prices(nb::module_& m);
void bind_roll_finder(nb::module_& m);
}  // namespace rustybt::python

NB_MODULE(_core, m) {
  using namespace rustybt::python;
  m.attr("__version__") = std::string(rustybt::kVersion).c_str();
  bind_errors(m);
  bind_calendars(m);
  bind_assets(m);
  bind_asset_finder(m);
  bind_roll_finder(m);
  bind_bar_frames(m);
  bind_bundles(m);
  bind_catalog(m);
  bind_migration(m);
  bind_resample(m);
  bind_fx(m);
  bind_bar_reader(m);
  bind_prices(m);
  bind_finance(m);
  bind_bar_data(m);
  bind_portfolio(m);
  bind_algorithm(m);
  bind_result(m);
  bind_adapters(m);
  bind_run(m);
  bind_run_files(m);
  bind_cli(m);
  bind_validation(m);
}
