#include "sessions.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "load_client.h"
#include "system_measure.h"
#include "system_population.h"
#include "system_process.h"
#include "system_servers.h"
#include "system_setup.h"

namespace muster::bench {
namespace {

constexpr int kFirstPart = 5;  // a fifth of the sessions is opened before the first look
constexpr std::chrono::seconds kOpenLimit{180};
constexpr std::chrono::seconds kSettle{3};
constexpr int kHolderThreads = 2;

/// The client's side of some sessions, in a process of its own: descriptors are scarce.
class Holder {
 public:
  Holder(const Server& server, int first, int count)
      : log_(folder_.path() / "log"),
        process_({own_binary().string(), kSessionHolderCommand, server.address(), std::to_string(first),
                  std::to_string(count)},
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

}  // namespace

boost::json::object run_sessions(const SessionsOptions& options) {
  raise_file_limit();
  Memory bare{};
  {
    const auto server = start_bare_server();
    bare = measure_memory("bare", *server, options.sessions);
  }
  Memory muster{};
  {
    const auto server = start_musterd();
    register_population(server->address(), Population(options.sessions, options.sessions));
    muster = measure_memory("muster", *server, options.sessions);
  }
  return {
      {"bench", "sessions"},
      {"environment", describe_environment("")},
      {"sessions", options.sessions},
      {"muster", to_json(muster)},
      {"bare", to_json(bare)},
      {"ratio", std::round(muster.kib_per_session / bare.kib_per_session * 1000) / 1000},
      {"left_out",
       {"sockets' buffers in the kernel", "the client's side of the sessions",
        "what musterd's database uses: it has the same few connections however many sessions there are"}},
  };
}

int run_session_holder(const std::string& address, int first, int count) {
  raise_file_limit();
  try {
    const Population population(first + count, first + count);
    const LoadClient client(address, population, {first, count, count, kHolderThreads});
    std::printf("open\n");
    std::fflush(stdout);
    while (true) pause();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace muster::bench
