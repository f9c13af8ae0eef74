#pragma once

#include <google/protobuf/repeated_field.h>

#include <optional>
#include <string>
#include <vector>

#include "muster/api/checker.h"
#include "muster/kpi/metrics.h"
#include "muster/node/kpis.h"
#include "muster/v1/kpi.pb.h"

/// How requests name metrics and rows, and how figures are told.
namespace muster::api {

/// The metrics named, 1..32 of them.
std::vector<const kpi::Metric*> named_metrics(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                              Checker& check);
kpi::Dimension named_dimension(v1::KpiDimension dimension, Checker& check);
/// Empty counts as UTC.
std::string named_time_zone(const std::string& name, Checker& check);

/// Only rows of a tenant's own may be asked for in its name.
[[nodiscard]] bool is_for_tenants(kpi::Dimension dimension);
Error tenant_dimension();

/// In the unit in which it is told; NaN if there is nothing to tell.
double value_of(const kpi::Metric& metric, const kpi::Sample& sample);
/// Row ids are unique within a dimension as one caller sees it.
std::string row_id(const kpi::Key& key);
/// The rows of that name, whatever their tenant; empty if the dimension can have none.
std::optional<kpi::Key> key_of(kpi::Dimension dimension, const std::string& row_id);
void render(const kpi::Key& key, const kpi::Place& place, v1::KpiRow* row);

}  // namespace muster::api
