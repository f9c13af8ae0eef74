#include "muster/api/back_office.h"

#include <spdlog/spdlog.h>

#include <stdexcept>

#include "muster/api/guard.h"

namespace muster::api {
namespace {

Error database_unavailable() {
  Error error = store_error(node::StoreStatus::kUnavailable);
  error.message = "the database cannot be used now";
  return error;
}

/// What a caller hears when the work threw.
grpc::Status status_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Refusal& refusal) {
    return to_status(refusal.error());
  } catch (const std::exception& e) {
    if (store::is_database_failure(e)) {
      spdlog::warn("api: the database failed: {}", e.what());
      return to_status(database_unavailable());
    }
    spdlog::error("api: a call failed: {}", e.what());
    return to_status(internal_error());
  }
}

}  // namespace

Error already_exists(const std::string& kind, const std::string& field, const std::string& id) {
  return {grpc::StatusCode::ALREADY_EXISTS,
          kind + "_EXISTS",
          field + " '" + id + "' exists already",
          {{field, id}},
          {},
          {}};
}

Error precondition(std::string reason, std::string message, std::vector<std::pair<std::string, std::string>> metadata) {
  return {grpc::StatusCode::FAILED_PRECONDITION, std::move(reason), std::move(message), std::move(metadata), {}, {}};
}

void check_name(const std::string& path, const std::string& name, Checker& check) {
  check.expect(!name.empty(), path, "must not be empty");
  check.text(path, name);
}

void transact(store::TenantPool& pool, const std::string& tenant, grpc::ServerUnaryReactor* reactor,
              store::TenantPool::Task work, std::function<grpc::Status()> then) {
  look_up(pool, tenant, reactor, std::move(work), [reactor, then = std::move(then)] { reactor->Finish(then()); });
}

void look_up(store::TenantPool& pool, const std::string& tenant, grpc::ServerUnaryReactor* reactor,
             store::TenantPool::Task work, std::function<void()> then) {
  try {
    pool.post(tenant, std::move(work), [reactor, then = std::move(then)](const std::exception_ptr& error) {
      if (error) return reactor->Finish(status_of(error));
      guarded(then, [&](const grpc::Status& failed) { reactor->Finish(failed); });
    });
  } catch (const store::PoolFull&) {
    reactor->Finish(to_status(store_error(node::StoreStatus::kBusy)));
  } catch (const store::PoolStopped&) {
    reactor->Finish(to_status(store_error(node::StoreStatus::kNotServing)));
  }
}

std::string once(store::TenantTransaction& t, const std::string& request_id, const std::string& body, TimePoint now,
                 const std::function<std::string()>& work) {
  if (const auto answered = store::find_request(t, request_id, body)) {
    if (answered->same) return answered->reply;
    throw Refusal({grpc::StatusCode::ALREADY_EXISTS,
                   "REQUEST_ID_REUSED",
                   "request_id '" + request_id + "' was used for another request",
                   {{"request_id", request_id}},
                   {},
                   {}});
  }
  std::string reply = work();
  // If the same is under way, it will be found answered when it is asked again.
  if (!store::insert_request(t, request_id, body, reply, now)) {
    throw Refusal(store_error(node::StoreStatus::kBusy));
  }
  return reply;
}

std::string once_sealed(store::TenantTransaction& t, const std::string& request_id, const std::string& body,
                        TimePoint now, const Sealer& sealer, const std::function<std::string()>& work) {
  const std::string purpose = "reply " + request_id;
  const auto reply = sealer.open(purpose, once(t, request_id, body, now, [&] { return sealer.seal(purpose, work()); }));
  if (!reply) throw std::runtime_error("a reply that is remembered cannot be opened: the root key is another one");
  return *reply;
}

}  // namespace muster::api
