#include "rustybt/data/bundles/bundle_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/bundle_writer_state.hpp"
#include "rustybt/data/bundles/content.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

/// The manifest that is current. One that cannot be read is replaced, unless it is to be appended to.
std::optional<Manifest> find_manifest(const fs::path& bundle, bool append, const Log& log) {
  const fs::path file = manifest_file(bundle);
  if (!fs::exists(file)) return std::nullopt;
  try {
    return parse_manifest(storage::read_file(file), file);
  } catch (const Error& e) {
    if (append) throw;
    log.warning(fmt::format("{}; it is replaced, and the sids are given out anew", e.message()));
    return std::nullopt;
  }
}

}  // namespace

BundleWriter::State::State(std::string_view bundle_name, const IngestOptions& ingest_options)
    : name(bundle_name), options(ingest_options), bundle(bundle_folder(options.root, name)) {
  probe("create folders");
  std::error_code error;
  fs::create_directories(bundle / "versions", error);
  if (error)
    throw Error(ErrorCode::FileNotWritable, fmt::format("cannot make {}: {}", bundle.string(), error.message()));
  lock.emplace(bundle);
  previous = find_manifest(bundle, options.append, options.log);
  // beside a manifest that cannot be read the folders may be whole versions: they stay
  if (previous || !fs::exists(manifest_file(bundle)))
    remove_leftovers(bundle, previous ? &*previous : nullptr, options.probe);
  folder = version_folder(bundle, "unfinished");
  probe("create version folder");
  fs::remove_all(folder);
  fs::create_directories(folder);
  spill.emplace(
      folder / "spilled-bars", options.memory_limit,
      [this](const Partition& p, int key, std::vector<BarSeries> pieces) {
        return merge_pieces(p, key, std::move(pieces));
      },
      options.probe);
  try {
    if (options.append && previous) begin_append();
  } catch (...) {
    fs::remove_all(folder, error);
    throw;
  }
}

BundleWriter::State::~State() {
  spill.reset();
  if (is_committed) return;
  std::error_code ignored;  // nothing refers to it: a failed ingest leaves no trace (a killed one is cleaned up by the
  fs::remove_all(folder, ignored);  // next)
}

void BundleWriter::State::begin_append() {
  base = previous;
  base_folder = version_folder(bundle, base->info.version_id);
  calendar = utils::get_calendar(base->info.calendar_name);
  labels.emplace(calendar, 0, calendar->session_count());
  sources.push_back(base->info.source);
  const fs::path file = base_folder / "reference.json";
  book = ReferenceBook::parse(storage::read_file(file), file);
  base_entries = book.entries().size();

  const assets::AssetFinder finder(base_folder / "assets.sqlite");
  base_actions = read_adjustments(base_folder / "adjustments.sqlite", finder);
  if (std::ranges::find(base->files, kFxRatesFile, &ManifestFile::path) != base->files.end())
    base_fx_rates = fx_rows(storage::read_parquet(base_folder / kFxRatesFile));
  const auto store = BarStore::open(base_folder / "bars.arrow");
  const auto assets = finder.assets();
  bool agrees = assets.size() == base_entries && store->asset_count() == static_cast<int>(base_entries) &&
                base->assets.size() == base_entries && base_actions.dividends.size() >= book.given_ratios;
  for (std::size_t i = 0; agrees && i < base_entries; ++i)  // all three are in order of sid
    agrees = assets[i].sid == book.entries()[i].asset.sid && base->assets[i].sid == assets[i].sid;
  if (!agrees)
    throw Error(ErrorCode::CorruptBundle, fmt::format("the files of bundle \"{}\" do not belong together", name),
                "ingest it again");
  base_actions.dividends.resize(book.given_ratios);  // the others are computed anew from the closes

  const int first = calendar->session_at_or_after(store->sessions().front());
  for (std::size_t i = 0; i < base_entries; ++i) {
    ReferenceBook::Entry& e = book.entries()[i];
    const AssetIndex index{static_cast<std::int32_t>(i)};
    const AssetBars& daily = store->daily(index);
    if (daily.count > 0) {
      e.first_session = first + daily.first;
      e.last_session = first + daily.first + daily.count - 1;
    }
    const AssetMinutes& minutes = store->minutes(index);
    for (int s = minutes.first; s < minutes.first + minutes.count; ++s) {
      if (minutes.block(s) < 0) continue;
      e.minute_sessions.resize(static_cast<std::size_t>(calendar->session_count()));
      e.minute_sessions[static_cast<std::size_t>(first + s)] = true;
    }
    const ManifestAsset& known = base->assets[i];
    e.price_scale = known.price_scale;
    e.volume_scale = known.volume_scale;
    e.daily_rows = known.daily_rows;
    e.minute_rows = known.minute_rows;
  }
}

