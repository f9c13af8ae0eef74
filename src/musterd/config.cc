#include "muster/musterd/config.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "config_issuers.h"
#include "config_keys.h"
#include "language.h"

namespace muster::musterd {
namespace {

/// The one thing that no flag can say: tables, in the file only.
constexpr std::string_view kIssuers = "identity.issuer";

constexpr Text kNotAllowed = {" is not allowed; allowed: ", " 不可用；可用的值："};
constexpr Text kUnknownKey = {" is not a key; keys: ", " 不是配置项；可用的配置项："};
constexpr Text kNotText = {" must be a text in quotes", " 必须是带引号的文本"};
constexpr Text kCannotRead = {"cannot read the configuration file: ", "无法读取配置文件："};

constexpr Text kTlsIncomplete = {"tls.certificate and tls.key belong together, and tls.client_ca needs both",
                                 "tls.certificate 与 tls.key 必须同时设置，tls.client_ca 以二者为前提"};
constexpr Text kNeedsTls = {
    " can be reached from other machines: that needs TLS. Set tls.certificate and tls.key, or listen on this machine "
    "only: 127.0.0.1:PORT, [::1]:PORT or localhost:PORT",
    " 可从其他机器访问，必须启用 TLS：请设置 tls.certificate 与 tls.key，或只在本机监听："
    "127.0.0.1:PORT、[::1]:PORT 或 localhost:PORT"};

constexpr Text kIntroduction = {
    "musterd: the dispatch server for a remote and crowd customer-service workforce.\n\n"
    "It gives every contact to the best available agent, durably, and can say why.\n"
    "gRPC clients (muster, muster-sim, your own) connect to it; it keeps its journal in PostgreSQL.\n\n"
    "Usage: musterd [options]\n\n",
    "musterd：面向远程与众包客服团队的派单服务器。\n\n"
    "它把每个客户会话持久、可解释地派给最合适的空闲坐席。\n"
    "gRPC 客户端（muster、muster-sim 或您自己的程序）连接到它；日志（journal）保存在 PostgreSQL 中。\n\n"
    "用法：musterd [选项]\n\n"};

constexpr Text kExamples = {
    "Each key is taken from the first of: its flag, its environment variable, the TOML file, the default.\n\n"
    "Examples:\n"
    "  musterd --data /var/lib/muster            run with a PostgreSQL of its own\n"
    "  musterd --database postgresql://…         run on yours; migrations are applied at the start\n"
    "  musterd --print-config > musterd.toml     write down the configuration in force, to edit and keep\n"
    "  musterd --config musterd.toml             run with that file\n"
    "  curl http://127.0.0.1:7080/readyz         is it taking contacts? if not, why\n\n"
    "SIGTERM or Ctrl-C stops it in good order: what it acknowledged is in the journal. A second one stops it at once.\n"
    "Exit status: 0 after a stop in good order, 1 if it could not start or go on, 2 for a wrong configuration.\n",
    "每个配置项按以下顺序取第一个：命令行选项、环境变量、TOML 文件、默认值。\n\n"
    "示例：\n"
    "  musterd --data /var/lib/muster            使用自带的 PostgreSQL 运行\n"
    "  musterd --database postgresql://…         使用您的数据库运行；启动时自动执行迁移\n"
    "  musterd --print-config > musterd.toml     把当前生效的配置写成文件，便于修改和保存\n"
    "  musterd --config musterd.toml             使用该文件运行\n"
    "  curl http://127.0.0.1:7080/readyz         是否正在接收客户会话？若否，原因是什么\n\n"
    "SIGTERM 或 Ctrl-C 使其有序停止：已确认的内容都在日志（journal）中。再来一次则立即停止。\n"
    "退出码：0 有序停止；1 无法启动或继续；2 配置有误。\n"};

void set(Config& config, const Key& key, const std::string& value, const std::string& place, Language language) {
  if (key.set(config, value)) return;
  throw ConfigError(place + ": " + key.name + " = \"" + value + "\"" + say(language, kNotAllowed) +
                    say(language, key.allowed));
}

std::string key_names() {
  std::string names;
  for (const Key& key : config_keys()) names += std::string(key.name) + ", ";
  return names.append(kIssuers);
}

void read_table(Config& config, const toml::table& table, const std::string& prefix, const std::string& file,
                Language language) {
  for (const auto& [toml_key, node] : table) {
    const std::string name = prefix + std::string(toml_key.str());
    const std::string place = file + ":" + std::to_string(toml_key.source().begin.line);
    if (name == kIssuers) {
      config.issuers = read_issuers(node, file, language);
      continue;
    }
    const bool is_group = kIssuers.starts_with(name + ".") ||
                          std::any_of(config_keys().begin(), config_keys().end(), [&](const Key& key) {
                            return std::string_view(key.name).starts_with(name + ".");
                          });
    if (is_group && node.is_table()) {
      read_table(config, *node.as_table(), name + ".", file, language);
      continue;
    }
    const auto key = std::find_if(config_keys().begin(), config_keys().end(),
                                  [&](const Key& candidate) { return candidate.name == name; });
    if (key == config_keys().end()) {
      throw ConfigError(place + ": " + name + say(language, kUnknownKey) + key_names());
    }
    const auto value = node.value_exact<std::string>();
    if (!value) throw ConfigError(place + ": " + name + say(language, kNotText));
    set(config, *key, *value, place, language);
  }
}

void read_file(Config& config, const std::string& file, Language language) {
  try {
    read_table(config, toml::parse_file(file), "", file, language);
  } catch (const toml::parse_error& error) {
    std::ostringstream text;
    text << say(language, kCannotRead) << file;
    if (error.source().begin) text << ":" << error.source().begin.line;  // unless the file could not be opened
    text << ": " << error.description();
    throw ConfigError(text.str());
  }
}

/// A line of --help: the flag, and what it does beside it or below it.
void help_line(std::ostream& out, const std::string& flag, const std::string& text) {
  constexpr std::size_t kColumn = 28;
  out << "  " << flag;
  if (flag.size() + 4 <= kColumn) {
    out << std::string(kColumn - 2 - flag.size(), ' ');
  } else {
    out << "\n" << std::string(kColumn, ' ');
  }
  out << text << "\n";
}

std::string help(Language language) {
  const Config defaults;
  std::ostringstream out;
  out << say(language, kIntroduction) << say(language, {"Options:\n", "选项：\n"});
  for (const Key& key : config_keys()) {
    help_line(out, key.flag() + " " + key.value, say(language, key.help));
    const std::string fallback = key.get(defaults);
    const std::string details = key.environment() + say(language, {", file: ", "，文件："}) + key.name +
                                say(language, {", default: ", "，默认："}) +
                                (fallback.empty() ? say(language, {"none", "无"}) : fallback);
    out << std::string(28, ' ') << details << "\n";
  }
  help_line(
      out, "[[identity.issuer]]",
      say(language, {"in the file only: other OpenID Connect issuers whose tokens are accepted (docs/security.md)",
                     "仅限配置文件：接受其令牌的其他 OpenID Connect 签发方（docs/security.md）"}));
  help_line(out, "--config FILE",
            say(language, {"TOML file to read (MUSTER_CONFIG)", "要读取的 TOML 文件（MUSTER_CONFIG）"}));
  help_line(out, "--print-config",
            say(language, {"print the configuration in force as TOML and end", "以 TOML 打印生效的配置并退出"}));
  help_line(out, "--version", say(language, {"print the version and end", "打印版本并退出"}));
  help_line(out, "-h, --help", say(language, {"print this and end", "打印本帮助并退出"}));
  out << "\n" << say(language, kExamples);
  return out.str();
}

/// What no key can tell by itself.
void check_together(const Config& config, Language language) {
  const bool tls = !config.tls_certificate.empty();
  if (tls != !config.tls_key.empty() || (!tls && !config.tls_client_ca.empty())) {
    throw ConfigError(say(language, kTlsIncomplete));
  }
  if (!tls && !config.grpc_listen.is_local()) {
    throw ConfigError("grpc.listen = \"" + config.grpc_listen.text() + "\"" + say(language, kNeedsTls));
  }
}

}  // namespace

Language choose_language(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const auto locale = environment(name);
    if (locale && !locale->empty()) return locale->starts_with("zh") ? Language::kChinese : Language::kEnglish;
  }
  return Language::kEnglish;
}

