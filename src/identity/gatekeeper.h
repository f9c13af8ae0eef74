#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "directory.h"
#include "muster/api/gate.h"

namespace muster::identity {

/// Lets calls in by the directory and the table of permissions.
class Gatekeeper final : public api::Gate {
 public:
  /// The directory must live longer.
  explicit Gatekeeper(Directory& directory) : directory_(directory) {}

  api::Admission admit(const grpc::CallbackServerContext& context,
                       const google::protobuf::Descriptor& request) override;
  std::optional<api::Error> recheck(const api::Caller& caller) override;
  void find_tenant(const std::string& tenant_id, std::function<void(std::optional<bool>)> then) override {
    if (tenant_id == kPlatformTenant) return then(true);
    directory_.find_tenant(tenant_id, std::move(then));
  }
  [[nodiscard]] std::uint64_t changes() const override { return directory_.changes(); }

  /// The calls that it refused because nobody known called, or because the method is not for the caller.
  [[nodiscard]] std::uint64_t refused_unauthenticated() const { return unauthenticated_; }
  [[nodiscard]] std::uint64_t refused_denied() const { return denied_; }

 private:
  api::Admission refuse(api::Error error);

  Directory& directory_;
  std::atomic<std::uint64_t> unauthenticated_{0};
  std::atomic<std::uint64_t> denied_{0};
};

}  // namespace muster::identity
