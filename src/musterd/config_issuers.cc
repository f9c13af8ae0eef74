#include "config_issuers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "muster/api/checker.h"

namespace muster::musterd {
namespace {

using identity::ExternalIssuer;
using Names = std::map<std::string, std::string>;

constexpr std::size_t kTextBytesMax = 255;

constexpr Text kNotAllowed = {" is not allowed; allowed: ", " 不可用；可用的值："};
constexpr Text kAnyText = {"a text of 1 to 255 bytes", "1 到 255 字节的文本"};
constexpr Text kUrl = {"https://…, or http:// of this machine", "https://…，或本机的 http://"};
constexpr Text kKeysAllowed = {"https://…, http:// of this machine, or the path of a file",
                               "https://…、本机的 http://，或文件路径"};
constexpr Text kTenantAllowed = {"a tenant_id", "企业标识（tenant_id）"};
constexpr Text kRoleAllowed = {"a role, such as \"operator\" or \"tenant_admin\"",
                               "角色，例如 \"operator\" 或 \"tenant_admin\""};
constexpr Text kNotTables = {" must be tables: [[identity.issuer]]", " 必须是表：[[identity.issuer]]"};
constexpr Text kNotText = {" must be a text in quotes", " 必须是带引号的文本"};
constexpr Text kNotNames = {" must be a table of texts, such as { \"Admins\" = \"tenant_admin\" }",
                            " 必须是文本表，例如 { \"Admins\" = \"tenant_admin\" }"};
constexpr Text kUnknownKey = {" is not a key of an issuer; keys: ", " 不是 issuer 的配置项；可用的配置项："};
constexpr Text kMissing = {"an issuer needs issuer, audience and keys",
                           "每个 issuer 必须设置 issuer、audience 与 keys"};
constexpr Text kWhichTenant = {"an issuer needs either tenant, or tenant_claim and tenants",
                               "每个 issuer 必须设置 tenant，或同时设置 tenant_claim 与 tenants"};
constexpr Text kRolesTogether = {"roles_claim and roles belong together", "roles_claim 与 roles 必须同时设置"};
constexpr Text kTwice = {" is there twice", " 重复"};

bool is_text(const std::string& value) { return !value.empty() && value.size() <= kTextBytesMax; }
bool is_url(const std::string& value) { return value.find("://") != value.npos && identity::is_key_source(value); }
bool is_source(const std::string& value) { return identity::is_key_source(value); }
bool is_role(const std::string& value) { return identity::is_role(value); }
bool is_tenant(const std::string& value) {
  api::Checker checker;
  checker.id("tenant", value);
  return checker.ok();
}

struct TextKey {
  const char* name;
  std::string ExternalIssuer::*member;
  bool (*fits)(const std::string& value);
  Text allowed;
};
constexpr std::array kTexts = {
    TextKey{"issuer", &ExternalIssuer::issuer, is_url, kUrl},
    TextKey{"audience", &ExternalIssuer::audience, is_text, kAnyText},
    TextKey{"keys", &ExternalIssuer::keys, is_source, kKeysAllowed},
    TextKey{"keys_ca", &ExternalIssuer::keys_ca, is_text, kAnyText},
    TextKey{"tenant", &ExternalIssuer::tenant, is_tenant, kTenantAllowed},
    TextKey{"tenant_claim", &ExternalIssuer::tenant_claim, is_text, kAnyText},
    TextKey{"user_claim", &ExternalIssuer::user_claim, is_text, kAnyText},
    TextKey{"roles_claim", &ExternalIssuer::roles_claim, is_text, kAnyText},
};

/// What a claim may say, and what each of that means.
struct NamesKey {
  const char* name;
  Names ExternalIssuer::*member;
  bool (*fits)(const std::string& value);
  Text allowed;
};
constexpr std::array kNames = {
    NamesKey{"tenants", &ExternalIssuer::tenants, is_tenant, kTenantAllowed},
    NamesKey{"roles", &ExternalIssuer::roles, is_role, kRoleAllowed},
};

/// Where something stands, and in which language to complain.
struct Place {
  std::string file_and_line;
  Language language;

