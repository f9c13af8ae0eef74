#include <unistd.h>

#include <ostream>

#include "board_model.h"
#include "board_view.h"
#include "command.h"
#include "duration.h"
#include "feed.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/board_service.grpc.pb.h"

namespace muster::cli {
namespace {

using Response = v1::WatchBoardResponse;

OpenStream<Response> open_board(Context& context, Duration interval) {
  v1::WatchBoardRequest request;
  *request.mutable_interval() = to_proto(interval);
  request.set_include_agents(true);
  const std::shared_ptr<v1::BoardService::Stub> stub = v1::BoardService::NewStub(context.channel());
  return [stub, request](grpc::ClientContext& call) { return stub->WatchBoard(&call, request); };
}

int show_once(Context& context, const OpenStream<Response>& open) {
  constexpr int kAgentRows = 20;
  const Response snapshot = read_snapshot<Response>(context, open);
  if (context.options.json) {
    context.print_json(snapshot);
    return kDone;
  }
  BoardModel board;
  board.apply(snapshot, wall_now());
  for (const Line& line : board_lines(board, wall_now(), kAgentRows)) context.out << line.text << '\n';
  return kDone;
}

int show_until_quit(Context& context, const OpenStream<Response>& open) {
  constexpr int kAgentRows = 200;
  read_snapshot<Response>(context, open);  // tells what is wrong before the screen is taken over
  const Feed<Response, BoardModel> feed(open);
  show_live(context.options.server, [&] {
    const auto [board, connected] = feed.look();
    return std::pair(board.is_known() ? board_lines(board, wall_now(), kAgentRows) : std::vector<Line>{}, connected);
  });
  return kDone;
}

}  // namespace

void add_board_command(CLI::App& program, Context& context) {
  CLI::App& command = add_command(program, "board", tr("Shows the floor live: totals, queues, agents"),
                                  "  muster board\n  muster board --once --json");
  auto once = std::make_shared<bool>(false);
  auto interval = std::make_shared<Duration>(std::chrono::seconds{1});
  command.add_flag("--once", *once, tr("Prints the board as it is now and ends; so it does without a terminal, too"));
  add_duration(command, "--interval", *interval, tr("How often it changes, 100ms to 1m"))->default_str("1s");
  on_run(command, context, [&context, once, interval] {
    const bool live = !*once && !context.options.json && isatty(STDOUT_FILENO) != 0;
    const auto open = open_board(context, *interval);
    return live ? show_until_quit(context, open) : show_once(context, open);
  });
}

}  // namespace muster::cli
