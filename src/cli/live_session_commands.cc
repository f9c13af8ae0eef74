#include <algorithm>
#include <memory>
#include <ostream>

#include "command.h"
#include "csv_texts.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/csv/csv_reader.h"
#include "muster/v1/live_session_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::LiveSessionService::Stub;

constexpr int kBatch = 500;

std::string places_text(const v1::LiveSession& session) {
  const std::string waiting = session.waiting_count() > 0 ? say("{0} waiting", session.waiting_count()) : std::string();
  return std::to_string(session.enrolled_count()) + "/" + std::to_string(session.capacity()) +
         reason_in_brackets(waiting);
}

std::string own_text(const v1::LiveSession& session) {
  if (session.attendance() != v1::ATTENDANCE_STATE_UNSPECIFIED) return word(session.attendance());
  return session.sign_up() == v1::SIGN_UP_STATE_UNSPECIFIED ? "" : word(session.sign_up());
}

struct LiveSessionKind : ResourceDefaults {
  using Message = v1::LiveSession;
  static constexpr auto kCreate = &Stub::CreateLiveSession;
  static constexpr auto kGet = &Stub::GetLiveSession;
  static constexpr auto kUpdate = &Stub::UpdateLiveSession;
  static constexpr auto kList = &Stub::ListLiveSessions;
  static constexpr const char* kNoun = "live_session";
  static constexpr const char* kPlural = "live_sessions";
  static constexpr const char* kCommand = "live-sessions";
  static constexpr const char* kExampleId = "refunds-aug";
  static constexpr const char* kExampleCreate =
      "refunds-aug --title 退款直播课 --host wang.fang --start \"2026-08-01 09:00\" --uri https://live.example.org/1";
  static constexpr const char* kExampleUpdate = "refunds-aug --capacity 80";

  static ResourceHelp help() {
    return {tr("Lists the live sessions"), tr("Shows a live session"), tr("Plans a live session"),
            tr("Changes a live session that is scheduled"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Live session")}, {tr("Title")}, {tr("Starts")},   {tr("Course")},
            {tr("Places"), true}, {tr("State")}, {tr("Signed up")}};
  }
  static std::vector<std::string> row(const Message& session) {
    return {session.live_session_id(), session.title(),       session.local_start(), session.course_id(),
            places_text(session),      word(session.state()), own_text(session)};
  }
  static Details details(const Message& session) {
    return {{tr("Live session"), session.live_session_id()},
            {tr("Title"), session.title()},
            {tr("Starts"), session.local_start() + " (" + session.time_zone() + ")"},
            {tr("Duration"), format_duration(from_proto(session.duration()))},
            {tr("Host"), session.host_id()},
            {tr("Course"), session.course_id()},
            {tr("Lesson"), session.lesson_id()},
            {tr("Exam"), session.exam_id()},
            {tr("State"), word(session.state()) + reason_in_brackets(session.state_reason())},
            {tr("Places"), places_text(session)},
            {tr("Signed up"), own_text(session)},
            {tr("Address"), session.uri()},
            {tr("Description"), session.description()}};
  }
  static void list_flags(FieldFlags& flags) {
    flags.add("--from", "from_time", tr("Only those that begin then or later"));
    flags.add("--until", "until_time", tr("Only those that begin before"));
    flags.add("--course", "course_id", tr("Only of this course"));
    flags.add("--state", "state", tr("Only in this state"));
    flags.add("--member", "member_id", tr("Tells whether this member has signed up"));
    flags.add("--signed-up", "signed_up", tr("Only those that the member has signed up for"));
  }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--title", "title", tr("Title shown to people"))->required(creating);
    flags.add("--description", "description", tr("What it is about"));
    flags.add("--course", "course_id", tr("Course that it belongs to"));
    flags.add("--lesson", "lesson_id", tr("Lesson of the course that whoever attends has completed"));
    flags.add("--host", "host_id", tr("Member who holds it"))->required(creating);
    if (creating) {
      flags.add("--start", "start_time", tr("When it begins"))->required();
      flags.add("--duration", "duration", tr("How long it takes; an hour by default"));
    }
    flags.add("--time-zone", "time_zone", tr("IANA time zone in which its times are told"));
    flags.add("--capacity", "capacity", tr("How many have a place; 50 by default"));
    flags.add("--uri", "uri", tr("Where it takes place, https; shown to those who have a place"));
    flags.add("--exam", "exam_id", tr("Exam that is its quiz: only who attended can take it"));
  }
};

