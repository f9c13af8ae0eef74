#include "muster/skill_tags/recompute.h"

#include <map>
#include <set>
#include <string>

#include "level.h"
#include "muster/members/skills.h"
#include "tag_store.h"

namespace muster::skill_tags {
namespace {

/// So many at once: a transaction stays short, and what waits for one of its rows as well.
constexpr std::size_t kChunk = 256;
constexpr const char* kCertificates = "certificate:";

/// The newest rules of kinds.
struct Rules {
  int version = 0;
  v1::SkillTagRules rules;
};
using RulesBySkill = std::map<std::string, Rules>;

/// Adds those whose rules are older than these.
void add_outdated(TenantTransaction& t, const std::map<std::string, int>& versions, std::size_t limit,
                  std::vector<TagRecord>& tags) {
  std::set<TagKey> taken;
  for (const TagRecord& tag : tags) taken.emplace(tag.member_id, tag.skill_id);
  for (const auto& [skill, version] : versions) {
    if (tags.size() >= limit) return;
    for (TagRecord& tag : take_outdated_tags(t, skill, version, limit - tags.size())) {
      if (taken.emplace(tag.member_id, tag.skill_id).second) tags.push_back(std::move(tag));
    }
  }
}

RulesBySkill rules_for(TenantTransaction& t, const std::vector<TagRecord>& tags,
                       const std::map<std::string, int>& versions) {
  RulesBySkill rules;
  for (const TagRecord& tag : tags) {
    if (rules.contains(tag.skill_id)) continue;
    const int version = versions.at(tag.skill_id);
    rules[tag.skill_id] = {version, *find_rules(t, tag.skill_id, version)};
  }
  return rules;
}

/// Adds the certificates that members hold, if rules ask for them.
void add_certificates(TenantTransaction& t, const std::vector<TagRecord>& tags, const RulesBySkill& rules,
                      TimePoint now, std::vector<Known>& known) {
  std::vector<std::string> members;
  for (const TagRecord& tag : tags) {
    if (needs_certificates(rules.at(tag.skill_id).rules)) members.push_back(tag.member_id);
  }
  if (members.empty()) return;
  std::map<std::string, std::vector<Held>> held;
  for (const members::Grant& grant : members::grants_by(t, kCertificates, members, now)) {
    held[grant.member_id].push_back({grant.owner.substr(std::string_view(kCertificates).size()), grant.expires});
  }
  for (std::size_t i = 0; i < tags.size(); ++i) known[i].certificates = held[tags[i].member_id];
}

std::vector<TagResult> compute(const std::vector<TagRecord>& tags, const RulesBySkill& rules,
                               const std::vector<Known>& known, TimePoint now) {
  std::vector<TagResult> results;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const Rules& with = rules.at(tags[i].skill_id);
    Verdict verdict = judge(with.rules, known[i], now);
    const auto due = next_due(with.rules, known[i], now, verdict);
    results.push_back({tags[i], with.version, std::move(verdict), due});
  }
  return results;
}

/// Tells the engine, and the history, of levels that are not what they were.
void grant(TenantTransaction& t, const std::vector<TagResult>& results, TimePoint now) {
  std::vector<TagResult> changed;
  std::vector<members::SkillChange> skills;
  for (const TagResult& result : results) {
    if (result.verdict.level == result.tag.level) continue;
    changed.push_back(result);
    skills.push_back({result.tag.member_id, result.tag.skill_id, result.verdict.level});
  }
  if (changed.empty()) return;
  insert_transitions(t, changed, now);
  members::change_skills(t, skills);
}

}  // namespace

std::size_t recompute_due(TenantTransaction& t, TimePoint now, std::size_t limit) {
  // Later statements see all that was committed until the tags were locked; what comes after marks them anew.
  std::vector<TagRecord> tags = take_due_tags(t, now, limit);
  const auto versions = kind_versions(t);
  add_outdated(t, versions, limit, tags);
  if (tags.empty()) return 0;
  const RulesBySkill rules = rules_for(t, tags, versions);
  int items = 1;
  for (const auto& [skill, each] : rules) items = std::max(items, items_needed(each.rules));
  std::vector<Known> known = load_known(t, tags, items, now);
  add_certificates(t, tags, rules, now, known);
  const std::vector<TagResult> results = compute(tags, rules, known, now);
  save_tags(t, results, now);
  grant(t, results, now);
  return tags.size();
}

store::Job recompute_job() {
  return {"skill-tags", std::chrono::seconds(1),
          [](TenantTransaction& t, TimePoint now) { return recompute_due(t, now, kChunk) == kChunk; }};
}

}  // namespace muster::skill_tags
