#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/vetting_service.grpc.pb.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::VettingService::Stub;

int told(Context& context, const google::protobuf::Message& response, const v1::Vetting& vetting) {
  return acknowledge(
      context, response,
      say("Vetting of {0} by {1}: {2}.", vetting.member_id(), vetting.tenant_id(), word(vetting.state())));
}

void add_propose(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "propose", tr("Proposes a member to a tenant, which then decides"),
                                  "  muster vettings propose li.na --tenant acme --reason \"speaks French\"");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::ProposeVettingRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Identifier of the tenant"))->required();
  flags.add("--reason", "reason", tr("Reason, shown to the tenant"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ProposeVettingRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    const auto response = context.call(&Stub::ProposeVetting, request);
    return told(context, response, response.vetting());
  });
}

void add_decision(CLI::App& group, Context& context, const std::string& name, const std::string& help,
                  v1::VettingState outcome) {
  const bool approves = outcome == v1::VETTING_STATE_APPROVED;
  CLI::App& command = add_command(
      group, name, help,
      "  muster vettings " + name + " li.na" + (approves ? " --until 2027-06-30" : " --reason \"complaints\""));
  add_id(command, tr("Identifier of the member"));
  add_tenant(command);
  FieldFlags flags(command, v1::DecideVettingRequest::descriptor());
  flags.add("--reason", "reason", tr("Reason"))->required(!approves);
  if (approves) flags.add("--until", "expire_time", tr("When the approval ends; without it, never"));
  on_run(command, context, [&context, &command, outcome, fill = flags.filler()] {
    v1::DecideVettingRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    request.set_outcome(outcome);
    const auto response = context.call(&Stub::DecideVetting, request);
    return told(context, response, response.vetting());
  });
}

std::string end_of(const v1::Vetting& vetting) {
  return vetting.has_expire_time() ? when(vetting.expire_time()) : std::string();
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows what a tenant thinks of a member"),
                                  "  muster vettings get li.na --tenant acme");
  add_id(command, tr("Identifier of the member"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::GetVettingRequest request;
    request.set_member_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::GetVetting, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const v1::Vetting& vetting = response.vetting();
    print_details(context.out, {{tr("Tenant"), vetting.tenant_id()},
                                {tr("Member"), vetting.member_id()},
                                {tr("Name"), vetting.display_name()},
                                {tr("State"), word(vetting.state()) + reason_in_brackets(vetting.reason())},
                                {tr("Changed by"), vetting.actor()},
                                {tr("Proposed"), when(vetting.propose_time())},
                                {tr("Decided"), vetting.has_decide_time() ? when(vetting.decide_time()) : ""},
                                {tr("Ends"), end_of(vetting)}});
    return kDone;
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists who was proposed to tenants, and what they think"),
                                  "  muster vettings list --state pending\n  muster vettings list --member li.na");
  FieldFlags flags(command, v1::ListVettingsRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Only those by this tenant"));
  flags.add("--member", "member_id", tr("Only those of this member"));
  flags.add("--state", "states", tr("Only those in this state. Repeat it"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListVettingsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListVettings, request, limit_of(command), "vettings");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Tenant")}, {tr("Member")}, {tr("Name")}, {tr("State")}, {tr("Ends")}});
    for (const v1::Vetting& each : response.vettings()) {
      table.add({each.tenant_id(), each.member_id(), each.display_name(),
                 word(each.state()) + reason_in_brackets(each.reason()), end_of(each)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace

void add_vetting_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "vettings", tr("Which members may serve a tenant"),
                              "  muster vettings propose li.na --tenant acme\n"
                              "  muster vettings list --state pending\n"
                              "  muster vettings approve li.na --until 2027-06-30");
  add_propose(group, context);
  add_decision(group, context, "approve", tr("Approves of a member"), v1::VETTING_STATE_APPROVED);
  add_decision(group, context, "reject", tr("Rejects a member who was proposed"), v1::VETTING_STATE_REJECTED);
  add_decision(group, context, "withdraw", tr("Withdraws an approval"), v1::VETTING_STATE_WITHDRAWN);
  add_get(group, context);
  add_list(group, context);
}

}  // namespace muster::cli
