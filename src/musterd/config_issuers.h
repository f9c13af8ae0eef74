#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "language.h"
#include "muster/identity/issuer.h"

namespace muster::musterd {

/// [[identity.issuer]] of a configuration file. Throws ConfigError.
std::vector<identity::ExternalIssuer> read_issuers(const toml::node& node, const std::string& file, Language language);

/// The other way.
toml::array issuers_as_toml(const std::vector<identity::ExternalIssuer>& issuers);

}  // namespace muster::musterd
