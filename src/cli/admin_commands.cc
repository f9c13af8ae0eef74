#include <unistd.h>

#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "progress.h"
#include "text.h"

namespace muster::cli {
namespace {

using Stub = v1::AdminService::Stub;

Details info_details(const v1::GetServerInfoResponse& info, TimePoint now) {
  const TimePoint start = from_proto(info.start_time());
  return {{tr("Version"), info.version()},
          {tr("Workspace"), info.workspace()},
          {tr("Epoch"), fmt::format("{}", info.epoch())},
          {tr("Committed sequence"), fmt::format("{}", info.committed_sequence())},
          {tr("Snapshot sequence"), fmt::format("{}", info.snapshot_sequence())},
          {tr("Projected sequence"), fmt::format("{}", info.projected_sequence())},
          {tr("Started"), say("{0}, {1} ago", format_time(start, now), format_duration(now - start))},
          {tr("Open sessions"), fmt::format("{}", info.open_sessions())}};
}

bool draws_progress(const Context& context) { return !context.options.json && isatty(STDOUT_FILENO) != 0; }

void draw_progress(Context& context, std::int64_t done, std::int64_t target) {
  constexpr int kBarWidth = 40;
  context.out << '\r' << progress_bar(done, target, kBarWidth) << std::flush;
}

/// Reads the progress of long work to its end and gives the last that was told. `show` is for people who look on.
template <typename Response, typename Open, typename Show>
Response follow(Context& context, const Open& open, const Show& show) {
  Response progress;
  bool began = false;
  grpc::Status ended;
  call_with_retry(context.options.timeout, [&](auto) {
    grpc::ClientContext call;
    const auto reader = open(&call);
    while (reader->Read(&progress)) {
      began = true;
      if (context.options.json) context.print_json(progress);
      if (draws_progress(context)) show(progress);
    }
    ended = reader->Finish();
    // A stream that broke on the way is reported, not repeated: that would begin again from nothing.
    return began ? grpc::Status::OK : ended;
  });
  if (began && draws_progress(context)) context.out << '\n';
  if (!ended.ok()) throw CallFailed(ended);
  return progress;
}

std::string request_id_of(const Context& context) {
  return context.options.request_id.empty() ? new_request_id() : context.options.request_id;
}

int rebuild(Context& context) {
  v1::RebuildProjectionsRequest request;
  request.set_request_id(request_id_of(context));
  const auto stub = v1::AdminService::NewStub(context.channel());
  const auto end = follow<v1::RebuildProjectionsResponse>(
      context, [&](grpc::ClientContext* call) { return stub->RebuildProjections(call, request); },
      [&](const auto& progress) { draw_progress(context, progress.projected_sequence(), progress.target_sequence()); });
  if (!context.options.json) {
    context.out << say("Reporting tables rebuilt up to sequence {0}.", end.projected_sequence()) << '\n';
  }
  return kDone;
}

Table difference_table(const v1::KpiComparison& comparison, TimePoint now) {
  Table table({{tr("Dimension")},
               {tr("Row")},
               {tr("Tenant")},
               {tr("Interval")},
               {tr("Fact")},
               {tr("Stored"), true},
               {tr("Recomputed"), true}});
  const auto dimensions = enum_names(v1::KpiDimension_descriptor());
  for (const auto& each : comparison.differences()) {
    const std::size_t at = static_cast<std::size_t>(each.dimension()) - 1;
    table.add({at < dimensions.size() ? dimensions[at] : std::to_string(each.dimension()), each.row_id(),
               each.tenant_id(), format_time(from_proto(each.start_time()), now), each.fact(),
               fmt::format("{}", each.stored()), fmt::format("{}", each.recomputed())});
  }
  return table;
}

void tell(Context& context, const v1::RecomputeKpisResponse& end) {
  const auto& comparison = end.comparison();
  if (comparison.differences_size() > 0) difference_table(comparison, wall_now()).print(context.out);
  context.out << say("Metrics recomputed up to sequence {0}. Rows equal: {1}, missing: {2}, unexpected: {3}, "
                     "different: {4}.",
                     end.counted_sequence(), comparison.equal_rows(), comparison.missing_rows(),
                     comparison.unexpected_rows(), comparison.different_rows())
              << '\n';
  if (comparison.repaired()) context.out << tr("Repaired: they are now as recomputed.") << '\n';
}

int recompute_kpis(Context& context, bool repair) {
  v1::RecomputeKpisRequest request;
  request.set_request_id(request_id_of(context));
  request.set_repair(repair);
  const auto stub = v1::AdminService::NewStub(context.channel());
  const auto end = follow<v1::RecomputeKpisResponse>(
      context, [&](grpc::ClientContext* call) { return stub->RecomputeKpis(call, request); },
      [&](const auto& progress) { draw_progress(context, progress.counted_sequence(), progress.target_sequence()); });
  if (!context.options.json) tell(context, end);
  const auto& comparison = end.comparison();
  const bool equal = comparison.missing_rows() + comparison.unexpected_rows() + comparison.different_rows() == 0;
  return equal || comparison.repaired() ? kDone : kRefused;
}

}  // namespace

void add_admin_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "admin", tr("For the operators of the server"),
                              "  muster admin info\n  muster admin rebuild-projections\n  muster admin recompute-kpis");
  CLI::App& info =
      add_command(group, "info", tr("Tells what the server is and how far it has got"), "  muster admin info --json");
  on_run(info, context, [&context] {
    const auto response = context.call(&Stub::GetServerInfo, {});
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_details(context.out, info_details(response, wall_now()));
    }
    return kDone;
  });
  CLI::App& rebuilding =
      add_command(group, "rebuild-projections", tr("Fills the reporting tables again from the journal"),
                  "  muster admin rebuild-projections");
  on_run(rebuilding, context, [&context] { return rebuild(context); });
  CLI::App& recomputing = add_command(group, "recompute-kpis",
                                      tr("Counts the history of metrics anew from the journal and compares it with the "
                                         "one stored; exits with 1 if they "
                                         "differ"),
                                      "  muster admin recompute-kpis\n  muster admin recompute-kpis --repair");
  const auto repair = std::make_shared<bool>(false);
  recomputing.add_flag("--repair", *repair, tr("Puts what was recomputed in the place of what differs"));
  on_run(recomputing, context, [&context, repair] { return recompute_kpis(context, *repair); });
}

}  // namespace muster::cli
