#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "command.h"
#include "load_client.h"
#include "system_measure.h"
#include "system_population.h"
#include "system_process.h"
#include "system_servers.h"
#include "system_setup.h"

namespace muster::bench {
namespace {

/// The hidden subcommand that holds the client's side of some sessions.
constexpr const char* kHolderCommand = "session-holder";
constexpr int kFirstPart = 5;  // a fifth of the sessions is opened before the first look
constexpr std::chrono::seconds kOpenLimit{180};
constexpr std::chrono::seconds kSettle{3};
constexpr int kHolderThreads = 2;

/// The client's side of some sessions, in a process of its own: descriptors are scarce.
class Holder {
 public:
  Holder(const Server& server, int first, int count)
      : log_(folder_.path() / "log"),
        process_(
            {own_binary().string(), kHolderCommand, server.address(), std::to_string(first), std::to_string(count)},
            log_) {
    const auto limit = std::chrono::steady_clock::now() + kOpenLimit;
    while (!is_open()) {
      process_.check_alive();
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("the sessions do not open");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

 private:
  [[nodiscard]] bool is_open() const {
    std::ifstream file(log_);
    std::string word;
    while (file >> word) {
      if (word == "open") return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  const std::filesystem::path log_;
  ChildProcess process_;
};

std::int64_t settled_kib(const Server& server) {
  std::this_thread::sleep_for(kSettle);
  wait_for_quiet();
  return resident_kib(server.pid());
}

struct Memory {
  std::int64_t none, some, all;  // KiB with no, the first and all sessions
  double kib_per_session;        // from the first to all: what the start left free is used up by then
};

Memory measure_memory(const char* name, const Server& server, int sessions) {
  const int some = sessions / kFirstPart;
  Memory memory{};
  memory.none = settled_kib(server);
  const Holder first(server, 0, some);
  memory.some = settled_kib(server);
  const Holder others(server, some, sessions - some);
  memory.all = settled_kib(server);
  memory.kib_per_session = std::round(10.0 * static_cast<double>(memory.all - memory.some) / (sessions - some)) / 10;
  std::fprintf(stderr, "%s: %d sessions open, %.1f KiB each\n", name, sessions, memory.kib_per_session);
  return memory;
}

boost::json::object to_json(const Memory& memory) {
  return {
      {"kib_per_session", memory.kib_per_session},
      {"rss_kib", {{"no_sessions", memory.none}, {"a_fifth", memory.some}, {"all_sessions", memory.all}}},
  };
}

boost::json::object run(int sessions) {
  raise_file_limit();
  musterd_binary();  // look for it before the bare server's turn
  Memory bare{};
  {
    const auto server = start_bare_server();
    bare = measure_memory("bare", *server, sessions);
  }
  Memory muster{};
  {
    const auto server = start_musterd();
    register_population(server->address(), Population(sessions, sessions));
    muster = measure_memory("muster", *server, sessions);
  }
  return {
      {"bench", "sessions"},
      {"environment", describe_environment("")},
      {"sessions", sessions},
      {"muster", to_json(muster)},
      {"bare", to_json(bare)},
      {"ratio", std::round(muster.kib_per_session / bare.kib_per_session * 1000) / 1000},
      {"left_out",
       {"sockets' buffers in the kernel", "the client's side of the sessions",
        "what musterd's database uses: it has the same few connections however many sessions there are"}},
  };
}

struct HolderOptions {
  std::string address;
  int first = 0;
  int count = 0;
};

/// Opens the sessions, says so on standard output and keeps them until the process is told to end.
boost::json::object hold(const HolderOptions& options) {
  raise_file_limit();
  const int agents = options.first + options.count;
  const Population population(agents, agents);
  const LoadClient client(options.address, population, {options.first, options.count, options.count, kHolderThreads});
  std::printf("open\n");
  std::fflush(stdout);
  while (true) pause();
}

}  // namespace

Command sessions_command(CLI::App& app) {
  auto sessions = std::make_shared<int>(10'000);
  CLI::App* command = app.add_subcommand(
      "sessions", "What an idle agent session on its own connection costs in memory: musterd, and a bare gRPC server");
  command->add_option("--sessions", *sessions, "Sessions open and idle")
      ->check(CLI::Range(1'000, 15'000))
      ->capture_default_str();
  return {command, [sessions] { return run(*sessions); }};
}

Command session_holder_command(CLI::App& app) {
  auto options = std::make_shared<HolderOptions>();
  CLI::App* command = app.add_subcommand(kHolderCommand, "Holds sessions for the subcommand sessions")->group("");
  command->add_option("address", options->address)->required();
  command->add_option("first", options->first)->required();
  command->add_option("count", options->count)->required();
  return {command, [options] { return hold(*options); }};
}

}  // namespace muster::bench
