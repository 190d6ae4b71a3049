// Zipline's tables: the first byte chooses a chunk, a column's facts, a daily table's or the minute tables'.

#include <cstring>

#include "fuzzing.hpp"
#include "rustybt/data/bundles/bcolz.hpp"
#include "rustybt/data/bundles/zipline_bars.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rustybt;
  if (size == 0) return 0;
  const std::string_view input = fuzzing::text_of(data + 1, size - 1);
  fuzzing::expect_only_errors([&] {
    constexpr std::int64_t kMostValues = 65'536;  // as Zipline's own chunks
    switch (data[0]) {
      case 'c':
        if (data::unpack_bcolz_chunk(input, kMostValues, "chunk").size() > kMostValues) std::abort();
        break;
      case 'f': {
        const std::size_t end = std::min(input.find('\n'), input.size());
        const data::BcolzFacts facts =
            data::parse_bcolz_facts(input.substr(0, end), input.substr(std::min(end + 1, input.size())), "column");
        if (facts.size < 0 || facts.chunk_length <= 0) std::abort();
        break;
      }
      case 'd':
        for (const auto& [sid, rows] : data::parse_daily_facts(input, "__attrs__").rows)
          if (rows.first < 0 || rows.second < rows.first) std::abort();
        break;
      case 'm':
        if (data::parse_minute_facts(input, "metadata.json").minutes_per_day <= 0) std::abort();
        break;
      default:
        break;
    }
  });
  return 0;
}
