#pragma once

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <functional>

namespace muster::bench {

/// One subcommand: its options are in `app`, run() measures and gives what goes into the JSON file.
struct Command {
  CLI::App* app = nullptr;
  std::function<boost::json::object()> run;
};

/// Each adds its subcommand to `app`.
Command append_command(CLI::App& app);
Command replay_command(CLI::App& app);
Command dispatch_command(CLI::App& app);
Command system_command(CLI::App& app);
Command sessions_command(CLI::App& app);
Command retag_command(CLI::App& app);
Command members_command(CLI::App& app);
Command kpi_command(CLI::App& app);
Command kpi_stream_command(CLI::App& app);
// Hidden: the other processes of system and sessions.
Command bare_server_command(CLI::App& app);
Command session_holder_command(CLI::App& app);

}  // namespace muster::bench
