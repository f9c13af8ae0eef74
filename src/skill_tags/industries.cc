#include "industries.h"

#include <set>

namespace muster::skill_tags {
namespace {

using api::already_exists;
using api::Checker;
using api::found;
using api::Refusal;
using api::sets;

constexpr int kSkillsMax = 64;
constexpr int kWeightMax = 100;

std::string name_of(const v1::Industry& industry) { return "industry/" + industry.industry_id(); }

v1::Industry industry_named(TenantTransaction& t, const std::string& id) {
  return found(find_industry(t, id), "INDUSTRY", "industry_id", id);
}

void check_industry(const v1::Industry& industry, const google::protobuf::FieldMask* mask, Checker& check) {
  check.id("industry.industry_id", industry.industry_id());
  if (sets(mask, "display_name")) api::check_name("industry.display_name", industry.display_name(), check);
  if (!sets(mask, "skills")) return;
  if (!check.count("industry.skills", industry.skills_size(), 1, kSkillsMax)) return;
  std::set<std::string> named;
  for (int i = 0; i < industry.skills_size(); ++i) {
    const std::string path = api::indexed("industry.skills", i);
    const std::string& skill = check.id(path + ".skill_id", industry.skills(i).skill_id());
    check.expect(named.insert(skill).second, path + ".skill_id", "is named twice");
    check.number(path + ".weight", industry.skills(i).weight(), 1, kWeightMax);
  }
}

void set_skills(TenantTransaction& t, const v1::Industry& industry) {
  const auto unknown = set_industry_skills(t, industry);
  if (unknown) throw Refusal(api::not_found("SKILL", "skill_id", *unknown));
}

}  // namespace

void check(v1::CreateIndustryRequest& request, Checker& check) { check_industry(request.industry(), nullptr, check); }

void check(v1::UpdateIndustryRequest& request, Checker& check) {
  api::check_mask(request.update_mask(), {"display_name", "skills"}, check);
  check_industry(request.industry(), &request.update_mask(), check);
}

void check(v1::DeleteIndustryRequest& request, Checker& check) { check.id("industry_id", request.industry_id()); }

v1::CreateIndustryResponse carry_out(TenantTransaction& t, const v1::CreateIndustryRequest& request, const By& by) {
  const v1::Industry& industry = request.industry();
  if (!insert_industry(t, industry, by.now)) {
    throw Refusal(already_exists("INDUSTRY", "industry_id", industry.industry_id()));
  }
  set_skills(t, industry);
  v1::CreateIndustryResponse response;
  *response.mutable_industry() = industry_named(t, industry.industry_id());
  by.changed(name_of(industry), nullptr, &response.industry());
  return response;
}

v1::UpdateIndustryResponse carry_out(TenantTransaction& t, const v1::UpdateIndustryRequest& request, const By& by) {
  const v1::Industry before = industry_named(t, request.industry().industry_id());
  if (sets(&request.update_mask(), "display_name")) rename_industry(t, request.industry());
  if (sets(&request.update_mask(), "skills")) set_skills(t, request.industry());
  v1::UpdateIndustryResponse response;
  *response.mutable_industry() = industry_named(t, before.industry_id());
  by.changed(name_of(before), &before, &response.industry());
  return response;
}

v1::DeleteIndustryResponse carry_out(TenantTransaction& t, const v1::DeleteIndustryRequest& request, const By& by) {
  const v1::Industry before = industry_named(t, request.industry_id());
  delete_industry(t, request.industry_id());
  by.changed(name_of(before), &before, nullptr);
  return {};
}

}  // namespace muster::skill_tags
