#include "app.h"

#include <fstream>
#include <iostream>

#include "generator.h"
#include "language.h"
#include "options.h"
#include "profile.h"
#include "report.h"
#include "simulation.h"
#include "trace.h"

namespace muster::sim {
namespace {

constexpr int kUsageError = 2;
constexpr double kDay = 86400;

Workload load_workload(const Options& options) {
  if (!options.trace.path.empty()) {
    TraceOptions trace = options.trace;
    trace.agents = options.agents.value_or(0);
    trace.seed = options.run.seed;
    return load_trace(trace);
  }
  Profile profile = load_profile(options.profile);
  profile.agents = options.agents.value_or(profile.agents);
  const double length_s = options.run.duration_s ? *options.run.duration_s * options.run.speed : kDay;
  return generate(profile, options.run.seed, length_s);
}

int list_profiles() {
  for (const std::string_view name : builtin_profile_names()) {
    std::cout << fmt::format("{:<8}{}\n", name, load_profile(std::string(name)).description);
  }
  return 0;
}

int print_profile(const std::string& name) {
  const auto toml = builtin_profile(name);
  if (!toml) {
    throw InputError(
        say("there is no profile \"{}\": --list-profiles shows them", "没有方案“{}”：用 --list-profiles 查看", name));
  }
  std::cout << *toml;
  return 0;
}

/// Where the JSON report goes. Opened before the run, so that a wrong path costs no day.
class JsonReport {
 public:
  explicit JsonReport(std::string path) : path_(std::move(path)) {
    if (is_file()) file_.open(path_);
    check();
  }

  void write(const Summary& summary) {
    if (path_ == "-") std::cout << report_json(summary);
    if (is_file()) file_ << report_json(summary) << std::flush;
    check();
  }

 private:
  [[nodiscard]] bool is_file() const { return !path_.empty() && path_ != "-"; }

  void check() const {
    if (!file_) throw InputError(say("{}: cannot be written", "{}：无法写入", path_));
  }

  const std::string path_;
  std::ofstream file_;
};

int run(const Options& options) {
  if (options.list_profiles) return list_profiles();
  if (!options.print_profile.empty()) return print_profile(options.print_profile);
  const Workload workload = load_workload(options);
  JsonReport json(options.json_path);
  const Summary summary = Simulation(workload, options.run).run();
  (options.json_path == "-" ? std::cerr : std::cout) << report_text(summary) << std::flush;
  json.write(summary);
  return summary.audit.clean() ? 0 : 1;
}

}  // namespace

int run_app(int argc, const char* const* argv) {
  const Parsed parsed = parse_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  try {
    return run(parsed.options);
  } catch (const std::exception& error) {
    std::cerr << "muster-sim: " << error.what() << std::endl;
    return kUsageError;
  }
}

}  // namespace muster::sim
