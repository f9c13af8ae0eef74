#include "muster/api/back_office.h"

#include <spdlog/spdlog.h>

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

std::string BackOffice::once(store::TenantTransaction& t, const store::AuditCause& cause, const std::string& own_member,
                             const std::string& body, const std::function<std::string(const By&)>& work) {
  const std::string& request_id = cause.request_id;
  const TimePoint now = wall_now();
  if (const auto answered = store::find_request(t, request_id, body)) {
    if (answered->same) return answered->reply;
    throw Refusal({grpc::StatusCode::ALREADY_EXISTS,
                   "REQUEST_ID_REUSED",
                   "request_id '" + request_id + "' was used for another request",
                   {{"request_id", request_id}},
                   {},
                   {}});
  }
  std::string reply = audited(t, cause, now, own_member, work);
  // If the same is under way, it will be found answered when it is asked again.
  if (!store::insert_request(t, request_id, body, reply, now)) {
    throw Refusal(store_error(node::StoreStatus::kBusy));
  }
  return reply;
}

void BackOffice::post(grpc::ServerUnaryReactor* reactor, Look work, std::function<void()> then) {
  try {
    pool_.post(kPlatformTenant, std::move(work), [reactor, then = std::move(then)](const std::exception_ptr& error) {
      if (!error) then();
      reactor->Finish(error ? status_of(error) : grpc::Status::OK);
    });
  } catch (const store::PoolFull&) {
    reactor->Finish(to_status(store_error(node::StoreStatus::kBusy)));
  } catch (const store::PoolStopped&) {
    reactor->Finish(to_status(store_error(node::StoreStatus::kNotServing)));
  }
}

}  // namespace muster::api
