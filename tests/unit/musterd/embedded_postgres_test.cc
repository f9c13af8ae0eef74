#include "muster/musterd/embedded_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "muster/musterd/data_dir.h"
#include "postgres_process.h"
#include "temp_dir.h"

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// A session with the server, as the journal has one.
class Session {
 public:
  explicit Session(const std::string& connection) : connection_(PQconnectdb(connection.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) {
      const std::string reason = PQerrorMessage(connection_);
      PQfinish(connection_);
      throw std::runtime_error(reason);
    }
  }
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The first value of the result, if it has one. Throws std::runtime_error if the statement fails.
  std::string run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, sql.c_str()), PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection_));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  PGconn* connection_;
};

/// Runs a statement in a new session as soon as the server takes one; ctest's time limit bounds the wait.
std::string run_when_up(const EmbeddedPostgres& postgres, const std::string& sql) {
  while (true) {
    try {
      return Session(postgres.connection_string()).run(sql);
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

class EmbeddedPostgresTest : public ::testing::Test {
 protected:
  TempDir temp_;
  const std::filesystem::path cluster_ = temp_.path() / "postgres";
};

TEST_F(EmbeddedPostgresTest, FirstStartMakesAClusterAndALaterOneFindsItsData) {
  {
    EmbeddedPostgres postgres(temp_.path());
    postgres.start();
    Session session(postgres.connection_string());
    session.run("create table note(text text)");
    session.run("insert into note values ('派单')");
  }
  EXPECT_TRUE(processes_of(cluster_).empty());
  EXPECT_FALSE(postmaster_pid(cluster_).has_value());
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select text from note"), "派单");
}

TEST_F(EmbeddedPostgresTest, ServerIsDurableAndReachableByItsSocketOnly) {
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  Session session(postgres.connection_string());
  for (const auto& [setting, value] : {std::pair{"fsync", "on"},
                                       {"synchronous_commit", "on"},
                                       {"full_page_writes", "on"},
                                       {"listen_addresses", ""},
                                       {"unix_socket_permissions", "0700"},
                                       {"server_encoding", "UTF8"},
                                       {"shared_buffers", "256MB"}}) {
    EXPECT_EQ(session.run(std::string("show ") + setting), value) << setting;
  }
  struct stat info {};
  ASSERT_EQ(stat(cluster_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 077, 0u);
  EXPECT_NE(info.st_uid, 0u);
}

TEST_F(EmbeddedPostgresTest, PathTooLongForASocketWorks) {
  std::filesystem::path deep = temp_.path();
  for (int i = 0; i < 4; ++i) deep /= std::string(40, 'd') + "'";
  std::filesystem::create_directories(deep);
  EmbeddedPostgres postgres(deep);
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, KilledServerComesBackWithWhatWasCommitted) {
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  Session session(postgres.connection_string());
  session.run("create table t(a int)");
  session.run("insert into t select generate_series(1, 1000)");
  for (int round = 0; round < 2; ++round) {
    const pid_t killed = postgres.pid();
    ASSERT_GT(killed, 0);
    kill(killed, SIGKILL);
    while (postgres.pid() == killed) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(run_when_up(postgres, "select count(*) from t"), "1000");
  }
  EXPECT_THROW(session.run("select 1"), std::runtime_error);
}

TEST_F(EmbeddedPostgresTest, ServerKilledBeforeItWasEverReadyIsStartedAgain) {
  EmbeddedPostgres postgres(temp_.path());
  std::thread killer([&] {
    while (postgres.pid() <= 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(postgres.pid(), SIGKILL);
  });
  postgres.start();
  killer.join();
  EXPECT_EQ(Session(postgres.connection_string()).run("select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, BackendThatOutlivesItsPostmasterDoesNotStopTheNext) {
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  Session session(postgres.connection_string());
  const std::string backend = session.run("select pg_backend_pid()");
  kill(std::stoi(backend), SIGSTOP);  // it cannot see that its postmaster is gone
  const pid_t killed = postgres.pid();
  kill(killed, SIGKILL);
  while (postgres.pid() == killed) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(run_when_up(postgres, "select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, StopIsCleanAndMayBeRepeated) {
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  const std::string connection = postgres.connection_string();
  Session open(connection);
  postgres.stop();
  postgres.stop();
  EXPECT_EQ(postgres.pid(), -1);
  EXPECT_TRUE(processes_of(cluster_).empty());
  EXPECT_THROW(Session{connection}, std::runtime_error);
}

TEST_F(EmbeddedPostgresTest, ServerOfAKilledMusterdIsClearedAndTheNextStarts) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t musterd = fork();
  if (musterd == 0) {
    const DataDir data(temp_.path());
    EmbeddedPostgres postgres(temp_.path());
    postgres.start();
    Session session(postgres.connection_string());
    session.run("create table t as select 42 as a");
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(musterd, SIGKILL);
  waitpid(musterd, nullptr, 0);
  const DataDir data(temp_.path());
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select a from t"), "42");
  close(ready[0]);
  close(ready[1]);
}

TEST_F(EmbeddedPostgresTest, KernelStopsTheServerOfAKilledMusterd) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t musterd = fork();
  if (musterd == 0) {
    EmbeddedPostgres postgres(temp_.path());
    postgres.start();
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(musterd, SIGKILL);
  waitpid(musterd, nullptr, 0);
  while (!processes_of(cluster_).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(postmaster_pid(cluster_).has_value());  // it shut down in good order
  close(ready[0]);
  close(ready[1]);
}

TEST_F(EmbeddedPostgresTest, ToolsThatRunInTheFolderAreLetBe) {
  std::filesystem::create_directory(cluster_);
  const pid_t tool = fork();
  if (tool == 0) {
    if (chdir(cluster_.c_str()) != 0) _exit(1);
    execl("/usr/lib/postgresql/15/bin/pg_test_timing", "pg_test_timing", "-d", "1000", nullptr);
    _exit(1);
  }
  const std::string exe = "/proc/" + std::to_string(tool) + "/exe";
  while (std::filesystem::read_symlink(exe).filename() != "pg_test_timing") {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(processes_of(cluster_).empty());
  kill(tool, SIGKILL);
  waitpid(tool, nullptr, 0);
}

TEST_F(EmbeddedPostgresTest, PidFileThatNamesAStrangerIsOverruled) {
  {
    EmbeddedPostgres postgres(temp_.path());
    postgres.start();
  }
  std::ofstream(cluster_ / "postmaster.pid") << getpid() << "\n/somewhere\n";
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, ClusterLeftHalfMadeIsMadeAnew) {
  std::filesystem::create_directory(temp_.path() / "postgres.new");
  std::ofstream(temp_.path() / "postgres.new" / "PG_VERSION") << "15\n";
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, DeathOfMusterdInTheFirstStartDoesNotSpoilTheNext) {
  for (int round = 0; round < 5; ++round) {
    const pid_t musterd = fork();
    if (musterd == 0) {
      EmbeddedPostgres postgres(temp_.path());
      postgres.start();
      pause();
    }
    // Later in each round: from the very beginning of initdb into its bootstrap.
    while (!std::filesystem::exists(temp_.path() / "postgres.new") && !std::filesystem::exists(cluster_)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(60 * round));
    kill(musterd, SIGKILL);
    waitpid(musterd, nullptr, 0);
  }
  EmbeddedPostgres postgres(temp_.path());
  postgres.start();
  EXPECT_EQ(Session(postgres.connection_string()).run("select 1"), "1");
}

TEST_F(EmbeddedPostgresTest, BrokenClusterIsAnErrorWithPostgresOwnWords) {
  {
    EmbeddedPostgres postgres(temp_.path());
    postgres.start();
  }
  std::filesystem::remove(cluster_ / "global" / "pg_control");
  EmbeddedPostgres postgres(temp_.path());
  EXPECT_THAT([&] { postgres.start(); }, ThrowsMessage<std::runtime_error>(HasSubstr("pg_control")));
  EXPECT_TRUE(processes_of(cluster_).empty());
}

}  // namespace
}  // namespace muster::musterd
