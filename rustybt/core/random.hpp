#pragma once
// Counter-based randomness: the value is a pure function of (seed, stream, counter), so any thread order gives the
// same bytes.

#include <cstdint>

namespace rustybt {

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// A stream of random numbers addressed by counter.
class CounterRandom {
 public:
  constexpr CounterRandom(std::uint64_t seed, std::uint64_t stream) : key_(mix64(mix64(seed) ^ stream)) {}
  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t counter) const { return mix64(key_ ^ mix64(counter)); }
  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] constexpr double uniform(std::uint64_t counter) const {
    return static_cast<double>(bits(counter) >> 11) * 0x1.0p-53;
  }
  /// Uniform integer in [0, bound), bound > 0, by 128-bit multiplication.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t counter, std::uint64_t bound) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits(counter)) * bound) >> 64);
  }

 private:
  std::uint64_t key_;
};

}  // namespace rustybt
