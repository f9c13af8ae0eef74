#pragma once

#include <string>

#include "certificate_store.h"
#include "muster/v1/badge_service.pb.h"

/// What a badge says. Pure.
namespace muster::certification {

/// Who holds the certificate.
struct Holder {
  std::string member_id;
  std::string display_name;
};

/// The address of the keys, on a server with that public URL.
std::string badge_keys_url(const std::string& public_url);
/// The profile of the issuer, as JSON.
std::string issuer_profile(const std::string& public_url);
/// The claims of the JWT: the AchievementCredential, and those of its properties that RFC 7519 has names for.
std::string badge_claims(const CertificateRecord& record, const v1::CertificateKind& kind, const Holder& holder,
                         const std::string& public_url);

/// What the certificate behind a badge is worth at that moment, and the word for it.
v1::BadgeState badge_state(const CertificateRecord& record, TimePoint now);
std::string word_of(v1::BadgeState state);
/// As the address in a badge answers, as JSON.
std::string state_document(v1::BadgeState state);

}  // namespace muster::certification
