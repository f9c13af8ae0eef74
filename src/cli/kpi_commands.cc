#include <google/protobuf/util/time_util.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "command.h"
#include "csv_writer.h"
#include "feed.h"
#include "flags.h"
#include "i18n.h"
#include "kpi_view.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/kpi_service.grpc.pb.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::KpiService::Stub;
using Watched = v1::WatchKpisResponse;

/// What is shown when no metric is named.
template <class Request>
void add_standard_metrics(Request& request) {
  if (request.metric_ids_size() > 0) return;
  for (const char* id : {"offered", "answered", "abandoned", "service_level", "asa", "aht", "occupancy"}) {
    request.add_metric_ids(id);
  }
}

/// The metrics named, in that order. Those that the server does not know it tells itself.
std::vector<v1::Metric> metrics_of(Context& context, const google::protobuf::RepeatedPtrField<std::string>& ids) {
  Dictionary dictionary = read_dictionary(context);
  std::vector<v1::Metric> metrics;
  for (const auto& id : ids) {
    metrics.push_back(dictionary[id]);
    metrics.back().set_metric_id(id);
  }
  return metrics;
}

void add_metrics(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "metrics", tr("Lists the metric dictionary: what each figure means"),
                                  "  muster kpi metrics\n  muster kpi metrics --json");
  on_run(command, context, [&context] {
    const auto response = context.call(&Stub::ListMetrics, {});
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Metric")}, {tr("Name")}, {tr("Unit")}, {tr("Better")}, {tr("Formula")}});
    for (const auto& metric : response.metrics()) {
      table.add(
          {metric.metric_id(), metric_name(metric), word(metric.unit()), word(metric.direction()), metric.formula()});
    }
    table.print(context.out);
    return kDone;
  });
}

void print_csv(std::ostream& out, const v1::QueryKpisResponse& response, const std::vector<v1::Metric>& metrics) {
  std::vector<std::string> titles{"row_id", "display_name", "start_time", "restated"};
  for (const auto& metric : metrics) titles.push_back(metric.metric_id());
  write_csv_row(out, titles);
  for (const auto& row : response.rows()) {
    std::vector<std::string> cells{row.row_id(), row.display_name(),
                                   google::protobuf::util::TimeUtil::ToString(row.start_time()),
                                   row.restated() ? "true" : "false"};
    for (const double value : row.values()) cells.push_back(std::isnan(value) ? "" : fmt::format("{}", value));
    write_csv_row(out, cells);
  }
}

void add_query(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "query",
      tr("Works out metrics over a span of the past; the present quarter of an hour counts as far as it has come"),
      "  muster kpi query --by queue --from 2026-11-01 --step day --time-zone Asia/Shanghai\n"
      "  muster kpi query --by base --metric aht --metric occupancy --from 08:00 --compare\n"
      "  muster kpi query --by agent --from 2026-11-01 --csv > agents.csv");
  FieldFlags flags(command, v1::QueryKpisRequest::descriptor());
  flags.add("--by", "dimension", tr("What the rows are about"))->required();
  flags.add("--metric", "metric_ids",
            tr("Metric to show. Repeat it (offered, answered, abandoned, service_level, asa, aht, occupancy)"));
  flags.add("--from", "start_time", tr("From when, a whole quarter of an hour"))->required();
  flags.add("--to", "end_time", tr("Until when (now)"));
  flags.add("--step", "step", tr("How long the span of a row is (total)"));
  flags.add("--time-zone", "time_zone", tr("Time zone of days (UTC)"));
  flags.add("--row", "row_ids", tr("Only this row. Repeat it"));
  flags.add("--compare", "compare_to_previous", tr("Beside it, the span of the same length before"));
  const auto csv = std::make_shared<bool>(false);
  command.add_flag("--csv", *csv, tr("As comma-separated values, exact"));
  on_run(command, context, [&context, csv, fill = flags.filler()] {
    v1::QueryKpisRequest request;
    fill(request);
    add_standard_metrics(request);
    const auto response = context.call(&Stub::QueryKpis, request);
    const auto metrics = metrics_of(context, request.metric_ids());
    if (context.options.json) {
      context.print_json(response);
    } else if (*csv) {
      print_csv(context.out, response, metrics);
    } else {
      const bool spans = request.step() > v1::KPI_STEP_TOTAL;
      kpi_table({response.rows().begin(), response.rows().end()}, metrics, spans).print(context.out);
      const bool restated =
          std::any_of(response.rows().begin(), response.rows().end(), [](const auto& row) { return row.restated(); });
      if (restated && spans) context.out << tr("* restated: something became known afterwards") << '\n';
    }
    return kDone;
  });
}