  [[noreturn]] void complain(const std::string& what, const Text& text, const std::string& more = "") const {
    throw ConfigError(file_and_line + ": " + what + say(language, text) + more);
  }
};

Place place_of(const toml::node& node, const std::string& file, Language language) {
  return {file + ":" + std::to_string(node.source().begin.line), language};
}

template <typename Key>
void check_value(const Key& key, const std::string& value, const Place& place) {
  if (key.fits(value)) return;
  const std::string what = "identity.issuer." + std::string(key.name) + " = \"" + value + "\"";
  place.complain(what, kNotAllowed, say(place.language, key.allowed));
}

Names read_names(const toml::node& node, const NamesKey& key, const Place& place) {
  Names names;
  if (!node.is_table()) place.complain(key.name, kNotNames);
  for (const auto& [said, meant] : *node.as_table()) {
    const auto value = meant.value_exact<std::string>();
    if (!value) place.complain(key.name, kNotNames);
    check_value(key, *value, place);
    names.emplace(said.str(), *value);
  }
  return names;
}

void read_key(ExternalIssuer& issuer, const std::string& name, const toml::node& node, const Place& place) {
  const auto named = [&](const auto& key) { return key.name == name; };
  if (const auto* text = std::find_if(kTexts.begin(), kTexts.end(), named); text != kTexts.end()) {
    const auto value = node.value_exact<std::string>();
    if (!value) place.complain("identity.issuer." + name, kNotText);
    check_value(*text, *value, place);
    issuer.*text->member = *value;
  } else if (const auto* names = std::find_if(kNames.begin(), kNames.end(), named); names != kNames.end()) {
    issuer.*names->member = read_names(node, *names, place);
  } else {
    std::string known;
    for (const TextKey& key : kTexts) known += std::string(key.name) + ", ";
    for (const NamesKey& key : kNames) known += std::string(key.name) + (&key == &kNames.back() ? "" : ", ");
    place.complain("identity.issuer." + name, kUnknownKey, known);
  }
}

/// What no key can tell by itself.
void check_together(const ExternalIssuer& issuer, const Place& place) {
  if (issuer.issuer.empty() || issuer.audience.empty() || issuer.keys.empty()) place.complain("", kMissing);
  const bool by_claim = !issuer.tenant_claim.empty() && !issuer.tenants.empty();
  if (issuer.tenant_claim.empty() != issuer.tenants.empty() || by_claim == !issuer.tenant.empty()) {
    place.complain("", kWhichTenant);
  }
  if (issuer.roles_claim.empty() != issuer.roles.empty()) place.complain("", kRolesTogether);
}

}  // namespace

std::vector<ExternalIssuer> read_issuers(const toml::node& node, const std::string& file, Language language) {
  std::vector<ExternalIssuer> issuers;
  const Place all = place_of(node, file, language);
  if (!node.is_array_of_tables()) all.complain("identity.issuer", kNotTables);
  for (const toml::node& each : *node.as_array()) {
    const Place place = place_of(each, file, language);
    ExternalIssuer issuer;
    for (const auto& [key, value] : *each.as_table()) {
      read_key(issuer, std::string(key.str()), value, place_of(value, file, language));
    }
    check_together(issuer, place);
    for (const ExternalIssuer& other : issuers) {
      if (other.issuer == issuer.issuer) place.complain("identity.issuer.issuer = \"" + issuer.issuer + "\"", kTwice);
    }
    issuers.push_back(std::move(issuer));
  }
  return issuers;
}

toml::array issuers_as_toml(const std::vector<ExternalIssuer>& issuers) {
  toml::array all;
  for (const ExternalIssuer& issuer : issuers) {
    toml::table table;
    for (const TextKey& key : kTexts) {
      if (!(issuer.*key.member).empty()) table.insert(key.name, issuer.*key.member);
    }
    for (const NamesKey& key : kNames) {
      toml::table names;
      for (const auto& [said, meant] : issuer.*key.member) names.insert(said, meant);
      if (!names.empty()) table.insert(key.name, std::move(names));
    }
    all.push_back(std::move(table));
  }
  return all;
}

}  // namespace muster::musterd
