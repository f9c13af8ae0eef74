#include <time.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "command.h"
#include "floor.h"
#include "muster/journal/appender.h"
#include "muster/journal/codec.h"
#include "muster/journal/reader.h"
#include "muster/journal/recovery.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"
#include "samples.h"

namespace muster::bench {
namespace {

struct Options {
  std::uint64_t events = 1'000'000;
  std::uint64_t batch = 32;
  int agents = 2000;
  int rounds = 3;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What a day of a busy floor leaves in the journal. Returns the bytes of its payloads.
std::uint64_t write_journal(const std::string& database, testing::Floor& floor, const Options& options) {
  journal::Appender appender({database, "bench", {1, 1}, std::chrono::seconds(30)});
  std::uint64_t bytes = 0;
  std::vector<dispatch::Event> waiting = floor.take();
  while (floor.engine().last_sequence() < options.events || !waiting.empty()) {
    while (waiting.size() < options.batch && floor.engine().last_sequence() < options.events) {
      floor.step();
      for (dispatch::Event& event : floor.take()) waiting.push_back(std::move(event));
    }
    std::string payload;
    for (const dispatch::Event& event : waiting) journal::encode_event(event, payload);
    const auto result = appender.append(waiting.front().sequence, waiting.back().sequence, payload);
    if (result != journal::AppendResult::kCommitted) throw std::runtime_error(appender.error());
    bytes += payload.size();
    waiting.clear();
  }
  return bytes;
}

boost::json::object run(const Options& options) {
  testing::PostgresCluster cluster({"max_wal_size=16GB", "shared_buffers=512MB"});
  const std::string database = cluster.create_database();
  store::apply_migrations(database);
  cluster.execute(database, "INSERT INTO workspace (id, epoch) VALUES ('bench', 1)");
  testing::Floor floor({.seed = 1, .agents = options.agents, .odd_per_mille = 30});
  const auto start = Clock::now();
  const std::uint64_t bytes = write_journal(database, floor, options);
  const dispatch::Sequence last = floor.engine().last_sequence();
  std::fprintf(stderr, "%lu events written in %.1f s, %lu bytes each\n", last, seconds_since(start), bytes / last);

  std::vector<double> seconds;
  std::vector<double> cpu;
  for (int round = 0; round < options.rounds; ++round) {
    const auto before = Clock::now();
    const double cpu_before = cpu_seconds();
    journal::Reader reader(database, "bench");
    const journal::Recovered recovered = journal::recover(reader, last);
    seconds.push_back(seconds_since(before));
    cpu.push_back(cpu_seconds() - cpu_before);
    if (recovered.engine.state_hash() != floor.engine().state_hash()) {
      throw std::runtime_error("the replayed state differs from the live one");
    }
    std::fprintf(stderr, "replayed in %.2f s, %.2f s of it on our core\n", seconds.back(), cpu.back());
  }
  const double median = percentile(seconds, 0.5);
  const double rate = static_cast<double>(last) / median;
  std::fprintf(stderr, "%.0f events/s, state hash equal\n", rate);
  return {{"bench", "replay"},
          {"events", last},
          {"events_per_batch", options.batch},
          {"bytes_per_event", static_cast<double>(bytes) / static_cast<double>(last)},
          {"seconds", median},
          {"cpu_seconds", percentile(cpu, 0.5)},
          {"events_per_second", rate},
          {"state_hash_equal", true}};
}

}  // namespace

Command replay_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay", "Writes the journal of a busy floor, then brings its state back from it and compares the hash");
  command->add_option("--events", options->events, "Events to write and replay")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  command->add_option("--batch", options->batch, "Events in one commit")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--agents", options->agents, "Agents on the floor")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Replays; the median counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  return {command, [options] { return run(*options); }};
}

}  // namespace muster::bench
