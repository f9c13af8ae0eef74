#include "muster/store/tenants.h"

#include <pqxx/pqxx>

namespace muster::store {

bool tenant_exists(TenantTransaction& t, const std::string& tenant_id) {
  return !t.sql().exec_params("SELECT FROM tenant WHERE tenant_id = $1", tenant_id).empty();
}

}  // namespace muster::store
