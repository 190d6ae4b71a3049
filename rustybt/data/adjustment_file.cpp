// adjustments.sqlite: Zipline's tables and index names (zipline_semantics 6.7); exact ratios and amounts stand in
// columns of our own at the end, so that Zipline reads the file and we read Zipline's.

#include "rustybt/core/error.hpp"
#include "rustybt/data/adjustments.hpp"
#include "rustybt/storage/sqlite.hpp"

namespace rustybt::data {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kNoDate = INT64_MIN;

constexpr const char* kSchema[] = {
    "CREATE TABLE splits (\"index\" INTEGER, sid INTEGER, effective_date INTEGER, ratio REAL, numerator INTEGER, "
    "denominator INTEGER)",
    "CREATE TABLE mergers (\"index\" INTEGER, sid INTEGER, effective_date INTEGER, ratio REAL)",
    "CREATE TABLE dividends (\"index\" INTEGER, sid INTEGER, effective_date INTEGER, ratio REAL)",
    "CREATE TABLE dividend_payouts (\"index\" INTEGER, sid INTEGER, ex_date INTEGER, declared_date INTEGER, "
    "record_date INTEGER,"
    " pay_date INTEGER, amount REAL, amount_text TEXT)",
    "CREATE TABLE stock_dividend_payouts (\"index\" INTEGER, sid INTEGER, ex_date INTEGER, declared_date INTEGER,"
    " record_date INTEGER, pay_date INTEGER, payment_sid INTEGER, ratio REAL, ratio_text TEXT)",
};
constexpr const char* kIndexes[] = {
    "CREATE INDEX splits_sids ON splits(sid)",
    "CREATE INDEX splits_effective_date ON splits(effective_date)",
    "CREATE INDEX mergers_sids ON mergers(sid)",
    "CREATE INDEX mergers_effective_date ON mergers(effective_date)",
    "CREATE INDEX dividends_sid ON dividends(sid)",
    "CREATE INDEX dividends_effective_date ON dividends(effective_date)",
    "CREATE INDEX dividend_payouts_sid ON dividend_payouts(sid)",
    "CREATE INDEX dividends_payouts_ex_date ON dividend_payouts(ex_date)",
    "CREATE INDEX stock_dividend_payouts_sid ON stock_dividend_payouts(sid)",
    "CREATE INDEX stock_dividends_payouts_ex_date ON stock_dividend_payouts(ex_date)",
};

std::int64_t seconds(Date d) { return d.days * kSecondsPerDay; }
std::int64_t seconds(const std::optional<Date>& d) { return d ? seconds(*d) : kNoDate; }

Date date_of(std::int64_t s) { return Timestamp::from_seconds(s).date(); }

std::optional<Date> optional_date(const storage::Statement& row, int column) {
  if (row.is_null(column) || row.int64(column) == kNoDate) return std::nullopt;
  return date_of(row.int64(column));
}

/// An exact value: our own text column where the file has it, else the shortest decimal of the double.
Decimal exact(const storage::Statement& row, bool has_text, int text_column, double value) {
  if (has_text && !row.is_null(text_column)) return Decimal::parse(row.text(text_column));
  return Decimal::from_double_shortest(value);
}

bool has_column(storage::Database& db, const std::string& table, std::string_view column) {
  auto info = db.prepare("PRAGMA table_info(" + table + ")");
  while (info.step())
    if (info.text(1) == column) return true;
  return false;
}

void write_ratios(storage::Database& db, const std::string& table, const std::vector<PriceRatio>& rows,
                  const auto& sid) {
  auto insert = db.prepare("INSERT INTO " + table + " VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < rows.size(); ++i)
    insert.bind(1, static_cast<std::int64_t>(i))
        .bind(2, sid(rows[i].asset))
        .bind(3, seconds(rows[i].effective_date))
        .bind(4, rows[i].ratio)
        .execute();
}

std::vector<PriceRatio> read_ratios(storage::Database& db, const std::string& table,
                                    const assets::AssetFinder& finder) {
  std::vector<PriceRatio> rows;
  auto query = db.prepare("SELECT sid, effective_date, ratio FROM " + table + " ORDER BY rowid");
  while (query.step()) rows.push_back({finder.retrieve(Sid{query.int64(0)}), date_of(query.int64(1)), query.real(2)});
  return rows;
}

}  // namespace

void write_adjustments(const std::filesystem::path& file, const Adjustments& adjustments,
                       const assets::AssetFinder& finder) {
  storage::Database db(file, storage::OpenMode::Create);
  const auto sid = [&](AssetIndex asset) { return finder[asset].sid.value; };
  db.execute("BEGIN");
  for (const char* sql : kSchema) db.execute(sql);
  {
    auto insert = db.prepare("INSERT INTO splits VALUES (?, ?, ?, ?, ?, ?)");
    std::int64_t i = 0;
    for (const Split& s : adjustments.splits)
      insert.bind(1, i++)
          .bind(2, sid(s.asset))
          .bind(3, seconds(s.effective_date))
          .bind(4, s.ratio)
          .bind(5, s.numerator)
          .bind(6, s.denominator)
          .execute();
  }
  write_ratios(db, "mergers", adjustments.mergers, sid);
  write_ratios(db, "dividends", adjustments.dividends, sid);
  {
    auto insert = db.prepare("INSERT INTO dividend_payouts VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    std::int64_t i = 0;
    for (const CashDividend& d : adjustments.cash_dividends)
      insert.bind(1, i++)
          .bind(2, sid(d.asset))
          .bind(3, seconds(d.ex_date))
          .bind(4, seconds(d.declared_date))
          .bind(5, seconds(d.record_date))
          .bind(6, seconds(d.pay_date))
          .bind(7, d.amount_double)
          .bind(8, std::string_view(d.amount.to_string()))
          .execute();
  }
  {
    auto insert = db.prepare("INSERT INTO stock_dividend_payouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    std::int64_t i = 0;
    for (const StockDividend& d : adjustments.stock_dividends)
      insert.bind(1, i++)
          .bind(2, sid(d.asset))
          .bind(3, seconds(d.ex_date))
          .bind(4, seconds(d.declared_date))
          .bind(5, seconds(d.record_date))
          .bind(6, seconds(d.pay_date))
          .bind(7, sid(d.payment_asset))
          .bind(8, d.ratio)
          .bind(9, std::string_view(d.ratio_exact.to_string()))
          .execute();
  }
  for (const char* sql : kIndexes) db.execute(sql);
  db.execute("COMMIT");
}

Adjustments read_adjustments(const std::filesystem::path& file, const assets::AssetFinder& finder) {
  storage::Database db(file, storage::OpenMode::ReadOnly);
  Adjustments result;
  const auto asset = [&](const storage::Statement& row, int column) { return finder.retrieve(Sid{row.int64(column)}); };
  {
    const bool own = has_column(db, "splits", "numerator");
    auto query = db.prepare(std::string("SELECT sid, effective_date, ratio") + (own ? ", numerator, denominator" : "") +
                            " FROM splits ORDER BY rowid");
    while (query.step()) {
      Split s{asset(query, 0), date_of(query.int64(1)), query.real(2)};
      if (own) {
        s.numerator = query.int64(3);
        s.denominator = query.int64(4);
      } else {
        set_exact_ratio(s);
      }
      result.splits.push_back(s);
    }
  }
  result.mergers = read_ratios(db, "mergers", finder);
  result.dividends = read_ratios(db, "dividends", finder);
  {
    const bool own = has_column(db, "dividend_payouts", "amount_text");
    auto query = db.prepare(std::string("SELECT sid, ex_date, declared_date, record_date, pay_date, amount") +
                            (own ? ", amount_text" : "") + " FROM dividend_payouts ORDER BY rowid");
    while (query.step()) {
      CashDividend d;
      d.asset = asset(query, 0);
      d.ex_date = date_of(query.int64(1));
      d.declared_date = optional_date(query, 2);
      d.record_date = optional_date(query, 3);
      d.pay_date = optional_date(query, 4);
      d.amount_double = query.real(5);
      d.amount = exact(query, own, 6, d.amount_double);
      result.cash_dividends.push_back(d);
    }
  }
  {
    const bool own = has_column(db, "stock_dividend_payouts", "ratio_text");
    auto query =
        db.prepare(std::string("SELECT sid, ex_date, declared_date, record_date, pay_date, payment_sid, ratio") +
                   (own ? ", ratio_text" : "") + " FROM stock_dividend_payouts ORDER BY rowid");
    while (query.step()) {
      StockDividend d;
      d.asset = asset(query, 0);
      d.ex_date = date_of(query.int64(1));
      d.declared_date = optional_date(query, 2);
      d.record_date = optional_date(query, 3);
      d.pay_date = optional_date(query, 4);
      d.payment_asset = asset(query, 5);
      d.ratio = query.real(6);
      d.ratio_exact = exact(query, own, 7, d.ratio);
      result.stock_dividends.push_back(d);
    }
  }
  return result;
}

}  // namespace rustybt::data
