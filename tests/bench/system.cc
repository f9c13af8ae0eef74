#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "command.h"
#include "load_client.h"
#include "skip_locked.h"
#include "system_measure.h"
#include "system_population.h"
#include "system_process.h"
#include "system_servers.h"
#include "system_setup.h"

namespace muster::bench {
namespace {

constexpr int kConnections = 4;
constexpr int kClientThreads = 2;
constexpr int kAttemptsMax = 3;  // of a measurement that is interrupted

struct Options {
  int agents = 60'000;                        ///< registered
  int sessions = 1'000;                       ///< of them signed in
  std::vector<int> in_flight = {1, 64, 256};  ///< closed loop
  std::vector<int> open_loop = {25, 50, 75};  ///< Poisson arrivals, in percent of musterd's closed-loop maximum
  int rounds = 5;
  double warm_up_s = 1;
  double seconds = 2;  ///< of each measurement
  std::string only;    ///< "muster", "bare" or "skip_locked"; empty: all, interleaved
};

/// A gRPC server in a process of its own, with its customers and agents.
struct Contestant {
  Contestant(std::unique_ptr<Server> (*start_)(), const Population& population_, bool registers_)
      : start(start_), population(population_), registers(registers_) {
    restart();
  }

  /// A new server, with nothing of an old one.
  void restart() {
    client.reset();
    server.reset();
    server = start();
    if (registers) register_population(server->address(), population);
    client.emplace(server->address(), population,
                   LoadClient::Options{0, population.connected(), kConnections, kClientThreads});
  }

  Load closed_loop(int lives) {
    return {[this, lives] { client->start_closed_loop(lives); }, [this] { return stop(); }, server->pid(), false};
  }

  Load open_loop(double lives_per_second) {
    return {[this, lives_per_second] { client->start_open_loop(lives_per_second); }, [this] { return stop(); },
            server->pid(), true};
  }

  LoadResult stop() {
    LoadResult result = client->stop();
    offer_bytes = result.offer_bytes;
    return result;
  }

  std::unique_ptr<Server> (*const start)();
  const Population& population;
  const bool registers;
  std::unique_ptr<Server> server;
  std::optional<LoadClient> client;
  std::size_t offer_bytes = 0;
};

/// All that is compared, and what was measured so far.
class SystemBench {
 public:
  explicit SystemBench(const Options& options) : options_(options), population_(options.agents, options.sessions) {}

  boost::json::object run() {
    if (options_.sessions > options_.agents) throw std::runtime_error("--sessions is more than --agents");
    start_contestants();
    for (int round = 1; round <= rounds(); ++round) run_closed_loops(round);
    for (int round = 1; options_.only.empty() && round <= rounds(); ++round) run_open_loops(round);
    return report();
  }

 private:
  [[nodiscard]] int rounds() const { return options_.only.empty() ? options_.rounds : 1; }
  [[nodiscard]] bool takes_part(const char* name) const { return options_.only.empty() || options_.only == name; }

  void start_contestants() {
    raise_file_limit();
    if (takes_part("skip_locked")) {
      note("filling PostgreSQL for SKIP LOCKED");
      skip_locked_.emplace(population_);
    }
    if (takes_part("bare")) {
      note("starting the bare server");
      bare_.emplace(start_bare_server, population_, false);
    }
    if (takes_part("muster")) {
      note("starting musterd, registering %d agents", options_.agents);
      muster_.emplace(start_musterd, population_, true);
      note("musterd is process %d", static_cast<int>(muster_->server->pid()));
    }
  }

