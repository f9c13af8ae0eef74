#include <grpcpp/server_context.h>

#include <utility>

#include "muster/api/back_office.h"
#include "muster/members/sub_teams.h"
#include "muster/v1/sub_team_service.grpc.pb.h"
#include "sub_teams.h"

namespace muster::members {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class SubTeamService final : public v1::SubTeamService::CallbackService {
 public:
  SubTeamService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  // --- changes ---

  ServerUnaryReactor* CreateSubTeam(CallbackServerContext* context, const v1::CreateSubTeamRequest* request,
                                    v1::CreateSubTeamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* InviteToSubTeam(CallbackServerContext* context, const v1::InviteToSubTeamRequest* request,
                                      v1::InviteToSubTeamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* AnswerSubTeamInvitation(CallbackServerContext* context,
                                              const v1::AnswerSubTeamInvitationRequest* request,
                                              v1::AnswerSubTeamInvitationResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* LeaveSubTeam(CallbackServerContext* context, const v1::LeaveSubTeamRequest* request,
                                   v1::LeaveSubTeamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RemoveSubTeamMember(CallbackServerContext* context, const v1::RemoveSubTeamMemberRequest* request,
                                          v1::RemoveSubTeamMemberResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DissolveSubTeam(CallbackServerContext* context, const v1::DissolveSubTeamRequest* request,
                                      v1::DissolveSubTeamResponse* response) override {
    return change(context, request, response);
  }

  // --- reads ---

  ServerUnaryReactor* GetSubTeam(CallbackServerContext* context, const v1::GetSubTeamRequest* request,
                                 v1::GetSubTeamResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      const std::string id = check.id("member_id", api::member_asked(*request, own_member));
      return [=](TenantTransaction& t) { *response = sub_team_shown(t, id, own_member, wall_now()); };
    });
  }

  ServerUnaryReactor* ListSubTeams(CallbackServerContext* context, const v1::ListSubTeamsRequest* request,
                                   v1::ListSubTeamsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"sub-teams"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_sub_teams(t, page);
        for (const v1::SubTeam& each : found.items) *response->add_sub_teams() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListSubTeamInvitations(CallbackServerContext* context,
                                             const v1::ListSubTeamInvitationsRequest* request,
                                             v1::ListSubTeamInvitationsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      const std::string id = check.optional_id("member_id", api::member_asked(*request, own_member));
      const api::PageToken token({"sub-team-invitations", id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_invitations(t, id, wall_now(), page);
        for (const v1::SubTeamInvitation& each : found.items) *response->add_invitations() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListSubTeamChanges(CallbackServerContext* context, const v1::ListSubTeamChangesRequest* request,
                                         v1::ListSubTeamChangesResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      const std::string id = check.optional_id("member_id", api::member_asked(*request, own_member));
      const api::PageToken token({"sub-team-changes", id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_changes(t, id, page);
        for (const v1::SubTeamChange& each : found.items) *response->add_changes() = each;
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

std::unique_ptr<grpc::Service> make_sub_team_service(store::TenantPool& pool, api::Gate& gate,
                                                     std::function<void()> changed) {
  return std::make_unique<SubTeamService>(pool, gate, std::move(changed));
}

}  // namespace muster::members
