#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/sub_team_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::SubTeamService::Stub;

std::string skills_of(const v1::SubTeamMember& member) {
  std::string text;
  for (const v1::SubTeamSkill& skill : member.skills()) {
    text += (text.empty() ? "" : ", ") + skill.skill_id() + ":" + std::to_string(skill.level());
  }
  return text;
}

void add_create(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "create", tr("Founds a sub-team that a member leads"),
                                  "  muster sub-teams create --name \"Night owls\"\n"
                                  "  muster sub-teams create li.na --name 夜猫队");
  FieldFlags flags(command, v1::CreateSubTeamRequest::descriptor());
  flags.add("LEADER", "member_id", tr("Identifier of the leader; yourself if left out"));
  flags.add("--name", "display_name", tr("Name shown to people"))->required();
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::CreateSubTeamRequest request;
    fill(request);
    const auto response = context.call(&Stub::CreateSubTeam, request);
    return acknowledge(context, response, say("{0} leads a sub-team now.", response.sub_team().leader_id()));
  });
}

void print_sub_team(Context& context, const v1::GetSubTeamResponse& response) {
  const v1::SubTeam& team = response.sub_team();
  print_details(context.out, {{tr("Leader"), team.leader_id()},
                              {tr("Name"), team.display_name()},
                              {tr("Members"), std::to_string(team.member_count())},
                              {tr("Since"), when(team.create_time())}});
  if (response.members().empty()) return;
  Table table({{tr("Member")}, {tr("Name")}, {tr("State")}, {tr("Tier"), true}, {tr("Skills")}, {tr("Since")}});
  for (const v1::SubTeamMember& each : response.members()) {
    table.add({each.member_id(), each.display_name(), word(each.state()), std::to_string(each.tier()), skills_of(each),
               when(each.join_time())});
  }
  context.out << '\n';
  table.print(context.out);
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows the sub-team that a member leads or is in"),
                                  "  muster sub-teams get\n  muster sub-teams get li.na");
  FieldFlags flags(command, v1::GetSubTeamRequest::descriptor());
  flags.add("MEMBER", "member_id", tr("Identifier of the member; yourself if left out"));
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::GetSubTeamRequest request;
    fill(request);
    const auto response = context.call(&Stub::GetSubTeam, request);
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_sub_team(context, response);
    }
    return kDone;
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists the sub-teams"), "  muster sub-teams list");
  add_limit(command);
  on_run(command, context, [&context, &command] {
    const auto response =
        list_pages(context, &Stub::ListSubTeams, v1::ListSubTeamsRequest(), limit_of(command), "sub_teams");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Leader")}, {tr("Name")}, {tr("Members"), true}, {tr("Since")}});
    for (const v1::SubTeam& each : response.sub_teams()) {
      table.add({each.leader_id(), each.display_name(), std::to_string(each.member_count()), when(each.create_time())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_invite(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "invite", tr("Invites a member to a sub-team, for 14 days"),
                                  "  muster sub-teams invite wang.fang");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::InviteToSubTeamRequest::descriptor());
  flags.add("--leader", "member_id", tr("Identifier of the leader; yourself if left out"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::InviteToSubTeamRequest request;
    fill(request);
    request.set_invitee_id(id_of(command));
    const auto response = context.call(&Stub::InviteToSubTeam, request);
    return acknowledge(context, response,
                       say("{0} is invited until {1}.", request.invitee_id(), when(response.invitation().end_time())));
  });
}

void add_invitations(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "invitations", tr("Lists the invitations that wait for an answer"),
                                  "  muster sub-teams invitations\n  muster sub-teams invitations --member li.na");
  FieldFlags flags(command, v1::ListSubTeamInvitationsRequest::descriptor());
  flags.add("--member", "member_id", tr("Only those that this member made or got"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListSubTeamInvitationsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListSubTeamInvitations, request, limit_of(command), "invitations");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Leader")}, {tr("Name")}, {tr("Member")}, {tr("Ends")}});
    for (const v1::SubTeamInvitation& each : response.invitations()) {
      table.add({each.leader_id(), each.display_name(), each.member_id(), when(each.end_time())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

/// `accept` and `decline`.
void add_answer(CLI::App& group, Context& context, bool accepted) {
  const std::string name = accepted ? "accept" : "decline";
  CLI::App& command =
      add_command(group, name, accepted ? tr("Joins the sub-team that invited you") : tr("Declines an invitation"),
                  "  muster sub-teams " + name + " li.na");
  add_id(command, tr("Identifier of the leader"));
  on_run(command, context, [&context, &command, accepted] {
    v1::AnswerSubTeamInvitationRequest request;
    request.set_leader_id(id_of(command));
    request.set_accepted(accepted);
    const auto response = context.call(&Stub::AnswerSubTeamInvitation, request);
    return acknowledge(context, response,
                       accepted ? say("You are in the sub-team of {0} now.", request.leader_id())
                                : say("The invitation of {0} is declined.", request.leader_id()));
  });
}

void add_leave(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "leave", tr("Leaves the sub-team that a member is in, at once"),
                                  "  muster sub-teams leave --reason \"I am moving\"");
  FieldFlags flags(command, v1::LeaveSubTeamRequest::descriptor());
  flags.add("MEMBER", "member_id", tr("Identifier of the member; yourself if left out"));
  flags.add("--reason", "reason", tr("Reason, kept in the history"));
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::LeaveSubTeamRequest request;
    fill(request);
    return acknowledge(context, context.call(&Stub::LeaveSubTeam, request), tr("The sub-team is left."));
  });
}

void add_remove(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "remove", tr("Removes a member from a sub-team, at once"),
                                  "  muster sub-teams remove wang.fang --reason \"never answers\"");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::RemoveSubTeamMemberRequest::descriptor());
  flags.add("--leader", "member_id", tr("Identifier of the leader; yourself if left out"));
  flags.add("--reason", "reason", tr("Reason, shown to the member"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::RemoveSubTeamMemberRequest request;
    fill(request);
    request.set_removed_id(id_of(command));
    return acknowledge(context, context.call(&Stub::RemoveSubTeamMember, request),
                       say("{0} is in the sub-team no more.", request.removed_id()));
  });
}

void add_dissolve(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "dissolve", tr("Ends a sub-team; those in it are free at once"),
                                  "  muster sub-teams dissolve li.na --reason \"it breaks the rules\"");
  FieldFlags flags(command, v1::DissolveSubTeamRequest::descriptor());
  flags.add("LEADER", "member_id", tr("Identifier of the leader; yourself if left out"));
  flags.add("--reason", "reason", tr("Reason, shown to those in it"))->required();
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::DissolveSubTeamRequest request;
    fill(request);
    return acknowledge(context, context.call(&Stub::DissolveSubTeam, request), tr("The sub-team is dissolved."));
  });
}