  void run_closed_loops(int round) {
    for (const int lives : options_.in_flight) {
      if (muster_) {
        take(
            *muster_, muster_closed_[lives], [&] { return muster_->closed_loop(lives); }, "muster", round, lives);
      }
      if (bare_)
        take(
            *bare_, bare_closed_[lives], [&] { return bare_->closed_loop(lives); }, "bare", round, lives);
    }
    if (!skip_locked_) return;
    for (const auto signed_in : {SkipLocked::SignedIn::kAll, SkipLocked::SignedIn::kConnected}) {
      const Load load{[this, signed_in] { skip_locked_->start(signed_in); },
                      [this] { return LoadResult{skip_locked_->stop()}; }, skip_locked_->server(), false};
      take(skip_locked_samples_[signed_in], load, "skip_locked", round, SkipLocked::kConnections);
    }
  }

  void run_open_loops(int round) {
    const double most = lives_per_second(muster_closed_.rbegin()->second);
    for (const int percent : options_.open_loop) {
      const double rate = most * percent / 100;
      const auto level = static_cast<int>(rate);
      take(
          *muster_, muster_open_[percent], [&] { return muster_->open_loop(rate); }, "muster open loop", round, level);
      if (bare_)
        take(
            *bare_, bare_open_[percent], [&] { return bare_->open_loop(rate); }, "bare open loop", round, level);
    }
  }

  /// A machine that stands still for longer than a lease costs musterd its sessions, as it should: measured again then,
  /// on a new server.
  template <typename MakeLoad>
  void take(Contestant& contestant, std::vector<Sample>& samples, MakeLoad load, const char* name, int round,
            int level) {
    for (int attempt = 1;; ++attempt) {
      try {
        return take(samples, load(), name, round, level);
      } catch (const std::runtime_error& error) {
        note("round %d, %s %d: interrupted: %s", round, name, level, error.what());
        if (attempt == kAttemptsMax) throw;
        ++interruptions_;
        contestant.restart();
      }
    }
  }

  void take(std::vector<Sample>& samples, const Load& load, const char* name, int round, int level) {
    const Sample sample = measure(load, options_.warm_up_s, options_.seconds);
    note(
        "round %d, %s %d: %.0f lives/s, life p50 %.0f p99 %.0f us, offer p50 %.0f us, cpu us/life: server %.1f, "
        "database %.1f, client %.1f",
        round, name, level, sample.lives_per_second, sample.life_p50, sample.life_p99, sample.offer_p50,
        sample.server_cpu, sample.database_cpu, sample.client_cpu);
    samples.push_back(sample);
  }

  static double lives_per_second(const std::vector<Sample>& samples) {
    std::vector<double> values;
    for (const Sample& sample : samples) values.push_back(sample.lives_per_second);
    return median(values);
  }

  static double ratio(const std::vector<Sample>& of, const std::vector<Sample>& to) {
    return std::round(lives_per_second(of) / lives_per_second(to) * 1000) / 1000;
  }

  template <typename... Values>
  static void note(const char* format, Values... values) {
    std::fprintf(stderr, format, values...);
    std::fputc('\n', stderr);
  }

  boost::json::object report();
  boost::json::array report_closed_loops();
  boost::json::array report_open_loops();
  boost::json::object report_skip_locked();

