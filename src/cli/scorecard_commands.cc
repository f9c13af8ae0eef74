#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/scorecard_service.grpc.pb.h"
#include "target_view.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ScorecardService::Stub;

std::string name_of(const v1::Scorecard& scorecard) {
  const bool chinese = language() == Language::kChinese && !scorecard.display_name_zh().empty();
  return chinese ? scorecard.display_name_zh() : scorecard.display_name();
}

void add_create(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "create", tr("Creates a scorecard: metrics with weights, from a floor to a target, and gates"),
                  "  muster scorecards create agents --name \"Agents' month\" --by agent --item csat=3:60..85@30 "
                  "--item aht=1:600..300 --gate missed_offer_rate=..10 --minimum-contacts 100");
  add_id(command, tr("Identifier of the scorecard"));
  FieldFlags flags(command, v1::Scorecard::descriptor());
  flags.add("--name", "display_name", tr("Name shown to people"))->required();
  flags.add("--name-zh", "display_name_zh", tr("Name in Chinese"));
  flags.add("--by", "dimension", tr("What the rows are about"))->required();
  flags.add("--item", "items", tr("Metric with weight, floor, target and the evidence it takes. Repeat it"))
      ->required();
  flags.add("--gate", "gates", tr("Metric with a limit beyond which the score is 0. Repeat it"));
  flags.add("--minimum-contacts", "minimum_contacts", tr("Contacts handled that a score takes (0)"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CreateScorecardRequest request;
    fill(*request.mutable_scorecard());
    request.mutable_scorecard()->set_scorecard_id(id_of(command));
    const auto response = context.call(&Stub::CreateScorecard, request);
    return acknowledge(context, response, say("Scorecard {0} created.", id_of(command)));
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists the scorecards"), "  muster scorecards list");
  add_limit(command);
  on_run(command, context, [&context, &command] {
    const auto response = list_pages(context, &Stub::ListScorecards, {}, limit_of(command), "scorecards");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Scorecard")}, {tr("Name")}, {tr("Of each")}, {tr("Metrics")}});
    for (const v1::Scorecard& scorecard : response.scorecards()) {
      std::vector<std::string> metrics;
      for (const auto& item : scorecard.items()) metrics.push_back(item.metric_id());
      table.add({scorecard.scorecard_id(), name_of(scorecard), word(scorecard.dimension()), join(metrics)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_show(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "show", tr("Shows what a scorecard is made of"), "  muster scorecards show agents");
  add_id(command, tr("Identifier of the scorecard"));
  on_run(command, context, [&context, &command] {
    v1::GetScorecardRequest request;
    request.set_scorecard_id(id_of(command));
    const auto response = context.call(&Stub::GetScorecard, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const v1::Scorecard& scorecard = response.scorecard();
    const Dictionary dictionary = dictionary_of(context);
    print_details(context.out, {{tr("Scorecard"), scorecard.scorecard_id()},
                                {tr("Name"), name_of(scorecard)},
                                {tr("Of each"), word(scorecard.dimension())},
                                {tr("Contacts at least"), std::to_string(scorecard.minimum_contacts())}});
    Table items(
        {{tr("Metric")}, {tr("Weight"), true}, {tr("Floor"), true}, {tr("Target"), true}, {tr("Evidence"), true}});
    for (const auto& item : scorecard.items()) {
      const v1::Metric metric = metric_in(dictionary, item.metric_id());
      items.add({metric_name(metric), std::to_string(item.weight()), metric_text(metric, item.floor()),
                 metric_text(metric, item.target()),
                 item.minimum_evidence() > 0 ? std::to_string(item.minimum_evidence()) : std::string()});
    }
    items.print(context.out);
    for (const auto& gate : scorecard.gates()) {
      context.out << say("Gate: {0} {1}", metric_name(metric_in(dictionary, gate.metric_id())),
                         limit_text(gate, dictionary))
                  << '\n';
    }
    return kDone;
  });
}

void add_delete(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "delete", tr("Deletes a scorecard"), "  muster scorecards delete agents");
  add_id(command, tr("Identifier of the scorecard"));
  on_run(command, context, [&context, &command] {
    v1::DeleteScorecardRequest request;
    request.set_scorecard_id(id_of(command));
    const auto response = context.call(&Stub::DeleteScorecard, request);
    return acknowledge(context, response, say("Scorecard {0} deleted.", request.scorecard_id()));
  });
}

void add_evaluate(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "evaluate", tr("Works out who stands where: the best first, with what each metric brings"),
                  "  muster scorecards evaluate agents --from 2026-11-01 --to 2026-12-01 --base wuhan\n"
                  "  muster scorecards evaluate agents --time-zone Asia/Shanghai");
  add_id(command, tr("Identifier of the scorecard"));
  FieldFlags flags(command, v1::EvaluateScorecardRequest::descriptor());
  flags.add("--from", "start_time", tr("From when, a whole quarter of an hour (today)"));
  flags.add("--to", "end_time", tr("Until when (now)"));
  flags.add("--time-zone", "time_zone", tr("Time zone of today (UTC)"));
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  flags.add("--base", "base_id", tr("Only what is of this base"));
  flags.add("--team", "team_id", tr("Only what is of this team"));
  flags.add("--row", "row_ids", tr("Only this row. Repeat it"));
  flags.add("--top", "page_size", tr("How many rows (100)"));
  flags.add("--skip", "skip", tr("How many rows to leave out first (0)"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::EvaluateScorecardRequest request;
    fill(request);
    request.set_scorecard_id(id_of(command));
    const auto response = context.call(&Stub::EvaluateScorecard, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const Dictionary dictionary = dictionary_of(context);
    context.out << say("{0}, from {1} to {2}; {3} of {4} rows", name_of(response.scorecard()),
                       when(response.start_time()),
                       when(request.has_end_time() ? request.end_time() : response.as_of()), response.rows_size(),
                       response.total_rows())
                << '\n';
    score_table(response, dictionary).print(context.out);
    return kDone;
  });
}

}  // namespace

void add_scorecard_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "scorecards", tr("Several metrics in one score, with floors, targets and gates"),
                              "  muster scorecards evaluate agents");
  add_create(group, context);
  add_list(group, context);
  add_show(group, context);
  add_delete(group, context);
  add_evaluate(group, context);
}

}  // namespace muster::cli
