#include "config_keys.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

namespace muster::musterd {
namespace {

constexpr std::array kLogLevels = {"trace", "debug", "info", "warn", "error"};
constexpr std::chrono::milliseconds kShutdownGraceMax = std::chrono::minutes(10);
constexpr std::size_t kWorkspaceBytesMax = 63;
constexpr std::size_t kUrlBytesMax = 200;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// 127.0.0.0/8 in dotted form.
bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  while (true) {
    const std::size_t dot = host.find('.');
    const auto number = parse_number(host.substr(0, dot));
    if (!number || *number > 255 || (parts == 0 && *number != 127)) return false;
    ++parts;
    if (dot == host.npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || (bracketed && c == ':');
  });
}

bool set_any_listen(ListenAddress& address, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return false;
  const auto port = parse_number(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || *port > 65535 || !is_host(host)) return false;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  address = {std::string(host), static_cast<std::uint16_t>(*port)};
  return true;
}

bool set_local_listen(ListenAddress& address, std::string_view text) {
  ListenAddress given;
  if (!set_any_listen(given, text) || !given.is_local()) return false;
  address = given;
  return true;
}

/// https://, or http:// of this machine; no slash, query or blank at the end. It stands in what is signed for years.
bool set_public_url(Config& config, const std::string& value) {
  const bool secure = value.starts_with("https://"), plain = value.starts_with("http://");
  const std::string_view rest = std::string_view(value).substr(secure ? 8 : plain ? 7 : 0);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  ListenAddress address{std::string(authority), 0};
  if (authority.find(':') != authority.npos && !set_any_listen(address, authority)) return false;
  const bool clean = std::all_of(rest.begin(), rest.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("-._~/:[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
  const bool allowed = (secure && is_host(address.host)) || (plain && address.is_local());
  if (!value.empty() && (!allowed || !clean || value.ends_with('/') || value.size() > kUrlBytesMax)) return false;
  config.public_url = value;
  return true;
}

bool set_workspace(Config& config, const std::string& value) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (value.empty() || value.size() > kWorkspaceBytesMax || value[0] == '-') return false;
  if (!std::all_of(value.begin(), value.end(), fits)) return false;
  config.workspace = value;
  return true;
}

bool set_log_level(Config& config, const std::string& value) {
  if (std::find(kLogLevels.begin(), kLogLevels.end(), value) == kLogLevels.end()) return false;
  config.log_level = value;
  return true;
}

bool set_log_format(Config& config, const std::string& value) {
  if (value != "text" && value != "json") return false;
  config.log_format = value == "json" ? LogFormat::kJson : LogFormat::kText;
  return true;
}

bool set_webhooks_private_networks(Config& config, const std::string& value) {
  if (value != "true" && value != "false") return false;
  config.webhooks_private_networks = value == "true";
  return true;
}

bool set_shutdown_grace(Config& config, const std::string& value) {
  std::string_view text = value;
  std::uint64_t unit = 0;
  if (text.ends_with("ms")) {
    unit = 1;
  } else if (text.ends_with("s")) {
    unit = 1'000;
  } else if (text.ends_with("m")) {
    unit = 60'000;
  } else {
    return false;
  }
  text.remove_suffix(unit == 1 ? 2 : 1);
  const auto number = parse_number(text);
  const auto most = static_cast<std::uint64_t>(kShutdownGraceMax.count());
  if (!number || *number > most || *number * unit > most) return false;
  config.shutdown_grace = std::chrono::milliseconds(*number * unit);
  return true;
}

bool set_data(Config& config, const std::string& value) {
  if (value.empty()) return false;
  config.data = value;
  return true;
}

constexpr Text kAnyListenAllowed = {"HOST:PORT, PORT 0 to 65535; with TLS also of other machines",
                                    "HOST:PORT，PORT 为 0 到 65535；启用 TLS 后也可供其他机器访问"};
constexpr Text kFileAllowed = {"the path of a file", "文件路径"};
constexpr Text kListenAllowed = {
    "127.0.0.1:PORT, [::1]:PORT or localhost:PORT, PORT 0 to 65535. What is sent is not encrypted, so musterd "
    "listens on this machine only; let others in by a tunnel or a proxy that speaks TLS",
    "127.0.0.1:PORT、[::1]:PORT 或 localhost:PORT，PORT 为 0 到 65535。传输未加密，因此 musterd "
    "只在本机监听；如需从别处访问，请使用支持 TLS 的隧道或代理"};

const std::array kKeys = {
    Key{"data",
        "DIR",
        {"folder for musterd's keys and its own PostgreSQL; made if missing; one musterd per folder",
         "musterd 的密钥与自带 PostgreSQL 的数据目录；不存在时自动创建；每个目录只能有一个 musterd"},
        {"a path that is not empty", "非空路径"},
        set_data,
        [](const Config& c) { return c.data; }},
    Key{"database",
        "URL",
        {"a PostgreSQL to use instead, such as postgresql://muster@db/muster; empty: run our own under --data",
         "改用已有的 PostgreSQL，例如 postgresql://muster@db/muster；为空则在 --data 下运行自带的"},
        {"a libpq connection string", "libpq 连接串"},
        [](Config& c, const std::string& value) { return c.database = value, true; },
        [](const Config& c) { return c.database; }},
    Key{"workspace",
        "ID",
        {"the workspace to serve: one labour market with its queues and agents",
         "所服务的工作区：一个包含队列与坐席的劳动力市场"},
        {"1 to 63 of a-z, 0-9 and -, not starting with -", "1 到 63 个字符：a-z、0-9、-，且不以 - 开头"},
        set_workspace,
        [](const Config& c) { return c.workspace; }},
    Key{"grpc.listen",
        "HOST:PORT",
        {"where gRPC clients connect; port 0 takes a free one", "gRPC 客户端连接的地址；端口 0 表示任选空闲端口"},
        kAnyListenAllowed,
        [](Config& c, const std::string& value) { return set_any_listen(c.grpc_listen, value); },
        [](const Config& c) { return c.grpc_listen.text(); }},
    Key{"tls.certificate",
        "FILE",
        {"certificate of the gRPC port, in PEM, the chain behind it; taken up anew when it changes; empty: no TLS",
         "gRPC 端口的证书（PEM，后附证书链）；文件更新后自动生效；为空则不启用 TLS"},
        kFileAllowed,
        [](Config& c, const std::string& value) { return c.tls_certificate = value, true; },
        [](const Config& c) { return c.tls_certificate; }},
    Key{"tls.key",
        "FILE",
        {"its private key, in PEM", "证书的私钥（PEM）"},
        kFileAllowed,
        [](Config& c, const std::string& value) { return c.tls_key = value, true; },
        [](const Config& c) { return c.tls_key; }},
    Key{"tls.client_ca",
        "FILE",
        {"certificates that sign clients', in PEM: clients then need one; empty: they need none",
         "签发客户端证书的证书（PEM）：设置后客户端必须出示证书；为空则不需要"},
        kFileAllowed,
        [](Config& c, const std::string& value) { return c.tls_client_ca = value, true; },
        [](const Config& c) { return c.tls_client_ca; }},
    Key{"http.listen",
        "HOST:PORT",
        {"where /healthz and /readyz are; port 0 takes a free one",
         "/healthz 与 /readyz 的地址；端口 0 表示任选空闲端口"},
        kListenAllowed,
        [](Config& c, const std::string& value) { return set_local_listen(c.http_listen, value); },
        [](const Config& c) { return c.http_listen.text(); }},
    Key{"public_url",
        "URL",
        {"where others reach the HTTP port, by a proxy; certificates that are exported name it; empty: none are",
         "外部经代理访问 HTTP 端口的地址，会写入导出的证书；为空则不能导出"},
        {"https://HOST[:PORT][/PATH] without a slash at the end, or http:// of this machine",
         "https://HOST[:PORT][/PATH]，末尾不带斜杠；或本机的 http://"},
        set_public_url,
        [](const Config& c) { return c.public_url; }},
    Key{"log.level",
        "LEVEL",
        {"the least important messages to log", "记录日志的最低级别"},
        {"trace, debug, info, warn, error", "trace、debug、info、warn、error"},
        set_log_level,
        [](const Config& c) { return c.log_level; }},
    Key{"log.format",
        "FORMAT",
        {"text for people, json for machines: one object a line; both to stderr",
         "text 供人阅读，json 供机器处理（每行一个对象）；都写到 stderr"},
        {"text, json", "text、json"},
        set_log_format,
        [](const Config& c) { return std::string(c.log_format == LogFormat::kJson ? "json" : "text"); }},
    Key{"webhooks.private_networks",
        "WHETHER",
        {"whether webhooks may reach private addresses, and this machine without TLS; for trusted tenants only",
         "webhook 是否可以访问私有网络地址，以及不加密地访问本机；仅适用于可信的企业客户"},
        {"true, false", "true、false"},
        set_webhooks_private_networks,
        [](const Config& c) { return std::string(c.webhooks_private_networks ? "true" : "false"); }},
    Key{"shutdown_grace",
        "TIME",
        {"how long open calls may go on after SIGTERM", "收到 SIGTERM 后，进行中的调用最多还能持续多久"},
        {"0s to 10m, in ms, s or m, such as 500ms or 10s", "0s 到 10m，单位 ms、s 或 m，例如 500ms、10s"},
        set_shutdown_grace,
        [](const Config& c) {
          const auto count = c.shutdown_grace.count();
          return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
        }},
};

/// "grpc.listen" with its separators replaced.
std::string respell(const char* name, char separator, bool upper) {
  std::string text = name;
  for (char& c : text) {
    if (c == '.' || c == '_') c = separator;
    if (upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

}  // namespace

std::string Key::flag() const { return "--" + respell(name, '-', false); }

std::string Key::environment() const { return "MUSTER_" + respell(name, '_', true); }

std::span<const Key> config_keys() { return kKeys; }

bool ListenAddress::is_local() const { return host == "localhost" || host == "::1" || is_loopback_v4(host); }

std::string ListenAddress::text() const {
  return (host.find(':') != host.npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace muster::musterd
