#pragma once

#include <google/protobuf/repeated_field.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "muster/api/checker.h"
#include "muster/kpi/metrics.h"
#include "muster/node/node.h"
#include "muster/v1/kpi.pb.h"

/// How requests name metrics and rows, and how figures are told.
namespace muster::api {

/// The metrics named, 1..32 of them.
std::vector<const kpi::Metric*> named_metrics(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                              Checker& check);
kpi::Dimension named_dimension(v1::KpiDimension dimension, Checker& check);
/// Empty counts as UTC.
std::string named_time_zone(const std::string& name, Checker& check);

/// The span of time that a request names.
struct KpiSpan {
  TimePoint from;
  std::optional<TimePoint> until;  ///< empty: now
  Duration length{};
};
/// Whole quarters of an hour, at most 93 days. Null: not named.
KpiSpan named_span(const google::protobuf::Timestamp* start, const google::protobuf::Timestamp* end, Checker& check);
template <typename Request>
KpiSpan named_span(const Request& request, Checker& check) {
  return named_span(request.has_start_time() ? &request.start_time() : nullptr,
                    request.has_end_time() ? &request.end_time() : nullptr, check);
}
/// The rows named, up to 100 of them.
std::vector<kpi::Key> named_rows(const google::protobuf::RepeatedPtrField<std::string>& ids, kpi::Dimension dimension,
                                 Checker& check);

/// Which rows of a dimension a request asks for, by tenant_id, base_id, team_id and row_ids. Empty: any.
class RowFilter {
 public:
  template <typename Request>
  RowFilter(const Request& request, Checker& check)
      : tenant_(check.optional_id("tenant_id", request.tenant_id())),
        base_(check.optional_id("base_id", request.base_id())),
        team_(check.optional_id("team_id", request.team_id())) {
    if (check.count("row_ids", request.row_ids_size(), 0, 100)) {
      wanted_.insert(request.row_ids().begin(), request.row_ids().end());
    }
  }
  /// Nothing but what is this tenant's.
  void hold_to(const std::string& tenant) { tenant_ = tenant; }
  [[nodiscard]] bool passes(const kpi::Key& key, const kpi::Place& place) const;

 private:
  std::string tenant_, base_, team_;
  std::set<std::string> wanted_;
};

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

/// Reads history for a call: `then` gets the answers, in the order of the queries, on a thread of the node's. What it
/// throws, and why history is not to be had, ends the call.
void read_history(node::Node& node, const std::vector<node::KpiQuery>& queries, grpc::ServerUnaryReactor* reactor,
                  std::function<void(const std::vector<node::KpiHistory>&)> then);
/// What the rows of a dimension are called now, which history does not know.
std::map<kpi::Key, kpi::Place> places_of(const node::Node& node, kpi::Dimension dimension);

}  // namespace muster::api