OpenStream<Watched> open_watch(Context& context, const v1::WatchKpisRequest& request) {
  const std::shared_ptr<v1::BoardService::Stub> stub = v1::BoardService::NewStub(context.channel());
  return [stub, request](grpc::ClientContext& call) { return stub->WatchKpis(&call, request); };
}

int show_once(Context& context, const v1::WatchKpisRequest& request) {
  const Watched snapshot = read_snapshot<Watched>(context, open_watch(context, request));
  if (context.options.json) {
    context.print_json(snapshot);
    return kDone;
  }
  KpiModel model;
  model.apply(snapshot, wall_now());
  for (const Line& line : kpi_lines(model, metrics_of(context, request.metric_ids()))) context.out << line.text << '\n';
  return kDone;
}

int show_until_quit(Context& context, const v1::WatchKpisRequest& request) {
  const auto open = open_watch(context, request);
  read_snapshot<Watched>(context, open);  // tells what is wrong before the screen is taken over
  const auto metrics = metrics_of(context, request.metric_ids());
  const Feed<Watched, KpiModel> feed(open);
  show_live(context.options.server, [&] {
    const auto [model, connected] = feed.look();
    return std::pair(model.is_known() ? kpi_lines(model, metrics) : std::vector<Line>{}, connected);
  });
  return kDone;
}

void add_watch(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "watch", tr("Shows metrics live, by queue, base, team, agent, …"),
                                  "  muster kpi watch --by queue\n"
                                  "  muster kpi watch --by agent --base wuhan --metric handled --metric aht --sort aht "
                                  "--descending --top 20\n"
                                  "  muster kpi watch --by tenant --window 15-minutes --once");
  FieldFlags flags(command, v1::WatchKpisRequest::descriptor());
  flags.add("--by", "dimension", tr("What the rows are about"))->required();
  flags.add("--metric", "metric_ids",
            tr("Metric to show. Repeat it (offered, answered, abandoned, service_level, asa, aht, occupancy)"));
  flags.add("--window", "window", tr("The time that counts (today)"));
  flags.add("--time-zone", "time_zone", tr("Time zone of today (UTC)"));
  flags.add("--interval", "interval", tr("How often it changes, 250ms to 1m (1s)"));
  flags.add("--tenant", "tenant_id", tr("Only what is this tenant's"));
  flags.add("--base", "base_id", tr("Only what is of this base"));
  flags.add("--team", "team_id", tr("Only what is of this team"));
  flags.add("--row", "row_ids", tr("Only this row. Repeat it"));
  flags.add("--sort", "sort_metric_id", tr("Metric to sort by, one of those shown"));
  flags.add("--descending", "descending", tr("The highest first"));
  flags.add("--top", "page_size", tr("How many rows (100)"));
  flags.add("--skip", "skip", tr("How many rows to leave out first (0)"));
  const auto once = std::make_shared<bool>(false);
  command.add_flag("--once", *once, tr("Prints them as they are now and ends; so it does without a terminal, too"));
  on_run(command, context, [&context, once, fill = flags.filler()] {
    v1::WatchKpisRequest request;
    fill(request);
    add_standard_metrics(request);
    const bool live = !*once && !context.options.json && isatty(STDOUT_FILENO) != 0;
    return live ? show_until_quit(context, request) : show_once(context, request);
  });
}

}  // namespace

void add_kpi_commands(CLI::App& program, Context& context) {
  CLI::App& group =
      add_group(program, "kpi", tr("Metrics, live and in history, by one dictionary"), "  muster kpi watch --by queue");
  add_metrics(group, context);
  add_watch(group, context);
  add_query(group, context);
}

}  // namespace muster::cli
