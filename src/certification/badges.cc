#include "muster/certification/badges.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "badge.h"
#include "certificates.h"
#include "muster/api/caller.h"
#include "muster/members/names.h"
#include "muster/v1/badge_service.grpc.pb.h"

namespace muster::certification {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr int kLookUpsMax = 4;
constexpr int kStateSeconds = 60;
constexpr int kKeysSeconds = 3600;

/// A UUID as PostgreSQL writes it: nothing else is looked up.
bool is_credential_id(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

BadgePage not_there() { return {404, R"({"error":"no such path"})", 0}; }

BadgePage page_of(TenantTransaction& t, const std::string& path) {
  constexpr std::string_view kKey = "keys/", kStatus = "status/";
  if (path == "keys") return {200, identity::badge_key_set(t), kKeysSeconds};
  if (path.starts_with(kKey)) {
    const auto key = identity::badge_key(t, path.substr(kKey.size()));
    return key ? BadgePage{200, *key, kKeysSeconds} : not_there();
  }
  const std::string id = path.starts_with(kStatus) ? path.substr(kStatus.size()) : "";
  const auto record = is_credential_id(id) ? find_credential(t, id) : std::nullopt;
  return record ? BadgePage{200, state_document(badge_state(*record, wall_now())), kStateSeconds} : not_there();
}

/// The badge of a certificate that counts.
std::string export_certificate(TenantTransaction& t, const std::string& id, const std::string& own_member,
                               const std::string& public_url, const identity::BadgeKeys& keys) {
  auto record = api::found(find_certificate(t, number_of(id), Lock::kNone), "CERTIFICATE", "certificate_id", id);
  // Another member's is not found, as if there were none.
  if (!own_member.empty() && record.member_id != own_member) {
    throw api::Refusal(api::not_found("CERTIFICATE", "certificate_id", id));
  }
  const TimePoint now = wall_now();
  if (badge_state(record, now) != v1::BADGE_STATE_VALID) refuse_state(record, now);
  record.expire_time = end_of(t, record, now);
  const auto kind = *find_kind(t, record.kind_id, Lock::kNone);
  const Holder holder{record.member_id, members::name_of(t, record.member_id)};
  return keys.sign(t, badge_claims(record, kind, holder, public_url), badge_keys_url(public_url), now);
}

class BadgeService final : public v1::BadgeService::CallbackService {
 public:
  BadgeService(store::TenantPool& pool, api::Gate& gate, std::string public_url, const identity::BadgeKeys& keys)
      : office_(pool, gate, [] {}), public_url_(std::move(public_url)), keys_(keys) {}

  ServerUnaryReactor* ExportCertificate(CallbackServerContext* context, const v1::ExportCertificateRequest* request,
                                        v1::ExportCertificateResponse* response) override {
    return office_.read(context, request, [=, this](Checker&, const std::string& own_member) -> Look {
      if (public_url_.empty()) {
        throw api::Refusal(api::precondition("PUBLIC_URL_MISSING", "the server was not told its public_url", {}));
      }
      return [=, this, id = request->certificate_id()](TenantTransaction& t) {
        response->set_badge(export_certificate(t, id, own_member, public_url_, keys_));
      };
    });
  }

  ServerUnaryReactor* GetBadgeKeySet(CallbackServerContext* context, const v1::GetBadgeKeySetRequest* request,
                                     v1::GetBadgeKeySetResponse* response) override {
    return office_.read(context, request, [=](Checker&) -> Look {
      return [=](TenantTransaction& t) { response->set_jwks(identity::badge_key_set(t)); };
    });
  }

  ServerUnaryReactor* GetBadgeState(CallbackServerContext* context, const v1::GetBadgeStateRequest* request,
                                    v1::GetBadgeStateResponse* response) override {
    return office_.read(context, request, [=](Checker&) -> Look {
      const std::string id = request->credential_id();
      return [=](TenantTransaction& t) {
        const auto record = is_credential_id(id) ? find_credential(t, id) : std::nullopt;
        response->set_state(badge_state(api::found(record, "CERTIFICATE", "credential_id", id), wall_now()));
      };
    });
  }

 private:
  api::BackOffice office_;
  const std::string public_url_;
  const identity::BadgeKeys& keys_;
};

}  // namespace

Badges::Badges(store::TenantPool& pool, BadgeOptions options)
    : pool_(pool), public_url_(std::move(options.public_url)), keys_(options.root_key) {}

std::unique_ptr<grpc::Service> Badges::make_service(api::Gate& gate) {
  return std::make_unique<BadgeService>(pool_, gate, public_url_, keys_);
}

void Badges::look_up(const std::string& path, std::function<void(BadgePage)> answer) {
  if (public_url_.empty()) return answer(not_there());
  if (path == "issuer") return answer({200, issuer_profile(public_url_), kKeysSeconds});
  const BadgePage busy{503, R"({"error":"busy: ask again in a moment"})", 0};
  if (looking_up_.fetch_add(1) >= kLookUpsMax) {
    looking_up_.fetch_sub(1);
    return answer(busy);
  }
  auto page = std::make_shared<BadgePage>();
  try {
    pool_.post(
        kPlatformTenant, [=, this](TenantTransaction& t) { *page = page_of(t, path); },
        [=, this](const std::exception_ptr& error) {
          looking_up_.fetch_sub(1);
          answer(error ? busy : *page);
        });
  } catch (const std::exception&) {  // the pool is full or stopped
    looking_up_.fetch_sub(1);
    answer(busy);
  }
}

}  // namespace muster::certification
