#pragma once
// Reads assets.sqlite: who owned a symbol when (zipline_semantics 6.8).

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rustybt/assets/assets.hpp"

namespace rustybt::assets {

/// All assets of a bundle, loaded once; immutable and shareable between threads afterwards.
class AssetFinder {
 public:
  /// @throws Error{FileNotFound}, Error{AssetDBVersionError}, Error{DatabaseError}
  explicit AssetFinder(const std::filesystem::path& database);
  /// For tests and in-memory data: every asset owns its symbol over its life.
  explicit AssetFinder(std::vector<Asset> assets);

  /// Assets sorted by sid; AssetIndex{i} is the i-th.
  [[nodiscard]] std::span<const Asset> assets() const { return assets_; }
  [[nodiscard]] std::optional<AssetIndex> find_sid(Sid sid) const;
  /// @throws Error{SidsNotFound}
  [[nodiscard]] AssetIndex retrieve(Sid sid) const;
  [[nodiscard]] const Asset& operator[](AssetIndex i) const { return assets_[static_cast<std::size_t>(i.value)]; }

  /// Owner of `symbol` (upper-cased) as of a day: start <= as_of < end of the ownership period, periods reach to the
  /// next owner's start and the last one for ever. Without as_of the only owner.
  /// Symbols are compared by company and share class: BRK.A, BRK-A and BRK_A are one.
  /// @throws Error{SymbolNotFound} (hint: nearest symbols), Error{MultipleSymbolsFound},
  ///         Error{SameSymbolUsedAcrossCountries}
  [[nodiscard]] AssetIndex lookup_symbol(std::string_view symbol, std::optional<Date> as_of,
                                         std::optional<std::string> country_code = std::nullopt) const;

 private:
  struct Ownership {
    AssetIndex asset;
    std::string country_code;
    Date start;
    Date end;
  };
  void index_assets();
  void add_owner(const std::string& key, AssetIndex asset, Date start, Date end);
  void extend_ownership();
  [[noreturn]] void throw_symbol_not_found(std::string_view symbol, std::string hint) const;

  std::vector<Asset> assets_;
  std::unordered_map<Sid, AssetIndex> by_sid_;
  std::unordered_map<std::string, std::vector<Ownership>> by_symbol_;  ///< by symbol_key()
};

}  // namespace rustybt::assets
