#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <span>
#include <string_view>

#include "muster/api/caller.h"
#include "muster/api/gate.h"

/// Who may call what. One table; what is not in it is refused.
namespace muster::identity {

enum class Access {
  kAnyone,    ///< without a token or key
  kSignedIn,  ///< any caller, about themselves
  kTable,     ///< by role or scope
};

struct Permission {
  std::string_view service;  ///< of muster.v1
  std::string_view method;
  Access access;
  v1::ApiScope scope;      ///< that an API key needs
  std::string_view reach;  ///< a letter for each role, in the order of v1::Role, and one for tenants' API keys
};

/// All of them.
std::span<const Permission> permissions();

/// That of the method whose request this is; null if there is none.
const Permission* permission_for(const google::protobuf::Descriptor& request);

/// The farthest reach that one of the caller's roles, or the key's scopes, give.
api::Reach reach_of(const Permission& permission, const api::Caller& caller);

}  // namespace muster::identity
