#include "muster/store/tenant_pool.h"

#include <pqxx/pqxx>
#include <stdexcept>

namespace muster::store {
namespace {

Pool::Options as_tenant_role(Pool::Options options) {
  options.role = kTenantRole;
  return options;
}

}  // namespace

TenantTransaction::TenantTransaction(pqxx::connection_base& connection, const std::string& tenant)
    : tenant_(tenant), work_(connection) {
  if (tenant.empty()) throw std::invalid_argument("a transaction needs a tenant");
  work_.exec_params("SELECT set_config('muster.tenant', $1, true)", tenant);
}

TenantPool::TenantPool(Pool::Options options) : pool_(as_tenant_role(std::move(options))) {}

void TenantPool::post(std::string tenant, Task task, Pool::Done done) {
  pool_.post(
      [tenant = std::move(tenant), task = std::move(task)](pqxx::connection_base& connection) {
        TenantTransaction transaction(connection, tenant);
        task(transaction);
        transaction.commit();
      },
      std::move(done));
}

}  // namespace muster::store
