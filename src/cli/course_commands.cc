#include <algorithm>
#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/course_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::CourseService::Stub;

std::string track_text(const v1::Course& course) {
  return word(course.track()) + reason_in_brackets(course.industry() + course.tenant_id());
}

std::string lesson_text(const v1::Lesson& lesson) {
  const std::string span = lesson.has_duration() ? format_duration(from_proto(lesson.duration())) : "";
  return lesson.lesson_id() + ": " + lesson.title() + reason_in_brackets(lesson.live() ? tr("live session") : span);
}

struct CourseKind : ResourceDefaults {
  using Message = v1::Course;
  static constexpr auto kCreate = &Stub::CreateCourse;
  static constexpr auto kGet = &Stub::GetCourse;
  static constexpr auto kUpdate = &Stub::UpdateCourse;
  static constexpr auto kList = &Stub::ListCourses;
  static constexpr const char* kNoun = "course";
  static constexpr const char* kPlural = "courses";
  static constexpr const char* kExampleId = "refunds";
  static constexpr const char* kExampleCreate = "refunds --name 退款 --track platform --file refunds.json";
  static constexpr const char* kExampleUpdate = "refunds --prerequisite manners";

  static ResourceHelp help() {
    return {tr("Lists the courses"), tr("Shows a course and its lessons"),
            tr("Creates a course, as a draft; its lessons come from a file"),
            tr("Changes a course; what was completed stays completed"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Course")}, {tr("Name")}, {tr("Track")}, {tr("State")}, {tr("Lessons"), true}, {tr("Exam")}};
  }
  static std::vector<std::string> row(const Message& course) {
    return {course.course_id(),
            course.display_name(),
            track_text(course),
            word(course.state()),
            std::to_string(course.lessons_size()),
            course.exam_id()};
  }
  static Details details(const Message& course) {
    Details details = {{tr("Course"), course.course_id()},
                       {tr("Name"), course.display_name()},
                       {tr("Track"), track_text(course)},
                       {tr("State"), word(course.state())},
                       {tr("Comes after"), join({course.prerequisite_ids().begin(), course.prerequisite_ids().end()})},
                       {tr("Skill"), course.skill_id()},
                       {tr("Exam"), course.exam_id()},
                       {tr("In order"), word_yes_no(course.in_order())},
                       {tr("Description"), course.description()}};
    for (const v1::Lesson& lesson : course.lessons()) details.emplace_back(tr("Lesson"), lesson_text(lesson));
    return details;
  }
  static void list_flags(FieldFlags& flags) {
    flags.add("--track", "track", tr("Only courses of this track"));
    flags.add("--state", "state", tr("Only courses in this state"));
  }
  static auto add_source(CLI::App& command) {
    return json_source<Message>(command, "course_id",
                                tr("The course as JSON, with its lessons; the other flags go over it"));
  }
  static void bind(FieldFlags& flags, bool) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    flags.add("--description", "description", tr("What it is about"));
    flags.add("--track", "track", tr("Whom it is for"));
    flags.add("--industry", "industry", tr("Industry that it is for"));
    flags.add("--tenant", "tenant_id", tr("Tenant that it is for"));
    flags.add("--prerequisite", "prerequisite_ids", tr("A course to complete before. Repeat it"));
    flags.add("--skill", "skill_id", tr("Skill that it trains"));
    flags.add("--in-order", "in_order", tr("Lessons are completed one after the other"));
  }
};

std::string progress_text(const v1::CourseProgress& progress) {
  if (progress.has_complete_time()) {
    return say("{0} of {1}: completed.", progress.course_id(), progress.member_id());
  }
  return say("{0} of {1}: {2} of {3} lessons.", progress.course_id(), progress.member_id(),
             progress.completed_lesson_ids_size(), progress.lesson_count());
}

void add_publication(CLI::App& group, Context& context, const std::string& name, const std::string& help,
                     bool published) {
  CLI::App& command = add_command(group, name, help, "  muster courses " + name + " refunds");
  add_id(command, tr("Identifier of the course"));
  on_run(command, context, [&context, &command, published] {
    v1::SetCoursePublicationRequest request;
    request.set_course_id(id_of(command));
    request.set_published(published);
    const auto response = context.call(&Stub::SetCoursePublication, request);
    return acknowledge(context, response, say("{0}: {1}.", request.course_id(), word(response.course().state())));
  });
}

void add_enroll(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "enroll", tr("Enrolls a member in a course"),
                                  "  muster courses enroll refunds --member li.na");
  add_id(command, tr("Identifier of the course"));
  FieldFlags flags(command, v1::EnrollMemberRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::EnrollMemberRequest request;
    fill(request);
    request.set_course_id(id_of(command));
    const auto response = context.call(&Stub::EnrollMember, request);
    return acknowledge(context, response, progress_text(response.progress()));
  });
}

