#include "industry_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"
#include "muster/v1/member.pb.h"

namespace muster::skill_tags {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;
using store::to_array;

const std::string kIndustries =
    "SELECT number, industry_id, display_name, " + read_time("create_time") +
    ", ARRAY(SELECT skill_id FROM industry_skill s WHERE s.industry_id = i.industry_id ORDER BY skill_id)"
    ", ARRAY(SELECT weight FROM industry_skill s WHERE s.industry_id = i.industry_id ORDER BY skill_id)"
    " FROM industry i ";

v1::Industry industry_in(const pqxx::row& row) {
  v1::Industry industry;
  industry.set_industry_id(row[1].as<std::string>());
  industry.set_display_name(row[2].as<std::string>());
  node::to_proto(time_in(row[3]), industry.mutable_create_time());
  const auto skills = store::texts_in(row[4]), weights = store::texts_in(row[5]);
  for (std::size_t i = 0; i < skills.size(); ++i) {
    v1::SkillWeight& skill = *industry.add_skills();
    skill.set_skill_id(skills[i]);
    skill.set_weight(std::stoi(weights[i]));
  }
  return industry;
}

/// How well members fit industries, best first, of the pairs that `pairs` gives with a number, which breaks ties; $1:
/// now, $2: where the page begins, $3: its limit.
std::string fits_of(const std::string& pairs) {
  return "SELECT f.rank, f.industry_id, f.display_name, f.member_id, 100 - (f.rank >> 48), f.known, f.missing FROM"
         " (SELECT ((100 - (2 * sum(s.weight * coalesce(g.level, 0)) + sum(s.weight)) / (2 * sum(s.weight))) << 48)"
         " + p.number AS rank, p.industry_id, p.display_name, p.member_id,"
         " (100 * coalesce(sum(s.weight) FILTER (WHERE g.level IS NOT NULL), 0) / sum(s.weight)) AS known,"
         " array_agg(s.skill_id ORDER BY s.skill_id) FILTER (WHERE g.level IS NULL) AS missing FROM (" +
         pairs +
         ") p JOIN industry_skill s ON s.industry_id = p.industry_id LEFT JOIN granted_skill g"
         " ON g.member_id = p.member_id AND g.skill_id = s.skill_id AND (g.expire_time IS NULL OR g.expire_time > " +
         time_param(1) +
         ") GROUP BY p.number, p.industry_id, p.display_name, p.member_id) f WHERE f.rank > $2 ORDER BY f.rank LIMIT "
         "$3";
}

v1::IndustryFit fit_in(const pqxx::row& row) {
  v1::IndustryFit fit;
  fit.set_industry_id(row[1].as<std::string>());
  fit.set_display_name(row[2].as<std::string>());
  fit.set_member_id(row[3].as<std::string>());
  fit.set_fit(row[4].as<int>());
  fit.set_known(row[5].as<int>());
  if (row[6].is_null()) return fit;
  for (const std::string& skill : store::texts_in(row[6])) fit.add_missing_skill_ids(skill);
  return fit;
}

}  // namespace

std::optional<v1::Industry> find_industry(TenantTransaction& t, const std::string& industry_id) {
  const auto rows = t.sql().exec_params(kIndustries + "WHERE industry_id = $1 FOR UPDATE", industry_id);
  if (rows.empty()) return std::nullopt;
  return industry_in(rows[0]);
}

bool insert_industry(TenantTransaction& t, const v1::Industry& industry, TimePoint now) {
  const auto done =
      t.sql().exec_params("INSERT INTO industry (industry_id, display_name, create_time) VALUES ($1, $2, " +
                              time_param(3) + ") ON CONFLICT (industry_id) DO NOTHING",
                          industry.industry_id(), industry.display_name(), micros(now));
  return done.affected_rows() == 1;
}

void rename_industry(TenantTransaction& t, const v1::Industry& industry) {
  t.sql().exec_params("UPDATE industry SET display_name = $2 WHERE industry_id = $1", industry.industry_id(),
                      industry.display_name());
}

std::optional<std::string> set_industry_skills(TenantTransaction& t, const v1::Industry& industry) {
  std::vector<std::string> skills, weights;
  for (const v1::SkillWeight& skill : industry.skills()) {
    skills.push_back(skill.skill_id());
    weights.push_back(std::to_string(skill.weight()));
  }
  const auto unknown = t.sql().exec_params(
      "SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM managed_skill m WHERE m.skill_id = n) LIMIT 1",
      to_array(skills));
  if (!unknown.empty()) return unknown[0][0].as<std::string>();
  t.sql().exec_params("DELETE FROM industry_skill WHERE industry_id = $1", industry.industry_id());
  t.sql().exec_params(
      "INSERT INTO industry_skill (industry_id, skill_id, weight)"
      " SELECT $1, skill_id, weight FROM unnest($2::text[], $3::smallint[]) AS n (skill_id, weight)",
      industry.industry_id(), to_array(skills), to_array(weights));
  return std::nullopt;
}

void delete_industry(TenantTransaction& t, const std::string& industry_id) {
  t.sql().exec_params("DELETE FROM industry WHERE industry_id = $1", industry_id);
}

Page<v1::Industry> list_industries(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kIndustries + "WHERE number > $1 ORDER BY number LIMIT $2", page.after, limit_of(page));
  return page_of<v1::Industry>(rows, page, industry_in);
}

Page<v1::IndustryFit> list_fit_of_member(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                         const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(fits_of("SELECT number, industry_id, display_name, $4::text AS member_id FROM industry"),
                          micros(now), page.after, limit_of(page), member_id);
  return page_of<v1::IndustryFit>(rows, page, fit_in);
}

Page<v1::IndustryFit> list_fit_of_industry(TenantTransaction& t, const std::string& industry_id, TimePoint now,
                                           const PageRequest& page) {
  const std::string with_a_skill =
      "SELECT m.number, i.industry_id, i.display_name, m.member_id FROM industry i JOIN member m ON m.member_id IN"
      " (SELECT g.member_id FROM granted_skill g JOIN industry_skill s USING (skill_id) WHERE s.industry_id = $4)"
      " WHERE i.industry_id = $4 AND m.state <> " +
      std::to_string(v1::MEMBER_STATE_CLOSED);
  const auto rows = t.sql().exec_params(fits_of(with_a_skill), micros(now), page.after, limit_of(page), industry_id);
  return page_of<v1::IndustryFit>(rows, page, fit_in);
}

}  // namespace muster::skill_tags
