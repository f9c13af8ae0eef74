#pragma once

#include <string>
#include <vector>

#include "muster/v1/identity.pb.h"

namespace muster::cli {

/// What a change changed, a field a line: "+ name  value", "- name  value" or "~ name  before → after". When a thing
/// was last changed is left out: the entry says it.
std::vector<std::string> changed_fields(const v1::AuditEntry& entry);

}  // namespace muster::cli