void add_progress(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "progress", tr("Lists how far members are"),
                                  "  muster courses progress --course refunds\n"
                                  "  muster courses progress --member li.na");
  FieldFlags flags(command, v1::ListProgressRequest::descriptor());
  flags.add("--member", "member_id", tr("Only of this member"));
  flags.add("--course", "course_id", tr("Only with this course"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListProgressRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListProgress, request, limit_of(command), "progress");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Member")}, {tr("Course")}, {tr("Lessons"), true}, {tr("Enrolled")}, {tr("Completed")}});
    for (const v1::CourseProgress& each : response.progress()) {
      table.add({each.member_id(), each.course_id(),
                 std::to_string(each.completed_lesson_ids_size()) + "/" + std::to_string(each.lesson_count()),
                 when(each.enroll_time()), each.has_complete_time() ? when(each.complete_time()) : "-"});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_read(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "read", tr("Shows what a lesson says"), "  muster lessons read refunds seven-days");
  add_id(command, tr("Identifier of the course"));
  auto lesson_id = std::make_shared<std::string>();
  command.add_option("LESSON", *lesson_id, tr("Identifier of the lesson"))->required();
  on_run(command, context, [&context, &command, lesson_id] {
    v1::GetCourseRequest request;
    request.set_course_id(id_of(command));
    const auto response = context.call(&Stub::GetCourse, request);
    const auto& lessons = response.course().lessons();
    const auto found = std::find_if(lessons.begin(), lessons.end(),
                                    [&](const v1::Lesson& each) { return each.lesson_id() == *lesson_id; });
    if (found == lessons.end()) throw UsageError(say("{0} has no lesson {1}", request.course_id(), *lesson_id));
    if (context.options.json) {
      context.print_json(*found);
    } else {
      print_details(context.out, {{tr("Lesson"), lesson_text(*found)}, {tr("Address"), found->uri()}});
      context.out << '\n';
      print_lines(context.out, found->body());
    }
    return kDone;
  });
}

void add_complete(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "complete", tr("Completes a lesson"), "  muster lessons complete refunds seven-days");
  add_id(command, tr("Identifier of the course"));
  FieldFlags flags(command, v1::CompleteLessonRequest::descriptor());
  flags.add("LESSON", "lesson_id", tr("Identifier of the lesson"))->required();
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CompleteLessonRequest request;
    fill(request);
    request.set_course_id(id_of(command));
    const auto response = context.call(&Stub::CompleteLesson, request);
    return acknowledge(context, response, progress_text(response.progress()));
  });
}

}  // namespace

void add_course_commands(CLI::App& program, Context& context) {
  CLI::App& courses = add_group(program, "courses", tr("What members learn"),
                                "  muster courses create refunds --name 退款 --track platform --file refunds.json\n"
                                "  muster courses publish refunds\n"
                                "  muster courses progress --course refunds");
  ResourceCommands<CourseKind>::add(courses, context);
  add_publication(courses, context, "publish", tr("Lets members see and learn a course"), true);
  add_publication(courses, context, "unpublish", tr("Takes a course back to be a draft"), false);
  add_enroll(courses, context);
  add_progress(courses, context);
  CLI::App& lessons = add_group(program, "lessons", tr("The parts of courses"),
                                "  muster lessons read refunds seven-days\n"
                                "  muster lessons complete refunds seven-days");
  add_read(lessons, context);
  add_complete(lessons, context);
}

}  // namespace muster::cli