CommandLine parse_command_line(const std::vector<std::string>& args, const Environment& environment) {
  const Language language = choose_language(environment);
  CommandLine result;
  bool want_help = false;
  bool want_version = false;
  std::string file = environment("MUSTER_CONFIG").value_or("");
  std::map<const Key*, std::string> flags;

  CLI::App app;
  app.set_help_flag();  // ours teaches, in two languages
  app.allow_windows_style_options(false);
  app.add_flag("-h,--help", want_help);
  app.add_flag("--version", want_version);
  app.add_flag("--print-config", result.print_config);
  app.add_option("--config", file);
  std::map<const Key*, CLI::Option*> options;
  for (const Key& key : config_keys()) options[&key] = app.add_option(key.flag(), flags[&key])->take_last();
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them last first
  } catch (const CLI::ParseError& error) {
    throw ConfigError(std::string(error.what()) + say(language, {" (see musterd --help)", "（参见 musterd --help）"}));
  }
  if (want_help) result.exit_text = help(language);
  if (want_version) result.exit_text = "musterd " MUSTER_VERSION "\n";
  if (result.exit_text) return result;

  if (!file.empty()) read_file(result.config, file, language);
  for (const Key& key : config_keys()) {
    if (options[&key]->count() > 0) {
      set(result.config, key, flags[&key], key.flag(), language);
    } else if (const auto value = environment(key.environment())) {
      set(result.config, key, *value, key.environment(), language);
    }
  }
  check_together(result.config, language);
  return result;
}

std::string to_toml(const Config& config) {
  toml::table root;
  for (const Key& key : config_keys()) {
    const std::string_view name = key.name;
    const std::size_t dot = name.find('.');
    if (dot == name.npos) {
      root.insert(name, key.get(config));
    } else {
      auto [group, added] = root.insert(name.substr(0, dot), toml::table());
      group->second.as_table()->insert(name.substr(dot + 1), key.get(config));
    }
  }
  if (!config.issuers.empty()) {
    root.insert("identity", toml::table{{"issuer", issuers_as_toml(config.issuers)}});
  }
  std::ostringstream out;
  out << root << "\n";
  return out.str();
}

}  // namespace muster::musterd
