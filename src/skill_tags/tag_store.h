#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evidence_store.h"
#include "level.h"
#include "muster/store/sql.h"

/// The tables of tags and their kinds. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::skill_tags {

// --- kinds ---

/// With its newest rules. Nobody else changes it until the end of the transaction.
std::optional<v1::SkillTagKind> find_kind(TenantTransaction& t, const std::string& skill_id, TimePoint now);
/// False if there is one already. Its rules come with insert_version().
bool insert_kind(TenantTransaction& t, const v1::SkillTagKind& kind, TimePoint now);
/// Its name and version.
void update_kind(TenantTransaction& t, const v1::SkillTagKind& kind);
void insert_version(TenantTransaction& t, const v1::SkillTagKind& kind, const std::string& actor, TimePoint now);
std::optional<v1::SkillTagRules> find_rules(TenantTransaction& t, const std::string& skill_id, int version);
Page<v1::SkillTagKind> list_kinds(TenantTransaction& t, TimePoint now, const PageRequest& page);
/// The versions of all kinds, by skill.
std::map<std::string, int> kind_versions(TenantTransaction& t);

// --- tags ---

/// A tag that is to be computed, and what becomes of it.
struct TagRecord {
  std::string member_id;
  std::string skill_id;
  std::optional<int> level;
  int version = 0;
  bool new_evidence = false;
};
/// Tags that are due, locked until the end of the transaction; those that others have locked are left to them.
std::vector<TagRecord> take_due_tags(TenantTransaction& t, TimePoint now, std::size_t limit);
/// Tags whose rules are older than that version; likewise.
std::vector<TagRecord> take_outdated_tags(TenantTransaction& t, const std::string& skill_id, int version,
                                          std::size_t limit);
/// What is known of each: the newest evidence that counts, so much of each input.
std::vector<Known> load_known(TenantTransaction& t, const std::vector<TagRecord>& tags, int items, TimePoint now);

/// What a computation gave.
struct TagResult {
  TagRecord tag;  ///< as it was
  int version = 0;
  Verdict verdict;
  std::optional<TimePoint> due;
};
void save_tags(TenantTransaction& t, const std::vector<TagResult>& results, TimePoint now);
/// REQUIRES: their levels changed.
void insert_transitions(TenantTransaction& t, const std::vector<TagResult>& results, TimePoint now);

// --- what people see ---

Page<v1::MemberSkill> list_member_skills(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                         const PageRequest& page);
std::optional<v1::MemberSkill> find_member_skill(TenantTransaction& t, const std::string& member_id,
                                                 const std::string& skill_id, TimePoint now);
/// `skill_id` empty: of all.
Page<v1::LevelTransition> list_transitions(TenantTransaction& t, const std::string& member_id,
                                           const std::string& skill_id, const PageRequest& page);

}  // namespace muster::skill_tags
