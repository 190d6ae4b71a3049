#pragma once
// Yahoo's chart service (venues.md 6.4): no key; prices, volumes and dividends are adjusted for splits, and are put
// back to what was traded.

#include "rustybt/data/adapters/http_adapter.hpp"

namespace rustybt::data::adapters {

/// The number that Yahoo adjusted, before the adjustment: times fresh / old.
///
/// Yahoo sends 32-bit floats (74.05999755859375), of adjusted numbers those with 6 decimals. The result is the decimal
/// with the fewest digits that such a number can come from: 74.06; for a 4:1 split 296.24.
/// @throws Error{InvalidNumber}
[[nodiscard]] Decimal unadjusted(const std::string& number, const Decimal& fresh, const Decimal& old);

class YfinanceAdapter final : public HttpAdapter {
 public:
  explicit YfinanceAdapter(HttpTools tools = {}) : HttpAdapter(std::move(tools)) {}

 protected:
  [[nodiscard]] const SourceFacts& facts() const override;
  [[nodiscard]] SourceBars fetch_symbol(const Fetch& fetch, const std::string& symbol) const override;
  [[nodiscard]] std::string notes(const BarRequest& request) const override;
};

}  // namespace rustybt::data::adapters
