#include "muster/store/tenant_pool.h"

#include <pqxx/pqxx>
#include <stdexcept>

namespace muster::store {
namespace {

Pool::Options as_tenant_role(Pool::Options options) {
  options.role = kTenantRole;
  return options;
}

std::unique_ptr<pqxx::transaction_base> begin(pqxx::connection_base& connection, TenantTransaction::Kind kind) {
  using Snapshot = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;
  if (kind == TenantTransaction::Kind::kSnapshot) return std::make_unique<Snapshot>(connection);
  return std::make_unique<pqxx::work>(connection);
}

}  // namespace

TenantTransaction::TenantTransaction(pqxx::connection_base& connection, const std::string& tenant, Kind kind)
    : tenant_(tenant), work_(begin(connection, kind)) {
  if (tenant.empty()) throw std::invalid_argument("a transaction needs a tenant");
  work_->exec_params("SELECT set_config('muster.tenant', $1, true)", tenant);
}

TenantPool::TenantPool(Pool::Options options) : pool_(as_tenant_role(std::move(options))) {}

void TenantPool::post(std::string tenant, Task task, Pool::Done done, TenantTransaction::Kind kind) {
  pool_.post(
      [tenant = std::move(tenant), task = std::move(task), kind](pqxx::connection_base& connection) {
        TenantTransaction transaction(connection, tenant, kind);
        task(transaction);
        transaction.commit();
      },
      std::move(done));
}

}  // namespace muster::store
