#pragma once
// Reads assets.sqlite: who owned a symbol when (zipline_semantics 6.8).

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rustybt/assets/asset_tables.hpp"
#include "rustybt/core/error_table.hpp"

namespace rustybt::assets {

/// Which assets exist on which days.
struct Lifetimes {
  std::vector<AssetIndex> assets;   ///< columns, by sid
  std::vector<std::uint8_t> alive;  ///< 0 or 1; row (day) after row, one cell per asset
};

/// An asset had a symbol, or a value of a field, from `start` up to `end`.
struct OwnershipPeriod {
  std::string field;   ///< of a value
  std::string market;  ///< of a symbol: country
  std::string value;   ///< or symbol, as written
  AssetIndex asset;
  Date start;
  std::optional<Date> end;  ///< none: for ever
};

/// All assets of a bundle, loaded once; immutable and shareable between threads afterwards.
class AssetFinder {
 public:
  /// @throws Error{FileNotFound}, Error{AssetDBVersionError}, Error{DatabaseError}
  explicit AssetFinder(const std::filesystem::path& database);
  /// For tests and in-memory data: every asset owns its symbol over its life.
  explicit AssetFinder(std::vector<Asset> assets);
  /// This finder as somebody has it who only knows which assets have ended by `known`: all others end a year after the
  /// last of all. Contracts of futures keep their terms.
  [[nodiscard]] AssetFinder with_unknown_ends(Date known) const;

  /// Assets sorted by sid; AssetIndex{i} is the i-th.
  [[nodiscard]] std::span<const Asset> assets() const { return assets_; }
  [[nodiscard]] std::optional<AssetIndex> find_sid(Sid sid) const;
  /// @throws Error{SidsNotFound}
  [[nodiscard]] AssetIndex retrieve(Sid sid) const;
  [[nodiscard]] const Asset& operator[](AssetIndex i) const { return assets_[static_cast<std::size_t>(i.value)]; }
  /// Assets of one type, by sid.
  [[nodiscard]] std::vector<AssetIndex> of_type(AssetType type) const;
  [[nodiscard]] std::span<const Exchange> exchanges() const { return exchanges_; }

  /// Owner of `symbol` (upper-cased) as of a day: start <= as_of < end of the ownership period, periods reach to the
  /// next owner's start and the last one for ever. Without as_of the only owner. Equities and currency pairs have such
  /// symbols (a pair belongs to its exchange, not to a country); contracts of futures: lookup_future_symbol.
  /// Symbols are compared by company and share class: BRK.A, BRK-A and BRK_A are one.
  /// @throws Error{SymbolNotFound} (hint: nearest symbols), Error{MultipleSymbolsFound},
  ///         Error{SameSymbolUsedAcrossCountries}
  [[nodiscard]] AssetIndex lookup_symbol(std::string_view symbol, std::optional<Date> as_of,
                                         std::optional<std::string> country_code = std::nullopt) const;
  /// The same without regard to delimiters: BRKA finds BRK.A; among several the one written as `symbol`.
  /// @throws Error{SymbolNotFound}, Error{MultipleSymbolsFoundForFuzzySymbol}
  [[nodiscard]] AssetIndex lookup_symbol_fuzzy(std::string_view symbol, std::optional<Date> as_of,
                                               std::optional<std::string> country_code = std::nullopt) const;

  /// A contract by its symbol. @throws Error{SymbolNotFound} (hint: nearest contracts)
  [[nodiscard]] AssetIndex lookup_future_symbol(std::string_view symbol) const;
  [[nodiscard]] std::span<const FutureRoot> roots() const { return roots_; }
  /// @throws Error{SymbolNotFound} (hint: the roots there are)
  [[nodiscard]] const FutureRoot& lookup_root(std::string_view root_symbol) const;
  /// Contracts of a family by sid; empty when there are none.
  [[nodiscard]] std::vector<AssetIndex> contracts_of(std::string_view root_symbol) const;
  /// Those of them that continuous futures use, by sid: what set_chain() says, else the contracts of delivery_months().
  [[nodiscard]] std::vector<AssetIndex> chain_of(std::string_view root_symbol) const;
  /// Let continuous futures of a root use these contracts only. Call it before the finder is shared.
  void set_chain(std::string_view root_symbol, std::vector<AssetIndex> contracts);

  /// The asset that had `value` in a field of the supplementary mappings as of a day, or the only one.
  /// @throws Error{ValueNotFoundForField}, Error{MultipleValuesFoundForField}
  [[nodiscard]] AssetIndex lookup_by_supplementary_field(std::string_view field, std::string_view value,
                                                         std::optional<Date> as_of) const;
  /// What an asset had in a field as of a day, or the only value. @throws Error{NoValueForSid},
  /// Error{MultipleValuesFoundForSid}
  [[nodiscard]] const std::string& get_supplementary_field(Sid sid, std::string_view field,
                                                           std::optional<Date> as_of) const;
  /// Who owned each symbol of an equity when, by symbol, country and time.
  [[nodiscard]] std::vector<OwnershipPeriod> symbol_periods() const;
  /// Who had each value of each field when, by field, value and time; periods reach to the next asset's with the value,
  /// by sid to the next value of the asset.
  [[nodiscard]] std::vector<OwnershipPeriod> supplementary_periods(bool by_sid) const;

  /// Countries of the equities, sorted.
  [[nodiscard]] std::vector<std::string> country_codes() const;
  /// For each day and each asset of these countries (futures left out, as in Zipline) whether start <= day <= end;
  /// without `include_start_date` start < day.
  [[nodiscard]] Lifetimes lifetimes(std::span<const Date> days, bool include_start_date,
                                    std::span<const std::string> country_codes) const;

 private:
  struct Ownership {
    std::string market;  ///< country of an equity, exchange of a pair
    Date start;
    Date end;
    AssetIndex asset;
    std::string symbol;  ///< as written
  };
  struct Supplement {
    Date start;
    Date end;
    AssetIndex asset;
    std::string value;
  };
  using Owners = std::unordered_map<std::string, std::vector<Ownership>>;

  explicit AssetFinder(AssetTables tables);
  void index_assets();
  void add_owner(AssetIndex asset, std::string symbol, Date start, Date end);
  void extend_ownership();
  void add_supplements(const std::vector<SupplementaryMapping>& mappings);
  [[nodiscard]] std::string market_of(AssetIndex asset) const;
  [[noreturn]] void throw_symbol_not_found(std::string_view symbol, std::string hint) const;
  [[noreturn]] void throw_ambiguous(ErrorCode code, std::string_view symbol, std::string_view have,
                                    std::span<const AssetIndex> options) const;

  std::vector<Asset> assets_;
  std::vector<Exchange> exchanges_;
  std::vector<FutureRoot> roots_;
  std::unordered_map<Sid, AssetIndex> by_sid_;
  std::unordered_map<std::string, AssetIndex> by_contract_;
  std::unordered_map<std::string, std::vector<AssetIndex>> chains_;    ///< by root, where they are set
  Owners by_symbol_;                                                   ///< by symbol_key()
  Owners by_fuzzy_symbol_;                                             ///< by the same without the delimiter
  std::unordered_map<std::string, std::vector<Supplement>> by_value_;  ///< by field and value
  std::unordered_map<std::string, std::vector<Supplement>> by_field_;  ///< by field and sid
};

}  // namespace rustybt::assets
