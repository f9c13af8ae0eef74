#pragma once

#include <memory>
#include <pqxx/transaction>
#include <string>
#include <utility>

#include "muster/store/pool.h"

namespace muster::store {

/// Who transactions on tenants' tables run as: it owns nothing and cannot go round row security.
inline constexpr const char* kTenantRole = "muster_app";

/// A transaction that sees and changes the rows of one tenant only, whatever its statements ask for: PostgreSQL's row
/// security refuses the others. It names the tenant for itself alone (SET LOCAL), so that nothing is left on the
/// connection for the next one.
class TenantTransaction {
 public:
  enum class Kind {
    kChange,
    kSnapshot,  ///< all statements see the tables as of one moment, and change nothing
  };
  /// Throws std::invalid_argument if `tenant` is empty.
  TenantTransaction(pqxx::connection_base& connection, const std::string& tenant, Kind kind = Kind::kChange);

  [[nodiscard]] pqxx::transaction_base& sql() { return *work_; }
  [[nodiscard]] const std::string& tenant() const { return tenant_; }
  void commit() { work_->commit(); }

 private:
  std::string tenant_;
  std::unique_ptr<pqxx::transaction_base> work_;
};

/// The only way to tenants' tables: a pool whose tasks each are a transaction of one tenant. It commits when the task
/// returns and rolls back when it throws. As Pool otherwise.
class TenantPool {
 public:
  using Task = std::function<void(TenantTransaction&)>;

  /// The connections take on kTenantRole.
  explicit TenantPool(Pool::Options options);

  void post(std::string tenant, Task task, Pool::Done done,
            TenantTransaction::Kind kind = TenantTransaction::Kind::kChange);

  /// The result is there once the transaction is committed.
  template <typename F>
  auto submit(std::string tenant, F task) {
    using Result = std::invoke_result_t<F&, TenantTransaction&>;
    return pool_.submit(
        [tenant = std::move(tenant), task = std::move(task)](pqxx::connection_base& connection) mutable {
          TenantTransaction transaction(connection, tenant);
          if constexpr (std::is_void_v<Result>) {
            task(transaction);
            transaction.commit();
          } else {
            Result result = task(transaction);
            transaction.commit();
            return result;
          }
        });
  }

  [[nodiscard]] std::size_t queued() const { return pool_.queued(); }
  void stop() { pool_.stop(); }

 private:
  Pool pool_;
};

}  // namespace muster::store
