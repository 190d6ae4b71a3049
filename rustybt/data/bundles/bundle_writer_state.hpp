#pragma once
// Inside of BundleWriter, shared by its two source files: taking parts (bundle_writer.cpp) and committing
// (bundle_commit.cpp).

#include <fstream>
#include <map>
#include <optional>

#include "rustybt/data/bundles/bar_merge.hpp"
#include "rustybt/data/bundles/bar_spill.hpp"
#include "rustybt/data/bundles/bundle_writer.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/minute_labels.hpp"
#include "rustybt/data/bundles/reference.hpp"

namespace rustybt::data {

struct BundleWriter::State {
  State(std::string_view bundle_name, const IngestOptions& ingest_options);
  ~State();

  // --- taking parts (bundle_writer.cpp)
  void take(BundleContent part);
  bool forget_dates_of_bars(BundleContent::Item& item) const;
  void take_bars(int key, bool minutes, BarSeries series);
  void note_sessions(int key, bool minutes, const BarSeries& series);
  BarSeries merge_pieces(const Partition& partition, int key, std::vector<BarSeries> pieces);
  void begin_append();

  // --- committing (bundle_commit.cpp)
  BundleInfo commit();
  /// A partition on its way: merged and counted, or left as it is.
  struct PartitionWork {
    Partition partition;
    const ManifestFile* before = nullptr;
    bool is_reused = false;
    std::vector<int> keys = {};  ///< by sid
    std::int64_t rows = 0;
    std::string content = {};
  };
  void write_partitions();
  void prepare(PartitionWork& work);
  void load_before(const PartitionWork& work);
  void write_partition(const PartitionWork& work);
  PartitionShape& shape_of(const Partition& partition) { return shapes[partition.minutes ? 1 : 0]; }
  bool revise_partition(const Partition& partition, const ManifestFile& before);
  [[nodiscard]] int key_of_bars(Sid sid, const ManifestFile& file) const;
  BarSeries revise(bool minutes, int key, BarSeries before, BarSeries now);
  void reuse(const ManifestFile& before);
  void write_store();
  void merge_corporate_actions();
  void write_exchange_rates();
  void write_reference_files();
  void finish_folder();
  [[nodiscard]] std::vector<assets::Asset> assets_with_lives() const;
  [[nodiscard]] std::string content_hash(const assets::AssetTables& tables) const;
  void restate(const std::string& symbol, const std::string& when, const std::string& what, const std::string& before,
               const std::string& now);

  void probe(std::string_view step) const {
    if (options.probe) options.probe(step);
  }
  template <class Write>
  ManifestFile& add_file(const std::string& path, std::int64_t rows, const Write& write);
  ReferenceBook::Entry& entry(int key) { return book.entries()[static_cast<std::size_t>(key)]; }

  std::string name;
  IngestOptions options;
  std::filesystem::path bundle;
  std::optional<BundleLock> lock;
  std::optional<Manifest> previous;   ///< the version that is current
  std::optional<Manifest> base;       ///< the same, when this one appends to it
  std::filesystem::path base_folder;  ///< of its version
  std::filesystem::path folder;       ///< of the unfinished version
  bool is_committed = false;

  utils::CalendarPtr calendar;           ///< of the first part, or of the base
  std::optional<SessionMinutes> labels;  ///< of all its sessions
  ReferenceBook book;
  Adjustments base_actions;
  std::vector<FxRate> base_fx_rates;
  std::size_t base_entries = 0;  ///< entries of the book that the base has
  std::vector<std::string> sources;
  std::optional<BarSpill> spill;

  Manifest manifest;  ///< the one in the making
  std::ofstream restatements;
  std::vector<Date> sessions;      ///< of the store
  int first_calendar_session = 0;  ///< position of sessions[0] in the calendar
  std::vector<FxRate> fx_rates;    ///< merged, sorted
  Adjustments actions;             ///< merged, indexes are positions by sid
  std::vector<int> order;          ///< keys by sid
  PartitionShape shapes[2];        ///< of the daily and of the minute files
  std::int64_t rows_done = 0;
};

}  // namespace rustybt::data
