#include <unistd.h>

#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "feed.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/target_service.grpc.pb.h"
#include "target_view.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::TargetService::Stub;

void add_set(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "set", tr("Sets the target of a metric, in the place of the one that is there"),
      "  muster targets set --metric csat --value 85 --by workspace\n"
      "  muster targets set --metric handled --value 400 --by team --row night\n"
      "  muster targets set --metric handled --value 40 --by team --row night --each agent --weekday monday");
  FieldFlags flags(command, v1::Target::descriptor());
  flags.add("--metric", "metric_id", tr("Metric, such as csat"))->required();
  flags
      .add("--value", "value",
           tr("What it should come to, in the metric's unit: seconds, per cent, …; of a quantity, a day"))
      ->required();
  flags.add("--by", "dimension", tr("Whose target it is: that of the workspace, of a team, …"))->required();
  flags.add("--row", "row_id", tr("Which one; not for the workspace"));
  flags.add("--each", "each_dimension", tr("For each of these below it"));
  flags.add("--weekday", "weekdays", tr("Only on this day of the week. Repeat it"));
  flags.add("--name", "display_name", tr("Name shown to people"));
  add_tenant(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::SetTargetRequest request;
    fill(*request.mutable_target());
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::SetTarget, request);
    const v1::Target& target = response.target();
    return acknowledge(context, response,
                       say("Target {0} of {1}: {2}.", target.target_id(), scope_text(target), target.metric_id()));
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists the targets of metrics"),
                                  "  muster targets list --by team\n  muster targets list --metric csat");
  FieldFlags flags(command, v1::ListTargetsRequest::descriptor());
  flags.add("--by", "dimension", tr("Only those set there"));
  flags.add("--row", "row_id", tr("Only those of this row"));
  flags.add("--metric", "metric_id", tr("Only those of this metric"));
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListTargetsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListTargets, request, limit_of(command), "targets");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const Dictionary dictionary = dictionary_of(context);
    Table table(
        {{tr("Target")}, {tr("Of")}, {tr("Metric")}, {tr("Target value"), true}, {tr("Weekdays")}, {tr("Name")}});
    for (const v1::Target& target : response.targets()) {
      const v1::Metric metric = metric_in(dictionary, target.metric_id());
      table.add({target.target_id(), scope_text(target), metric_name(metric), metric_text(metric, target.value()),
                 words<v1::Weekday>(target.weekdays()), target.display_name()});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_delete(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "delete", tr("Deletes a target: what is above it holds again"), "  muster targets delete 17");
  add_id(command, tr("Identifier of the target"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::DeleteTargetRequest request;
    request.set_target_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::DeleteTarget, request);
    return acknowledge(context, response, say("Target {0} deleted.", request.target_id()));
  });
}

int show_until_quit(Context& context, const v1::TrackTargetsRequest& request, Duration interval) {
  const auto first = context.call(&Stub::TrackTargets, request);  // tells what is wrong before the screen is taken over
  const Dictionary dictionary = dictionary_of(context);
  const Poll poll(context.channel(), &Stub::TrackTargets, request, first, interval);
  show_live(context.options.server, [&] {
    const auto [response, connected] = poll.look();
    return std::pair(track_lines(response, dictionary), connected);
  });
  return kDone;
}

int show_once(Context& context, const v1::TrackTargetsRequest& request) {
  const auto response = context.call(&Stub::TrackTargets, request);
  if (context.options.json) {
    context.print_json(response);
    return kDone;
  }
  const Dictionary dictionary = dictionary_of(context);
  for (const Line& line : track_lines(response, dictionary)) context.out << line.text << '\n';
  return kDone;
}

void add_track(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "track", tr("Shows live how today stands against the targets, and what is expected by now"),
                  "  muster targets track --by queue --time-zone Asia/Shanghai\n"
                  "  muster targets track --by agent --team night --once");
  FieldFlags flags(command, v1::TrackTargetsRequest::descriptor());
  flags.add("--by", "dimension", tr("What the rows are about"))->required();
  flags.add("--metric", "metric_ids", tr("Only this metric. Repeat it"));
  flags.add("--time-zone", "time_zone", tr("Time zone of today (UTC)"));
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  flags.add("--base", "base_id", tr("Only what is of this base"));
  flags.add("--team", "team_id", tr("Only what is of this team"));
  flags.add("--row", "row_ids", tr("Only this row. Repeat it"));
  flags.add("--top", "page_size", tr("How many rows (100)"));
  flags.add("--skip", "skip", tr("How many rows to leave out first (0)"));
  const auto once = std::make_shared<bool>(false);
  const auto interval = std::make_shared<Duration>(std::chrono::seconds{10});
  command.add_flag("--once", *once, tr("Prints them as they are now and ends; so it does without a terminal, too"));
  add_duration(command, "--interval", *interval, tr("How often it changes"))->default_str("10s");
  on_run(command, context, [&context, once, interval, fill = flags.filler()] {
    v1::TrackTargetsRequest request;
    fill(request);
    const bool live = !*once && !context.options.json && isatty(STDOUT_FILENO) != 0;
    return live ? show_until_quit(context, request, *interval) : show_once(context, request);
  });
}

}  // namespace

void add_target_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "targets", tr("Targets of metrics, from the workspace down to the agent"),
                              "  muster targets set --metric csat --value 85 --by workspace\n"
                              "  muster targets track --by team");
  add_set(group, context);
  add_list(group, context);
  add_delete(group, context);
  add_track(group, context);
}

}  // namespace muster::cli
