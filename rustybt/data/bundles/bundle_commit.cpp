#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bar_store_file.hpp"
#include "rustybt/data/bundles/bundle_writer_state.hpp"
#include "rustybt/data/bundles/content.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

std::string new_version_id(const fs::path& bundle, const std::string& time, const std::string& hash) {
  std::string base;
  for (const char c : time.substr(0, 19))
    if (c != '-' && c != ':') base += c;
  base += "Z-" + hash.substr(0, 8);
  std::string id = base;
  for (int n = 2; fs::exists(version_folder(bundle, id)); ++n) id = fmt::format("{}-{}", base, n);
  return id;
}

/// What was read, over all appends: all of it while that is short, else the first and the last.
std::string join_sources(const std::vector<std::string>& sources) {
  std::string all = fmt::format("{}", fmt::join(sources, "; "));
  return all.size() <= 500 || sources.size() < 3 ? all : fmt::format("{}; ...; {}", sources.front(), sources.back());
}

/// Hash of a partition: of its assets' hashes by symbol, because sids depend on what was ingested before.
std::string partition_hash(std::vector<std::string> lines) {
  std::ranges::sort(lines);
  return storage::sha256_hex(fmt::format("{}", fmt::join(lines, "\n")));
}

std::string hash_line(const std::string& symbol, const BarSeries& series) {
  return fmt::format("{}|{}", symbol, series_hash(series));
}

constexpr const char* kFieldNames[kFieldCount] = {"open", "high", "low", "close", "volume"};

}  // namespace

template <class Write>
ManifestFile& BundleWriter::State::add_file(const std::string& path, std::int64_t rows, const Write& write) {
  const fs::path file = folder / path;
  fs::create_directories(file.parent_path());
  probe("write " + path);
  write(file);
  probe("sync " + path);
  storage::sync_file(file);
  manifest.files.push_back({path, storage::sha256_file(file), static_cast<std::int64_t>(fs::file_size(file)), rows});
  return manifest.files.back();
}

BundleInfo BundleWriter::State::commit() {
  if (book.entries().empty()) throw Error(ErrorCode::EmptyData, "the source delivered no assets");
  if (previous) manifest.sids = previous->sids;
  book.assign_sids(manifest.sids);
  order = book.by_sid();
  BundleInfo& info = manifest.info;
  info.name = name;
  info.calendar_name = calendar->name();
  info.source = join_sources(sources);
  info.ingested_at = (options.clock ? options.clock->now() : Timestamp{}).to_string();

  write_partitions();
  write_store();
  merge_corporate_actions();
  write_exchange_rates();
  write_reference_files();
  spill.reset();

  info.version_id = new_version_id(bundle, info.ingested_at, info.data_hash);
  if (previous) manifest.versions = previous->versions;
  manifest.versions.push_back({info.version_id, info.ingested_at});
  finish_folder();
  probe("replace manifest");
  storage::write_file_atomically(manifest_file(bundle), manifest_to_json(manifest));
  is_committed = true;
  probe("done");
  return info;
}

// --- bars -----------------------------------------------------------------------------------------------------------

void BundleWriter::State::write_partitions() {
  std::map<Partition, const ManifestFile*> all;
  for (const Partition& partition : spill->partitions()) all[partition] = nullptr;
  if (base)
    for (const ManifestFile& file : base->files)
      if (const auto partition = Partition::parse(file.path)) all[*partition] = &file;
  if (all.empty()) throw Error(ErrorCode::EmptyData, "the source delivered no bars");
  std::vector<PartitionWork> works;
  for (const auto& [partition, before] : all) {
    PartitionWork& work = works.emplace_back(PartitionWork{.partition = partition, .before = before});
    const bool has_new = !spill->assets(partition).empty();
    work.is_reused = before && (!has_new || !revise_partition(partition, *before));
    if (work.is_reused) {
      spill->drop(partition);
      shape_of(partition).widen(PartitionShape::of(base_folder / before->path));
    } else {
      prepare(work);
    }
  }
  for (PartitionShape& shape : shapes) shape.settle();
  bool is_widened = false;
  for (PartitionWork& work : works) {  // files that are there, but of a type that no longer holds all
    if (!work.is_reused || PartitionShape::of(base_folder / work.before->path).is_type_of(shape_of(work.partition)))
      continue;
    load_before(work);
    prepare(work);
    work.is_reused = false;
    is_widened = true;
  }
  if (is_widened)
    for (PartitionShape& shape : shapes) shape.settle();
  for (const PartitionWork& work : works) {
    if (work.is_reused) {
      reuse(*work.before);
    } else {
      write_partition(work);
    }
  }
  BundleInfo& info = manifest.info;
  info.assets = static_cast<std::int64_t>(order.size());
  for (const int key : order) {
    const ReferenceBook::Entry& e = entry(key);
    manifest.assets.push_back(
        {e.asset.sid, e.asset.symbol, e.price_scale, e.volume_scale, e.daily_rows, e.minute_rows});
    info.daily_rows += e.daily_rows;
    info.minute_rows += e.minute_rows;
  }
}

