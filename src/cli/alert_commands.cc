#include <unistd.h>

#include <memory>
#include <ostream>

#include "alert_view.h"
#include "command.h"
#include "duration.h"
#include "feed.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/alert_service.grpc.pb.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::AlertService::Stub;
using Watched = v1::WatchAlertsResponse;

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists alerts, the latest first"),
                                  "  muster alerts list --holding\n"
                                  "  muster alerts list --rule long-wait --state false-alarm --since 2026-11-01");
  FieldFlags flags(command, v1::ListAlertsRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  flags.add("--rule", "rule_id", tr("Only those of this rule"));
  flags.add("--state", "states", tr("Only those in this state. Repeat it"));
  flags.add("--holding", "holding", tr("Only those whose condition holds now"));
  flags.add("--since", "start_time", tr("Only those that began then or later"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAlertsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListAlerts, request, limit_of(command), "alerts");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const Dictionary dictionary = dictionary_of(context);
    alert_table({response.alerts().begin(), response.alerts().end()}, dictionary).print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows an alert and what happened to it"), "  muster alerts get 12");
  add_id(command, tr("Identifier of the alert"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::GetAlertRequest request;
    request.set_alert_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::GetAlert, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const Dictionary dictionary = dictionary_of(context);
    const v1::Alert& alert = response.alert();
    const v1::Metric metric = metric_in(dictionary, alert.metric_id());
    print_details(context.out, {{tr("Alert"), alert.alert_id()},
                                {tr("Rule"), alert.rule_id() + reason_in_brackets(alert.rule_name())},
                                {tr("Where"), subject_of(alert)},
                                {tr("Metric"), metric_name(metric)},
                                {tr("Measured"), value_of(alert, dictionary)},
                                {tr("Severity"), word(alert.level())},
                                {tr("Highest severity"), word(alert.highest_level())},
                                {tr("State"), word(alert.state())},
                                {tr("Assignee"), alert.assignee()},
                                {tr("Since"), when(alert.start_time())},
                                {tr("Came back"), std::to_string(alert.returns())},
                                {tr("What to do"), alert.advice()}});
    context.out << '\n';
    Table table({{tr("When")}, {tr("Severity")}, {tr("State")}, {tr("Measured"), true}, {tr("By")}, {tr("Note")}});
    for (const v1::AlertEntry& entry : response.entries()) {
      table.add({when(entry.time()), word(entry.level()), word(entry.state()), metric_text(metric, entry.value()),
                 entry.actor(), entry.note()});
    }
    table.print(context.out);
    return kDone;
  });
}

OpenStream<Watched> open_watch(Context& context, const v1::WatchAlertsRequest& request) {
  const std::shared_ptr<Stub> stub = v1::AlertService::NewStub(context.channel());
  return [stub, request](grpc::ClientContext& call) { return stub->WatchAlerts(&call, request); };
}

int show(Context& context, const v1::WatchAlertsRequest& request, bool live) {
  const auto open = open_watch(context, request);
  const Watched snapshot = read_snapshot<Watched>(context, open);  // tells what is wrong before anything is shown
  if (context.options.json) {
    context.print_json(snapshot);
    return kDone;
  }
  const Dictionary dictionary = dictionary_of(context);
  if (!live) {
    AlertModel model;
    model.apply(snapshot, wall_now());
    for (const Line& line : alert_lines(model, dictionary)) context.out << line.text << '\n';
    return kDone;
  }
  const Feed<Watched, AlertModel> feed(open);
  show_live(context.options.server, [&] {
    const auto [model, connected] = feed.look();
    return std::pair(model.is_known() ? alert_lines(model, dictionary) : std::vector<Line>{}, connected);
  });
  return kDone;
}

void add_watch(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "watch", tr("Shows the alerts that are there, live"),
                                  "  muster alerts watch\n"
                                  "  muster alerts watch --once");
  FieldFlags flags(command, v1::WatchAlertsRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  const auto once = std::make_shared<bool>(false);
  command.add_flag("--once", *once, tr("Prints them as they are now and ends; so it does without a terminal, too"));
  on_run(command, context, [&context, once, fill = flags.filler()] {
    v1::WatchAlertsRequest request;
    fill(request);
    return show(context, request, !*once && isatty(STDOUT_FILENO) != 0);
  });
}

struct Handling {
  std::string name;
  std::string help;
  std::string example;
  v1::AlertState state;
};

void add_handling(CLI::App& group, Context& context, const Handling& handling) {
  CLI::App& command =
      add_command(group, handling.name, handling.help, "  muster alerts " + handling.name + " 12" + handling.example);
  add_id(command, tr("Identifier of the alert"));
  add_tenant(command);
  FieldFlags flags(command, v1::HandleAlertRequest::descriptor());
  const bool needs_note =
      handling.state == v1::ALERT_STATE_UNSPECIFIED || handling.state == v1::ALERT_STATE_FALSE_ALARM;
  flags.add("--note", "note", tr("What there is to say about it"))->required(needs_note);
  if (handling.state == v1::ALERT_STATE_ASSIGNED) flags.add("--to", "assignee", tr("Who works on it (you)"));
  on_run(command, context, [&context, &command, state = handling.state, fill = flags.filler()] {
    v1::HandleAlertRequest request;
    fill(request);
    request.set_alert_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    request.set_state(state);
    const auto response = context.call(&Stub::HandleAlert, request);
    return acknowledge(context, response,
                       say("Alert {0}: {1}.", response.alert().alert_id(), word(response.alert().state())));
  });
}

}  // namespace

void add_alert_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "alerts", tr("What the rules have noticed, and what is done about it"),
                              "  muster alerts watch\n  muster alerts assign 12 --to li.na");
  add_watch(group, context);
  add_list(group, context);
  add_get(group, context);
  for (const Handling& handling :
       {Handling{"acknowledge", tr("Tells that you have seen it"), "", v1::ALERT_STATE_ACKNOWLEDGED},
        Handling{"assign", tr("Tells who works on it"), " --to li.na", v1::ALERT_STATE_ASSIGNED},
        Handling{"resolve", tr("Tells that it is dealt with"), " --note \"three more agents\"",
                 v1::ALERT_STATE_RESOLVED},
        Handling{"false-alarm", tr("Tells that there was nothing"), " --note \"a test call\"",
                 v1::ALERT_STATE_FALSE_ALARM},
        Handling{"note", tr("Leaves a note"), " --note \"asked the base\"", v1::ALERT_STATE_UNSPECIFIED}}) {
    add_handling(group, context, handling);
  }
}

}  // namespace muster::cli
