#include "certificate_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::certification {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

const std::string kKindColumns =
    "number, kind_id, display_name, skill_id, (extract(epoch FROM validity) * 1000000)::bigint, version, " +
    read_time("create_time") + ", exam_ids, course_ids, tier_min, automatic, coalesce(vetting_tenant, '')";

v1::CertificateKind kind_in(const pqxx::row& row) {
  v1::CertificateKind kind;
  kind.set_kind_id(row[1].as<std::string>());
  kind.set_display_name(row[2].as<std::string>());
  kind.set_skill_id(row[3].as<std::string>());
  node::to_proto(Duration(row[4].as<std::int64_t>()), kind.mutable_validity());
  kind.set_version(row[5].as<int>());
  node::to_proto(time_in(row[6]), kind.mutable_create_time());
  for (std::string& id : store::texts_in(row[7])) kind.add_exam_ids(std::move(id));
  for (std::string& id : store::texts_in(row[8])) kind.add_course_ids(std::move(id));
  kind.set_tier_min(row[9].as<int>());
  kind.set_automatic(row[10].as<bool>());
  kind.set_vetting_tenant_id(row[11].as<std::string>());
  return kind;
}

std::vector<v1::CertificateKind> kinds_in(const pqxx::result& rows) {
  std::vector<v1::CertificateKind> kinds;
  for (const auto& row : rows) kinds.push_back(kind_in(row));
  return kinds;
}

std::int64_t micros(const google::protobuf::Duration& span) { return node::from_proto(span).count(); }
std::string ids_in(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  return store::to_array({ids.begin(), ids.end()});
}
std::string span_param(int n) { return "($" + std::to_string(n) + " * interval '1 microsecond')"; }

const std::string kCertificateColumns = "certificate_id, kind_id, member_id, version, level, " +
                                        read_time("issue_time") + ", " + read_time("expire_time") +
                                        ", suspend_time IS NOT NULL, revoke_time IS NOT NULL, supersede_time IS NOT "
                                        "NULL, reason, coalesce(vetting_tenant, ''), unvetted, credential_id";

CertificateRecord certificate_in(const pqxx::row& row) {
  CertificateRecord record;
  record.id = row[0].as<std::int64_t>();
  record.kind_id = row[1].as<std::string>();
  record.member_id = row[2].as<std::string>();
  record.version = row[3].as<int>();
  record.level = row[4].as<int>();
  record.issue_time = time_in(row[5]);
  record.expire_time = time_in(row[6]);
  record.suspended = row[7].as<bool>();
  record.revoked = row[8].as<bool>();
  record.superseded = row[9].as<bool>();
  record.reason = row[10].as<std::string>();
  record.vetting_tenant = row[11].as<std::string>();
  record.unvetted = row[12].as<bool>();
  record.credential_id = row[13].as<std::string>();
  return record;
}

std::vector<CertificateRecord> certificates_in(const pqxx::result& rows) {
  std::vector<CertificateRecord> records;
  for (const auto& row : rows) records.push_back(certificate_in(row));
  return records;
}

std::string clause_of(Lock lock) {
  switch (lock) {
    case Lock::kNone:
      return "";
    case Lock::kShare:
      return " FOR SHARE";
    case Lock::kChange:
      return " FOR NO KEY UPDATE";
  }
  return "";
}

/// As state_of() in certificates.cc; $1 is now, $2 so long the notice.
const std::string kState =
    "CASE WHEN revoke_time IS NOT NULL THEN 5 WHEN supersede_time IS NOT NULL THEN 6 WHEN expire_time <= " +
    time_param(1) + " THEN 3 WHEN suspend_time IS NOT NULL THEN 4 WHEN expire_time <= " + time_param(1) + " + " +
    span_param(2) + " THEN 2 ELSE 1 END";

/// Those that a version ends earlier: $1 kind, $2 version, $3 end.
const std::string kOlder = "kind_id = $1 AND version < $2 AND expire_time > " + time_param(3) +
                           " AND revoke_time IS NULL AND supersede_time IS NULL";

}  // namespace

std::optional<v1::CertificateKind> find_kind(TenantTransaction& t, const std::string& kind_id, Lock lock) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kKindColumns + " FROM certificate_kind WHERE kind_id = $1" + clause_of(lock), kind_id);
  if (rows.empty()) return std::nullopt;
  return kind_in(rows[0]);
}

bool insert_kind(TenantTransaction& t, const v1::CertificateKind& kind, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO certificate_kind (kind_id, display_name, skill_id, validity, version, create_time, exam_ids,"
      " course_ids, tier_min, automatic, vetting_tenant) VALUES ($1, $2, $3, " +
          span_param(4) + ", 1, " + time_param(5) +
          ", $6, $7, $8, $9, nullif($10, '')) ON CONFLICT (kind_id) DO NOTHING",
      kind.kind_id(), kind.display_name(), kind.skill_id(), micros(kind.validity()), micros(now),
      ids_in(kind.exam_ids()), ids_in(kind.course_ids()), kind.tier_min(), kind.automatic(), kind.vetting_tenant_id());
  return done.affected_rows() == 1;
}