/// Merge a partition's bars; note what must be known before any file is begun.
void BundleWriter::State::prepare(PartitionWork& work) {
  const Partition& partition = work.partition;
  work.keys = spill->assets(partition);
  std::ranges::sort(work.keys, {}, [&](int key) { return entry(key).asset.sid; });
  std::vector<std::string> lines;
  for (const int key : work.keys) {
    const BarSeries series = spill->read(partition, key);
    ReferenceBook::Entry& e = entry(key);
    e.price_scale = std::max(e.price_scale, series.price_scale);
    e.volume_scale = std::max(e.volume_scale, series.volume_scale);
    const auto count = static_cast<std::int64_t>(series.times.size());
    work.rows += count;
    if (!work.before) {  // else revise_partition has counted
      (partition.minutes ? e.minute_rows : e.daily_rows) += count;
      manifest.info.rows.added += count;
    }
    shape_of(partition).widen(series);
    lines.push_back(hash_line(e.asset.symbol, series));
  }
  work.content = partition_hash(std::move(lines));
}

void BundleWriter::State::load_before(const PartitionWork& work) {
  for_each_series(base_folder / work.before->path, [&](Sid sid, BarSeries series) {
    const int key = key_of_bars(sid, *work.before);
    spill->add(work.partition, key, std::move(series), book.symbol(key));
  });
}

void BundleWriter::State::write_partition(const PartitionWork& work) {
  ManifestFile& file = add_file(work.partition.path(), work.rows, [&](const fs::path& path) {
    PartitionWriter writer(path, work.partition.minutes, shape_of(work.partition));
    for (const int key : work.keys)
      writer.add(entry(key).asset.sid, spill->read(work.partition, key), entry(key).asset.symbol);
    writer.close();
  });
  file.content = work.content;
  spill->drop(work.partition);
  rows_done += work.rows;
  if (options.progress) options.progress("writing bars", rows_done, std::max(rows_done, manifest.info.rows.read));
}

int BundleWriter::State::key_of_bars(Sid sid, const ManifestFile& file) const {
  const int key = book.key_of(sid);
  if (key < 0)
    throw Error(ErrorCode::CorruptBundle,
                fmt::format("{} has bars of the unknown sid {}", (base_folder / file.path).string(), sid.value));
  return key;
}

/// Put the bars of the version before together with the new ones; false when that changes nothing.
bool BundleWriter::State::revise_partition(const Partition& partition, const ManifestFile& before) {
  RowLedger& rows = manifest.info.rows;
  const std::int64_t changes_before = rows.added + rows.replacing;
  std::vector<int> fresh = spill->assets(partition);
  for_each_series(base_folder / before.path, [&](Sid sid, BarSeries known) {
    const int key = key_of_bars(sid, before);
    if (std::erase(fresh, key) == 0) return spill->add(partition, key, std::move(known), book.symbol(key));
    const auto count = static_cast<std::int64_t>(known.times.size());
    BarSeries merged = revise(partition.minutes, key, std::move(known), spill->read(partition, key));
    ReferenceBook::Entry& e = entry(key);
    (partition.minutes ? e.minute_rows : e.daily_rows) += static_cast<std::int64_t>(merged.times.size()) - count;
    spill->replace(partition, key, std::move(merged));
  });
  for (const int key : fresh) {  // assets that the version before does not have here
    const auto count = static_cast<std::int64_t>(spill->read(partition, key).times.size());
    (partition.minutes ? entry(key).minute_rows : entry(key).daily_rows) += count;
    rows.added += count;
  }
  return rows.added + rows.replacing > changes_before;
}

