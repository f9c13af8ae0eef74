#include <algorithm>
#include <map>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "member_csv.h"
#include "muster/v1/member_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::MemberService::Stub;

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return join({texts.begin(), texts.end()});
}

struct BaseKind : ResourceDefaults {
  using Message = v1::Base;
  static constexpr auto kCreate = &Stub::CreateBase;
  static constexpr auto kGet = &Stub::GetBase;
  static constexpr auto kUpdate = &Stub::UpdateBase;
  static constexpr auto kList = &Stub::ListBases;
  static constexpr auto kDelete = &Stub::DeleteBase;
  static constexpr const char* kNoun = "base";
  static constexpr const char* kPlural = "bases";
  static constexpr const char* kExampleId = "chengdu";
  static constexpr const char* kExampleCreate = "chengdu --name 成都基地";
  static constexpr const char* kExampleUpdate = "chengdu --name \"Chengdu base\"";

  static ResourceHelp help() {
    return {tr("Lists the bases"), tr("Shows a base"), tr("Creates a base"), tr("Changes a base"),
            tr("Deletes a base that no member and no team names")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Base")}, {tr("Name")}, {tr("Time zone")}, {tr("Members"), true}};
  }
  static std::vector<std::string> row(const Message& base) {
    return {base.base_id(), base.display_name(), base.time_zone(), std::to_string(base.member_count())};
  }
  static Details details(const Message& base) {
    return {{tr("Base"), base.base_id()},
            {tr("Name"), base.display_name()},
            {tr("Time zone"), base.time_zone()},
            {tr("Members"), std::to_string(base.member_count())},
            {tr("Created"), when(base.create_time())}};
  }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    flags.add("--time-zone", "time_zone", tr("IANA name (Asia/Shanghai)"));
  }
};

struct TeamKind : ResourceDefaults {
  using Message = v1::Team;
  static constexpr auto kCreate = &Stub::CreateTeam;
  static constexpr auto kGet = &Stub::GetTeam;
  static constexpr auto kUpdate = &Stub::UpdateTeam;
  static constexpr auto kList = &Stub::ListTeams;
  static constexpr auto kDelete = &Stub::DeleteTeam;
  static constexpr const char* kNoun = "team";
  static constexpr const char* kPlural = "teams";
  static constexpr const char* kExampleId = "chengdu-1";
  static constexpr const char* kExampleCreate = "chengdu-1 --base chengdu --name 一组 --coach wang.fang";
  static constexpr const char* kExampleUpdate = "chengdu-1 --limit 12";

  static ResourceHelp help() {
    return {tr("Lists the teams"), tr("Shows a team"), tr("Creates a team of a base"), tr("Changes a team"),
            tr("Deletes a team that no member names")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Team")}, {tr("Name")}, {tr("Base")}, {tr("Coach")}, {tr("Members"), true}, {tr("Limit"), true}};
  }
  static std::vector<std::string> row(const Message& team) {
    return {team.team_id(),
            team.display_name(),
            team.base_id(),
            team.coach_id(),
            std::to_string(team.member_count()),
            std::to_string(team.member_limit())};
  }
  static Details details(const Message& team) {
    return {{tr("Team"), team.team_id()},
            {tr("Name"), team.display_name()},
            {tr("Base"), team.base_id()},
            {tr("Coach"), team.coach_id()},
            {tr("Members"), std::to_string(team.member_count())},
            {tr("Limit"), std::to_string(team.member_limit())},
            {tr("Created"), when(team.create_time())}};
  }
  static void list_flags(FieldFlags& flags) { flags.add("--base", "base_id", tr("Only teams of this base")); }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    if (creating) flags.add("--base", "base_id", tr("Base that it belongs to; it cannot be changed"))->required();
    flags.add("--coach", "coach_id", tr("Member who coaches it"));
    flags.add("--limit", "member_limit", tr("How many members it may have, 1 to 100 (15)"));
  }
};

struct MemberKind : ResourceDefaults {
  using Message = v1::Member;
  static constexpr auto kCreate = &Stub::CreateMember;
  static constexpr auto kGet = &Stub::GetMember;
  static constexpr auto kUpdate = &Stub::UpdateMember;
  static constexpr auto kList = &Stub::ListMembers;
  static constexpr const char* kNoun = "member";
  static constexpr const char* kPlural = "members";
  static constexpr const char* kExampleId = "li.na";
  static constexpr const char* kExampleCreate =
      "li.na --name 李娜 --engagement student --base chengdu --language zh-CN";
  static constexpr const char* kExampleUpdate = "li.na --team chengdu-1";