void update_kind(TenantTransaction& t, const v1::CertificateKind& kind) {
  t.sql().exec_params("UPDATE certificate_kind SET display_name = $2, validity = " + span_param(3) +
                          ", version = $4, exam_ids = $5, course_ids = $6, tier_min = $7, automatic = $8,"
                          " vetting_tenant = nullif($9, '') WHERE kind_id = $1",
                      kind.kind_id(), kind.display_name(), micros(kind.validity()), kind.version(),
                      ids_in(kind.exam_ids()), ids_in(kind.course_ids()), kind.tier_min(), kind.automatic(),
                      kind.vetting_tenant_id());
}

Page<v1::CertificateKind> list_kinds(TenantTransaction& t, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kKindColumns + " FROM certificate_kind WHERE number > $1 ORDER BY number LIMIT $2", page.after,
      limit_of(page));
  return page_of<v1::CertificateKind>(rows, page, kind_in);
}

std::vector<v1::CertificateKind> automatic_kinds(TenantTransaction& t, const std::string& learned_id) {
  const auto rows = t.sql().exec_params("SELECT " + kKindColumns +
                                            " FROM certificate_kind WHERE automatic AND"
                                            " ($1 = ANY(exam_ids) OR $1 = ANY(course_ids)) ORDER BY number" +
                                            clause_of(Lock::kShare),
                                        learned_id);
  return kinds_in(rows);
}

std::vector<v1::CertificateKind> vetted_kinds(TenantTransaction& t, const std::string& tenant_id) {
  return kinds_in(t.sql().exec_params("SELECT " + kKindColumns +
                                          " FROM certificate_kind WHERE automatic AND vetting_tenant = $1"
                                          " ORDER BY number" +
                                          clause_of(Lock::kShare),
                                      tenant_id));
}

std::optional<CertificateRecord> certificate_of(TenantTransaction& t, const std::string& kind_id,
                                                const std::string& member_id) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kCertificateColumns +
          " FROM certificate WHERE kind_id = $1 AND member_id = $2 AND revoke_time IS NULL AND supersede_time IS NULL" +
          clause_of(Lock::kChange),
      kind_id, member_id);
  if (rows.empty()) return std::nullopt;
  return certificate_in(rows[0]);
}

std::vector<CertificateRecord> vetted_certificates(TenantTransaction& t, const std::string& tenant_id,
                                                   const std::string& member_id) {
  return certificates_in(t.sql().exec_params(
      "SELECT " + kCertificateColumns +
          " FROM certificate WHERE vetting_tenant = $1 AND member_id = $2 AND revoke_time IS NULL AND supersede_time IS"
          " NULL ORDER BY certificate_id" +
          clause_of(Lock::kChange),
      tenant_id, member_id));
}

bool was_revoked(TenantTransaction& t, const std::string& kind_id, const std::string& member_id) {
  const auto rows = t.sql().exec_params(
      "SELECT revoke_time IS NOT NULL FROM certificate WHERE kind_id = $1 AND member_id = $2"
      " ORDER BY certificate_id DESC LIMIT 1",
      kind_id, member_id);
  return !rows.empty() && rows[0][0].as<bool>();
}

std::optional<CertificateRecord> find_certificate(TenantTransaction& t, std::int64_t id, Lock lock) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kCertificateColumns + " FROM certificate WHERE certificate_id = $1" + clause_of(lock), id);
  if (rows.empty()) return std::nullopt;
  return certificate_in(rows[0]);
}

std::optional<CertificateRecord> find_credential(TenantTransaction& t, const std::string& credential_id) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kCertificateColumns + " FROM certificate WHERE credential_id = $1::uuid", credential_id);
  if (rows.empty()) return std::nullopt;
  return certificate_in(rows[0]);
}

std::int64_t insert_certificate(TenantTransaction& t, const CertificateRecord& record) {
  const auto rows = t.sql().exec_params(
      "INSERT INTO certificate (kind_id, member_id, version, level, issue_time, expire_time, reason,"
      " vetting_tenant) VALUES ($1, $2, $3, $4, " +
          time_param(5) + ", " + time_param(6) + ", '', nullif($7, '')) RETURNING certificate_id",
      record.kind_id, record.member_id, record.version, record.level, micros(record.issue_time),
      micros(record.expire_time), record.vetting_tenant);
  return rows[0][0].as<std::int64_t>();
}

