#include <ostream>

#include "command.h"
#include "contact_view.h"
#include "explain_view.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "routing_view.h"

namespace muster::cli {

namespace {

void add_agent(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "agent", tr("What an agent could have now, and what keeps which waiting contacts from the agent"),
      "  muster explain agent li.na");
  add_id(command, tr("Identifier of the agent"));
  on_run(command, context, [&context, &command] {
    v1::ExplainAgentRequest request;
    request.set_agent_id(id_of(command));
    const auto response = context.call(&v1::ContactService::Stub::ExplainAgent, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    print_details(context.out, agent_details(response.agent(), wall_now()));
    for (const std::string& line : explanation_lines(response)) context.out << line << '\n';
    return kDone;
  });
}

}  // namespace

void add_explain_command(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "explain", tr("Why something is as it is, by the rules that decide it"),
                              "  muster explain contact c-12 --agent li.na\n  muster explain agent li.na");
  add_agent(group, context);
  CLI::App& command =
      add_command(group, "contact", tr("Why a contact waits, what would get it to an agent, and why not to this agent"),
                  "  muster explain contact c-12 --agent li.na --agent wang.wei");
  add_id(command, tr("Identifier of the contact"));
  FieldFlags flags(command, v1::ExplainContactRequest::descriptor());
  flags.add("--agent", "agent_ids", tr("Explain this agent too. Repeat it"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ExplainContactRequest request;
    fill(request);
    request.set_contact_id(id_of(command));
    const auto response = context.call(&v1::ContactService::Stub::ExplainContact, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const TimePoint now = wall_now();
    print_details(context.out, contact_details(response.contact(), now));
    for (const std::string& line : explanation_lines(response, now)) context.out << line << '\n';
    return kDone;
  });
}

}  // namespace muster::cli
