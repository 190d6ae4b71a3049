#!/usr/bin/env bash
# Builds the fuzz targets (tests/fuzz) and runs each for some seconds, two at a time: tools/fuzz.sh [SECONDS] [NAME...]
# Inputs that were worth keeping stay in build/fuzz/corpus, findings in build/fuzz/findings.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets || exit 1

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do
    source=${source##*/fuzz_}
    names+=("${source%.cpp}")
  done
fi
mkdir -p build/fuzz/findings build/fuzz/logs
rm -f build/fuzz/findings/*

run() {
  local name=$1 log=build/fuzz/logs/$1.log
  mkdir -p "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name"
  export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer
  # One memory pool that the address sanitizer sees. More than half a gigabyte at once is refused: a finding where C++
  # asks for it, an error to report where Arrow does for a size that the file names.
  export ARROW_DEFAULT_MEMORY_POOL=system ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=512
  "build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1
  local status=$? runs
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ $status -eq 0 ]; then
    echo "fuzz $name: no finding in ${runs:-?} inputs"
  else
    echo "fuzz $name: FINDING, log $log"
    grep -E 'ERROR|SUMMARY|runtime error|terminate|what\(\)|Check failed|Test unit written' "$log" | head -20
  fi
  return $status
}

export -f run
export seconds
printf '%s\n' "${names[@]}" | xargs -P 2 -I{} bash -c 'run {}'
