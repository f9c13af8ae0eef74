#include <absl/synchronization/mutex.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <vector>

#include "command.h"

// muster-bench: measures Muster beside a baseline, in the same run. Progress goes to standard error, figures to --json.
namespace {

void write(const boost::json::object& figures, const std::string& path) {
  if (path == "-") {
    std::cout << figures << std::endl;
    return;
  }
  std::ofstream file(path);
  file << figures << "\n";
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace muster::bench;
  CLI::App app("Measures Muster beside a baseline in the same run; the ratios count, not the absolute figures.");
  app.name("muster-bench");
  app.require_subcommand(1);
  std::string json = "-";
  const std::vector<Command> commands = {append_command(app),      replay_command(app),        dispatch_command(app),
                                         system_command(app),      sessions_command(app),      retag_command(app),
                                         members_command(app),     kpi_command(app),           kpi_stream_command(app),
                                         bare_server_command(app), session_holder_command(app)};
  for (const Command& command : commands) {
    command.app->add_option("--json", json, "Where the figures go: a file, or - for standard output")
        ->capture_default_str();
  }
  CLI11_PARSE(app, argc, argv);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as musterd does
  try {
    for (const Command& command : commands) {
      if (command.app->parsed()) write(command.run(), json);
    }
  } catch (const std::exception& error) {
    std::cerr << "muster-bench: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
