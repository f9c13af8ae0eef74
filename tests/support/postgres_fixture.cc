#include "postgres_fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>

namespace muster::testing {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// The user that the server runs as: it refuses to be root.
const passwd* server_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) throw std::runtime_error("running as root needs a user postgres for the test server");
  return user;
}

/// Starts a program of PostgreSQL with its output in `log`.
pid_t spawn(std::vector<std::string> arguments, const std::string& log) {
  arguments[0] = kPrograms + arguments[0];
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const passwd* user = server_user();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // After setuid, which would clear it. SIGQUIT is an immediate shutdown.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (getppid() != parent || output < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
    _exit(126);
  }
  setsid();  // so that all processes of the server can be killed at once, and Ctrl-C does not reach them
  execv(argv[0], argv.data());
  _exit(127);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

PostgresCluster::PostgresCluster(std::vector<std::string> settings) : settings_(std::move(settings)) {
  char path[] = "/tmp/muster-pg-XXXXXX";
  if (mkdtemp(path) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  directory_ = path;
  const passwd* user = server_user();
  if (user != nullptr && chown(path, user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("chown failed");
  const pid_t initdb = spawn({"initdb", "-D", directory_ + "/data", "-U", "postgres", "--auth=trust", "--no-sync",
                              "--encoding=UTF8", "--locale=C.UTF-8"},
                             directory_ + "/log");
  int status = 0;
  if (waitpid(initdb, &status, 0) != initdb || status != 0) {
    const std::string log = read_file(directory_ + "/log");
    remove();
    throw std::runtime_error("initdb failed: " + log);
  }
  start();
}

PostgresCluster::~PostgresCluster() {
  if (postmaster_ > 0) {
    ::kill(postmaster_, SIGQUIT);
    waitpid(postmaster_, nullptr, 0);
  }
  remove();
}

void PostgresCluster::remove() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

PostgresCluster& PostgresCluster::instance() {
  static PostgresCluster cluster;
  return cluster;
}

std::string PostgresCluster::connection(const std::string& database) const {
  return "host=" + directory_ + " user=postgres dbname=" + database;
}

std::string PostgresCluster::create_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  execute(connection(), "CREATE DATABASE " + name);
  return connection(name);
}

std::string PostgresCluster::execute(const std::string& connection, const std::string& sql) const {
  const Connection session(PQconnectdb(connection.c_str()), &PQfinish);
  const Result result(PQexec(session.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(std::string(PQerrorMessage(session.get())) + " in: " + sql);
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void PostgresCluster::start() {
  // syncfs: after a crash the default would open and sync every file of the cluster, for many seconds.
  std::vector<std::string> arguments = {"postgres", "-D", directory_ + "/data", "-k", directory_};
  for (const char* setting :
       {"listen_addresses=", "max_connections=50", "fsync=on", "recovery_init_sync_method=syncfs"}) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  for (const std::string& setting : settings_) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  postmaster_ = spawn(std::move(arguments), directory_ + "/log");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (PQping(connection().c_str()) != PQPING_OK) {
    const bool ended = waitpid(postmaster_, nullptr, WNOHANG) == postmaster_;
    if (ended) postmaster_ = -1;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("PostgreSQL did not start: " + read_file(directory_ + "/log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresCluster::kill() {
  // The backends are in sessions of their own; they follow when they see the postmaster gone.
  ::kill(postmaster_, SIGKILL);
  waitpid(postmaster_, nullptr, 0);
  postmaster_ = -1;
}

void PostgresCluster::stop() {
  ::kill(postmaster_, SIGINT);
  waitpid(postmaster_, nullptr, 0);
  postmaster_ = -1;
}

}  // namespace muster::testing
