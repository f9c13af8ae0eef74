#pragma once

#include <map>
#include <string>
#include <string_view>

namespace muster::identity {

/// An OpenID Connect issuer that is not ours, and what its tokens mean here. Claims are named as they are, or, where
/// they lie deeper, by a JSON pointer (RFC 6901), such as "/realm_access/roles".
struct ExternalIssuer {
  std::string issuer;    ///< `iss`, exactly
  std::string audience;  ///< must be in `aud`
  std::string keys;      ///< where its JWKS is: https://…, http:// of this machine, or a file
  std::string keys_ca;   ///< who signs the certificate of the https:// server, in PEM; empty: whom the system trusts
  std::string tenant;    ///< whose users its tokens name; empty: a claim says it
  std::string tenant_claim;
  std::map<std::string, std::string> tenants;  ///< what that claim may say, and the tenant that it means
  std::string user_claim = "sub";              ///< the user_id
  std::string roles_claim;                     ///< empty: tokens say nothing about roles
  std::map<std::string, std::string> roles;    ///< what that claim may say, and the role that it means ("operator")
};

/// Whether keys may be had from there: https://HOST…, http:// of this machine, or a path.
bool is_key_source(std::string_view keys);
/// Whether it is the name of a role, such as "tenant_admin".
bool is_role(std::string_view name);

}  // namespace muster::identity
