#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/src.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "free_port.h"
#include "muster/base/random.h"

/// A real musterd under the load of a real muster-sim, killed at random moments, its PostgreSQL too. What the
/// simulator's own audit says at the end is the verdict. MUSTER_SEED=N repeats the moments of a run.
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int kRounds = 4;
constexpr int kKillsPerRound = 6;

pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives the test
  if (!freopen(log.c_str(), "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0) _exit(126);
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

class CrashTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("MUSTER_SEED");
    seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "to repeat: MUSTER_SEED=" << seed << " crash_test\n";
    folder = fs::temp_directory_path() / ("muster-crash-" + std::to_string(getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    setenv("XDG_CONFIG_HOME", folder.c_str(), 1);  // where muster and muster-sim find the server's key
    grpc_port = muster::testing::free_port();
    http_port = muster::testing::free_port();
  }
  void TearDown() override {
    kill_and_reap(server, SIGTERM);
    if (HasFailure()) {
      std::cout << "logs are in " << folder << '\n';
    } else {
      fs::remove_all(folder);
    }
  }

  void start_server() {
    server = spawn({MUSTERD, "--data", (folder / "data").string(), "--grpc-listen", "127.0.0.1:" + grpc_port,
                    "--http-listen", "127.0.0.1:" + http_port, "--log-level", "info"},
                   folder / "musterd.log");
  }
  /// Waits until the server answers. The first start makes a database cluster, which may take its time.
  void wait_until_serving() {
    for (int status = -1; status != 0; std::this_thread::sleep_for(100ms)) {
      const pid_t client =
          spawn({MUSTER, "--server", "127.0.0.1:" + grpc_port, "queues", "list"}, folder / "muster.log");
      waitpid(client, &status, 0);
    }
  }
  static int kill_and_reap(pid_t& pid, int signal) {
    if (pid <= 0) return -1;
    kill(pid, signal);
    int status = 0;
    waitpid(pid, &status, 0);
    pid = -1;
    return status;
  }
  /// The server of musterd's own PostgreSQL; -1 while there is none.
  pid_t postmaster() const {
    pid_t pid = -1;
    std::ifstream(folder / "data" / "postgres" / "postmaster.pid") >> pid;
    return pid;
  }
  boost::json::object report(const fs::path& file) const {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    boost::json::error_code error;
    auto value = boost::json::parse(text, error);
    EXPECT_FALSE(error) << "no report from the simulator: " << text;
    return error ? boost::json::object{} : value.as_object();
  }
  void wait_a_random_moment(muster::Random& random) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500 + random.below(2500)));
  }

  std::uint64_t seed = 0;
  fs::path folder;
  std::string grpc_port;
  std::string http_port;
  pid_t server = -1;
};

TEST_F(CrashTest, NothingAcknowledgedIsLostWhateverIsKilledWhenever) {
  muster::Random random(seed);
  start_server();
  wait_until_serving();
  int server_kills = 0;
  int database_kills = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto json = folder / ("round-" + std::to_string(round) + ".json");
    pid_t sim = spawn({MUSTER_SIM, "--server", "127.0.0.1:" + grpc_port, "--synthetic", "crash", "--speed", "60",
                       "--duration", "15s", "--seed", std::to_string(seed + round), "--json", json.string()},
                      folder / "sim.log");
    for (int n = 0; n < kKillsPerRound; ++n) {
      wait_a_random_moment(random);
      const pid_t database = postmaster();
      if (random.below(3) == 0 && database > 0) {
        kill(database, SIGKILL);
        ++database_kills;
      } else {
        kill_and_reap(server, SIGKILL);
        start_server();
        ++server_kills;
      }
    }
    int status = 0;
    waitpid(sim, &status, 0);
    const auto verdict = report(json);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << boost::json::serialize(verdict);
    ASSERT_TRUE(verdict.contains("audit")) << "see " << folder / "sim.log";
    for (const auto& [kind, number] : verdict.at("audit").as_object()) {
      EXPECT_EQ(number.to_number<std::int64_t>(), 0) << kind << " in round " << round;
    }
    EXPECT_GT(verdict.at("arrivals").to_number<std::int64_t>(), 100) << "there must have been a load";
    EXPECT_GT(verdict.at("answered").to_number<std::int64_t>(), 100);
  }
  EXPECT_GT(server_kills, 0);
  EXPECT_GT(database_kills, 0);
  std::cout << server_kills << " kills of musterd, " << database_kills << " of its PostgreSQL\n";
  pid_t recomputation =
      spawn({MUSTER, "--server", "127.0.0.1:" + grpc_port, "admin", "recompute-kpis"}, folder / "muster.log");
  int compared = 0;
  waitpid(recomputation, &compared, 0);
  EXPECT_TRUE(WIFEXITED(compared) && WEXITSTATUS(compared) == 0) << "history is what the journal gives";
  const int status = kill_and_reap(server, SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "it still stops in good order";
}

}  // namespace
