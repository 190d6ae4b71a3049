#pragma once
// Alpha Vantage (venues.md 6.3): raw bars in New York time; one key in the query; errors come with HTTP status 200.

#include "rustybt/data/adapters/http_adapter.hpp"

namespace rustybt::data::adapters {

class AlphavantageAdapter final : public HttpAdapter {
 public:
  explicit AlphavantageAdapter(HttpTools tools = {}) : HttpAdapter(std::move(tools)) {}

 protected:
  [[nodiscard]] const SourceFacts& facts() const override;
  [[nodiscard]] SourceBars fetch_symbol(const Fetch& fetch, const std::string& symbol) const override;
};

}  // namespace rustybt::data::adapters
