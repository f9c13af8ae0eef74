#pragma once

#include <optional>
#include <string>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

/// Requests of the back office that were carried out, for a day: one that is repeated has one effect and gets the same
/// reply. Those of routing are remembered by the engine.
namespace muster::store {

struct AnsweredRequest {
  bool same = false;  ///< as the one that is asked about
  std::string reply;
};

/// `body`: everything that makes it the same request.
std::optional<AnsweredRequest> find_request(TenantTransaction& t, const std::string& request_id,
                                            const std::string& body);
/// False if it was answered meanwhile: then roll back.
bool insert_request(TenantTransaction& t, const std::string& request_id, const std::string& body,
                    const std::string& reply, TimePoint now);

}  // namespace muster::store
