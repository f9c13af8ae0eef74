#include "muster/members/member_service.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "muster/api/back_office.h"
#include "muster/v1/member_service.grpc.pb.h"
#include "registry.h"

namespace muster::members {
namespace {

using api::Checker;
using api::page_of;
using api::Refusal;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class MemberService final : public v1::MemberService::CallbackService {
 public:
  MemberService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  // --- changes ---

  ServerUnaryReactor* CreateMember(CallbackServerContext* context, const v1::CreateMemberRequest* request,
                                   v1::CreateMemberResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateMember(CallbackServerContext* context, const v1::UpdateMemberRequest* request,
                                   v1::UpdateMemberResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* ChangeMemberState(CallbackServerContext* context, const v1::ChangeMemberStateRequest* request,
                                        v1::ChangeMemberStateResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* ImportMembers(CallbackServerContext* context, const v1::ImportMembersRequest* request,
                                    v1::ImportMembersResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CreateBase(CallbackServerContext* context, const v1::CreateBaseRequest* request,
                                 v1::CreateBaseResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateBase(CallbackServerContext* context, const v1::UpdateBaseRequest* request,
                                 v1::UpdateBaseResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteBase(CallbackServerContext* context, const v1::DeleteBaseRequest* request,
                                 v1::DeleteBaseResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CreateTeam(CallbackServerContext* context, const v1::CreateTeamRequest* request,
                                 v1::CreateTeamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateTeam(CallbackServerContext* context, const v1::UpdateTeamRequest* request,
                                 v1::UpdateTeamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteTeam(CallbackServerContext* context, const v1::DeleteTeamRequest* request,
                                 v1::DeleteTeamResponse* response) override {
    return change(context, request, response);
  }

  // --- reads ---

  ServerUnaryReactor* GetMember(CallbackServerContext* context, const v1::GetMemberRequest* request,
                                v1::GetMemberResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("member_id", request->member_id());
      return [=](TenantTransaction& t) {
        const auto record = read_member(t, id);
        if (!record) throw Refusal(api::not_found("MEMBER", "member_id", id));
        *response->mutable_member() = shown(*record);
      };
    });
  }

  ServerUnaryReactor* GetBase(CallbackServerContext* context, const v1::GetBaseRequest* request,
                              v1::GetBaseResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("base_id", request->base_id());
      return [=](TenantTransaction& t) {
        const auto base = find_base(t, id);
        if (!base) throw Refusal(api::not_found("BASE", "base_id", id));
        *response->mutable_base() = *base;
      };
    });
  }

  ServerUnaryReactor* GetTeam(CallbackServerContext* context, const v1::GetTeamRequest* request,
                              v1::GetTeamResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("team_id", request->team_id());
      return [=](TenantTransaction& t) {
        const auto team = read_team(t, id);
        if (!team) throw Refusal(api::not_found("TEAM", "team_id", id));
        *response->mutable_team() = *team;
      };
    });
  }

  ServerUnaryReactor* ListMembers(CallbackServerContext* context, const v1::ListMembersRequest* request,
                                  v1::ListMembersResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      MemberFilter filter;
      for (int i = 0; i < request->states_size(); ++i) {
        const auto state = request->states(i);
        check.expect(v1::MemberState_IsValid(state) && state != v1::MEMBER_STATE_UNSPECIFIED, api::indexed("states", i),
                     "must be one of the states of a member");
        filter.states.push_back(state);
      }
      filter.engagement_type = request->engagement_type();
      check.expect(v1::EngagementType_IsValid(filter.engagement_type), "engagement_type",
                   "must be one of the types of engagement");
      filter.base_id = check.optional_id("base_id", request->base_id());
      filter.team_id = check.optional_id("team_id", request->team_id());
      filter.language = check.text("language", request->language(), 35);
      filter.text = check.text("text", request->text(), 100);
      for (int i = 0; i < request->tiers_size(); ++i) {
        filter.tiers.push_back(check.number(api::indexed("tiers", i), request->tiers(i), 0, 6));
      }
      filter.skill_id = check.optional_id("skill_id", request->skill_id());
      filter.level_min = check.number("level_min", request->level_min(), 0, dispatch::kLevelMax);
      v1::ListMembersRequest filters = *request;
      filters.clear_page_size();
      filters.clear_page_token();
      const api::PageToken token({"members", filters.SerializeAsString()});
      const PageRequest page = page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_members(t, filter, page);
        for (const MemberRecord& record : found.items) *response->add_members() = shown(record);
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListMemberTransitions(CallbackServerContext* context,
                                            const v1::ListMemberTransitionsRequest* request,
                                            v1::ListMemberTransitionsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("member_id", request->member_id());
      const api::PageToken token({"transitions", id});
      const PageRequest page = page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        if (!read_member(t, id)) throw Refusal(api::not_found("MEMBER", "member_id", id));
        const auto found = list_transitions(t, id, page);
        for (const v1::MemberTransition& each : found.items) *response->add_transitions() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListBases(CallbackServerContext* context, const v1::ListBasesRequest* request,
                                v1::ListBasesResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"bases"});
      const PageRequest page = page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_bases(t, page);
        for (const v1::Base& each : found.items) *response->add_bases() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListTeams(CallbackServerContext* context, const v1::ListTeamsRequest* request,
                                v1::ListTeamsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string base_id = check.optional_id("base_id", request->base_id());
      const api::PageToken token({"teams", base_id});
      const PageRequest page = page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_teams(t, base_id, page);
        for (const v1::Team& each : found.items) *response->add_teams() = each;
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

std::unique_ptr<grpc::Service> make_member_service(store::TenantPool& pool, api::Gate& gate,
                                                   std::function<void()> changed) {
  return std::make_unique<MemberService>(pool, gate, std::move(changed));
}

}  // namespace muster::members
