#include "muster/api/kpi_rows.h"

#include <limits>
#include <set>

#include "muster/v1/common.pb.h"

namespace muster::api {

std::vector<const kpi::Metric*> named_metrics(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                              Checker& check) {
  std::vector<const kpi::Metric*> metrics;
  if (!check.count("metric_ids", ids.size(), 1, 32)) return metrics;
  std::set<std::string_view> seen;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string path = "metric_ids[" + std::to_string(i) + "]";
    const kpi::Metric* metric = kpi::find_metric(ids[i]);
    check.expect(metric, path, "is not in the dictionary: ListMetrics tells what is");
    check.expect(seen.insert(ids[i]).second, path, "is named twice");
    if (metric) metrics.push_back(metric);
  }
  return metrics;
}

kpi::Dimension named_dimension(v1::KpiDimension dimension, Checker& check) {
  check.expect(dimension != v1::KPI_DIMENSION_UNSPECIFIED && v1::KpiDimension_IsValid(dimension), "dimension",
               "must name a dimension");
  return static_cast<kpi::Dimension>(dimension);
}

std::string named_time_zone(const std::string& name, Checker& check) {
  if (name.empty()) return "UTC";
  check.expect(node::is_time_zone(name), "time_zone", "must name a time zone, such as Asia/Shanghai");
  return name;
}

bool is_for_tenants(kpi::Dimension dimension) {
  return dimension == kpi::Dimension::kTenant || dimension == kpi::Dimension::kQueue;
}

Error tenant_dimension() {
  return {grpc::StatusCode::PERMISSION_DENIED,
          "TENANT_DIMENSION",
          "a tenant sees metrics by the dimensions TENANT and QUEUE only",
          {},
          {},
          {}};
}

double value_of(const kpi::Metric& metric, const kpi::Sample& sample) {
  const kpi::Figure figure = kpi::figure(metric, sample);
  if (!figure.known()) return std::numeric_limits<double>::quiet_NaN();
  const double value = static_cast<double>(figure.numerator) / static_cast<double>(figure.denominator);
  if (metric.unit == kpi::Unit::kDuration) return value / 1e6;
  return metric.unit == kpi::Unit::kMoney ? value / 100 : value;
}

std::string row_id(const kpi::Key& key) {
  if (key.dimension == kpi::Dimension::kBaseQueue) return key.id + "/" + key.second;
  if (key.dimension != kpi::Dimension::kChannel) return key.id;
  return v1::Channel_Name(static_cast<v1::Channel>(std::stoi(key.id)));
}

std::optional<kpi::Key> key_of(kpi::Dimension dimension, const std::string& row_id) {
  if (dimension == kpi::Dimension::kChannel) {
    v1::Channel channel{};
    if (!v1::Channel_Parse(row_id, &channel) || channel == v1::CHANNEL_UNSPECIFIED) return std::nullopt;
    return kpi::Key{dimension, std::to_string(static_cast<int>(channel))};
  }
  if (dimension != kpi::Dimension::kBaseQueue) return kpi::Key{dimension, row_id};
  const std::size_t slash = row_id.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return kpi::Key{dimension, row_id.substr(0, slash), row_id.substr(slash + 1)};
}

void render(const kpi::Key& key, const kpi::Place& place, v1::KpiRow* row) {
  row->set_row_id(row_id(key));
  row->set_display_name(place.display_name);
  row->set_tenant_id(key.dimension == kpi::Dimension::kQueue ? key.second : place.tenant);
  row->set_base_id(place.base);
  row->set_team_id(place.team);
  if (place.method) row->set_service_level_method(static_cast<v1::ServiceLevelMethod>(*place.method));
}

}  // namespace muster::api