std::vector<CertificateRecord> supersede_certificate(TenantTransaction& t, const std::string& kind_id,
                                                     const std::string& member_id, TimePoint now) {
  return certificates_in(t.sql().exec_params(
      "UPDATE certificate SET supersede_time = " + time_param(3) +
          " WHERE kind_id = $1 AND member_id = $2 AND revoke_time IS NULL AND supersede_time IS NULL RETURNING " +
          kCertificateColumns,
      kind_id, member_id, micros(now)));
}

void suspend_certificate(TenantTransaction& t, std::int64_t id, bool unvetted, const std::string& reason,
                         TimePoint now) {
  t.sql().exec_params("UPDATE certificate SET suspend_time = " + time_param(4) +
                          ", unvetted = $2, reason = $3 WHERE certificate_id = $1",
                      id, unvetted, reason, micros(now));
}

void reinstate_certificate(TenantTransaction& t, std::int64_t id) {
  t.sql().exec_params(
      "UPDATE certificate SET suspend_time = NULL, unvetted = false, reason = '' WHERE certificate_id = $1", id);
}

void revoke_certificate(TenantTransaction& t, std::int64_t id, const std::string& reason, TimePoint now) {
  t.sql().exec_params(
      "UPDATE certificate SET revoke_time = " + time_param(3) + ", reason = $2 WHERE certificate_id = $1", id, reason,
      micros(now));
}

bool is_held(TenantTransaction& t, const std::string& kind_id, TimePoint now) {
  return !t.sql()
              .exec_params("SELECT FROM certificate WHERE kind_id = $1 AND expire_time > " + time_param(2) +
                               " AND revoke_time IS NULL AND supersede_time IS NULL LIMIT 1",
                           kind_id, micros(now))
              .empty();
}

void insert_ending(TenantTransaction& t, const Ending& ending) {
  t.sql().exec_params(
      "INSERT INTO certificate_ending (kind_id, version, end_time) VALUES ($1, $2, " + time_param(3) + ")",
      ending.kind_id, ending.version, micros(ending.end));
}

std::optional<Ending> first_ending(TenantTransaction& t) {
  const auto rows = t.sql().exec("SELECT number, kind_id, version, " + read_time("end_time") +
                                 ", after_member FROM certificate_ending ORDER BY number LIMIT 1");
  if (rows.empty()) return std::nullopt;
  const auto& row = rows[0];
  return Ending{row[0].as<std::int64_t>(), row[1].as<std::string>(), row[2].as<int>(), time_in(row[3]),
                row[4].as<std::string>()};
}

void update_ending(TenantTransaction& t, const Ending& ending) {
  t.sql().exec_params("UPDATE certificate_ending SET after_member = $2 WHERE number = $1", ending.number,
                      ending.after_member);
}

void delete_ending(TenantTransaction& t, const Ending& ending) {
  t.sql().exec_params("DELETE FROM certificate_ending WHERE number = $1", ending.number);
}

int count_older(TenantTransaction& t, const Ending& ending) {
  return t.sql()
      .exec_params1("SELECT count(*) FROM certificate WHERE " + kOlder, ending.kind_id, ending.version,
                    micros(ending.end))[0]
      .as<int>();
}

std::vector<std::string> older_holders(TenantTransaction& t, const Ending& ending, std::size_t limit) {
  const auto rows = t.sql().exec_params(
      "SELECT member_id FROM certificate WHERE " + kOlder + " AND member_id > $4 ORDER BY member_id LIMIT $5",
      ending.kind_id, ending.version, micros(ending.end), ending.after_member, static_cast<std::int64_t>(limit));
  std::vector<std::string> holders;
  for (const auto& row : rows) holders.push_back(row[0].as<std::string>());
  return holders;
}

std::vector<CertificateRecord> end_certificates(TenantTransaction& t, const Ending& ending,
                                                const std::vector<std::string>& holders) {
  return certificates_in(
      t.sql().exec_params("UPDATE certificate SET expire_time = " + time_param(3) + " WHERE " + kOlder +
                              " AND member_id = ANY($4::text[]) RETURNING " + kCertificateColumns,
                          ending.kind_id, ending.version, micros(ending.end), store::to_array(holders)));
}

Page<CertificateRecord> list_certificates(TenantTransaction& t, const CertificateFilter& filter, Duration notice,
                                          TimePoint now, const PageRequest& page) {
  std::vector<std::string> states;
  for (const v1::CertificateState state : filter.states) states.push_back(std::to_string(static_cast<int>(state)));
  const auto rows = t.sql().exec_params(
      "SELECT " + kCertificateColumns +
          " FROM certificate WHERE certificate_id > $3 AND ($5 = '' OR member_id = $5) AND ($6 = '' OR kind_id = $6)"
          " AND ($7 = '{}' OR " +
          kState + " = ANY($7::int[])) ORDER BY certificate_id LIMIT $4",
      micros(now), notice.count(), page.after, limit_of(page), filter.member_id, filter.kind_id,
      store::to_array(states));
  return page_of<CertificateRecord>(rows, page, certificate_in);
}

}  // namespace muster::certification
