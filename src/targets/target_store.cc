#include "target_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::targets {
namespace {

using store::limit_of;
using store::micros;
using store::read_time;
using store::time_in;
using store::time_param;
using store::to_array;

const std::string kTargets =
    "SELECT number, tenant_id, dimension, row_id, metric_id, each_dimension, value, weekdays, display_name, " +
    read_time("update_time") + " FROM target ";

v1::Target target_in(const pqxx::row& row) {
  v1::Target target;
  target.set_target_id(row[0].as<std::string>());
  target.set_tenant_id(row[1].as<std::string>());
  target.set_dimension(static_cast<v1::KpiDimension>(row[2].as<int>()));
  target.set_row_id(row[3].as<std::string>());
  target.set_metric_id(row[4].as<std::string>());
  target.set_each_dimension(static_cast<v1::KpiDimension>(row[5].as<int>()));
  target.set_value(row[6].as<double>());
  for (const std::string& day : store::texts_in(row[7])) target.add_weekdays(static_cast<v1::Weekday>(std::stoi(day)));
  target.set_display_name(row[8].as<std::string>());
  node::to_proto(time_in(row[9]), target.mutable_update_time());
  return target;
}

std::optional<v1::Target> only(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return target_in(rows[0]);
}

}  // namespace

bool tenant_exists(TenantTransaction& t, const std::string& tenant_id) {
  return !t.sql().exec_params("SELECT FROM tenant WHERE tenant_id = $1", tenant_id).empty();
}

std::optional<v1::Target> find_target(TenantTransaction& t, const v1::Target& like) {
  return only(t.sql().exec_params(
      kTargets + "WHERE tenant_id = $1 AND dimension = $2 AND row_id = $3 AND metric_id = $4 AND each_dimension = $5"
                 " FOR UPDATE",
      like.tenant_id(), static_cast<int>(like.dimension()), like.row_id(), like.metric_id(),
      static_cast<int>(like.each_dimension())));
}

std::optional<v1::Target> find_target(TenantTransaction& t, std::int64_t number) {
  return only(t.sql().exec_params(kTargets + "WHERE number = $1 FOR UPDATE", number));
}

std::int64_t save_target(TenantTransaction& t, const v1::Target& target) {
  std::vector<std::string> weekdays;
  for (const int day : target.weekdays()) weekdays.push_back(std::to_string(day));
  return t.sql()
      .exec_params1(
          "INSERT INTO target (tenant_id, dimension, row_id, metric_id, each_dimension, value, weekdays, display_name,"
          " update_time) VALUES ($1, $2, $3, $4, $5, $6, $7::smallint[], $8, " +
              time_param(9) +
              ") ON CONFLICT (tenant_id, dimension, row_id, metric_id, each_dimension) DO UPDATE SET"
              " value = excluded.value, weekdays = excluded.weekdays, display_name = excluded.display_name,"
              " update_time = excluded.update_time RETURNING number",
          target.tenant_id(), static_cast<int>(target.dimension()), target.row_id(), target.metric_id(),
          static_cast<int>(target.each_dimension()), target.value(), to_array(weekdays), target.display_name(),
          micros(node::from_proto(target.update_time())))[0]
      .as<std::int64_t>();
}

void delete_target(TenantTransaction& t, std::int64_t number) {
  t.sql().exec_params("DELETE FROM target WHERE number = $1", number);
}

Page<v1::Target> list_targets(TenantTransaction& t, const TargetFilter& filter, const PageRequest& page) {
  const auto rows = t.sql().exec_params(kTargets +
                                            "WHERE number > $1 AND ($3 = '' OR tenant_id = $3)"
                                            " AND ($4::int = 0 OR dimension = $4) AND ($5 = '' OR row_id = $5)"
                                            " AND ($6 = '' OR metric_id = $6) ORDER BY number LIMIT $2",
                                        page.after, limit_of(page), filter.tenant_id,
                                        static_cast<int>(filter.dimension), filter.row_id, filter.metric_id);
  return store::page_of<v1::Target>(rows, page, target_in);
}

std::vector<v1::Target> targets_at(TenantTransaction& t, const std::vector<Scope>& scopes) {
  std::vector<std::string> tenants, dimensions, rows;
  for (const Scope& scope : scopes) {
    tenants.push_back(scope.tenant_id);
    dimensions.push_back(std::to_string(static_cast<int>(scope.dimension)));
    rows.push_back(scope.row_id);
  }
  std::vector<v1::Target> targets;
  for (const auto& row : t.sql().exec_params(
           kTargets +
               "WHERE (tenant_id, dimension, row_id) IN (SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[]))"
               " ORDER BY number",
           to_array(tenants), to_array(dimensions), to_array(rows))) {
    targets.push_back(target_in(row));
  }
  return targets;
}

}  // namespace muster::targets