void add_history(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "history", tr("Lists who joined and left sub-teams, when and why"),
                                  "  muster sub-teams history --member li.na");
  FieldFlags flags(command, v1::ListSubTeamChangesRequest::descriptor());
  flags.add("--member", "member_id", tr("Only of this member, and of sub-teams that this member led"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListSubTeamChangesRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListSubTeamChanges, request, limit_of(command), "changes");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("When")}, {tr("Leader")}, {tr("Member")}, {tr("What")}, {tr("Reason")}, {tr("By")}});
    for (const v1::SubTeamChange& each : response.changes()) {
      table.add({when(each.change_time()), each.leader_id(), each.member_id(), word(each.kind()), each.reason(),
                 each.actor()});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace

void add_sub_team_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "sub-teams", tr("Micro-agencies: people whom a member brought, and leads"),
                              "  muster sub-teams create --name \"Night owls\"\n"
                              "  muster sub-teams invite wang.fang\n"
                              "  muster sub-teams get");
  add_list(group, context);
  add_get(group, context);
  add_create(group, context);
  add_invite(group, context);
  add_invitations(group, context);
  add_answer(group, context, true);
  add_answer(group, context, false);
  add_leave(group, context);
  add_remove(group, context);
  add_dissolve(group, context);
  add_history(group, context);
}

}  // namespace muster::cli
