// Parquet files of any writer.

#include "fuzzing.hpp"
#include "rustybt/storage/columnar.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rustybt;
  const fuzzing::InputFile file(fuzzing::text_of(data, size));
  fuzzing::expect_only_errors([&] { static_cast<void>(storage::inspect_parquet(file.path())); });
  fuzzing::expect_only_errors([&] {
    const storage::ColumnTable table = storage::read_parquet(file.path());
    for (const storage::Column& column : table.columns) {
      if (column.size() != table.rows()) std::abort();
      if (!column.validity.empty() && column.validity.size() != table.rows()) std::abort();
    }
  });
  return 0;
}
