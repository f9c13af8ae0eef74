#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "muster/api/server.h"
#include "muster/base/time.h"
#include "muster/identity/identity.h"
#include "muster/node/metrics.h"
#include "muster/node/node.h"

namespace muster::metrics {

/// What a server knows of itself, for those who watch over it.
struct Figures {
  bool ready = false;
  TimePoint start_time;  ///< of the process
  std::size_t http_connections = 0;

  /// Known once all parts of the server are there, ready or not.
  struct Serving {
    node::NodeInfo info;
    node::NodeMetrics node;
    std::vector<api::StreamMetrics> streams;
    identity::IdentityMetrics identity;
    std::size_t back_office_queued = 0;  ///< its work that waits for a connection to the database
  };
  std::optional<Serving> serving = {};
};

/// The content type of exposition().
inline constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

/// The figures, and those of this process, in Prometheus' text format. No label or value names a tenant, a queue or a
/// person. docs/operations.md lists the metrics. Does not block.
std::string exposition(const Figures& figures);

}  // namespace muster::metrics