BarSeries BundleWriter::State::revise(bool minutes, int key, BarSeries before, BarSeries now) {
  RowLedger& rows = manifest.info.rows;
  const std::string& symbol = book.symbol(key);
  std::int64_t met = 0;
  const auto count = static_cast<std::int64_t>(now.times.size());
  std::vector<BarSeries> pieces;
  pieces.push_back(std::move(before));
  pieces.push_back(std::move(now));
  BarSeries merged = merge_series(
      std::move(pieces),
      [&](BarRow known, BarRow later) {
        ++met;
        if (same_values(known, later)) {
          ++rows.repeated;
          return false;
        }
        if (options.on_conflict == OnConflict::Refuse) {
          throw Error(ErrorCode::DuplicateRow,
                      fmt::format("{} is in bundle \"{}\" with other values: {}", symbol, name,
                                  describe_difference(known, later, minutes)),
                      "append with on_conflict = replace to take the new values (they are listed as restatements)")
              .with("symbol", symbol);
        }
        ++rows.replacing;
        const std::string when =
            minutes ? Timestamp{later.time()}.to_string() : Date{static_cast<std::int32_t>(later.time())}.to_string();
        for (int f = 0; f < kFieldCount; ++f) {
          if (known.value(f) == later.value(f)) continue;
          const auto text = [&](BarRow bar) {
            const int scale = f == static_cast<int>(Field::Volume) ? bar.series->volume_scale : bar.series->price_scale;
            return bar.value(f) == kMissing ? std::string() : Decimal(bar.value(f), scale).normalized().to_string();
          };
          restate(symbol, when, kFieldNames[f], text(known), text(later));
        }
        return true;
      },
      symbol);
  rows.added += count - met;
  return merged;
}

void BundleWriter::State::restate(const std::string& symbol, const std::string& when, const std::string& what,
                                  const std::string& before, const std::string& now) {
  if (!restatements.is_open()) {
    probe("write restatements.csv");
    restatements.open(folder / "restatements.csv");
    restatements << "symbol,time,what,before,now\n";
  }
  restatements << fmt::format("{},{},{},{},{}\n", symbol, when, what, before, now);
  ++manifest.info.restatements;
}

void BundleWriter::State::reuse(const ManifestFile& before) {
  const fs::path from = base_folder / before.path;
  const fs::path to = folder / before.path;
  fs::create_directories(to.parent_path());
  probe("link " + before.path);
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) {  // a file system without hard links
    fs::copy_file(from, to, error);
    if (error)
      throw Error(ErrorCode::CorruptBundle, fmt::format("cannot take over {}: {}", from.string(), error.message()),
                  "ingest the bundle again");
    storage::sync_file(to);
  }
  manifest.files.push_back(before);
  if (book.has_renamed()) {
    std::vector<std::string> lines;
    for_each_series(to, [&](Sid sid, BarSeries series) {
      reduce_scale(series);
      lines.push_back(hash_line(book.symbol(book.key_of(sid)), series));
    });
    manifest.files.back().content = partition_hash(std::move(lines));
  }
  rows_done += before.rows;
}

void BundleWriter::State::write_store() {
  if (options.progress) options.progress("writing the bar store", rows_done, rows_done);
  int first = INT32_MAX, last = -1;
  for (const int key : order) {
    const ReferenceBook::Entry& e = entry(key);
    if (e.first_session >= 0) {
      first = std::min(first, e.first_session);
      last = std::max(last, e.last_session);
    }
    for (int s = 0; s < static_cast<int>(e.minute_sessions.size()); ++s) {
      if (!e.minute_sessions[static_cast<std::size_t>(s)]) continue;
      first = std::min(first, s);
      last = std::max(last, s);
    }
  }
  const auto all = calendar->sessions();
  sessions.assign(all.begin() + first, all.begin() + last + 1);
  first_calendar_session = first;
  manifest.info.first_session = sessions.front();
  manifest.info.last_session = sessions.back();

  std::vector<std::int32_t> minute_counts;
  for (int s = first; s <= last; ++s) minute_counts.push_back(calendar->minute_count(s));
  std::vector<StoreLayout> layouts;
  for (const int key : order) {
    const ReferenceBook::Entry& e = entry(key);
    StoreLayout layout{.price_scale = e.price_scale, .volume_scale = e.volume_scale};
    if (e.first_session >= 0) {
      layout.first_session = e.first_session - first;
      layout.last_session = e.last_session - first;
    }
    if (!e.minute_sessions.empty())
      layout.minute_sessions.assign(e.minute_sessions.begin() + first, e.minute_sessions.begin() + last + 1);
    layouts.push_back(std::move(layout));
  }
  std::map<Sid, AssetIndex> index;
  for (std::size_t i = 0; i < order.size(); ++i)
    index[entry(order[i]).asset.sid] = AssetIndex{static_cast<std::int32_t>(i)};
  const SessionMinutes store_labels(calendar, first, last - first + 1);
  const std::vector<ManifestFile> partitions = manifest.files;  // in order of time
  add_file("bars.arrow", manifest.info.daily_rows + manifest.info.minute_rows, [&](const fs::path& path) {
    BarStoreFile store(path, sessions, std::move(minute_counts), std::move(layouts));
    for (const ManifestFile& file : partitions) {
      const bool minutes = Partition::parse(file.path)->minutes;
      for_each_series(folder / file.path, [&](Sid sid, BarSeries series) {
        reduce_scale(series);
        if (minutes) {
          store.put_minutes(index.at(sid), series, store_labels);
        } else {
          store.put_daily(index.at(sid), series);
        }
      });
    }
    store.close();
  });
}

