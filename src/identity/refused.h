#pragma once

#include <stdexcept>
#include <utility>

#include "muster/api/errors.h"

namespace muster::identity {

/// Thrown out of a transaction that is not to happen, with what the caller is told.
class Refused : public std::runtime_error {
 public:
  explicit Refused(api::Error error) : std::runtime_error(error.reason), error_(std::move(error)) {}
  [[nodiscard]] const api::Error& error() const { return error_; }

 private:
  api::Error error_;
};

inline Refused refused(grpc::StatusCode code, const char* reason, const char* message) {
  return Refused({code, reason, message, {}, {}, {}});
}

}  // namespace muster::identity
