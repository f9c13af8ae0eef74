#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <ostream>
#include <thread>

#include "board_model.h"
#include "board_view.h"
#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "screen.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

v1::WatchBoardRequest board_request(Duration interval) {
  v1::WatchBoardRequest request;
  *request.mutable_interval() = to_proto(interval);
  request.set_include_agents(true);
  return request;
}

/// The first response, which is a snapshot.
v1::WatchBoardResponse read_snapshot(Context& context, Duration interval) {
  const auto stub = v1::BoardService::NewStub(context.channel());
  v1::WatchBoardResponse snapshot;
  const grpc::Status status = call_with_retry(context.options.timeout, [&](auto deadline) {
    grpc::ClientContext call;
    call.set_deadline(deadline);
    const auto reader = stub->WatchBoard(&call, board_request(interval));
    if (reader->Read(&snapshot)) {
      call.TryCancel();
      reader->Finish();
      return grpc::Status::OK;
    }
    const grpc::Status ended = reader->Finish();
    return ended.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended without a snapshot") : ended;
  });
  if (!status.ok()) throw CallFailed(status);
  return snapshot;
}

int show_once(Context& context, Duration interval) {
  constexpr int kAgentRows = 20;
  const v1::WatchBoardResponse snapshot = read_snapshot(context, interval);
  if (context.options.json) {
    context.print_json(snapshot);
    return kDone;
  }
  BoardModel board;
  board.apply(snapshot, wall_now());
  for (const Line& line : board_lines(board, wall_now(), kAgentRows)) context.out << line.text << '\n';
  return kDone;
}

/// Reads the board in a thread of its own, again and again when the connection breaks.
class BoardFeed {
 public:
  BoardFeed(Context& context, Duration interval)
      : stub_(v1::BoardService::NewStub(context.channel())),
        request_(board_request(interval)),
        thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

  ~BoardFeed() {
    thread_.request_stop();
    const std::lock_guard lock(mutex_);
    if (call_ != nullptr) call_->TryCancel();
  }

  /// What is known now, and whether the connection stands.
  std::pair<BoardModel, bool> look() const {
    const std::lock_guard lock(mutex_);
    return {board_, connected_};
  }

 private:
  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      grpc::ClientContext call;
      {
        const std::lock_guard lock(mutex_);
        call_ = &call;
      }
      const auto reader = stub_->WatchBoard(&call, request_);
      v1::WatchBoardResponse response;
      while (!stop.stop_requested() && reader->Read(&response)) {
        const std::lock_guard lock(mutex_);
        board_.apply(response, wall_now());
        connected_ = true;
      }
      {
        const std::lock_guard lock(mutex_);
        call_ = nullptr;
        connected_ = false;
      }
      call.TryCancel();
      reader->Finish();
      for (int i = 0; i < 10 && !stop.stop_requested(); ++i) std::this_thread::sleep_for(milliseconds{50});
    }
  }

  const std::unique_ptr<v1::BoardService::Stub> stub_;
  const v1::WatchBoardRequest request_;
  mutable std::mutex mutex_;
  BoardModel board_;                     // guarded by mutex_
  bool connected_ = false;               // guarded by mutex_
  grpc::ClientContext* call_ = nullptr;  // guarded by mutex_
  std::jthread thread_;
};

int scrolled(int first, Key key, int lines, int page) {
  if (key == kKeyUp) --first;
  if (key == kKeyDown) ++first;
  if (key == kKeyPageUp) first -= page;
  if (key == kKeyPageDown) first += page;
  return std::clamp(first, 0, std::max(0, lines - page));
}

int show_live(Context& context, Duration interval) {
  constexpr int kAgentRows = 200;
  read_snapshot(context, interval);  // tells what is wrong before the screen is taken over
  BoardFeed feed(context, interval);
  const Interrupt interrupt;
  Screen screen;
  int first = 0;
  while (!interrupt.requested()) {
    const auto [board, connected] = feed.look();
    const auto lines = board.is_known() ? board_lines(board, wall_now(), kAgentRows) : std::vector<Line>{};
    const Line state = connected
                           ? Line{tr("q quit  ↑↓ PgUp PgDn scroll"), Style::kFaint}
                           : Line{say("Connection to {0} lost, trying again…", context.options.server), Style::kAlert};
    screen.draw(lines, first, {state});
    const Key key = screen.read_key(milliseconds{200}).value_or(0);
    if (key == 'q') break;
    first = scrolled(first, key, static_cast<int>(lines.size()), screen.height() - 1);
  }
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
    return live ? show_live(context, *interval) : show_once(context, *interval);
  });
}

}  // namespace muster::cli
