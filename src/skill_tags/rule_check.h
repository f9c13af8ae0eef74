#pragma once

#include <string>

#include "muster/api/checker.h"
#include "muster/v1/skill_tag.pb.h"

namespace muster::skill_tags {

/// What is not so in the rules at that path becomes a violation. Defaults are filled in.
void check_rules(const std::string& path, v1::SkillTagRules& rules, api::Checker& check);

}  // namespace muster::skill_tags