std::string state_text(const v1::LiveSession& session) {
  return say("{0}: {1}.", session.live_session_id(),
             session.local_start() + ", " + word(session.state()) + reason_in_brackets(session.state_reason()));
}

void add_reschedule(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "reschedule", tr("Moves a live session to another time"),
                  "  muster live-sessions reschedule refunds-aug --start \"2026-08-02 09:00\" --reason 讲师出差");
  add_id(command, tr("Identifier of the live session"));
  FieldFlags flags(command, v1::RescheduleLiveSessionRequest::descriptor());
  flags.add("--start", "start_time", tr("When it begins"))->required();
  flags.add("--duration", "duration", tr("How long it takes; as before by default"));
  flags.add("--reason", "reason", tr("Why"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::RescheduleLiveSessionRequest request;
    fill(request);
    request.set_live_session_id(id_of(command));
    const auto response = context.call(&Stub::RescheduleLiveSession, request);
    return acknowledge(context, response, state_text(response.live_session()));
  });
}

void add_cancel(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "cancel", tr("Cancels a live session, for good"),
                                  "  muster live-sessions cancel refunds-aug --reason 讲师生病");
  add_id(command, tr("Identifier of the live session"));
  FieldFlags flags(command, v1::CancelLiveSessionRequest::descriptor());
  flags.add("--reason", "reason", tr("Why"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CancelLiveSessionRequest request;
    fill(request);
    request.set_live_session_id(id_of(command));
    const auto response = context.call(&Stub::CancelLiveSession, request);
    return acknowledge(context, response, state_text(response.live_session()));
  });
}

void add_sign_up(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "sign-up", tr("Signs a member up for a place"), "  muster live-sessions sign-up refunds-aug");
  add_id(command, tr("Identifier of the live session"));
  FieldFlags flags(command, v1::SignUpForLiveSessionRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::SignUpForLiveSessionRequest request;
    fill(request);
    request.set_live_session_id(id_of(command));
    const auto response = context.call(&Stub::SignUpForLiveSession, request);
    return acknowledge(context, response, say("{0}: {1}.", id_of(command), word(response.sign_up().state())));
  });
}

void add_leave(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "leave", tr("Gives a member's place back, to the first who waits"),
                                  "  muster live-sessions leave refunds-aug");
  add_id(command, tr("Identifier of the live session"));
  FieldFlags flags(command, v1::LeaveLiveSessionRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::LeaveLiveSessionRequest request;
    fill(request);
    request.set_live_session_id(id_of(command));
    return acknowledge(context, context.call(&Stub::LeaveLiveSession, request),
                       say("{0}: not signed up any more.", id_of(command)));
  });
}

/// What is told by flags and by a file.
struct AttendanceOptions {
  std::vector<std::string> present, late, absent;
  std::string path;
};

void add_all(const std::vector<std::string>& members, v1::AttendanceState state,
             std::vector<v1::Attendance>& attendances) {
  for (const std::string& member : members) {
    attendances.emplace_back().set_member_id(member);
    attendances.back().set_state(state);
  }
}

v1::AttendanceState attendance_in(const csv::CsvReader& csv, std::size_t column) {
  const auto names = enum_names(v1::AttendanceState_descriptor());
  const auto found = std::find(names.begin(), names.end(), csv.text(column));
  if (found != names.end()) return static_cast<v1::AttendanceState>(found - names.begin() + 1);
  csv.fail(column, say("\"{0}\" is not one of {1}", csv.text(column), join(names)));
}

void read_file(const std::string& path, std::vector<v1::Attendance>& attendances) {
  csv::CsvReader csv(path, csv_texts());
  const std::size_t member = csv.column("member_id"), state = csv.column("state");
  const bool timed = csv.has_column("minutes");
  const std::size_t minutes = timed ? csv.column("minutes") : 0;
  while (csv.next()) {
    v1::Attendance& each = attendances.emplace_back();
    each.set_member_id(csv.text(member));
    each.set_state(attendance_in(csv, state));
    if (timed && !csv.text(minutes).empty()) each.set_minutes(static_cast<int>(csv.span(minutes)));
  }
}

