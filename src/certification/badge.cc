#include "badge.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <ctime>

#include "certificates.h"

namespace muster::certification {
namespace {

namespace json = boost::json;

constexpr const char* kCredentials = "https://www.w3.org/ns/credentials/v2";
constexpr const char* kOpenBadges = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
/// For the type of our credentialStatus, which is in no standard context.
constexpr const char* kUndefinedTerms = "https://www.w3.org/ns/credentials/undefined-terms/v2";

std::int64_t seconds_of(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// "2026-11-22T08:30:00Z".
std::string date_time(TimePoint time) {
  const std::time_t seconds = seconds_of(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string issuer_url(const std::string& public_url) { return public_url + "/badges/issuer"; }

json::object profile(const std::string& public_url) {
  return {{"id", issuer_url(public_url)}, {"type", json::array{"Profile"}}, {"name", "Muster"}, {"url", public_url}};
}

template <typename Ids>
std::string listed(const std::string& what, const Ids& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? what + ": " : ", ") + id;
  return text.empty() ? text : text + ". ";
}

/// What holders have shown, in words.
std::string narrative(const v1::CertificateKind& kind) {
  std::string text = listed("Exams passed", kind.exam_ids()) + listed("Courses completed", kind.course_ids());
  if (kind.tier_min() > 0) text += "Tier reached: " + std::to_string(kind.tier_min()) + ". ";
  if (!kind.vetting_tenant_id().empty()) text += "Approved by: " + kind.vetting_tenant_id() + ". ";
  if (text.empty()) return "Certified by the staff.";
  text.pop_back();
  return text;
}

json::object achievement(const CertificateRecord& record, const v1::CertificateKind& kind,
                         const std::string& public_url) {
  const std::string version = std::to_string(record.version);
  return {{"id", issuer_url(public_url) + "#" + kind.kind_id() + "/" + version},
          {"type", json::array{"Achievement"}},
          {"achievementType", "Certification"},
          {"name", kind.display_name()},
          {"description", "Certificate " + kind.kind_id() + " for the skill " + kind.skill_id()},
          {"criteria", json::object{{"narrative", narrative(kind)}}},
          {"version", version}};
}

json::object identity_object(const std::string& type, const std::string& value) {
  return {{"type", "IdentityObject"}, {"hashed", false}, {"identityType", type}, {"identityHash", value}};
}

}  // namespace

std::string badge_keys_url(const std::string& public_url) { return public_url + "/badges/keys"; }

std::string issuer_profile(const std::string& public_url) {
  json::object document{{"@context", json::array{kCredentials, kOpenBadges}}};
  for (auto& [name, value] : profile(public_url)) document[name] = value;
  return json::serialize(document);
}

std::string badge_claims(const CertificateRecord& record, const v1::CertificateKind& kind, const Holder& holder,
                         const std::string& public_url) {
  const std::string id = "urn:uuid:" + record.credential_id;
  const std::string subject = public_url + "/badges/members/" + holder.member_id;
  return json::serialize(json::object{
      {"@context", json::array{kCredentials, kOpenBadges, kUndefinedTerms}},
      {"id", id},
      {"type", json::array{"VerifiableCredential", "AchievementCredential"}},
      {"name", kind.display_name()},
      {"issuer", profile(public_url)},
      {"validFrom", date_time(record.issue_time)},
      {"validUntil", date_time(record.expire_time)},
      {"credentialSubject", json::object{{"id", subject},
                                         {"type", json::array{"AchievementSubject"}},
                                         {"identifier", json::array{identity_object("systemId", holder.member_id),
                                                                    identity_object("name", holder.display_name)}},
                                         {"achievement", achievement(record, kind, public_url)}}},
      {"credentialStatus", json::object{{"id", public_url + "/badges/status/" + record.credential_id},
                                        {"type", "MusterCertificateStatus"}}},
      {"iss", issuer_url(public_url)},
      {"jti", id},
      {"sub", subject},
      {"nbf", seconds_of(record.issue_time)},
      {"exp", seconds_of(record.expire_time)}});
}

v1::BadgeState badge_state(const CertificateRecord& record, TimePoint now) {
  switch (state_of(record, now)) {
    case v1::CERTIFICATE_STATE_ACTIVE:
    case v1::CERTIFICATE_STATE_EXPIRING:
      return v1::BADGE_STATE_VALID;
    case v1::CERTIFICATE_STATE_EXPIRED:
      return v1::BADGE_STATE_EXPIRED;
    case v1::CERTIFICATE_STATE_SUSPENDED:
      return v1::BADGE_STATE_SUSPENDED;
    case v1::CERTIFICATE_STATE_REVOKED:
      return v1::BADGE_STATE_REVOKED;
    case v1::CERTIFICATE_STATE_SUPERSEDED:
      return v1::BADGE_STATE_SUPERSEDED;
    default:
      return v1::BADGE_STATE_UNSPECIFIED;
  }
}

std::string word_of(v1::BadgeState state) {
  std::string word = api::short_name(state);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

std::string state_document(v1::BadgeState state) { return json::serialize(json::object{{"status", word_of(state)}}); }

}  // namespace muster::certification
