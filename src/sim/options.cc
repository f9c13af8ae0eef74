#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>

#include "language.h"

namespace muster::sim {
namespace {

std::string text(std::string_view english, std::string_view chinese) { return std::string(tr(english, chinese)); }

/// The language must be known before the options are described.
Language wanted_language(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--lang" && i + 1 < argc) return language_of_locale(argv[i + 1]);
    if (argument.rfind("--lang=", 0) == 0) return language_of_locale(argument.substr(7));
  }
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return language_of_locale(value);
  }
  return Language::kEnglish;
}

std::string description() {
  return text(
      "A simulated workforce and customers that drive a live Muster server through its public API.\n"
      "Agents open sessions, answer offers, talk and wrap up; customers come, wait and lose patience. At the end it\n"
      "reports waits, service level and latencies, and audits that nothing was lost, doubled or held twice.\n"
      "The server may be killed and restarted meanwhile: everything is repeated until it is answered.",
      "模拟坐席与客户，通过公开 API 驱动一台运行中的 Muster 服务器。\n"
      "坐席打开会话、应答派单、通话并整理；客户到达、等待，失去耐心便离开。结束时报告等待、服务水平与延迟，\n"
      "并审计：没有丢失、重复或双重持有。期间可以杀死并重启服务器：所有请求都会重试直到得到答复。");
}

std::string footer() {
  return text(
      "Examples:\n"
      "  muster-sim --synthetic demo --duration 30s             half a minute of a lively service floor\n"
      "  muster-sim --print-profile demo > my.toml && muster-sim --synthetic my.toml\n"
      "                                                         a profile of your own\n"
      "  muster-sim --trace calls.csv.gz --date 1999-03-01 --speed 300 --json out.json\n"
      "                                                         a recorded day, 300 times as fast\n"
      "  muster-sim --trace my.csv --agents 20                  the generic CSV: arrival_s,queue,skills,service_s,\n"
      "                                                         patience_s,priority\n"
      "\nExit codes: 0 the audit is clean; 1 it is not; 2 wrong usage, or no server.\n"
      "Formats and definitions: docs/simulator.md",
      "示例：\n"
      "  muster-sim --synthetic demo --duration 30s             半分钟热闹的客服现场\n"
      "  muster-sim --print-profile demo > my.toml && muster-sim --synthetic my.toml\n"
      "                                                         使用自己的方案\n"
      "  muster-sim --trace calls.csv.gz --date 1999-03-01 --speed 300 --json out.json\n"
      "                                                         以 300 倍速重放一天的真实记录\n"
      "  muster-sim --trace my.csv --agents 20                  通用 CSV：arrival_s,queue,skills,service_s,\n"
      "                                                         patience_s,priority\n"
      "\n退出码：0 审计通过；1 审计未通过；2 用法错误或无法连接服务器。\n"
      "格式与定义见 docs/simulator.md");
}

void add_workload_options(CLI::App& app, Options& options) {
  auto* trace = app.add_option("--trace", options.trace.path,
                               text("replay a call-by-call CSV, or the generic CSV; plain or .gz",
                                    "重放逐通话 CSV 或通用 CSV，可为 .gz"))
                    ->type_name("FILE");
  app.add_option("--date", options.trace.date,
                 text("the day of the call-by-call CSV to replay", "要重放的逐通话 CSV 的日期"))
      ->type_name("YYYY-MM-DD")
      ->needs(trace);
  app.add_option("--agents-file", options.trace.agents_path,
                 text("who works, for the generic CSV: agent,skills,capacity_units,shift_start_s,shift_end_s",
                      "通用 CSV 的坐席文件：agent,skills,capacity_units,shift_start_s,shift_end_s"))
      ->type_name("FILE")
      ->needs(trace);
  auto* synthetic = app.add_option("--synthetic", options.profile,
                                   text("play a generated day: a built-in profile (demo, peak, crash) or a TOML file",
                                        "播放生成的一天：内置方案（demo、peak、crash）或 TOML 文件"))
                        ->type_name("PROFILE");
  trace->excludes(synthetic);
  app.add_option(
         "--print-profile", options.print_profile,
         text("print a built-in profile as TOML, with comments, and exit", "以 TOML 输出内置方案（含注释）后退出"))
      ->type_name("NAME");
  app.add_flag("--list-profiles", options.list_profiles,
               text("list the built-in profiles and exit", "列出内置方案后退出"));
  app.add_option("--agents", options.agents,
                 text("how many agents work (a profile has its own default; not with a call-by-call CSV)",
                      "坐席数量（方案自带默认值；不用于逐通话 CSV）"))
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  app.add_option(
         "--seed", options.run.seed,
         text("the same seed gives the same customers and the same agents' moods", "相同种子产生相同的客户与坐席行为"))
      ->type_name("S")
      ->capture_default_str();
}

