#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "run.h"

namespace {

using muster::simulator::Fault;
using muster::simulator::kFaultCount;
using muster::simulator::Outcome;
using Clock = std::chrono::steady_clock;

constexpr auto kProgressEvery = std::chrono::seconds(5);

// What the handler prints: a failed assertion of the product, or a crash, is a violation like any other.
char aborted[512];

void on_abort(int) {
  std::size_t length = 0;
  while (aborted[length] != '\0') ++length;
  static_cast<void>(!write(STDERR_FILENO, aborted, length));
  _exit(1);
}

std::string command_for(const std::string& program, std::uint64_t seed) {
  return program + " --seeds 1 --first-seed " + std::to_string(seed);
}

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t commands = 0;
  std::uint64_t events = 0;
  std::uint64_t takeovers = 0;
  std::uint64_t fenced = 0;
  muster::simulator::FaultCounts faults{};
  std::uint64_t digest = 0;
  int violations = 0;
  Clock::time_point started = Clock::now();

  void add(const Outcome& outcome) {
    ++seeds;
    commands += outcome.commands;
    events += outcome.events;
    takeovers += outcome.takeovers;
    fenced += outcome.fenced;
    for (std::size_t i = 0; i < kFaultCount; ++i) faults[i] += outcome.faults[i];
    digest = digest * 31 + outcome.digest;
    violations += outcome.broken ? 1 : 0;
  }

  [[nodiscard]] std::string line() const {
    std::string text = std::to_string(seeds) + " seeds, " + std::to_string(commands) + " commands, " +
                       std::to_string(events) + " events, " + std::to_string(takeovers) + " takeovers, " +
                       std::to_string(fenced) + " fenced appends, faults:";
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      text += std::string(" ") + muster::simulator::name_of(Fault(i)) + "=" + std::to_string(faults[i]);
    }
    char end[96];
    const double took = std::chrono::duration<double>(Clock::now() - started).count();
    std::snprintf(end, sizeof end, ", digest %016llx, %d violations, %.1f s", static_cast<unsigned long long>(digest),
                  violations, took);
    return text + end;
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 100;
  std::uint64_t first_seed = 1;
  bool trace = false;
  CLI::App app{
      "Plays the server against simulated clients on simulated time with a faulty store, network and machines.\n"
      "Each seed is one run, the same on every machine; after every step the invariants of docs/testing.md are\n"
      "asserted. The first violation ends it and prints the command that plays it again."};
  app.footer("Exit codes: 0 every invariant held; 1 one was broken; 2 wrong usage.\nThe last line is the summary.");
  app.add_option("--seeds", seeds, "how many seeds to play")->type_name("N")->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--first-seed", first_seed, "the first of them; the others follow")->type_name("S");
  app.add_flag("--trace", trace, "print every event as it becomes durable");
  app.get_option("--seeds")->capture_default_str();
  app.get_option("--first-seed")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  std::signal(SIGABRT, on_abort);
  std::signal(SIGSEGV, on_abort);
  Totals totals;
  auto report_at = Clock::now() + kProgressEvery;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    std::snprintf(aborted, sizeof aborted, "seed %llu: rule assert: the process aborted\nplay it again: %s\n",
                  static_cast<unsigned long long>(seed), command_for(argv[0], seed).c_str());
    const Outcome outcome = muster::simulator::run(seed, trace);
    totals.add(outcome);
    if (outcome.broken) {
      std::cout << "seed " << seed << ", step " << outcome.broken->step << ": rule " << outcome.broken->rule << ": "
                << outcome.broken->what << "\nplay it again: " << command_for(argv[0], seed) << "\n";
      break;
    }
    if (Clock::now() >= report_at) {
      report_at += kProgressEvery;
      std::cerr << totals.line() << std::endl;
    }
  }
  std::cout << totals.line() << std::endl;
  return totals.violations > 0 ? 1 : 0;
}
