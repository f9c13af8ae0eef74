#include "tags.h"

#include "muster/members/skills.h"
#include "rule_check.h"

namespace muster::skill_tags {
namespace {

using api::already_exists;
using api::Checker;
using api::found;
using api::Refusal;
using api::sets;

std::string name_of(const v1::SkillTagKind& kind) { return "skill-tag-kind/" + kind.skill_id(); }

v1::SkillTagKind kind_named(TenantTransaction& t, const std::string& skill_id, const By& by) {
  return found(find_kind(t, skill_id, by.now), "SKILL_TAG_KIND", "skill_id", skill_id);
}

}  // namespace

void check(v1::CreateSkillTagKindRequest& request, Checker& check) {
  v1::SkillTagKind& kind = *request.mutable_kind();
  check.id("kind.skill_id", kind.skill_id());
  api::check_name("kind.display_name", kind.display_name(), check);
  check_rules("kind.rules", *kind.mutable_rules(), check);
}

void check(v1::UpdateSkillTagKindRequest& request, Checker& check) {
  v1::SkillTagKind& kind = *request.mutable_kind();
  check.id("kind.skill_id", kind.skill_id());
  api::check_mask(request.update_mask(), {"display_name", "rules"}, check);
  if (sets(&request.update_mask(), "display_name")) api::check_name("kind.display_name", kind.display_name(), check);
  if (sets(&request.update_mask(), "rules")) check_rules("kind.rules", *kind.mutable_rules(), check);
}

v1::CreateSkillTagKindResponse carry_out(TenantTransaction& t, const v1::CreateSkillTagKindRequest& request,
                                         const By& by) {
  v1::SkillTagKind kind = request.kind();
  kind.set_version(1);
  if (find_kind(t, kind.skill_id(), by.now))
    throw Refusal(already_exists("SKILL_TAG_KIND", "skill_id", kind.skill_id()));
  if (!members::manage_skill(t, kind.skill_id(), "tag:" + kind.skill_id())) {
    throw Refusal(api::precondition("SKILL_MANAGED", "skill_id '" + kind.skill_id() + "' is granted by something else",
                                    {{"skill_id", kind.skill_id()}}));
  }
  if (!insert_kind(t, kind, by.now)) throw Refusal(already_exists("SKILL_TAG_KIND", "skill_id", kind.skill_id()));
  insert_version(t, kind, by.actor, by.now);
  v1::CreateSkillTagKindResponse response;
  *response.mutable_kind() = kind_named(t, kind.skill_id(), by);
  by.changed(name_of(kind), nullptr, &kind);
  return response;
}

v1::UpdateSkillTagKindResponse carry_out(TenantTransaction& t, const v1::UpdateSkillTagKindRequest& request,
                                         const By& by) {
  const v1::SkillTagKind before = kind_named(t, request.kind().skill_id(), by);
  v1::SkillTagKind kind = before;
  if (sets(&request.update_mask(), "display_name")) kind.set_display_name(request.kind().display_name());
  const bool new_rules = sets(&request.update_mask(), "rules") &&
                         request.kind().rules().SerializeAsString() != before.rules().SerializeAsString();
  if (new_rules) {
    *kind.mutable_rules() = request.kind().rules();
    kind.set_version(before.version() + 1);
    insert_version(t, kind, by.actor, by.now);
  }
  update_kind(t, kind);
  v1::UpdateSkillTagKindResponse response;
  *response.mutable_kind() = kind_named(t, kind.skill_id(), by);
  by.changed(name_of(kind), &before, &response.kind());
  return response;
}

}  // namespace muster::skill_tags