// --- assets and actions ---------------------------------------------------------------------------------------------

std::vector<assets::Asset> BundleWriter::State::assets_with_lives() const {
  std::vector<assets::Asset> assets;
  for (const int key : order) {
    const ReferenceBook::Entry& e = book.entries()[static_cast<std::size_t>(key)];
    assets::Asset asset = e.asset;
    if (asset.asset_name.empty()) asset.asset_name = asset.symbol;
    int first = e.first_session < 0 ? INT32_MAX : e.first_session;
    int last = e.last_session;
    for (int s = 0; s < static_cast<int>(e.minute_sessions.size()); ++s) {
      if (!e.minute_sessions[static_cast<std::size_t>(s)]) continue;
      first = std::min(first, s);
      last = std::max(last, s);
    }
    if (last >= 0) {  // without bars the source's dates stand
      if (asset.start_date == Date{}) asset.start_date = calendar->session(first);
      if (asset.end_date == Date{}) asset.end_date = calendar->session(last);
    }
    if (e.closes_after_end && !asset.auto_close_date) asset.auto_close_date = asset.end_date + 1;
    assets::complete_terms(asset);
    assets.push_back(std::move(asset));
  }
  return assets;
}

void BundleWriter::State::merge_corporate_actions() {
  const auto symbol = [&](AssetIndex a) -> const std::string& { return book.symbol(a.value); };
  actions = base ? merge_actions(std::move(base_actions), std::move(book.actions), options.on_conflict, symbol,
                                 [&](const std::string& of, Date day, const std::string& before,
                                     const std::string& now) { restate(of, day.to_string(), "action", before, now); })
                 : std::move(book.actions);
  std::vector<std::int32_t> position(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    position[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
  for_each_asset_of(actions, [&](AssetIndex& a) { a.value = position[static_cast<std::size_t>(a.value)]; });
  book.given_ratios = actions.dividends.size();
}

/// Rates of the version before with those of the parts; one that differs is refused, or replaces and is listed.
void BundleWriter::State::write_exchange_rates() {
  const auto place = [](const FxRate& r) { return std::tie(r.rate, r.base, r.quote, r.day); };
  const std::vector<FxRate> fresh = FxRates(book.fx_rates).rows();
  for (FxRate& known : base_fx_rates) {
    const auto later = std::ranges::lower_bound(fresh, place(known), {}, place);
    if (later == fresh.end() || place(*later) != place(known) || later->value == known.value) continue;
    const std::string pair = known.base + "/" + known.quote;
    if (options.on_conflict == OnConflict::Refuse)
      throw Error(ErrorCode::DuplicateRow,
                  fmt::format("the rate {} of {} is in bundle \"{}\" with another value: {}, now {}", pair,
                              known.day.to_string(), name, known.value.to_string(), later->value.to_string()),
                  "append with on_conflict = replace to take the new values (they are listed as restatements)");
    restate(pair, known.day.to_string(), "rate", known.value.to_string(), later->value.to_string());
    known.value = later->value;
  }
  base_fx_rates.insert(base_fx_rates.end(), fresh.begin(), fresh.end());
  fx_rates = FxRates(base_fx_rates).rows();
  if (fx_rates.empty()) return;
  add_file(std::string(kFxRatesFile), static_cast<std::int64_t>(fx_rates.size()),
           [&](const fs::path& file) { storage::write_parquet(file, fx_table(fx_rates)); });
}

void BundleWriter::State::write_reference_files() {
  assets::AssetTables tables = book.tables(assets_with_lives());
  add_file("assets.sqlite", static_cast<std::int64_t>(tables.assets.size()),
           [&](const fs::path& file) { assets::write_assets(file, tables); });
  const assets::AssetFinder finder(folder / "assets.sqlite");
  if (book.compute_dividend_ratios && !actions.cash_dividends.empty()) {
    auto ratios =
        compute_dividend_ratios(actions.cash_dividends, *BarStore::open(folder / "bars.arrow"), finder, options.log);
    std::ranges::move(ratios, std::back_inserter(actions.dividends));
  }
  const std::size_t rows = actions.splits.size() + actions.mergers.size() + actions.dividends.size() +
                           actions.cash_dividends.size() + actions.stock_dividends.size();
  add_file("adjustments.sqlite", static_cast<std::int64_t>(rows),
           [&](const fs::path& file) { write_adjustments(file, actions, finder); });
  add_file("reference.json", static_cast<std::int64_t>(tables.assets.size()),
           [&](const fs::path& file) { storage::write_file_atomically(file, book.to_json()); });
  if (restatements.is_open()) {
    restatements.close();
    if (!restatements)
      throw Error(ErrorCode::FileNotWritable, fmt::format("cannot write {}", (folder / "restatements.csv").string()));
    add_file("restatements.csv", manifest.info.restatements, [](const fs::path&) {});
  }
  manifest.info.splits = static_cast<std::int64_t>(actions.splits.size());
  manifest.info.dividends = static_cast<std::int64_t>(actions.cash_dividends.size());
  manifest.info.data_hash = content_hash(tables);
}

/// SHA-256 over lines of text, one per asset, partition and action, sorted: the same for the same content, wherever,
/// whenever and in however many appends it is ingested. Sids are left out: they depend on what was ingested before.
std::string BundleWriter::State::content_hash(const assets::AssetTables& tables) const {
  const auto symbol = [&](AssetIndex a) -> const std::string& {
    return tables.assets[static_cast<std::size_t>(a.value)].symbol;
  };
  const auto symbol_of = [&](Sid sid) -> const std::string& { return book.symbol(book.key_of(sid)); };
  std::vector<std::string> lines = action_lines(actions, symbol);
  for (const assets::Asset& asset : tables.assets) lines.push_back("asset|" + describe_asset(asset));
  for (const assets::Exchange& e : tables.exchanges)
    lines.push_back(fmt::format("exchange|{}|{}|{}", e.exchange, e.canonical_name, e.country_code));
  for (const assets::FutureRoot& r : tables.roots) {
    lines.push_back(fmt::format("root|{}|{}|{}|{}|{}", r.root_symbol, r.root_symbol_id.value_or(-1), r.sector,
                                r.description, r.exchange));
  }
  for (const assets::SymbolMapping& m : tables.symbol_mappings) {
    lines.push_back(fmt::format("symbol|{}|{}|{}|{}", symbol_of(m.sid), m.symbol, m.start_date.to_string(),
                                m.end_date.to_string()));
  }
  for (const assets::SupplementaryMapping& m : tables.supplementary_mappings) {
    lines.push_back(fmt::format("value|{}|{}|{}|{}|{}", symbol_of(m.sid), m.field, m.value, m.start_date.to_string(),
                                m.end_date.to_string()));
  }
  for (const ManifestFile& file : manifest.files)
    if (!file.content.empty()) lines.push_back(fmt::format("bars|{}|{}", file.path, file.content));
  for (const FxRate& r : fx_rates) {
    lines.push_back(
        fmt::format("fx|{}|{}|{}|{}|{}", r.rate, r.base, r.quote, r.day.to_string(), r.value.normalized().to_string()));
  }
  std::ranges::sort(lines);
  return storage::sha256_hex(fmt::format("rustybt bundle 3|{}\n{}\n", calendar->name(), fmt::join(lines, "\n")));
}

void BundleWriter::State::finish_folder() {
  std::ranges::sort(manifest.files, {}, &ManifestFile::path);
  probe("write manifest of the version");
  storage::write_file_atomically(folder / "manifest.json", manifest_to_json(manifest));
  probe("sync folders");
  for (const fs::directory_entry& inner : fs::recursive_directory_iterator(folder))
    if (inner.is_directory()) storage::sync_folder(inner.path());
  storage::sync_folder(folder);
  probe("name the version");
  const fs::path named = version_folder(bundle, manifest.info.version_id);
  fs::rename(folder, named);
  folder = named;
  // up to the root, which a first ingest has made: versions, the bundle, data
  fs::path above = folder.parent_path();
  for (int level = 0; level < 4; ++level, above = above.parent_path())
    storage::sync_folder(above.empty() ? fs::path(".") : above);
}

}  // namespace rustybt::data
