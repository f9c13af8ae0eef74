#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "workload.h"

/// What the tests of the engine under seeded random workloads have in common. A failure prints the seed; to play that
/// one again:
///   MUSTER_SEED=<seed> simulation_test --gtest_filter='Simulation.*'
namespace muster::dispatch {

inline constexpr int kCommands = 1'500;

class Simulation : public testing::Test {
 protected:
  static constexpr std::uint64_t kSeeds = 80;

  /// Runs the body for so many seeds, or MUSTER_SEEDS, or for the one in MUSTER_SEED.
  template <typename Run>
  static void for_each_seed(Run run, std::uint64_t seeds = kSeeds) {
    if (const char* only = std::getenv("MUSTER_SEED")) {
      run(std::strtoull(only, nullptr, 10));
      return;
    }
    if (const char* others = std::getenv("MUSTER_SEEDS")) seeds = std::strtoull(others, nullptr, 10);
    for (std::uint64_t seed = 1; seed <= seeds && !HasFatalFailure(); ++seed) run(seed);
  }
};

/// One engine under one workload, step by step.
class Day {
 public:
  explicit Day(std::uint64_t seed) : seed_(seed), workload_(seed), opening_(workload_.opening()) {}

  Reply step() {
    choose();
    return play();
  }
  /// The two halves of a step: what is asked next, and when; and asking it.
  void choose() {
    if (played_ < opening_.size()) {
      last_ = {{}, opening_[played_]};
    } else {
      now_ += workload_.pause();
      last_ = workload_.next(engine);
    }
    ++played_;
  }
  Reply play() {
    fresh.clear();
    return engine.handle(last_, now_, fresh);
  }
  void advance(TimePoint now) {
    fresh.clear();
    engine.advance(now, fresh);
  }
  [[nodiscard]] const Command& last() const { return last_; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] std::string where() const {
    return "MUSTER_SEED=" + std::to_string(seed_) + " step " + std::to_string(played_);
  }

  Engine engine;
  std::vector<Event> fresh;  // of the last step or advance

 private:
  std::uint64_t seed_;
  Workload workload_;
  std::vector<CommandBody> opening_;
  std::size_t played_ = 0;
  TimePoint now_{std::chrono::hours(24 * 365 * 50)};
  Command last_;
};

}  // namespace muster::dispatch
