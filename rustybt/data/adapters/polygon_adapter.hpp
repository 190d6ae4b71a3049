#pragma once
// Polygon, now Massive (venues.md 6.2): unadjusted aggregates, splits and dividends; one key, pages by next_url.

#include "rustybt/data/adapters/http_adapter.hpp"

namespace rustybt::data::adapters {

class PolygonAdapter final : public HttpAdapter {
 public:
  explicit PolygonAdapter(HttpTools tools = {}) : HttpAdapter(std::move(tools)) {}

 protected:
  [[nodiscard]] const SourceFacts& facts() const override;
  [[nodiscard]] SourceBars fetch_symbol(const Fetch& fetch, const std::string& symbol) const override;
};

}  // namespace rustybt::data::adapters
