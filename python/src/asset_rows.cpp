#include "asset_rows.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

namespace rustybt::python {
namespace {

std::optional<Date> optional_day(nb::handle days) {
  return days.is_none() ? std::nullopt : std::optional<Date>(Date{nb::cast<int>(days)});
}

}  // namespace

assets::Asset asset_of_row(nb::handle row) {
  const auto d = nb::cast<nb::dict>(row);
  assets::Asset asset = assets::make_asset(assets::parse_asset_type(nb::cast<std::string>(d["asset_type"])));
  const auto number = [&](const char* key, Decimal& value) {
    if (!d[key].is_none()) value = to_decimal(d[key]);
  };
  const auto text = [&](const char* key, std::string& value) {
    if (!d[key].is_none()) value = nb::cast<std::string>(d[key]);
  };
  asset.sid = Sid{nb::cast<std::int64_t>(d["sid"])};
  text("symbol", asset.symbol);
  text("asset_name", asset.asset_name);
  text("exchange", asset.exchange);
  if (const auto start = optional_day(d["start_date"])) asset.start_date = *start;
  if (const auto end = optional_day(d["end_date"])) asset.end_date = *end;
  asset.first_traded = optional_day(d["first_traded"]);
  asset.auto_close_date = optional_day(d["auto_close_date"]);
  number("tick_size", asset.tick_size);
  number("multiplier", asset.price_multiplier);
  number("quantity_step", asset.quantity_step);
  number("minimum_notional", asset.minimum_notional);
  text("root_symbol", asset.root_symbol);
  text("base_currency", asset.base_currency);
  text("quote_currency", asset.quote_currency);
  text("calendar_name", asset.calendar_name);
  asset.notice_date = optional_day(d["notice_date"]);
  asset.expiration_date = optional_day(d["expiration_date"]);
  return asset;
}

std::vector<assets::FutureRoot> roots_of_rows(nb::list rows) {
  std::vector<assets::FutureRoot> found;
  for (const nb::handle r : rows)
    found.push_back({nb::cast<std::string>(r[0]), nb::cast<std::optional<std::int64_t>>(r[1]),
                     nb::cast<std::string>(r[2]), nb::cast<std::string>(r[3]), nb::cast<std::string>(r[4])});
  return found;
}

std::vector<assets::SymbolMapping> symbol_mappings_of_rows(nb::list rows) {
  std::vector<assets::SymbolMapping> found;
  for (const nb::handle r : rows)
    found.push_back({Sid{nb::cast<std::int64_t>(r[0])}, nb::cast<std::string>(r[1]), Date{nb::cast<int>(r[2])},
                     Date{nb::cast<int>(r[3])}});
  return found;
}

std::vector<assets::SupplementaryMapping> supplementary_mappings_of_rows(nb::list rows) {
  std::vector<assets::SupplementaryMapping> found;
  for (const nb::handle r : rows)
    found.push_back({Sid{nb::cast<std::int64_t>(r[0])}, nb::cast<std::string>(r[1]), nb::cast<std::string>(r[2]),
                     Date{nb::cast<int>(r[3])}, Date{nb::cast<int>(r[4])}});
  return found;
}

std::vector<assets::Exchange> exchanges_of_rows(nb::list rows) {
  std::vector<assets::Exchange> found;
  for (const nb::handle r : rows)
    found.push_back({nb::cast<std::string>(r[0]), nb::cast<std::string>(r[1]), nb::cast<std::string>(r[2])});
  return found;
}

}  // namespace rustybt::python