  static ResourceHelp help() {
    return {tr("Lists the members"), tr("Shows a member"), tr("Registers a person, who has applied"),
            tr("Changes a member; --language replaces all languages"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Member")},     {tr("Name")}, {tr("State")}, {tr("Tier"), true},
            {tr("Engagement")}, {tr("Base")}, {tr("Team")},  {tr("Languages")}};
  }
  static std::vector<std::string> row(const Message& member) {
    return {member.member_id(),
            member.display_name(),
            word(member.state()),
            std::to_string(member.tier()),
            word(member.engagement_type()),
            member.base_id(),
            member.team_id(),
            joined(member.languages())};
  }
  static Details details(const Message& member) {
    std::vector<std::string> next;
    for (int i = 0; i < member.next_states_size(); ++i) next.push_back(word(member.next_states(i)));
    return {{tr("Member"), member.member_id()},
            {tr("Name"), member.display_name()},
            {tr("Engagement"), word(member.engagement_type())},
            {tr("Base"), member.base_id()},
            {tr("Team"), member.team_id()},
            {tr("Languages"), joined(member.languages())},
            {tr("Time zone"), member.time_zone()},
            {tr("State"), word(member.state()) + reason_in_brackets(member.state_reason())},
            {tr("Since"), when(member.state_time())},
            {tr("May become"), join(next)},
            {tr("Tier"), std::to_string(member.tier())},
            {tr("Applied"), when(member.create_time())}};
  }
  static void list_flags(FieldFlags& flags) {
    flags.add("--state", "states", tr("Only members in this state. Repeat it"));
    flags.add("--engagement", "engagement_type", tr("Only members engaged like this"));
    flags.add("--base", "base_id", tr("Only members of this base"));
    flags.add("--team", "team_id", tr("Only members of this team"));
    flags.add("--language", "language", tr("Only members who speak this language"));
    flags.add("--tier", "tiers", tr("Only members of this tier, 0 to 6. Repeat it"));
    flags.add("--skill", "skill_id", tr("Only members who are granted this skill"));
    flags.add("--level", "level_min", tr("With at least this level of it, 0 to 100"));
    flags.add("--text", "text", tr("Only members whose identifier or name contains this"));
  }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    flags.add("--engagement", "engagement_type", tr("How the member is bound to the platform"))->required(creating);
    flags.add("--base", "base_id", tr("Base that the member belongs to"));
    flags.add("--team", "team_id", tr("Team of that base"));
    flags.add("--language", "languages", tr("A language spoken, such as zh-CN. Repeat it"));
    flags.add("--time-zone", "time_zone", tr("IANA name (Asia/Shanghai)"));
  }
};

void add_state(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "state", tr("Moves a member to another state"),
                                  "  muster members state li.na verified\n"
                                  "  muster members state li.na suspended --reason \"under review\"");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::ChangeMemberStateRequest::descriptor());
  flags.add("STATE", "state", tr("State to begin"))->required();
  flags.add("--reason", "reason", tr("Reason, shown to the member; needed to pause, suspend, retrain or close"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ChangeMemberStateRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    const auto response = context.call(&Stub::ChangeMemberState, request);
    return acknowledge(context, response, say("{0}: {1}.", request.member_id(), word(response.member().state())));
  });
}

void add_history(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "history", tr("Lists what states a member has been in"), "  muster members history li.na");
  add_id(command, tr("Identifier of the member"));
  add_limit(command);
  on_run(command, context, [&context, &command] {
    v1::ListMemberTransitionsRequest request;
    request.set_member_id(id_of(command));
    const auto response = list_pages(context, &Stub::ListMemberTransitions, request, limit_of(command), "transitions");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("When")}, {tr("State")}, {tr("Reason")}, {tr("By")}});
    for (const v1::MemberTransition& each : response.transitions()) {
      table.add({when(each.transition_time()), word(each.to()), each.reason(), each.actor()});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_import(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "import", tr("Creates and changes members as a CSV file says"),
                  "  muster members import members.csv --check\n  muster members import members.csv --report out.csv");
  auto options = std::make_shared<ImportOptions>();
  const std::string file_help =
      tr("Columns: member_id, display_name, engagement_type, base_id, team_id, languages (a|b), time_zone");
  command.add_option("FILE", options->path, file_help)->required()->type_name("");
  const std::string check_help = tr("Says what would come of it, and changes nothing");
  command.add_flag("--check", options->check, check_help);
  const std::string report_help = tr("Writes what came of each row to this CSV file");
  command.add_option("--report", options->report, report_help)->type_name("FILE");
  on_run(command, context, [&context, options] { return import_members(context, *options); });
}

void add_export(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "export", tr("Writes members as a CSV file that import reads"),
                                  "  muster members export --base chengdu > chengdu.csv");
  FieldFlags flags(command, v1::ListMembersRequest::descriptor());
  MemberKind::list_flags(flags);
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::ListMembersRequest request;
    fill(request);
    return export_members(context, request);
  });
}

}  // namespace

void add_member_commands(CLI::App& program, Context& context) {
  ResourceCommands<BaseKind>::add(add_group(program, "bases", tr("Partners' sites and schools, and the platform's own"),
                                            "  muster bases create chengdu --name 成都基地\n  muster bases list"),
                                  context);
  ResourceCommands<TeamKind>::add(
      add_group(program, "teams", tr("Coached groups of members of one base"),
                "  muster teams create chengdu-1 --base chengdu --name 一组\n  muster teams list --base chengdu"),
      context);
  CLI::App& members = add_group(program, "members", tr("The people who serve"),
                                "  muster members create li.na --name 李娜 --engagement student\n"
                                "  muster members state li.na verified\n"
                                "  muster members list --state active");
  ResourceCommands<MemberKind>::add(members, context);
  add_state(members, context);
  add_history(members, context);
  add_import(members, context);
  add_export(members, context);
}

}  // namespace muster::cli
