#pragma once
// Writers that die halfway, for tests of what they leave behind.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string_view>

#include "rustybt/storage/files.hpp"

namespace rustybt::storage {

/// Run `write` in a child process that dies at write step `step` (-1: never); true when it got to the end.
inline bool runs_until(int step, const std::function<void(const WriteProbe&)>& write) {
  const pid_t child = ::fork();
  if (child == 0) {
    int n = 0;
    try {
      write([&](std::string_view) {
        if (n++ == step) ::_exit(42);
      });
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 42)) << status;
  return WEXITSTATUS(status) == 0;
}

}  // namespace rustybt::storage
