#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "certificate_store.h"
#include "muster/api/back_office.h"
#include "muster/api/server_number.h"
#include "muster/v1/certificate_service.pb.h"

/// What may be done to certificates and their kinds. Each change is one transaction of the platform, and throws
/// api::Refusal if it may not be.
namespace muster::certification {

using api::By;
using api::number_of;

/// So long before it ends a certificate is said to be expiring.
inline constexpr Duration kNotice = std::chrono::hours(30 * 24);

/// What the certificate is worth at that moment.
v1::CertificateState state_of(const CertificateRecord& record, TimePoint now);
/// Throws the Refusal that says that the certificate's state does not allow what was asked.
[[noreturn]] void refuse_state(const CertificateRecord& record, TimePoint now);
/// Until when it counts: neither longer than it was issued for, nor than the vetting that it rests on.
TimePoint end_of(TenantTransaction& t, const CertificateRecord& record, TimePoint now);
/// The certificate as callers see it.
v1::Certificate shown(const CertificateRecord& record, TimePoint now);

// --- what follows from vettings. REQUIRES: the member is locked, and the vetting stored ---

/// The tenant approved: certificates that were suspended for want of it count again, those that rest on it count as
/// long as it does, and kinds that are issued by themselves are.
void vetting_given(TenantTransaction& t, const std::string& tenant_id, const std::string& member_id, const By& by);
/// It did not, or not any more: certificates that rest on it are suspended. `why`: such as "WITHDRAWN".
void vetting_ended(TenantTransaction& t, const std::string& tenant_id, const std::string& member_id,
                   const std::string& why, const By& by);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateCertificateKindRequest& request, api::Checker& check);
void check(v1::UpdateCertificateKindRequest& request, api::Checker& check);
void check(v1::PublishCertificateKindVersionRequest& request, api::Checker& check);
void check(v1::IssueCertificateRequest& request, api::Checker& check);
void check(v1::SuspendCertificateRequest& request, api::Checker& check);
void check(v1::ReinstateCertificateRequest& request, api::Checker& check);
void check(v1::RevokeCertificateRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateCertificateKindResponse carry_out(TenantTransaction& t, const v1::CreateCertificateKindRequest& request,
                                            const By& by);
v1::UpdateCertificateKindResponse carry_out(TenantTransaction& t, const v1::UpdateCertificateKindRequest& request,
                                            const By& by);
v1::PublishCertificateKindVersionResponse carry_out(TenantTransaction& t,
                                                    const v1::PublishCertificateKindVersionRequest& request,
                                                    const By& by);
v1::IssueCertificateResponse carry_out(TenantTransaction& t, const v1::IssueCertificateRequest& request, const By& by);
v1::SuspendCertificateResponse carry_out(TenantTransaction& t, const v1::SuspendCertificateRequest& request,
                                         const By& by);
v1::ReinstateCertificateResponse carry_out(TenantTransaction& t, const v1::ReinstateCertificateRequest& request,
                                           const By& by);
v1::RevokeCertificateResponse carry_out(TenantTransaction& t, const v1::RevokeCertificateRequest& request,
                                        const By& by);

/// Ends certificates of versions that newer ones came after, of a few holders. True: there may be more.
bool end_older_certificates(TenantTransaction& t, TimePoint now);

}  // namespace muster::certification
