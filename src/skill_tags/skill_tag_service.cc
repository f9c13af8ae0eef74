#include "muster/skill_tags/skill_tag_service.h"

#include <grpcpp/server_context.h>

#include <limits>
#include <string>
#include <utility>

#include "industries.h"
#include "muster/members/skills.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"
#include "recording.h"
#include "tags.h"

namespace muster::skill_tags {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// Whom a request is about: whoever sees only what is their own need not say so.
std::string member_asked(const std::string& asked, const std::string& own, Checker& check) {
  const std::string& member_id = asked.empty() ? own : asked;
  check.optional_id("member_id", member_id);
  api::check_own(own, member_id);
  return member_id;
}
/// The same, where it must be somebody.
std::string member_named(const std::string& asked, const std::string& own, Checker& check) {
  std::string member_id = member_asked(asked, own, check);
  check.expect(!member_id.empty(), "member_id", "is required");
  return member_id;
}

void expect_member(TenantTransaction& t, const std::string& member_id) {
  if (!members::members_among(t, {member_id}).contains(member_id)) {
    throw api::Refusal(api::not_found("MEMBER", "member_id", member_id));
  }
}

class SkillTagService final : public v1::SkillTagService::CallbackService {
 public:
  SkillTagService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* RecordEvidence(CallbackServerContext* context, const v1::RecordEvidenceRequest* request,
                                     v1::RecordEvidenceResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* CreateSkillTagKind(CallbackServerContext* context, const v1::CreateSkillTagKindRequest* request,
                                         v1::CreateSkillTagKindResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateSkillTagKind(CallbackServerContext* context, const v1::UpdateSkillTagKindRequest* request,
                                         v1::UpdateSkillTagKindResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetSkillTagKind(CallbackServerContext* context, const v1::GetSkillTagKindRequest* request,
                                      v1::GetSkillTagKindResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("skill_id", request->skill_id());
      const int version = check.number("version", request->version(), 0, std::numeric_limits<std::int32_t>::max());
      return [=](TenantTransaction& t) {
        v1::SkillTagKind& kind = *response->mutable_kind();
        kind = api::found(find_kind(t, id, wall_now()), "SKILL_TAG_KIND", "skill_id", id);
        if (version == 0) return;
        *kind.mutable_rules() =
            api::found(find_rules(t, id, version), "SKILL_TAG_VERSION", "version", std::to_string(version));
        kind.set_version(version);
      };
    });
  }

  ServerUnaryReactor* ListSkillTagKinds(CallbackServerContext* context, const v1::ListSkillTagKindsRequest* request,
                                        v1::ListSkillTagKindsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"skill_tag_kinds"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_kinds(t, wall_now(), page);
        for (const v1::SkillTagKind& kind : found.items) *response->add_kinds() = kind;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListMemberSkills(CallbackServerContext* context, const v1::ListMemberSkillsRequest* request,
                                       v1::ListMemberSkillsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string member = member_named(request->member_id(), own, check);
      const api::PageToken token({"member_skills", member});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        expect_member(t, member);
        const auto found = list_member_skills(t, member, wall_now(), page);
        for (const v1::MemberSkill& skill : found.items) *response->add_skills() = skill;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ExplainMemberSkill(CallbackServerContext* context, const v1::ExplainMemberSkillRequest* request,
                                         v1::ExplainMemberSkillResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string member = member_named(request->member_id(), own, check);
      const std::string skill = check.id("skill_id", request->skill_id());
      return [=](TenantTransaction& t) {
        *response->mutable_skill() =
            api::found(find_member_skill(t, member, skill, wall_now()), "MEMBER_SKILL", "skill_id", skill);
        *response->mutable_rules() = find_rules(t, skill, response->skill().version()).value();
      };
    });
  }

  ServerUnaryReactor* ListLevelTransitions(CallbackServerContext* context,
                                           const v1::ListLevelTransitionsRequest* request,
                                           v1::ListLevelTransitionsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string member = member_named(request->member_id(), own, check);
      const std::string skill = check.optional_id("skill_id", request->skill_id());
      const api::PageToken token({"level_transitions", member, skill});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        expect_member(t, member);
        const auto found = list_transitions(t, member, skill, page);
        for (const v1::LevelTransition& each : found.items) *response->add_transitions() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  // --- industries ---

  ServerUnaryReactor* CreateIndustry(CallbackServerContext* context, const v1::CreateIndustryRequest* request,
                                     v1::CreateIndustryResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateIndustry(CallbackServerContext* context, const v1::UpdateIndustryRequest* request,
                                     v1::UpdateIndustryResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteIndustry(CallbackServerContext* context, const v1::DeleteIndustryRequest* request,
                                     v1::DeleteIndustryResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetIndustry(CallbackServerContext* context, const v1::GetIndustryRequest* request,
                                  v1::GetIndustryResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("industry_id", request->industry_id());
      return [=](TenantTransaction& t) {
        *response->mutable_industry() = api::found(find_industry(t, id), "INDUSTRY", "industry_id", id);
      };
    });
  }

  ServerUnaryReactor* ListIndustries(CallbackServerContext* context, const v1::ListIndustriesRequest* request,
                                     v1::ListIndustriesResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"industries"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_industries(t, page);
        for (const v1::Industry& industry : found.items) *response->add_industries() = industry;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListIndustryFit(CallbackServerContext* context, const v1::ListIndustryFitRequest* request,
                                      v1::ListIndustryFitResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string member = member_named(request->member_id(), own, check);
      const api::PageToken token({"industry_fit", member});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        expect_member(t, member);
        const auto found = list_fit_of_member(t, member, wall_now(), page);
        for (const v1::IndustryFit& fit : found.items) *response->add_fits() = fit;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListIndustryMembers(CallbackServerContext* context, const v1::ListIndustryMembersRequest* request,
                                          v1::ListIndustryMembersResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("industry_id", request->industry_id());
      const api::PageToken token({"industry_members", id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        static_cast<void>(api::found(find_industry(t, id), "INDUSTRY", "industry_id", id));
        const auto found = list_fit_of_industry(t, id, wall_now(), page);
        for (const v1::IndustryFit& fit : found.items) *response->add_fits() = fit;
        api::set_next_page(found, token, response);
      };
    });
  }

  // --- evidence ---

  ServerUnaryReactor* ListEvidence(CallbackServerContext* context, const v1::ListEvidenceRequest* request,
                                   v1::ListEvidenceResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      EvidenceFilter filter;
      filter.member_id = member_asked(request->member_id(), own, check);
      filter.skill_id = check.optional_id("skill_id", request->skill_id());
      check.expect(v1::SkillInput_IsValid(request->input()), "input", "must be one of the four inputs");
      filter.input = request->input();
      const api::PageToken token({"evidence", filter.member_id, filter.skill_id, std::to_string(filter.input)});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_evidence(t, filter, page);
        for (const v1::Evidence& evidence : found.items) *response->add_evidence() = evidence;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_skill_tag_service(store::TenantPool& pool, api::Gate& gate,
                                                      std::function<void()> changed) {
  return std::make_unique<SkillTagService>(pool, gate, std::move(changed));
}

}  // namespace muster::skill_tags
