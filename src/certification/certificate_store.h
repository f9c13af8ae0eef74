#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/certificate.pb.h"

/// The tables of certificates. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
///
/// Rows are locked in this order, so that nobody waits for ever: members in the order of their identifiers, kinds in
/// the order of their creation, certificates, and what certificates give (granted_skill, skill_tag). Whoever changes a
/// kind begins with it, and locks nothing after it.
namespace muster::certification {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// What a look at a row keeps others from until the end of the transaction.
enum class Lock {
  kNone,
  kShare,   ///< from changing it: a kind of which a certificate is issued
  kChange,  ///< from sharing or changing it
};
std::optional<v1::CertificateKind> find_kind(TenantTransaction& t, const std::string& kind_id, Lock lock);
/// False if there is one already.
bool insert_kind(TenantTransaction& t, const v1::CertificateKind& kind, TimePoint now);
/// Everything but its identifier, skill and time of creation.
void update_kind(TenantTransaction& t, const v1::CertificateKind& kind);
/// Those that are issued by themselves and ask for this exam or course, or for a vetting by this tenant; shared.
std::vector<v1::CertificateKind> automatic_kinds(TenantTransaction& t, const std::string& learned_id);
std::vector<v1::CertificateKind> vetted_kinds(TenantTransaction& t, const std::string& tenant_id);
Page<v1::CertificateKind> list_kinds(TenantTransaction& t, const PageRequest& page);

struct CertificateRecord {
  std::int64_t id = 0;
  std::string kind_id;
  std::string member_id;
  int version = 1;
  int level = 100;
  TimePoint issue_time;
  TimePoint expire_time;
  bool suspended = false;
  bool revoked = false;
  bool superseded = false;
  std::string reason;
  std::string vetting_tenant;  ///< whose vetting it rests on; empty: none
  bool unvetted = false;       ///< suspended because that is over
  std::string credential_id;   ///< a UUID that names it to the world
};
struct CertificateFilter {
  std::string member_id;                     ///< empty: any
  std::string kind_id;                       ///< likewise
  std::vector<v1::CertificateState> states;  ///< empty: any
};

std::optional<CertificateRecord> find_certificate(TenantTransaction& t, std::int64_t id, Lock lock);
/// REQUIRES: a UUID.
std::optional<CertificateRecord> find_credential(TenantTransaction& t, const std::string& credential_id);
/// The one of the kind that counts for the member, or would, were it not suspended or expired; locked until
/// the end of the transaction.
std::optional<CertificateRecord> certificate_of(TenantTransaction& t, const std::string& kind_id,
                                                const std::string& member_id);
/// Those that certificate_of() would give, of all kinds, which rest on a vetting by the tenant; locked likewise.
std::vector<CertificateRecord> vetted_certificates(TenantTransaction& t, const std::string& tenant_id,
                                                   const std::string& member_id);
/// Whether the last one of the kind that the member had was taken away for good.
bool was_revoked(TenantTransaction& t, const std::string& kind_id, const std::string& member_id);
/// Gives its number. REQUIRES: the member has none of the kind in force.
std::int64_t insert_certificate(TenantTransaction& t, const CertificateRecord& record);
/// The one of the kind that counts for the member, or would, were it not suspended or expired, counts no more. Gives
/// it.
std::vector<CertificateRecord> supersede_certificate(TenantTransaction& t, const std::string& kind_id,
                                                     const std::string& member_id, TimePoint now);
/// `unvetted`: CertificateRecord::unvetted.
void suspend_certificate(TenantTransaction& t, std::int64_t id, bool unvetted, const std::string& reason,
                         TimePoint now);
void reinstate_certificate(TenantTransaction& t, std::int64_t id);
void revoke_certificate(TenantTransaction& t, std::int64_t id, const std::string& reason, TimePoint now);
/// Whether somebody holds one of the kind, which counts or would, were it not suspended.
bool is_held(TenantTransaction& t, const std::string& kind_id, TimePoint now);

// --- a version comes into force ---

/// Certificates of the kind that are older than the version end at `end` at the latest.
struct Ending {
  std::int64_t number = 0;
  std::string kind_id;
  int version = 0;
  TimePoint end;
  std::string after_member;  ///< holders up to this one are done
};
void insert_ending(TenantTransaction& t, const Ending& ending);
/// The one that began first.
std::optional<Ending> first_ending(TenantTransaction& t);
void update_ending(TenantTransaction& t, const Ending& ending);
void delete_ending(TenantTransaction& t, const Ending& ending);
/// How many certificates it ends earlier, of all holders.
int count_older(TenantTransaction& t, const Ending& ending);
/// Holders of such certificates who are not done, the first ones by their identifiers; nothing is locked.
std::vector<std::string> older_holders(TenantTransaction& t, const Ending& ending, std::size_t limit);
/// Ends those of these holders, and gives them. REQUIRES: the holders are locked.
std::vector<CertificateRecord> end_certificates(TenantTransaction& t, const Ending& ending,
                                                const std::vector<std::string>& holders);

Page<CertificateRecord> list_certificates(TenantTransaction& t, const CertificateFilter& filter, Duration notice,
                                          TimePoint now, const PageRequest& page);

}  // namespace muster::certification
