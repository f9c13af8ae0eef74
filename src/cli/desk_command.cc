#include <unistd.h>

#include <ostream>

#include "command.h"
#include "desk_autopilot.h"
#include "desk_connection.h"
#include "desk_input.h"
#include "desk_model.h"
#include "desk_view.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "screen.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Update = DeskConnection::Update;

/// How long a session may take to close before the desk goes without.
constexpr seconds kLeaveTimeout{5};
/// The server's limit: a desk that finds out only when a contact is over could not end it.
constexpr std::size_t kDispositionBytesMax = 200;

/// Lets what came from the connection into the model. True once the session is over; throws CallFailed if it did not
/// end in good order.
bool take_updates(DeskConnection& connection, DeskModel& desk, Duration wait) {
  for (const Update& update : connection.take(wait)) {
    switch (update.kind) {
      case Update::Kind::kEvent:
        desk.apply(update.event, wall_now());
        break;
      case Update::Kind::kLost:
        desk.lost(say("connection lost, trying again in {0}", format_duration(update.pause)), wall_now());
        break;
      case Update::Kind::kForgot:
        desk.note(trn("what became of your last command is unknown: look at your contacts",
                      "what became of your last commands is unknown: look at your contacts", update.commands),
                  true, wall_now());
        break;
      case Update::Kind::kEnded:
        if (!update.status.ok()) throw CallFailed(update.status);
        return true;
    }
  }
  return false;
}

/// Leaves in good order, but not for ever.
class Departure {
 public:
  /// Leaves if that is wanted. False once it has taken too long.
  bool go_on(DeskConnection& connection, bool wanted) {
    if (wanted && deadline_ == TimePoint{}) {
      deadline_ = wall_now() + kLeaveTimeout;
      connection.leave();
    }
    return !wanted || wall_now() < deadline_;
  }

 private:
  TimePoint deadline_{};
};

/// The exit code of a desk that had to go without closing its session.
int left_without_closing(Context& context) {
  context.err << tr("The session could not be closed; the server will take it as lost.") << '\n';
  return kUnreachable;
}

/// Waits for the session's first event, so that what is wrong shows before the screen is taken over. False if the
/// person interrupted.
bool wait_until_open(DeskConnection& connection, DeskModel& desk, const Interrupt& interrupt, Duration timeout) {
  const TimePoint deadline = wall_now() + timeout;
  while (desk.session_id().empty()) {
    if (interrupt.requested()) return false;
    if (wall_now() > deadline) throw CallFailed(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, ""));
    take_updates(connection, desk, milliseconds{100});
  }
  return true;
}

/// Shows the desk until its session is over. False if the session could not be closed.
bool show_desk(DeskConnection& connection, DeskModel& desk, const Interrupt& interrupt) {
  DeskInput input;
  Screen screen;
  Departure departure;
  while (!take_updates(connection, desk, Duration::zero())) {
    if (!departure.go_on(connection, input.leaving() || interrupt.requested())) return false;
    screen.draw(desk_lines(desk, input, wall_now(), screen.width()), 0, desk_footer(desk, input));
    if (const auto key = screen.read_key(milliseconds{50})) {
      for (const auto& command : input.press(*key, desk)) connection.send(command);
    }
  }
  return true;
}

int work(Context& context, const std::string& agent_id) {
  // Before the session is opened, which would take the agent from a desk that works.
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    throw UsageError(tr("a desk needs a terminal; --auto works without one"));
  }
  const Interrupt interrupt;
  DeskConnection connection(context.channel(), agent_id);
  DeskModel desk;
  if (!wait_until_open(connection, desk, interrupt, context.options.timeout)) return kDone;
  return show_desk(connection, desk, interrupt) ? kDone : left_without_closing(context);
}

void print_news(Context& context, const DeskModel& desk, std::size_t& printed) {
  const std::size_t fresh = std::min(desk.notices_ever() - printed, desk.notices().size());
  for (std::size_t i = desk.notices().size() - fresh; i < desk.notices().size(); ++i) {
    const auto& notice = desk.notices()[i];
    context.out << format_time(notice.time, wall_now()) << "  " << notice.text << std::endl;
  }
  printed = desk.notices_ever();
}

struct AutoOptions {
  bool enabled = false;
  Duration handle_time = seconds{5};
  Duration span{};
  std::string disposition = "done";
};

int work_by_itself(Context& context, const std::string& agent_id, const AutoOptions& options) {
  const Interrupt interrupt;
  DeskConnection connection(context.channel(), agent_id);
  DeskModel desk;
  if (!wait_until_open(connection, desk, interrupt, context.options.timeout)) return kDone;
  DeskAutopilot autopilot(options.handle_time, options.disposition);
  const TimePoint end = wall_now() + options.span;
  Departure departure;
  std::size_t printed = 0;
  while (!take_updates(connection, desk, milliseconds{50})) {
    print_news(context, desk, printed);
    if (options.span > Duration::zero() && wall_now() > end) autopilot.finish();
    const bool leaves = interrupt.requested() || autopilot.is_done(desk);
    if (!departure.go_on(connection, leaves)) return left_without_closing(context);
    if (leaves) continue;
    for (const auto& command : autopilot.act(desk, wall_now())) connection.send(command);
  }
  print_news(context, desk, printed);
  return kDone;
}

}  // namespace

void add_desk_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "agent", tr("Work as an agent"), "  muster agent work li.na");
  CLI::App& command =
      add_command(group, "work", tr("Opens an agent's desk: offers with a countdown, contacts in hand"),
                  "  muster agent work li.na\n  muster agent work li.na --auto --handle-time 3s --for 1m");
  add_id(command, tr("Identifier of the agent"));
  auto options = std::make_shared<AutoOptions>();
  CLI::Option* automatic = command.add_flag(
      "--auto", options->enabled, tr("Accepts every offer and completes every contact by itself, one line an event"));
  add_duration(command, "--handle-time", options->handle_time, tr("How long each contact takes"))
      ->default_str("5s")
      ->needs(automatic);
  add_duration(command, "--for", options->span, tr("How long to take offers (for ever)"))->needs(automatic);
  command.add_option("--disposition", options->disposition, tr("What came of each contact"))
      ->type_name("TEXT")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return text.size() <= kDispositionBytesMax ? std::string{} : tr("must have at most 200 bytes");
      })
      ->needs(automatic);
  on_run(command, context, [&context, &command, options] {
    const std::string agent_id = id_of(command);
    return options->enabled ? work_by_itself(context, agent_id, *options) : work(context, agent_id);
  });
}

}  // namespace muster::cli
