#pragma once

#include "muster/api/errors.h"

namespace muster::identity {

inline api::Refusal refused(grpc::StatusCode code, const char* reason, const char* message) {
  return api::Refusal({code, reason, message, {}, {}, {}});
}

}  // namespace muster::identity
