#include "muster/store/audit.h"

#include <pqxx/pqxx>

#include "muster/store/sql.h"

namespace muster::store {

void insert_audit(TenantTransaction& t, const AuditCause& cause, const std::vector<AuditChange>& changes,
                  TimePoint now) {
  if (changes.empty()) return;
  std::vector<std::string> resources, before, after;
  for (const AuditChange& change : changes) {
    resources.push_back(change.resource);
    before.push_back(change.before);
    after.push_back(change.after);
  }
  t.sql().exec_params(
      "INSERT INTO audit_entry (tenant_id, audit_time, actor_tenant_id, actor, action, resource, request_id, before,"
      " after) SELECT $1, " +
          time_param(2) +
          ", $3, $4, $5, c.resource, $6, nullif(c.before, '')::jsonb, nullif(c.after, '')::jsonb"
          " FROM unnest($7::text[], $8::text[], $9::text[]) WITH ORDINALITY AS c(resource, before, after, place)"
          " ORDER BY c.place",
      t.tenant(), micros(now), cause.actor_tenant_id, cause.actor, cause.action, cause.request_id, to_array(resources),
      to_array(before), to_array(after));
}

}  // namespace muster::store
