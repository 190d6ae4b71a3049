#pragma once
// Alpaca market data (venues.md 6.1): raw bars and corporate actions; key id and secret, pages by token.

#include "rustybt/data/adapters/http_adapter.hpp"

namespace rustybt::data::adapters {

class AlpacaAdapter final : public HttpAdapter {
 public:
  explicit AlpacaAdapter(HttpTools tools = {}) : HttpAdapter(std::move(tools)) {}

 protected:
  [[nodiscard]] const SourceFacts& facts() const override;
  [[nodiscard]] SourceBars fetch_symbol(const Fetch& fetch, const std::string& symbol) const override;
};

}  // namespace rustybt::data::adapters
