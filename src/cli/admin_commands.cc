#include <unistd.h>

#include <ostream>

#include "command.h"
#include "duration.h"
#include "i18n.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "progress.h"

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

void show(Context& context, const v1::RebuildProjectionsResponse& progress) {
  constexpr int kBarWidth = 40;
  if (context.options.json) context.print_json(progress);
  if (!draws_progress(context)) return;
  context.out << '\r' << progress_bar(progress.projected_sequence(), progress.target_sequence(), kBarWidth)
              << std::flush;
}

int rebuild(Context& context) {
  v1::RebuildProjectionsRequest request;
  request.set_request_id(context.options.request_id.empty() ? new_request_id() : context.options.request_id);
  const auto stub = v1::AdminService::NewStub(context.channel());
  v1::RebuildProjectionsResponse progress;
  bool began = false;
  grpc::Status ended;
  call_with_retry(context.options.timeout, [&](auto) {
    grpc::ClientContext call;
    const auto reader = stub->RebuildProjections(&call, request);
    while (reader->Read(&progress)) {
      began = true;
      show(context, progress);
    }
    ended = reader->Finish();
    // A stream that broke on the way is reported, not repeated: that would begin again from nothing.
    return began ? grpc::Status::OK : ended;
  });
  if (began && draws_progress(context)) context.out << '\n';
  if (!ended.ok()) throw CallFailed(ended);
  if (!context.options.json) {
    context.out << say("Reporting tables rebuilt up to sequence {0}.", progress.projected_sequence()) << '\n';
  }
  return kDone;
}

}  // namespace

void add_admin_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "admin", tr("For the operators of the server"),
                              "  muster admin info\n  muster admin rebuild-projections");
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
}

}  // namespace muster::cli