void add_run_options(CLI::App& app, Options& options, std::string& lang) {
  const std::map<std::string, double> units = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
  const CLI::AsNumberWithUnit with_unit(units, CLI::AsNumberWithUnit::CASE_SENSITIVE);
  app.add_option("--server", options.run.server, text("address of the server's gRPC port", "服务器 gRPC 地址"))
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option(
         "--tls-ca", options.run.tls.ca,
         text("TLS: file with the certificates that sign the server's, in PEM", "TLS：签发服务器证书的证书文件（PEM）"))
      ->type_name("FILE")
      ->envname("MUSTER_TLS_CA");
  app.add_option("--speed", options.run.speed, text("simulated seconds per real second", "每实际秒对应的模拟秒数"))
      ->type_name("N")
      ->check(CLI::Range(0.01, 100000.0))
      ->capture_default_str();
  app.add_option("--duration", options.run.duration_s,
                 text("nobody arrives after this much real time, e.g. 30s, 5m; default: the whole day",
                      "经过这段实际时间后不再有到达，如 30s、5m；默认播放一整天"))
      ->type_name("D")
      ->transform(with_unit)
      ->check(CLI::PositiveNumber);
  app.add_option("--give-up-after", options.run.give_up_after_s,
                 text("give up after this long without a server, e.g. 60s", "无法连接服务器超过这段时间即放弃，如 60s"))
      ->type_name("D")
      ->transform(with_unit)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", options.json_path,
                 text("write the report as JSON; - for stdout", "以 JSON 写出报告；- 表示标准输出"))
      ->type_name("FILE");
  app.add_flag("-q,--quiet", options.run.quiet, text("no progress", "不显示进度"));
  app.add_option("--lang", lang,
                 text("language: en or zh; default from LC_ALL, LC_MESSAGES or LANG",
                      "语言：en 或 zh；默认取自 LC_ALL、LC_MESSAGES 或 LANG"))
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
}

void check(const Options& options) {
  if (options.list_profiles || !options.print_profile.empty()) return;
  if (options.trace.path.empty() && options.profile.empty()) {
    throw CLI::ValidationError(text("--trace or --synthetic is needed", "需要 --trace 或 --synthetic"));
  }
  if (!options.trace.date.empty() && options.agents) {
    throw CLI::ValidationError(
        text("--agents: a call-by-call CSV brings its own agents", "--agents：逐通话 CSV 自带坐席"));
  }
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  set_language(wanted_language(argc, argv));
  Parsed parsed;
  std::string lang;
  CLI::App app(description(), "muster-sim");
  app.footer(footer());
  app.set_help_flag("-h,--help", text("print this help and exit", "显示帮助后退出"));
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("OPTIONS", text("options", "选项"));
  add_workload_options(app, parsed.options);
  add_run_options(app, parsed.options, lang);
  try {
    app.parse(argc, argv);
    check(parsed.options);
  } catch (const CLI::Success& success) {
    parsed.exit_code = app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "muster-sim: " << error.what() << "\n"
              << tr("Run muster-sim --help for the options.", "运行 muster-sim --help 查看选项。") << "\n";
    parsed.exit_code = 2;
  }
  return parsed;
}

}  // namespace muster::sim
