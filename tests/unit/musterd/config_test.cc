#include "muster/musterd/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "temp_dir.h"

namespace muster::musterd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigTest : public ::testing::Test {
 protected:
  CommandLine parse(const std::vector<std::string>& args) {
    return parse_command_line(args, [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    });
  }

  std::string error(const std::vector<std::string>& args) {
    try {
      parse(args);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  std::string file(const std::string& text) {
    const std::string path = dir_.path() / "musterd.toml";
    std::ofstream(path) << text;
    return path;
  }

  TempDir dir_;
  std::map<std::string, std::string> environment_;
};

TEST_F(ConfigTest, DefaultsAreThoseThatEveryoneReliesOn) {
  const Config config = parse({}).config;
  EXPECT_EQ(config.database, "");
  EXPECT_EQ(config.workspace, "main");
  EXPECT_EQ(config.grpc_listen.text(), "127.0.0.1:7070");
  EXPECT_EQ(config.http_listen.text(), "127.0.0.1:7080");
  EXPECT_EQ(config.shutdown_grace, std::chrono::seconds(10));
}

TEST_F(ConfigTest, FlagWinsOverEnvironmentOverFileOverDefault) {
  const std::string path = file("workspace = 'from-file'\n[log]\nlevel = 'debug'\nformat = 'json'\n");
  environment_ = {{"MUSTER_CONFIG", path}, {"MUSTER_WORKSPACE", "from-environment"}, {"MUSTER_LOG_LEVEL", "warn"}};
  const Config config = parse({"--workspace", "from-flag"}).config;
  EXPECT_EQ(config.workspace, "from-flag");
  EXPECT_EQ(config.log_level, "warn");
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_EQ(config.http_listen.port, 7080);
}

TEST_F(ConfigTest, LastOfARepeatedFlagCounts) {
  EXPECT_EQ(parse({"--workspace", "a", "--workspace", "b"}).config.workspace, "b");
}

TEST_F(ConfigTest, PrintedConfigurationReadsBackTheSame) {
  const std::vector<std::string> args = {"--data",
                                         "/d \"q\" \\",
                                         "--database",
                                         "postgresql://u@h/d",
                                         "--workspace",
                                         "w-2",
                                         "--grpc-listen",
                                         "[::1]:0",
                                         "--log-level",
                                         "trace",
                                         "--shutdown-grace",
                                         "1500ms",
                                         "--log-format=json",
                                         "--webhooks-private-networks",
                                         "true"};
  const std::string printed = to_toml(parse(args).config);
  EXPECT_EQ(to_toml(parse({"--config", file(printed)}).config), printed);
  EXPECT_THAT(printed, HasSubstr("1500ms"));
}

TEST_F(ConfigTest, WebhooksReachPrivateNetworksOnlyIfToldSo) {
  EXPECT_FALSE(parse({}).config.webhooks_private_networks);
  EXPECT_TRUE(parse({"--config", file("[webhooks]\nprivate_networks = 'true'\n")}).config.webhooks_private_networks);
  EXPECT_THAT(error({"--webhooks-private-networks", "yes"}), HasSubstr("allowed: true, false"));
}

TEST_F(ConfigTest, OtherMachinesNeedTls) {
  for (const char* address : {"0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070", "muster.example:7070"}) {
    EXPECT_THAT(error({"--grpc-listen", address}), AllOf(HasSubstr(address), HasSubstr("tls.certificate")));
    const std::vector<std::string> tls = {"--tls-certificate", "c.pem", "--tls-key", "k.pem", "--grpc-listen", address};
    EXPECT_EQ(parse(tls).config.grpc_listen.text(), address);
  }
  EXPECT_THAT(error({"--tls-certificate", "c.pem"}), HasSubstr("tls.key"));
  EXPECT_THAT(error({"--tls-key", "k.pem"}), HasSubstr("tls.certificate"));
  EXPECT_THAT(error({"--tls-client-ca", "a.pem"}), HasSubstr("tls.certificate"));
  for (const char* address : {"", ":1", "a b:1", "[::1:1", "::1:1", "host", "host:65536"}) {
    EXPECT_THAT(error({"--grpc-listen", address}), HasSubstr("grpc.listen")) << address;
  }
}

TEST_F(ConfigTest, HttpListensOnThisMachineOnly) {
  for (const char* address : {"127.0.0.1:1", "127.9.8.7:65535", "localhost:80", "[::1]:0"}) {
    EXPECT_EQ(parse({"--http-listen", address}).config.http_listen.text(), address);
    EXPECT_EQ(parse({"--grpc-listen", address}).config.grpc_listen.text(), address);
  }
  for (const char* address : {"0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070", "example.com:7070", "127.0.0.1",
                              "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0:80", "127.0.0.1.evil.com:80",
                              "1127.0.0.1:80", ":7070", "::1:7070", ""}) {
    EXPECT_THAT(error({"--http-listen", address}),
                AllOf(HasSubstr("--http-listen: http.listen = \"" + std::string(address) + "\""),
                      HasSubstr("listens on this machine only")))
        << address;
  }
}

TEST_F(ConfigTest, OtherIssuersAreReadFromTheFileAndPrintedBack) {
  const std::string path = file(
      "[[identity.issuer]]\n"
      "issuer = 'https://login.acme.example'\naudience = 'muster'\nkeys = 'https://login.acme.example/keys'\n"
      "tenant = 'acme'\nuser_claim = 'preferred_username'\nroles_claim = '/realm_access/roles'\n"
      "roles = { 'Muster Admins' = 'tenant_admin' }\n"
      "[[identity.issuer]]\n"
      "issuer = 'http://127.0.0.1:9000'\naudience = 'muster'\nkeys = 'keys.json'\n"
      "tenant_claim = 'org'\ntenants = { 'Acme Inc.' = 'acme' }\n");
  const Config config = parse({"--config", path}).config;
  ASSERT_EQ(config.issuers.size(), 2u);
  EXPECT_EQ(config.issuers[0].user_claim, "preferred_username");
  EXPECT_EQ(config.issuers[0].roles.at("Muster Admins"), "tenant_admin");
  EXPECT_EQ(config.issuers[1].user_claim, "sub");
  EXPECT_EQ(config.issuers[1].tenants.at("Acme Inc."), "acme");
  const std::string printed = to_toml(config);
  EXPECT_EQ(to_toml(parse({"--config", file(printed)}).config), printed);
}

TEST_F(ConfigTest, AnIssuerThatCannotBeTrustedIsRefused) {
  const std::string good =
      "[[identity.issuer]]\nissuer = 'https://a.example'\naudience = 'm'\nkeys = 'https://a.example/keys'\n"
      "tenant = 'acme'\n";
  EXPECT_EQ(parse({"--config", file(good)}).config.issuers.size(), 1u);
  const auto with = [&](const std::string& name, const std::string& line) {
    std::string text = good;
    const std::size_t at = text.find("\n" + name + " = ") + 1;
    return error({"--config", file(text.replace(at, text.find('\n', at) - at, line))});
  };
  EXPECT_THAT(with("keys", "keys = 'http://a.example/keys'"),
              AllOf(HasSubstr("musterd.toml:4"), HasSubstr("https://")));
  EXPECT_THAT(with("keys", "keys = 'https://user@a.example/keys'"), HasSubstr("https://"));
  EXPECT_THAT(with("keys", "keys = 'ftp://a.example/keys'"), HasSubstr("https://"));
  EXPECT_THAT(with("issuer", "issuer = 'muster'"), HasSubstr("https://"));
  EXPECT_THAT(with("issuer", ""), HasSubstr("needs issuer, audience and keys"));
  EXPECT_THAT(with("audience", "audience = ''"), HasSubstr("1 to 255"));
  EXPECT_THAT(with("audience", "audience = 7"), HasSubstr("text in quotes"));
  EXPECT_THAT(with("tenant", ""), HasSubstr("tenant_claim"));
  EXPECT_THAT(with("tenant", "tenant = 'Acme Inc.'"), HasSubstr("a tenant_id"));
  EXPECT_THAT(with("tenant", "tenant = 'acme'\ntenant_claim = 'org'\ntenants = { 'a' = 'b' }"), HasSubstr("either"));
  EXPECT_THAT(with("tenant", "tenant_claim = 'org'"), HasSubstr("tenants"));
  EXPECT_THAT(with("tenant", "tenant = 'acme'\nroles_claim = 'roles'"), HasSubstr("belong together"));
  EXPECT_THAT(with("tenant", "tenant = 'acme'\nroles_claim = 'r'\nroles = { 'a' = 'god' }"), HasSubstr("a role"));
  EXPECT_THAT(with("tenant", "tenant = 'acme'\ncolour = 'red'"), AllOf(HasSubstr("colour"), HasSubstr("user_claim")));
  EXPECT_THAT(error({"--config", file(good + good)}), HasSubstr("is there twice"));
  EXPECT_THAT(error({"--config", file("[identity]\nissuer = 'x'\n")}), HasSubstr("[[identity.issuer]]"));
}

TEST_F(ConfigTest, WrongValueIsNamedWithItsPlaceAndWhatIsAllowed) {
  EXPECT_EQ(error({"--log-level", "loud"}),
            "--log-level: log.level = \"loud\" is not allowed; allowed: trace, debug, info, warn, error");
  environment_["MUSTER_LOG_FORMAT"] = "xml";
  EXPECT_EQ(error({}), "MUSTER_LOG_FORMAT: log.format = \"xml\" is not allowed; allowed: text, json");
  environment_.clear();
  const std::string path = file("# a comment\nworkspace = \"Main Floor\"\n");
  EXPECT_THAT(error({"--config", path}),
              HasSubstr(path + ":2: workspace = \"Main Floor\" is not allowed; allowed: 1 to 63"));
}

TEST_F(ConfigTest, ThePublicAddressIsEncryptedOrOfThisMachine) {
  for (const char* url : {"https://muster.example", "https://muster.example:8443/hr", "http://127.0.0.1:7080", ""}) {
    EXPECT_EQ(parse({"--public-url", url}).config.public_url, url);
  }
  for (const char* url : {"http://muster.example", "https://muster.example/", "muster.example", "https://", "ftp://x",
                          "https://muster.example?x=1", "https://muster.example/a b", "https://muster.example:99999"}) {
    EXPECT_THAT(error({"--public-url", url}), HasSubstr("public_url = \"" + std::string(url) + "\"")) << url;
  }
}

TEST_F(ConfigTest, ShutdownGraceHasAUnitAndABound) {
  EXPECT_EQ(parse({"--shutdown-grace", "250ms"}).config.shutdown_grace, std::chrono::milliseconds(250));
  EXPECT_EQ(parse({"--shutdown-grace", "10m"}).config.shutdown_grace, std::chrono::minutes(10));
  EXPECT_EQ(parse({"--shutdown-grace", "0s"}).config.shutdown_grace, std::chrono::seconds(0));
  for (const char* time : {"10", "s", "-1s", "11m", "1h", "1.5s", "99999999999999999999s", ""}) {
    EXPECT_THAT(error({"--shutdown-grace", time}), HasSubstr("0s to 10m")) << time;
  }
}

TEST_F(ConfigTest, UnknownKeyInTheFileIsRefusedAndTheKnownOnesAreListed) {
  EXPECT_THAT(error({"--config", file("[grpc]\nport = '1'\n")}),
              AllOf(HasSubstr("musterd.toml:2: grpc.port is not a key"), HasSubstr("grpc.listen")));
  EXPECT_THAT(error({"--config", file("[server]\nport = '1'\n")}), HasSubstr("server is not a key"));
}

TEST_F(ConfigTest, ValueOfAnotherTypeIsRefused) {
  EXPECT_THAT(error({"--config", file("shutdown_grace = 10\n")}), HasSubstr("shutdown_grace must be a text"));
  EXPECT_THAT(error({"--config", file("grpc = '127.0.0.1:1'\n")}), HasSubstr("grpc is not a key"));
}

TEST_F(ConfigTest, FileThatIsNotTomlIsNamedWithItsLine) {
  EXPECT_THAT(error({"--config", file("workspace = 'main'\n[grpc\n")}), HasSubstr("musterd.toml:2: "));
  EXPECT_THAT(error({"--config", dir_.path() / "missing.toml"}), HasSubstr("missing.toml: "));
}

TEST_F(ConfigTest, UnknownFlagPointsToTheHelp) {
  EXPECT_THAT(error({"--prot", "1"}), AllOf(HasSubstr("--prot"), HasSubstr("musterd --help")));
  EXPECT_THAT(error({"stray"}), HasSubstr("stray"));
  EXPECT_THAT(error({"--data"}), HasSubstr("--data"));
}

TEST_F(ConfigTest, HelpNamesEveryKeyInBothLanguages) {
  for (const char* locale : {"en_US.UTF-8", "zh_CN.UTF-8"}) {
    environment_["LANG"] = locale;
    const auto help = parse({"--help"}).exit_text;
    ASSERT_TRUE(help.has_value());
    for (const char* word : {"--data", "MUSTER_DATABASE", "grpc.listen", "--config", "--print-config", "SIGTERM"}) {
      EXPECT_THAT(*help, HasSubstr(word)) << locale;
    }
  }
  EXPECT_THAT(*parse({"-h"}).exit_text, HasSubstr("选项"));
  environment_["LC_ALL"] = "C";
  EXPECT_THAT(*parse({"-h"}).exit_text, Not(HasSubstr("选项")));
}

TEST_F(ConfigTest, HelpAndVersionAreGivenEvenIfTheFileIsWrong) {
  environment_["MUSTER_CONFIG"] = "/no/such/file";
  EXPECT_THAT(parse({"--version"}).exit_text, ::testing::Optional(HasSubstr("musterd ")));
  EXPECT_TRUE(parse({"--help"}).exit_text.has_value());
}

}  // namespace
}  // namespace muster::musterd
