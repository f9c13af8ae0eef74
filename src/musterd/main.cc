#include <absl/synchronization/mutex.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "language.h"
#include "muster/musterd/config.h"
#include "muster/musterd/logging.h"
#include "server.h"

namespace {

using namespace muster::musterd;

constexpr int kFailed = 1;
constexpr int kWrongConfiguration = 2;

int stop_event = -1;

/// The first signal asks for a stop in good order; the second one ends the process.
void on_stop_signal(int) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_event, &one, sizeof(one));
}

void handle_stop_signals() {
  stop_event = eventfd(0, EFD_CLOEXEC);
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void wait_for_stop_signal() {
  std::uint64_t count = 0;
  while (read(stop_event, &count, sizeof(count)) != sizeof(count)) {
  }
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

/// A thread that wakes up waits for the running one's turn to end: with the processors full, each then finds more to do
/// at once. With one idle it makes no difference. docs/decisions/0006-batch-scheduling.md
void batch_work() {
  const sched_param priority{};
  if (sched_getscheduler(0) == SCHED_OTHER) sched_setscheduler(0, SCHED_BATCH, &priority);
}

/// Once, at the terminal and not in the log.
void tell(const muster::identity::FirstAdmin& admin) {
  std::cout << say(choose_language(environment),
                   {"\nThe first user was made. The password is shown here only; change it with muster password:\n",
                    "\n已创建首个用户。密码只在此处显示；请用 muster password 修改：\n"})
            << "  muster login " << admin.user_id << "\n  " << admin.password << "\n"
            << std::endl;
}

int run(const Config& config) {
  signal(SIGPIPE, SIG_IGN);
  batch_work();  // before there are threads and processes to inherit it
  // Debian builds Abseil with a search for lock cycles at each lock that gRPC takes: for developers of Abseil's users.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  start_logging(config.log_level, config.log_format);
  handle_stop_signals();  // before there is anything to lose; a stop then waits until the start is through
  Server server(config);
  server.start();
  if (server.first_admin()) tell(*server.first_admin());
  wait_for_stop_signal();
  spdlog::info("stopping: open calls get {} ms; a second signal stops at once", config.shutdown_grace.count());
  server.stop();
  spdlog::info("stopped");
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const CommandLine line = parse_command_line({argv + 1, argv + argc}, environment);
    if (line.exit_text || line.print_config) {
      std::cout << line.exit_text.value_or(to_toml(line.config));
      return EXIT_SUCCESS;
    }
    return run(line.config);
  } catch (const ConfigError& error) {
    std::cerr << "musterd: " << error.what() << "\n";
    return kWrongConfiguration;
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return kFailed;
  }
}
