#include "gatekeeper.h"

#include <algorithm>

#include "permissions.h"

namespace muster::identity {
namespace {

/// How long a stream may outlive the token that it was opened with: time to open it anew with the next one.
constexpr Duration kStreamGrace = std::chrono::seconds(60);

api::Error unauthenticated(const char* reason, const char* message) {
  return {grpc::StatusCode::UNAUTHENTICATED, reason, message, {}, {}, {}};
}

std::optional<api::Error> error_of(Directory::Refusal refusal) {
  switch (refusal) {
    case Directory::Refusal::kNone:
      return std::nullopt;
    case Directory::Refusal::kInvalid:
      return unauthenticated("CREDENTIALS_INVALID", "the token or key is not one that is accepted here");
    case Directory::Refusal::kExpired:
      return unauthenticated("CREDENTIALS_EXPIRED", "the token or key has expired: refresh it");
    case Directory::Refusal::kRevoked:
      return unauthenticated("CREDENTIALS_REVOKED", "the token or key was revoked: sign in again");
  }
  return api::internal_error();
}

/// What stands behind "Bearer " in the metadata; empty if there is nothing, or more than one.
std::string_view bearer_in(const grpc::CallbackServerContext& context) {
  constexpr std::string_view kScheme = "bearer ";
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first == last || std::next(first) != last) return {};
  const std::string_view value(first->second.data(), first->second.size());
  const bool bearer = value.size() > kScheme.size() &&
                      std::equal(kScheme.begin(), kScheme.end(), value.begin(),
                                 [](char want, unsigned char got) { return want == std::tolower(got); });
  if (!bearer) return {};
  return value.substr(kScheme.size());
}

api::Error denied(const Permission* permission) {
  const std::string method = permission ? std::string(permission->method) : "method";
  return {grpc::StatusCode::PERMISSION_DENIED,
          "PERMISSION_DENIED",
          "the caller may not call " + method,
          {{"method", method}},
          {},
          {}};
}

}  // namespace

api::Admission Gatekeeper::admit(const grpc::CallbackServerContext& context,
                                 const google::protobuf::Descriptor& request) {
  const Permission* permission = permission_for(request);
  if (permission && permission->access == Access::kAnyone) return {std::nullopt, nullptr, api::Reach::kNone};
  const std::string_view credential = bearer_in(context);
  if (credential.empty()) {
    return refuse(unauthenticated("CREDENTIALS_MISSING", "a token or key is needed: authorization: Bearer …"));
  }
  auto answer = directory_.authenticate(credential, wall_now());
  if (auto error = error_of(answer.refusal)) return refuse(*std::move(error));
  const api::Reach reach = permission ? reach_of(*permission, *answer.caller) : api::Reach::kNone;
  if (reach == api::Reach::kNone) return refuse(denied(permission));
  return {std::nullopt, std::move(answer.caller), reach};
}

api::Admission Gatekeeper::refuse(api::Error error) {
  auto& count = error.code == grpc::StatusCode::UNAUTHENTICATED ? unauthenticated_ : denied_;
  count.fetch_add(1, std::memory_order_relaxed);
  return {std::move(error), nullptr, api::Reach::kNone};
}

std::optional<api::Error> Gatekeeper::recheck(const api::Caller& caller) {
  return error_of(directory_.recheck(caller, wall_now() - kStreamGrace));
}

}  // namespace muster::identity
