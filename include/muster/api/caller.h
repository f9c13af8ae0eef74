#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "muster/base/tenant.h"
#include "muster/base/time.h"
#include "muster/v1/identity.pb.h"

namespace muster::api {

/// Who calls, as its token or key proves.
struct Caller {
  std::string tenant_id;
  std::string subject;               ///< the user_id, or the client_id of an API key
  std::vector<v1::Role> roles;       ///< of a user
  std::vector<v1::ApiScope> scopes;  ///< of an API key
  std::string agent_id;              ///< whose desk a user has; empty: none
  std::string session_id;            ///< the sign-in that a user's token comes from; empty with other issuers
  std::string key_id;                ///< of an API key
  std::int64_t version = 0;          ///< of the user, as the token knows it
  TimePoint expire_time;             ///< when the credential ends

  bool operator==(const Caller&) const = default;
};

}  // namespace muster::api
