#include "muster/store/answered_requests.h"

#include <pqxx/pqxx>

#include "muster/store/sql.h"

namespace muster::store {

std::optional<AnsweredRequest> find_request(TenantTransaction& t, const std::string& request_id,
                                            const std::string& body) {
  const auto rows = t.sql().exec_params(
      "SELECT fingerprint = sha256($3), reply FROM identity_request WHERE tenant_id = $1 AND request_id = $2",
      t.tenant(), request_id, pqxx::binarystring(body));
  if (rows.empty()) return std::nullopt;
  const pqxx::binarystring reply(rows[0][1]);
  return AnsweredRequest{rows[0][0].as<bool>(), {reply.get(), reply.get() + reply.size()}};
}

bool insert_request(TenantTransaction& t, const std::string& request_id, const std::string& body,
                    const std::string& reply, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO identity_request (tenant_id, request_id, fingerprint, reply, create_time)"
      " VALUES ($1, $2, sha256($3), $4, " +
          time_param(5) + ") ON CONFLICT DO NOTHING",
      t.tenant(), request_id, pqxx::binarystring(body), pqxx::binarystring(reply), micros(now));
  return done.affected_rows() == 1;
}

}  // namespace muster::store
