#include "rustybt/core/error.hpp"

namespace rustybt {

namespace {

const ErrorEntry* find_entry(ErrorCode code) noexcept {
  for (const ErrorEntry& entry : kErrorTable) {
    if (entry.code == code) return &entry;
  }
  return nullptr;
}

}  // namespace

Error::Error(ErrorCode code, std::string message, std::string hint)
    : code_(code), message_(std::move(message)), hint_(std::move(hint)) {
  if (hint_.empty()) {
    if (const ErrorEntry* entry = find_entry(code)) hint_ = entry->remedy;
  }
}

std::string_view Error::name() const noexcept {
  const ErrorEntry* entry = find_entry(code_);
  return entry != nullptr ? entry->name : "UnknownError";
}

int Error::exit_status() const noexcept {
  const int category = number() / 1000;
  return category >= 1 && category <= 6 ? category + 1 : 70;
}

Error& Error::with(std::string key, std::string value) {
  context_.emplace_back(std::move(key), std::move(value));
  return *this;
}

void require_invariant(bool holds, std::string_view what) {
  if (!holds) throw Error(ErrorCode::InvariantViolation, "broken invariant: " + std::string(what));
}

}  // namespace rustybt
