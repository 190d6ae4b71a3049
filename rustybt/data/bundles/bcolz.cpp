#include "rustybt/data/bundles/bcolz.hpp"

#include <blosc.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/json_number.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunkFileHeader = 16;  // "blpk", version, three bytes, number of chunks

[[noreturn]] void corrupt(const std::string& what, const std::string& problem) {
  throw Error(ErrorCode::CorruptBundle, fmt::format("{}: {}", what, problem),
              "take the folder from a backup, or ingest it again with Zipline")
      .with("file", what);
}

/// Blosc is no part of the library: only who reads Zipline's bundles needs it.
struct Blosc {
  decltype(&blosc_decompress_ctx) decompress;
  decltype(&blosc_cbuffer_validate) validate;
};

const Blosc& blosc() {
  static const Blosc loaded = [] {
    void* const library = ::dlopen("libblosc.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      throw Error(ErrorCode::MissingDependency, fmt::format("Zipline's bars are packed with Blosc: {}", ::dlerror()),
                  "install libblosc (Debian: apt install libblosc1)");
    }
    const auto find = [&]<class Function>(const char* name, Function& out) {
      out = reinterpret_cast<Function>(::dlsym(library, name));
      if (out == nullptr) throw Error(ErrorCode::MissingDependency, fmt::format("libblosc.so.1 has no {}", name));
    };
    Blosc functions{};
    find("blosc_decompress_ctx", functions.decompress);
    find("blosc_cbuffer_validate", functions.validate);
    return functions;
  }();
  return loaded;
}

}  // namespace

BcolzFacts parse_bcolz_facts(std::string_view sizes, std::string_view storage, const std::string& origin) {
  constexpr std::int64_t kMostValues = std::int64_t{1} << 40;
  constexpr std::int64_t kLongestChunk = std::int64_t{1} << 26;
  BcolzFacts facts;
  try {
    const nlohmann::json shape = nlohmann::json::parse(sizes).at("shape");
    if (shape.size() != 1) corrupt(origin, fmt::format("has {} dimensions, expected 1", shape.size()));
    facts.size = whole_number(shape.at(0), 0, kMostValues);
    const nlohmann::json stored = nlohmann::json::parse(storage);
    facts.chunk_length = whole_number(stored.at("chunklen"), 1, kLongestChunk);
    if (const auto type = stored.at("dtype").get<std::string>(); type != "uint32" && type != "<u4")
      corrupt(origin, fmt::format("values of type {}, expected uint32", type));
  } catch (const nlohmann::json::exception& e) {
    corrupt(origin, e.what());
  } catch (const Error& e) {
    if (e.code() == ErrorCode::CorruptBundle) throw;
    corrupt(origin, e.message());
  }
  return facts;
}

std::vector<std::uint32_t> unpack_bcolz_chunk(std::string_view file, std::int64_t most, const std::string& origin) {
  if (file.size() < kChunkFileHeader + BLOSC_MIN_HEADER_LENGTH || !file.starts_with("blpk"))
    corrupt(origin, "is no bcolz chunk");
  const std::string_view chunk = file.substr(kChunkFileHeader);
  std::size_t bytes = 0;
  if (blosc().validate(chunk.data(), chunk.size(), &bytes) != 0) corrupt(origin, "is no whole Blosc chunk");
  if (bytes % sizeof(std::uint32_t) != 0 || bytes / sizeof(std::uint32_t) > static_cast<std::size_t>(most))
    corrupt(origin, fmt::format("unpacks to {} bytes, expected up to {} numbers of 4", bytes, most));
  std::vector<std::uint32_t> values(bytes / sizeof(std::uint32_t));
  const int unpacked = blosc().decompress(chunk.data(), values.data(), bytes, 1);
  if (unpacked < 0 || static_cast<std::size_t>(unpacked) != bytes) corrupt(origin, "cannot be unpacked");
  return values;
}

BcolzColumn::BcolzColumn(fs::path folder)
    : folder_(std::move(folder)),
      facts_(parse_bcolz_facts(storage::read_file(folder_ / "meta" / "sizes"),
                               storage::read_file(folder_ / "meta" / "storage"), (folder_ / "meta").string())) {}

void BcolzColumn::load_chunk(std::int64_t number) {
  if (number == chunk_number_) return;
  const fs::path file = folder_ / "data" / fmt::format("__{}.blp", number);
  chunk_number_ = -1;
  chunk_ = unpack_bcolz_chunk(storage::read_file(file), facts_.chunk_length, file.string());
  const std::int64_t expected = std::min(facts_.chunk_length, facts_.size - number * facts_.chunk_length);
  if (static_cast<std::int64_t>(chunk_.size()) < expected)
    corrupt(file.string(), fmt::format("holds {} values, expected {}", chunk_.size(), expected));
  chunk_number_ = number;
}

std::vector<std::uint32_t> BcolzColumn::read(std::int64_t first, std::int64_t count) {
  if (first < 0 || count < 0 || first > facts_.size || count > facts_.size - first)
    corrupt(folder_.string(), fmt::format("has {} values, asked for [{}, {})", facts_.size, first, first + count));
  std::vector<std::uint32_t> values;
  values.reserve(
      static_cast<std::size_t>(std::min(count, facts_.chunk_length)));  // a damaged size does not reserve terabytes
  for (std::int64_t at = first; at < first + count;) {
    load_chunk(at / facts_.chunk_length);
    const std::int64_t within = at % facts_.chunk_length;
    const std::int64_t here = std::min(facts_.chunk_length - within, first + count - at);
    values.insert(values.end(), chunk_.begin() + within, chunk_.begin() + within + here);
    at += here;
  }
  return values;
}

}  // namespace rustybt::data
