// manifest.json of a bundle. What is read must be written and read again to the same.

#include "fuzzing.hpp"
#include "rustybt/data/bundles/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rustybt;
  fuzzing::expect_only_errors([&] {
    const data::Manifest manifest = data::parse_manifest(fuzzing::text_of(data, size), "manifest.json");
    const std::string written = data::manifest_to_json(manifest);
    if (data::manifest_to_json(data::parse_manifest(written, "manifest.json")) != written) std::abort();
  });
  return 0;
}
