#pragma once

#include <grpcpp/support/status.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "muster/api/errors.h"

namespace muster::api {

/// Runs the body of a handler or reaction; if it throws, `refuse` gets the status to end the call with: that of a
/// Refusal, otherwise INTERNAL. gRPC would
/// turn an exception into UNIMPLEMENTED, or swallow it and leave the call open.
template <typename Body, typename Refuse>
void guarded(const Body& body, const Refuse& refuse) noexcept {
  try {
    body();
  } catch (const Refusal& refusal) {
    refuse(to_status(refusal.error()));
  } catch (const std::exception& e) {
    spdlog::error("api: a handler failed: {}", e.what());
    refuse(to_status(internal_error()));
  }
}

}  // namespace muster::api
