#include "unary.h"

#include <spdlog/spdlog.h>

namespace muster::api {

grpc::Status not_read(node::StoreStatus status, const std::string& trouble) {
  if (status == node::StoreStatus::kUnavailable) spdlog::warn("api: the reporting tables were not read: {}", trouble);
  return to_status(store_error(status));
}

}  // namespace muster::api