  const Options options_;
  const Population population_;
  std::optional<SkipLocked> skip_locked_;
  std::optional<Contestant> bare_;
  std::optional<Contestant> muster_;
  std::map<int, std::vector<Sample>> muster_closed_, bare_closed_;  // by contacts in flight
  std::map<int, std::vector<Sample>> muster_open_, bare_open_;      // by percent
  std::map<SkipLocked::SignedIn, std::vector<Sample>> skip_locked_samples_;
  int interruptions_ = 0;
};

boost::json::array SystemBench::report_closed_loops() {
  boost::json::array rows;
  for (const int lives : options_.in_flight) {
    boost::json::object row{{"in_flight", lives}};
    if (muster_) row["muster"] = to_json(muster_closed_[lives]);
    if (bare_) row["bare"] = to_json(bare_closed_[lives]);
    if (muster_ && bare_) row["ratio_vs_bare"] = ratio(muster_closed_[lives], bare_closed_[lives]);
    if (muster_ && skip_locked_) {
      row["ratio_vs_skip_locked"] = ratio(muster_closed_[lives], skip_locked_samples_[SkipLocked::SignedIn::kAll]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

boost::json::array SystemBench::report_open_loops() {
  boost::json::array rows;
  for (const int percent : options_.open_loop) {
    boost::json::object row{{"percent_of_closed_loop_maximum", percent}};
    const auto add = [&](const char* name, const std::vector<Sample>& samples) {
      if (samples.empty()) return;
      std::vector<double> offered;
      for (const Sample& sample : samples) offered.push_back(sample.offered_per_second);
      boost::json::object one = to_json(samples);
      one["offered_per_second"] = std::round(median(offered));
      one["kept_up"] = lives_per_second(samples) >= 0.97 * median(offered);
      row[name] = std::move(one);
    };
    add("muster", muster_open_[percent]);
    add("bare", bare_open_[percent]);
    rows.push_back(std::move(row));
  }
  return rows;
}

boost::json::object SystemBench::report_skip_locked() {
  return {
      {"connections", SkipLocked::kConnections},
      {"all_agents_signed_in", to_json(skip_locked_samples_[SkipLocked::SignedIn::kAll])},
      {"connected_agents_only", to_json(skip_locked_samples_[SkipLocked::SignedIn::kConnected])},
  };
}

boost::json::object SystemBench::report() {
  boost::json::object out{
      {"bench", "system"},
      {"environment", describe_environment(skip_locked_ ? skip_locked_->version() : "")},
      {"agents", options_.agents},
      {"sessions", options_.sessions},
      {"connections", kConnections},
      {"rounds", rounds()},
      {"seconds", options_.seconds},
      {"closed_loop", report_closed_loops()},
      {"interruptions", interruptions_},
  };
  if (muster_) {
    if (!muster_open_.empty()) out["open_loop"] = report_open_loops();
    const std::vector<Sample>& at_most = muster_closed_.rbegin()->second;
    if (bare_) {
      out["offer_bytes"] = {{"muster", muster_->offer_bytes}, {"bare", bare_->offer_bytes}};
      out["ratio_vs_bare"] = ratio(at_most, bare_closed_.rbegin()->second);
    }
    if (skip_locked_) {
      out["ratio_vs_skip_locked"] = ratio(at_most, skip_locked_samples_[SkipLocked::SignedIn::kAll]);
      out["ratio_vs_skip_locked_connected_only"] =
          ratio(at_most, skip_locked_samples_[SkipLocked::SignedIn::kConnected]);
    }
  }
  if (skip_locked_) out["skip_locked"] = report_skip_locked();
  out["left_out"] = {
      "the network: clients, servers and databases share one machine and its loopback",
      "the load generator's own cost is in every figure: it uses the same cores",
      "SKIP LOCKED has no offer that an agent can decline, no timers, no push to agents and no gRPC in front",
      "the bare server sends no heartbeats and keeps nothing",
  };
  return out;
}

}  // namespace

Command system_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "system", "Contacts' whole lives on musterd, against a bare gRPC server and PostgreSQL with SKIP LOCKED");
  const CLI::Range lives(1, static_cast<int>(LoadClient::kLivesMax));
  command->add_option("--agents", options->agents, "Agents registered")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  command->add_option("--sessions", options->sessions, "Agents signed in, at most --agents")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  command->add_option("--in-flight", options->in_flight, "Closed loop: contacts in flight, rising")
      ->delimiter(',')
      ->check(lives)
      ->capture_default_str();
  command->add_option("--open-loop", options->open_loop, "Independent arrivals: percent of musterd's closed-loop rate")
      ->delimiter(',')
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Rounds; each runs every cell once")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Length of each cell in each round, after a second to warm up")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command->add_option("--only", options->only, "One server alone, closed loop, one round: for a profiler")
      ->check(CLI::IsMember({"muster", "bare", "skip_locked"}));
  return {command, [options] { return SystemBench(*options).run(); }};
}

}  // namespace muster::bench
