#include "certificates.h"

#include <algorithm>
#include <vector>

#include "muster/academy/record.h"
#include "muster/api/caller.h"
#include "muster/certification/certify.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "muster/skill_tags/evidence.h"
#include "muster/store/tenants.h"
#include "vettings.h"

namespace muster::certification {
namespace {

using api::already_exists;
using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::sets;
using api::short_name;

constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kValidity = 365 * kDay;
constexpr Duration kValidityMax = 3'653 * kDay;  // ten years
constexpr Duration kGrace = 30 * kDay;

constexpr int kAskedMax = 16;
constexpr int kTierMax = 6;
/// So many holders are locked at once.
constexpr std::size_t kHoldersMax = 100;

void check_ids(const std::string& path, const google::protobuf::RepeatedPtrField<std::string>& ids, Checker& check) {
  if (!check.count(path, ids.size(), 0, kAskedMax)) return;
  for (int i = 0; i < ids.size(); ++i) {
    check.id(api::indexed(path, i), ids[i]);
    check.expect(std::find(ids.begin(), ids.begin() + i, ids[i]) == ids.begin() + i, api::indexed(path, i),
                 "is there twice");
  }
}

void check_requirements(const v1::CertificateKind& kind, const google::protobuf::FieldMask* mask, Checker& check) {
  if (sets(mask, "exam_ids")) check_ids("kind.exam_ids", kind.exam_ids(), check);
  if (sets(mask, "course_ids")) check_ids("kind.course_ids", kind.course_ids(), check);
  if (sets(mask, "vetting_tenant_id")) {
    check.optional_id("kind.vetting_tenant_id", kind.vetting_tenant_id());
    check.expect(kind.vetting_tenant_id() != kPlatformTenant, "kind.vetting_tenant_id", "must not be the platform");
  }
  if (sets(mask, "tier_min")) check.number("kind.tier_min", kind.tier_min(), 0, kTierMax);
}

void check_validity(v1::CertificateKind& kind, Checker& check) {
  if (!kind.has_validity()) node::to_proto(kValidity, kind.mutable_validity());
  check.duration("kind.validity", kind.validity(), kDay, kValidityMax);
}

v1::CertificateKind kind_named(TenantTransaction& t, const std::string& kind_id, Lock lock) {
  return found(find_kind(t, kind_id, lock), "CERTIFICATE_KIND", "kind_id", kind_id);
}

/// Whether the certificate of that kind follows from something by itself.
bool follows(const v1::CertificateKind& kind) {
  return kind.exam_ids_size() + kind.course_ids_size() > 0 || !kind.vetting_tenant_id().empty();
}
constexpr const char* kNeedsCause = "needs an exam, a course or a vetting that it follows from";

/// Until when the tenant approves of the member; empty: it does not.
std::optional<TimePoint> vetted_until(TenantTransaction& t, const std::string& tenant_id, const std::string& member_id,
                                      TimePoint now) {
  const auto vetting = find_vetting(t, tenant_id, member_id);
  if (!vetting || state_of(*vetting, now) != v1::VETTING_STATE_APPROVED) return std::nullopt;
  return vetting->has_expire_time() ? node::from_proto(vetting->expire_time()) : TimePoint::max();
}

/// Lets the member's skill be what the certificate gives, as long as that counts.
void give(TenantTransaction& t, const v1::CertificateKind& kind, const CertificateRecord& record, const By& by) {
  members::grant_skill(t, record.member_id, kind.skill_id(), static_cast<std::uint8_t>(record.level),
                       end_of(t, record, by.now));
  skill_tags::recompute_members(t, {record.member_id}, by.now);
}

void take_away(TenantTransaction& t, const CertificateRecord& record, const By& by) {
  members::withdraw_skill(t, record.member_id, kind_named(t, record.kind_id, Lock::kNone).skill_id());
  skill_tags::recompute_members(t, {record.member_id}, by.now);
}

std::string name_of(const v1::CertificateKind& kind) { return "certificate-kind/" + kind.kind_id(); }
std::string name_of(const CertificateRecord& record) { return "certificate/" + std::to_string(record.id); }

/// The exams and courses that the kind asks for are there.
void find_what_is_asked(TenantTransaction& t, const v1::CertificateKind& kind) {
  for (const std::string& id : kind.exam_ids()) {
    if (!academy::exam_exists(t, id)) throw Refusal(api::not_found("EXAM", "exam_id", id));
  }
  for (const std::string& id : kind.course_ids()) {
    if (!academy::course_exists(t, id)) throw Refusal(api::not_found("COURSE", "course_id", id));
  }
  const std::string& tenant = kind.vetting_tenant_id();
  if (!tenant.empty() && !tenant_exists(t, tenant)) throw Refusal(api::not_found("TENANT", "tenant_id", tenant));
}

/// A certificate rests on the vetting that it was issued by: there is none that would rest on another one.
void expect_not_held(TenantTransaction& t, const v1::CertificateKind& kind, TimePoint now) {
  if (!is_held(t, kind.kind_id(), now)) return;
  throw Refusal(precondition("CERTIFICATE_KIND_HELD",
                             "kind_id '" + kind.kind_id() + "' has holders, whose certificates rest on its vetting",
                             {{"kind_id", kind.kind_id()}}));
}

/// What a member has of what a kind asks for.
struct Standing {
  std::string missing;              ///< what is not there, such as "exam refunds-exam, tier 3"; empty: nothing
  int level = dispatch::kLevelMax;  ///< the least score of the exams
};
Standing standing_of(TenantTransaction& t, const v1::CertificateKind& kind, const std::string& member_id,
                     TimePoint now) {
  Standing standing;
  const auto lacks = [&](const std::string& what) {
    standing.missing += (standing.missing.empty() ? "" : ", ") + what;
  };
  for (const std::string& id : kind.exam_ids()) {
    const auto passed = academy::passed_exam(t, member_id, id);
    passed ? static_cast<void>(standing.level = std::min(standing.level, passed->score)) : lacks("exam " + id);
  }
  for (const std::string& id : kind.course_ids()) {
    if (!academy::completed_course(t, member_id, id)) lacks("course " + id);
  }
  if (members::tier_of(t, member_id) < kind.tier_min()) lacks("tier " + std::to_string(kind.tier_min()));
  const std::string& tenant = kind.vetting_tenant_id();
  if (!tenant.empty() && !vetted_until(t, tenant, member_id, now)) lacks("vetting " + tenant);
  return standing;
}

bool may_be_certified(v1::MemberState state) {
  return state >= v1::MEMBER_STATE_TRAINING && state != v1::MEMBER_STATE_CLOSED;
}

/// Issues a certificate of the newest version in the place of the one that the member has.
v1::Certificate issue(TenantTransaction& t, const v1::CertificateKind& kind, const std::string& member_id, int level,
                      const By& by) {
  for (const CertificateRecord& older : supersede_certificate(t, kind.kind_id(), member_id, by.now)) {
    const v1::Certificate is = shown(older, by.now);
    by.changed(name_of(older), nullptr, &is);
  }
  CertificateRecord record;
  record.kind_id = kind.kind_id();
  record.member_id = member_id;
  record.version = kind.version();
  record.level = level;
  record.issue_time = by.now;
  record.expire_time = by.now + node::from_proto(kind.validity());
  record.vetting_tenant = kind.vetting_tenant_id();
  record.id = insert_certificate(t, record);
  give(t, kind, record, by);
  const v1::Certificate certificate = shown(record, by.now);
  by.changed(name_of(record), nullptr, &certificate);
  return certificate;
}

/// The level of a certificate of the kind that is to be issued by itself now; empty: none is. REQUIRES: the member is
/// locked.
std::optional<int> due_level(TenantTransaction& t, const v1::CertificateKind& kind, const std::string& member_id,
                             TimePoint now) {
  const auto held = certificate_of(t, kind.kind_id(), member_id);
  if (held && held->suspended && !held->unvetted) return std::nullopt;  // until it is reinstated
  const bool holds = held && held->version == kind.version() && state_of(*held, now) == v1::CERTIFICATE_STATE_ACTIVE;
  if (holds || (!held && was_revoked(t, kind.kind_id(), member_id))) return std::nullopt;
  const Standing standing = standing_of(t, kind, member_id, now);
  if (!standing.missing.empty()) return std::nullopt;
  return standing.level;
}

Refusal not_met(const std::string& member_id, const std::string& missing) {
  return Refusal(precondition("REQUIREMENTS_NOT_MET", "member_id '" + member_id + "' lacks " + missing,
                              {{"member_id", member_id}, {"missing", missing}}));
}

/// The certificate, locked behind its member, which is in one of these states.
CertificateRecord certificate_in(TenantTransaction& t, const std::string& certificate_id, const By& by,
                                 const std::vector<v1::CertificateState>& states) {
  const std::int64_t id = number_of(certificate_id);
  const auto seen = found(find_certificate(t, id, Lock::kNone), "CERTIFICATE", "certificate_id", certificate_id);
  static_cast<void>(members::state_of(t, seen.member_id));
  CertificateRecord record = *find_certificate(t, id, Lock::kChange);
  if (std::find(states.begin(), states.end(), state_of(record, by.now)) == states.end()) refuse_state(record, by.now);
  return record;
}

/// Enters what became of a certificate in the audit, and shows it.
v1::Certificate changed(TenantTransaction& t, const CertificateRecord& before, const By& by) {
  const v1::Certificate was = shown(before, by.now), is = shown(*find_certificate(t, before.id, Lock::kNone), by.now);
  by.changed(name_of(before), &was, &is);
  return is;
}

}  // namespace

v1::CertificateState state_of(const CertificateRecord& record, TimePoint now) {
  if (record.revoked) return v1::CERTIFICATE_STATE_REVOKED;
  if (record.superseded) return v1::CERTIFICATE_STATE_SUPERSEDED;
  if (record.expire_time <= now) return v1::CERTIFICATE_STATE_EXPIRED;
  if (record.suspended) return v1::CERTIFICATE_STATE_SUSPENDED;
  return record.expire_time <= now + kNotice ? v1::CERTIFICATE_STATE_EXPIRING : v1::CERTIFICATE_STATE_ACTIVE;
}

void refuse_state(const CertificateRecord& record, TimePoint now) {
  const std::string id = std::to_string(record.id), state = short_name(state_of(record, now));
  throw Refusal(precondition("CERTIFICATE_WRONG_STATE", "certificate_id '" + id + "' is " + state,
                             {{"certificate_id", id}, {"state", state}}));
}

TimePoint end_of(TenantTransaction& t, const CertificateRecord& record, TimePoint now) {
  if (record.vetting_tenant.empty()) return record.expire_time;
  return std::min(record.expire_time, vetted_until(t, record.vetting_tenant, record.member_id, now).value_or(now));
}

v1::Certificate shown(const CertificateRecord& record, TimePoint now) {
  v1::Certificate certificate;
  certificate.set_certificate_id(std::to_string(record.id));
  certificate.set_kind_id(record.kind_id);
  certificate.set_member_id(record.member_id);
  certificate.set_version(record.version);
  certificate.set_level(record.level);
  certificate.set_state(state_of(record, now));
  node::to_proto(record.issue_time, certificate.mutable_issue_time());
  node::to_proto(record.expire_time, certificate.mutable_expire_time());
  certificate.set_reason(record.reason);
  certificate.set_vetting_tenant_id(record.vetting_tenant);
  return certificate;
}

// --- checks ---

void check(v1::CreateCertificateKindRequest& request, Checker& check) {
  v1::CertificateKind& kind = *request.mutable_kind();
  check.id("kind.kind_id", kind.kind_id());
  check.id("kind.skill_id", kind.skill_id());
  api::check_name("kind.display_name", kind.display_name(), check);
  check_validity(kind, check);
  check_requirements(kind, nullptr, check);
  check.expect(!kind.automatic() || follows(kind), "kind.automatic", kNeedsCause);
}

void check(v1::UpdateCertificateKindRequest& request, Checker& check) {
  v1::CertificateKind& kind = *request.mutable_kind();
  check.id("kind.kind_id", kind.kind_id());
  api::check_mask(request.update_mask(),
                  {"display_name", "validity", "exam_ids", "course_ids", "tier_min", "automatic", "vetting_tenant_id"},
                  check);
  check_requirements(kind, &request.update_mask(), check);
  if (sets(&request.update_mask(), "display_name")) api::check_name("kind.display_name", kind.display_name(), check);
  if (sets(&request.update_mask(), "validity")) check_validity(kind, check);
}

void check(v1::PublishCertificateKindVersionRequest& request, Checker& check) {
  check.id("kind_id", request.kind_id());
  if (!request.has_grace()) node::to_proto(kGrace, request.mutable_grace());
  check.duration("grace", request.grace(), Duration{0}, 365 * kDay);
}

void check(v1::IssueCertificateRequest& request, Checker& check) {
  check.id("kind_id", request.kind_id());
  check.id("member_id", request.member_id());
  if (!request.has_level()) request.set_level(dispatch::kLevelMax);
  check.number("level", request.level(), 0, dispatch::kLevelMax);
}

void check(v1::SuspendCertificateRequest& request, Checker& check) {
  api::check_name("reason", request.reason(), check);
}
void check(v1::ReinstateCertificateRequest&, Checker&) {}
void check(v1::RevokeCertificateRequest& request, Checker& check) {
  api::check_name("reason", request.reason(), check);
}

// --- kinds ---

v1::CreateCertificateKindResponse carry_out(TenantTransaction& t, const v1::CreateCertificateKindRequest& request,
                                            const By& by) {
  const v1::CertificateKind& kind = request.kind();
  if (find_kind(t, kind.kind_id(), Lock::kChange))
    throw Refusal(already_exists("CERTIFICATE_KIND", "kind_id", kind.kind_id()));
  find_what_is_asked(t, kind);
  if (!members::manage_skill(t, kind.skill_id(), "certificate:" + kind.kind_id())) {
    throw Refusal(precondition("SKILL_MANAGED", "skill_id '" + kind.skill_id() + "' is granted by something else",
                               {{"skill_id", kind.skill_id()}}));
  }
  if (!insert_kind(t, kind, by.now)) throw Refusal(already_exists("CERTIFICATE_KIND", "kind_id", kind.kind_id()));
  by.changed(name_of(kind), nullptr, &kind);
  v1::CreateCertificateKindResponse response;
  *response.mutable_kind() = kind_named(t, kind.kind_id(), Lock::kNone);
  return response;
}

v1::UpdateCertificateKindResponse carry_out(TenantTransaction& t, const v1::UpdateCertificateKindRequest& request,
                                            const By& by) {
  const v1::CertificateKind before = kind_named(t, request.kind().kind_id(), Lock::kChange);
  v1::CertificateKind kind = before;
  if (sets(&request.update_mask(), "display_name")) kind.set_display_name(request.kind().display_name());
  if (sets(&request.update_mask(), "validity")) *kind.mutable_validity() = request.kind().validity();
  if (sets(&request.update_mask(), "exam_ids")) *kind.mutable_exam_ids() = request.kind().exam_ids();
  if (sets(&request.update_mask(), "course_ids")) *kind.mutable_course_ids() = request.kind().course_ids();
  if (sets(&request.update_mask(), "tier_min")) kind.set_tier_min(request.kind().tier_min());
  if (sets(&request.update_mask(), "automatic")) kind.set_automatic(request.kind().automatic());
  if (sets(&request.update_mask(), "vetting_tenant_id")) {
    kind.set_vetting_tenant_id(request.kind().vetting_tenant_id());
  }
  if (kind.automatic() && !follows(kind)) {
    throw Refusal(api::invalid_request({{"kind.automatic", kNeedsCause}}));
  }
  if (kind.vetting_tenant_id() != before.vetting_tenant_id()) expect_not_held(t, kind, by.now);
  find_what_is_asked(t, kind);
  update_kind(t, kind);
  by.changed(name_of(kind), &before, &kind);
  v1::UpdateCertificateKindResponse response;
  *response.mutable_kind() = kind;
  return response;
}

v1::PublishCertificateKindVersionResponse carry_out(TenantTransaction& t,
                                                    const v1::PublishCertificateKindVersionRequest& request,
                                                    const By& by) {
  const v1::CertificateKind before = kind_named(t, request.kind_id(), Lock::kChange);
  v1::CertificateKind kind = before;
  kind.set_version(kind.version() + 1);
  update_kind(t, kind);
  by.changed(name_of(kind), &before, &kind);
  const Ending ending{0, kind.kind_id(), kind.version(), by.now + node::from_proto(request.grace()), ""};
  insert_ending(t, ending);
  v1::PublishCertificateKindVersionResponse response;
  *response.mutable_kind() = kind;
  response.set_ended_certificates(count_older(t, ending));
  return response;
}

bool end_older_certificates(TenantTransaction& t, TimePoint now) {
  auto ending = first_ending(t);
  if (!ending) return false;
  const auto kind = kind_named(t, ending->kind_id, Lock::kNone);
  const auto holders = older_holders(t, *ending, kHoldersMax);
  return api::audited(t, {kPlatformTenant, "certification", "BringIntoForce", ""}, now, {}, [&](const By& by) {
    if (holders.empty()) {
      delete_ending(t, *ending);
      by.changed(name_of(kind), nullptr, &kind);
      return true;
    }
    static_cast<void>(members::states_of(t, holders));
    std::vector<std::string> ended;  // who got a new one before the lock keeps it
    for (const CertificateRecord& record : end_certificates(t, *ending, holders)) {
      const v1::Certificate is = shown(record, now);
      by.changed(name_of(record), nullptr, &is);
      ended.push_back(record.member_id);
    }
    members::end_grants(t, kind.skill_id(), ended, ending->end);
    skill_tags::recompute_members(t, ended, now);
    ending->after_member = holders.back();
    update_ending(t, *ending);
    return true;
  });
}

// --- certificates ---

v1::IssueCertificateResponse carry_out(TenantTransaction& t, const v1::IssueCertificateRequest& request, const By& by) {
  const v1::MemberState state =
      found(members::state_of(t, request.member_id()), "MEMBER", "member_id", request.member_id());
  // Shared, so that a version that is published meanwhile comes before it or sees it.
  const v1::CertificateKind kind = kind_named(t, request.kind_id(), Lock::kShare);
  if (!may_be_certified(state)) {
    const std::string name = short_name(state);
    throw Refusal(precondition("MEMBER_WRONG_STATE",
                               "member_id '" + request.member_id() + "' is " + name +
                                   ": certificates are for those from TRAINING on, and not for who has left",
                               {{"member_id", request.member_id()}, {"state", name}}));
  }
  const std::string missing = standing_of(t, kind, request.member_id(), by.now).missing;
  if (!missing.empty()) throw not_met(request.member_id(), missing);
  v1::IssueCertificateResponse response;
  *response.mutable_certificate() = issue(t, kind, request.member_id(), request.level(), by);
  return response;
}

void certify(TenantTransaction& t, const std::string& member_id, const std::string& learned_id, TimePoint now) {
  const auto state = members::state_of(t, member_id);
  if (!state || !may_be_certified(*state)) return;
  for (const v1::CertificateKind& kind : automatic_kinds(t, learned_id)) {
    const auto level = due_level(t, kind, member_id, now);
    if (!level) continue;
    const store::AuditCause cause{kPlatformTenant, "academy", "IssueCertificate", ""};
    api::audited(t, cause, now, {}, [&](const By& by) { return issue(t, kind, member_id, *level, by); });
  }
}

void vetting_given(TenantTransaction& t, const std::string& tenant_id, const std::string& member_id, const By& by) {
  const auto kinds = vetted_kinds(t, tenant_id);
  for (const CertificateRecord& record : vetted_certificates(t, tenant_id, member_id)) {
    if (record.expire_time <= by.now || (record.suspended && !record.unvetted)) continue;
    if (record.unvetted) reinstate_certificate(t, record.id);
    give(t, kind_named(t, record.kind_id, Lock::kNone), record, by);
    changed(t, record, by);
  }
  const auto state = members::state_of(t, member_id);
  if (!state || !may_be_certified(*state)) return;
  for (const v1::CertificateKind& kind : kinds) {
    if (const auto level = due_level(t, kind, member_id, by.now)) issue(t, kind, member_id, *level, by);
  }
}

void vetting_ended(TenantTransaction& t, const std::string& tenant_id, const std::string& member_id,
                   const std::string& why, const By& by) {
  for (const CertificateRecord& record : vetted_certificates(t, tenant_id, member_id)) {
    if (record.expire_time <= by.now || record.suspended) continue;
    suspend_certificate(t, record.id, true, "vetting by " + tenant_id + ": " + why, by.now);
    take_away(t, record, by);
    changed(t, record, by);
  }
}

v1::SuspendCertificateResponse carry_out(TenantTransaction& t, const v1::SuspendCertificateRequest& request,
                                         const By& by) {
  const CertificateRecord record =
      certificate_in(t, request.certificate_id(), by,
                     {v1::CERTIFICATE_STATE_ACTIVE, v1::CERTIFICATE_STATE_EXPIRING, v1::CERTIFICATE_STATE_SUSPENDED});
  if (record.suspended && !record.unvetted) refuse_state(record, by.now);
  suspend_certificate(t, record.id, false, request.reason(), by.now);
  take_away(t, record, by);
  v1::SuspendCertificateResponse response;
  *response.mutable_certificate() = changed(t, record, by);
  return response;
}

v1::ReinstateCertificateResponse carry_out(TenantTransaction& t, const v1::ReinstateCertificateRequest& request,
                                           const By& by) {
  const CertificateRecord record = certificate_in(t, request.certificate_id(), by, {v1::CERTIFICATE_STATE_SUSPENDED});
  const std::string& tenant = record.vetting_tenant;
  if (!tenant.empty() && !vetted_until(t, tenant, record.member_id, by.now)) {
    throw not_met(record.member_id, "vetting " + tenant);
  }
  reinstate_certificate(t, record.id);
  give(t, kind_named(t, record.kind_id, Lock::kNone), record, by);
  v1::ReinstateCertificateResponse response;
  *response.mutable_certificate() = changed(t, record, by);
  return response;
}

v1::RevokeCertificateResponse carry_out(TenantTransaction& t, const v1::RevokeCertificateRequest& request,
                                        const By& by) {
  const CertificateRecord record = certificate_in(t, request.certificate_id(), by,
                                                  {v1::CERTIFICATE_STATE_ACTIVE, v1::CERTIFICATE_STATE_EXPIRING,
                                                   v1::CERTIFICATE_STATE_EXPIRED, v1::CERTIFICATE_STATE_SUSPENDED});
  revoke_certificate(t, record.id, request.reason(), by.now);
  take_away(t, record, by);
  v1::RevokeCertificateResponse response;
  *response.mutable_certificate() = changed(t, record, by);
  return response;
}

}  // namespace muster::certification