void BundleWriter::State::take(BundleContent part) {
  const utils::CalendarPtr of_part = utils::get_calendar(part.calendar_name);
  if (!calendar) {
    calendar = of_part;
    labels.emplace(calendar, 0, calendar->session_count());
  } else if (calendar->name() != of_part->name()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("bundle \"{}\" is on calendar {}, {} comes on {}", name, calendar->name(),
                            part.source.empty() ? "this part" : part.source, of_part->name()),
                fmt::format("say calendar {} for it, or ingest it as a bundle of its own", calendar->name()));
  }
  const bool has_ratios_to_make = !part.actions.by_item.cash_dividends.empty();
  if (part.actions.compute_dividend_ratios != book.compute_dividend_ratios &&
      (has_ratios_to_make || !part.actions.compute_dividend_ratios)) {
    if (!book.actions.cash_dividends.empty() || !base_actions.cash_dividends.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("some dividends of bundle \"{}\" come with their price ratios and some without", name),
                  "ingest them the same way");
    }
    book.compute_dividend_ratios = part.actions.compute_dividend_ratios;
  }
  std::vector<bool> closes_after_end;
  for (BundleContent::Item& item : part.items) closes_after_end.push_back(forget_dates_of_bars(item));
  const std::vector<int> keys = book.take(part);
  if (!part.source.empty() && std::ranges::find(sources, part.source) == sources.end()) sources.push_back(part.source);
  for (RowsLeftOut& rows : part.left_out) {
    manifest.info.rows.read += rows.rows;
    manifest.info.rows.left_out.push_back(std::move(rows));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    BundleContent::Item item = std::move(part.items[i]);
    if (closes_after_end[i]) entry(keys[i]).closes_after_end = true;
    take_bars(keys[i], false, std::move(item.daily));
    take_bars(keys[i], true, std::move(item.minute));
  }
}

/// Dates of life that only repeat where the bars begin and end are not said: other parts may have more bars.
/// @returns whether the asset closes on the day after its last bar
bool BundleWriter::State::forget_dates_of_bars(BundleContent::Item& item) const {
  std::optional<Date> first, last;
  const auto extend = [&](Date day) {
    first = first ? std::min(*first, day) : day;
    last = last ? std::max(*last, day) : day;
  };
  if (!item.daily.times.empty())
    for (const std::int64_t day : {item.daily.times.front(), item.daily.times.back()})
      extend(Date{static_cast<std::int32_t>(day)});
  if (!item.minute.times.empty()) {
    for (const std::int64_t ns : {item.minute.times.front(), item.minute.times.back()})
      if (const int session = labels->session_of({ns}); session >= 0) extend(calendar->session(session));
  }
  assets::Asset& asset = item.asset;
  if (first && asset.start_date == *first) asset.start_date = Date{};
  if (!last || asset.end_date != *last) return false;
  asset.end_date = Date{};
  if (asset.auto_close_date != *last + 1) return false;
  asset.auto_close_date.reset();
  return true;
}

