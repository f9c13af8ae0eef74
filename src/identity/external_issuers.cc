#include "external_issuers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "muster/base/thread_name.h"
#include "muster/http_client/http_client.h"

namespace muster::identity {
namespace {

constexpr std::size_t kKeySetBytesMax = 256 << 10;
/// The longest life that tokens of other issuers may have.
constexpr Duration kExternalTokenLife = std::chrono::hours(2);

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kKeySetBytesMax + 1, '\0');
  if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())).eof()) {
    throw std::runtime_error(file ? "it is too large" : "it cannot be read");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Issuer issuer_of(const ExternalIssuer& options) {
  Issuer::External external{options.tenant, options.tenant_claim, {}, options.user_claim, options.roles_claim, {}};
  external.tenants.insert(options.tenants.begin(), options.tenants.end());
  for (const auto& [said, name] : options.roles) {
    const auto role = role_of(name);
    if (!role) throw std::runtime_error("no role: " + name);
    external.roles.emplace(said, *role);
  }
  return {options.issuer,
          options.audience,
          {},
          {Algorithm::kEdDsa, Algorithm::kEs256, Algorithm::kRs256},
          {"at+jwt", "application/at+jwt", "jwt"},
          kExternalTokenLife,
          std::move(external)};
}

}  // namespace

bool is_key_source(std::string_view keys) {
  if (keys.find("://") == keys.npos) return !keys.empty();
  const auto url = http_client::Url::parse(keys);
  return url && (url->tls || url->is_local());
}

bool is_role(std::string_view name) { return role_of(name).has_value(); }

ExternalIssuers::ExternalIssuers(const std::vector<ExternalIssuer>& issuers, const RootKey& root, FetchPace pace)
    : root_(root), pace_(pace) {
  for (const ExternalIssuer& options : issuers) {
    if (!is_key_source(options.keys)) throw std::runtime_error("keys cannot be had from " + options.keys);
    sources_.push_back({options, issuer_of(options), {}, {}, {}, false, false});
    if (options.tenant_claim.empty()) tenants_.insert(options.tenant);
    for (const auto& [said, tenant] : options.tenants) tenants_.insert(tenant);
  }
  take_up();
}

ExternalIssuers::~ExternalIssuers() { stop(); }

void ExternalIssuers::start() {
  if (sources_.empty()) return;
  for (Source& source : sources_) {
    if (http_client::Url::parse(source.options.keys)) continue;
    refresh(source);
    if (source.failing) throw std::runtime_error("the keys of " + source.issuer.issuer + " cannot be used");
  }
  take_up();
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "issuers");
}

void ExternalIssuers::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

KnownTokens::Answer ExternalIssuers::verify(std::string_view token, TimePoint now) {
  auto answer = tokens()->verify(token, now);
  if (answer.rejection == Rejection::kUnknownKey) {
    std::lock_guard lock(mutex_);
    for (Source& source : sources_) source.wanted = source.wanted || source.issuer.issuer == answer.issuer;
    wake_.notify_all();
  }
  return answer;
}

void ExternalIssuers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = Clock::now();
    std::vector<Source*> due;
    for (Source& source : sources_) {
      if (source.due > now && !(source.wanted && source.tried + pace_.soonest <= now)) continue;
      source.wanted = false;
      due.push_back(&source);
    }
    if (due.empty()) {
      wake_.wait_until(lock, next_look());
      continue;
    }
    lock.unlock();
    bool changed = false;
    for (Source* source : due) changed = refresh(*source) || changed;
    if (changed) take_up();
    lock.lock();
  }
}

/// REQUIRES: mutex_ is held.
ExternalIssuers::Clock::time_point ExternalIssuers::next_look() const {
  auto next = Clock::time_point::max();
  for (const Source& source : sources_) {
    next = std::min({next, source.due, source.wanted ? source.tried + pace_.soonest : source.due});
  }
  return next;
}

bool ExternalIssuers::refresh(Source& source) {
  bool changed = false;
  try {
    const auto url = http_client::Url::parse(source.options.keys);
    const std::string jwks = url ? http_client::fetch(*url, {.ca = source.options.keys_ca,
                                                             .timeout = pace_.timeout,
                                                             .bytes_max = kKeySetBytesMax,
                                                             .stop = &stopping_})
                                 : read_file(source.options.keys);
    changed = jwks != source.jwks;
    if (changed) source.issuer.keys = parse_key_set(jwks);
    source.jwks = jwks;
    if (std::exchange(source.failing, false))
      spdlog::info("identity: the keys of {} are there again", source.issuer.issuer);
  } catch (const std::exception& error) {
    changed = false;
    if (!stopping_ && !std::exchange(source.failing, true)) {
      spdlog::warn("identity: the keys of {} are not to be had from {}: {}", source.issuer.issuer, source.options.keys,
                   error.what());
    }
  }
  source.tried = Clock::now();
  source.due = source.tried + (source.failing ? pace_.retry : pace_.refresh);
  return changed;
}

void ExternalIssuers::take_up() {
  std::vector<Issuer> issuers;
  for (const Source& source : sources_) issuers.push_back(source.issuer);
  auto tokens = std::make_shared<KnownTokens>(std::move(issuers), root_);
  std::lock_guard lock(mutex_);
  tokens_ = std::move(tokens);
}

std::shared_ptr<KnownTokens> ExternalIssuers::tokens() const {
  std::lock_guard lock(mutex_);
  return tokens_;
}

}  // namespace muster::identity