int record_attendance(Context& context, const std::string& id, const AttendanceOptions& options) {
  std::vector<v1::Attendance> attendances;
  add_all(options.present, v1::ATTENDANCE_STATE_PRESENT, attendances);
  add_all(options.late, v1::ATTENDANCE_STATE_LATE, attendances);
  add_all(options.absent, v1::ATTENDANCE_STATE_ABSENT, attendances);
  try {
    if (!options.path.empty()) read_file(options.path, attendances);
  } catch (const csv::InputError& error) {
    throw UsageError(error.what());
  }
  if (attendances.empty()) throw UsageError(tr("nobody is named: give --present, --late, --absent or --file"));
  v1::RecordAttendanceResponse response;
  for (std::size_t i = 0; i < attendances.size(); i += kBatch) {
    v1::RecordAttendanceRequest request;
    request.set_live_session_id(id);
    for (std::size_t j = i; j < std::min(attendances.size(), i + kBatch); ++j) {
      *request.add_attendances() = attendances[j];
    }
    response = context.call(&Stub::RecordAttendance, request);
  }
  const auto count = static_cast<unsigned long>(attendances.size());
  return acknowledge(context, response,
                     fmt::format(fmt::runtime(trn("{0}: attendance of {1} member recorded.",
                                                  "{0}: attendance of {1} members recorded.", count)),
                                 id, count));
}

void add_attendance(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "attendance", tr("Records who was there"),
                                  "  muster live-sessions attendance refunds-aug --present li.na --late tom\n"
                                  "  muster live-sessions attendance refunds-aug --file attendance.csv");
  add_id(command, tr("Identifier of the live session"));
  auto options = std::make_shared<AttendanceOptions>();
  const auto members = [&](const char* flag, std::vector<std::string>& into, const std::string& help) {
    command.add_option(flag, into, help)->type_name("ID")->allow_extra_args(false);
  };
  members("--present", options->present, tr("A member who attended. Repeat it"));
  members("--late", options->late, tr("A member who came late. Repeat it"));
  members("--absent", options->absent, tr("A member who did not come. Repeat it"));
  command.add_option("--file", options->path, tr("CSV file with the columns member_id, state and perhaps minutes"))
      ->type_name("FILE");
  on_run(command, context,
         [&context, &command, options] { return record_attendance(context, id_of(command), *options); });
}

void add_sign_ups(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "sign-ups", tr("Lists who has signed up, and who was there"),
                                  "  muster live-sessions sign-ups refunds-aug");
  add_id(command, tr("Identifier of the live session"));
  add_limit(command);
  on_run(command, context, [&context, &command] {
    v1::ListSignUpsRequest request;
    request.set_live_session_id(id_of(command));
    const auto response = list_pages(context, &Stub::ListSignUps, request, limit_of(command), "sign_ups");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table(
        {{tr("Member")}, {tr("Name")}, {tr("Signed up")}, {tr("Since")}, {tr("Attendance")}, {tr("Minutes"), true}});
    for (const v1::SignUp& each : response.sign_ups()) {
      const bool told = each.attendance() != v1::ATTENDANCE_STATE_UNSPECIFIED;
      table.add({each.member_id(), each.display_name(), word(each.state()), when(each.sign_up_time()),
                 told ? word(each.attendance()) : "-", each.minutes() > 0 ? std::to_string(each.minutes()) : "-"});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace

void add_live_session_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "live-sessions", tr("Lessons that are held at a time"),
                              "  muster live-sessions list --from 2026-08-01\n"
                              "  muster live-sessions sign-up refunds-aug\n"
                              "  muster live-sessions attendance refunds-aug --file attendance.csv");
  ResourceCommands<LiveSessionKind>::add(group, context);
  add_reschedule(group, context);
  add_cancel(group, context);
  add_sign_up(group, context);
  add_leave(group, context);
  add_attendance(group, context);
  add_sign_ups(group, context);
}

}  // namespace muster::cli