void BundleWriter::State::take_bars(int key, bool minutes, BarSeries series) {
  if (series.times.empty()) return;
  const std::string& symbol = book.symbol(key);
  check_series(symbol, series, minutes, options.accept_bad_bars);
  note_sessions(key, minutes, series);
  manifest.info.rows.read += static_cast<std::int64_t>(series.times.size());
  for (std::size_t begin = 0; begin < series.times.size();) {
    const Partition partition = Partition::of(minutes, series.times[begin]);
    const auto end =
        static_cast<std::size_t>(std::lower_bound(series.times.begin() + static_cast<std::ptrdiff_t>(begin),
                                                  series.times.end(), partition.end()) -
                                 series.times.begin());
    const bool is_all = begin == 0 && end == series.times.size();
    spill->add(partition, key, is_all ? std::move(series) : slice(series, begin, end), symbol);
    if (is_all) return;
    begin = end;
  }
}

void BundleWriter::State::note_sessions(int key, bool minutes, const BarSeries& series) {
  ReferenceBook::Entry& e = entry(key);
  const auto refuse = [&](std::size_t row, const std::string& what) {
    throw Error(ErrorCode::NotASession,
                fmt::format("{}, {} row {}: {}", e.asset.symbol, minutes ? "minute" : "daily", row + 1, what),
                "choose the calendar of the market")
        .with("symbol", e.asset.symbol)
        .with("row", std::to_string(row + 1));
  };
  if (minutes) e.minute_sessions.resize(static_cast<std::size_t>(calendar->session_count()));
  const auto days = calendar->sessions();
  auto at = days.begin();
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    if (minutes) {
      const Timestamp minute{series.times[i]};
      const int session = labels->session_of(minute);
      if (session < 0 || labels->minute_index(session, minute) < 0)
        refuse(i, fmt::format("{} is no trading minute of {}", minute.to_string(), calendar->name()));
      e.minute_sessions[static_cast<std::size_t>(session)] = true;
      continue;
    }
    const Date day{static_cast<std::int32_t>(series.times[i])};
    if (i == 0) at = std::lower_bound(days.begin(), days.end(), day);
    while (at != days.end() && *at < day) ++at;
    if (at == days.end() || *at != day)
      refuse(i, fmt::format("{} is no session of {}", day.to_string(), calendar->name()));
    const int session = static_cast<int>(at - days.begin());
    if (e.first_session < 0 || session < e.first_session) e.first_session = session;
    e.last_session = std::max(e.last_session, session);
  }
}

BarSeries BundleWriter::State::merge_pieces(const Partition& partition, int key, std::vector<BarSeries> pieces) {
  const std::string& symbol = book.symbol(key);
  const auto decide = [&](BarRow earlier, BarRow later) {
    if (same_values(earlier, later)) {
      ++manifest.info.rows.repeated;
      return false;
    }
    if (options.on_conflict == OnConflict::Refuse) {
      throw Error(ErrorCode::DuplicateRow,
                  fmt::format("{} comes twice with different values: {}", symbol,
                              describe_difference(earlier, later, partition.minutes)),
                  "correct the source, or ingest with on_conflict = replace to take the later one")
          .with("symbol", symbol);
    }
    ++manifest.info.rows.superseded;
    return true;
  };
  return merge_series(std::move(pieces), decide, symbol);
}

BundleWriter::BundleWriter(std::string_view name, const IngestOptions& options)
    : state_(std::make_unique<State>(name, options)) {}

BundleWriter::~BundleWriter() = default;

void BundleWriter::add(BundleContent part) { state_->take(std::move(part)); }

BundleInfo BundleWriter::commit() { return state_->commit(); }

BundleInfo write_bundle(std::string_view name, BundleContent content, const IngestOptions& options) {
  BundleWriter writer(name, options);
  writer.add(std::move(content));
  return writer.commit();
}

}  // namespace rustybt::data
