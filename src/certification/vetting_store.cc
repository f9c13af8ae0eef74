#include "vetting_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::certification {
namespace {

using store::limit_of;
using store::micros;
using store::read_time;
using store::time_in;
using store::time_param;

/// To another tenant than the one that has done it, what people of that one wrote is empty.
std::string told(const std::string& column) {
  return "CASE WHEN muster_tenant() IN ('platform', actor_tenant) THEN " + column + " ELSE '' END";
}
const std::string kVettings = "SELECT number, tenant_id, member_id, display_name, state, " + told("reason") + ", " +
                              told("actor") + ", " + read_time("propose_time") + ", " + read_time("decide_time") +
                              ", " + read_time("expire_time") + " FROM vetting ";

void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }

v1::Vetting vetting_in(const pqxx::row& row) {
  v1::Vetting vetting;
  vetting.set_tenant_id(row[1].as<std::string>());
  vetting.set_member_id(row[2].as<std::string>());
  vetting.set_display_name(row[3].as<std::string>());
  vetting.set_state(static_cast<v1::VettingState>(row[4].as<int>()));
  vetting.set_reason(row[5].as<std::string>());
  vetting.set_actor(row[6].as<std::string>());
  read(row[7], vetting.mutable_propose_time());
  if (!row[8].is_null()) read(row[8], vetting.mutable_decide_time());
  if (!row[9].is_null()) read(row[9], vetting.mutable_expire_time());
  return vetting;
}

std::optional<v1::Vetting> only(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return vetting_in(rows[0]);
}

std::optional<std::int64_t> micros(bool set, const google::protobuf::Timestamp& time) {
  if (!set) return std::nullopt;
  return micros(node::from_proto(time));
}

/// As state_of() in vettings.cc; $1 is now.
const std::string kState = "CASE WHEN state = 2 AND expire_time <= " + time_param(1) + " THEN 5 ELSE state END";

}  // namespace

std::optional<v1::Vetting> find_vetting(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& member_id) {
  return only(t.sql().exec_params(kVettings + "WHERE tenant_id = $1 AND member_id = $2", tenant_id, member_id));
}

void save_vetting(TenantTransaction& t, const v1::Vetting& vetting, const std::string& actor_tenant) {
  t.sql().exec_params(
      "INSERT INTO vetting (tenant_id, member_id, display_name, state, reason, actor, propose_time, decide_time,"
      " expire_time, actor_tenant) VALUES ($1, $2, $3, $4, $5, $6, " +
          time_param(7) + ", " + time_param(8) + ", " + time_param(9) +
          ", $10) ON CONFLICT (tenant_id, member_id) DO UPDATE SET display_name = excluded.display_name,"
          " state = excluded.state, reason = excluded.reason, actor = excluded.actor,"
          " propose_time = excluded.propose_time, decide_time = excluded.decide_time,"
          " expire_time = excluded.expire_time, actor_tenant = excluded.actor_tenant",
      vetting.tenant_id(), vetting.member_id(), vetting.display_name(), static_cast<int>(vetting.state()),
      vetting.reason(), vetting.actor(), micros(node::from_proto(vetting.propose_time())),
      micros(vetting.has_decide_time(), vetting.decide_time()),
      micros(vetting.has_expire_time(), vetting.expire_time()), actor_tenant);
}

void mark_vetting_expired(TenantTransaction& t, const v1::Vetting& vetting) {
  t.sql().exec_params("UPDATE vetting SET state = $3 WHERE tenant_id = $1 AND member_id = $2", vetting.tenant_id(),
                      vetting.member_id(), static_cast<int>(v1::VETTING_STATE_EXPIRED));
}

Page<v1::Vetting> list_vettings(TenantTransaction& t, const VettingFilter& filter, TimePoint now,
                                const PageRequest& page) {
  std::vector<std::string> states;
  for (const v1::VettingState state : filter.states) states.push_back(std::to_string(static_cast<int>(state)));
  const auto rows = t.sql().exec_params(
      kVettings +
          "WHERE number > $2 AND ($4 = '' OR tenant_id = $4) AND ($5 = '' OR member_id = $5) AND ($6 = '{}' OR " +
          kState + " = ANY($6::int[])) ORDER BY number LIMIT $3",
      micros(now), page.after, limit_of(page), filter.tenant_id, filter.member_id, store::to_array(states));
  return store::page_of<v1::Vetting>(rows, page, vetting_in);
}

std::optional<v1::Vetting> find_overdue_vetting(TenantTransaction& t, TimePoint now) {
  return only(t.sql().exec_params(
      kVettings + "WHERE state = 2 AND expire_time <= " + time_param(1) + " ORDER BY expire_time, number LIMIT 1",
      micros(now)));
}

}  // namespace muster::certification
