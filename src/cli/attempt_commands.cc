#include <memory>
#include <ostream>

#include "attempt_view.h"
#include "command.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ExamService::Stub;

void add_list(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "list", tr("Lists attempts at exams"), "  muster attempts list --exam refunds-exam");
  FieldFlags flags(command, v1::ListAttemptsRequest::descriptor());
  flags.add("--member", "member_id", tr("Only of this member"));
  flags.add("--exam", "exam_id", tr("Only at this exam"));
  flags.add("--under-way", "under_way", tr("Only those that are under way"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAttemptsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListAttempts, request, limit_of(command), "attempts");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    print_attempts(context.out, response.attempts());
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_start(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "start", tr("Starts an attempt, for programs; people take an exam"),
                                  "  muster attempts start refunds-exam --json");
  add_id(command, tr("Identifier of the exam"));
  FieldFlags flags(command, v1::StartAttemptRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::StartAttemptRequest request;
    fill(request);
    request.set_exam_id(id_of(command));
    const auto response = context.call(&Stub::StartAttempt, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    print_details(context.out, attempt_details(response.attempt()));
    for (const v1::PaperQuestion& each : response.questions()) print_question(context.out, each, nullptr);
    return kDone;
  });
}

/// "3=a,c" chooses options, "3:words" answers in own words.
v1::Answer parse_answer(const std::string& text) {
  v1::Answer answer;
  const std::size_t at = text.find_first_of("=:");
  try {
    if (at != std::string::npos) answer.set_number(std::stoi(text.substr(0, at)));
  } catch (const std::exception&) {
    answer.clear_number();
  }
  if (answer.number() < 1)
    throw UsageError(say("{0}: “{1}” is not {2}", "--answer", text, tr("an answer such as 3=a,c or 3:words")));
  const std::string rest = text.substr(at + 1);
  if (text[at] == ':') {
    answer.set_text(rest);
  } else {
    for (const std::string& id : choices_in(rest)) answer.add_option_ids(id);
  }
  return answer;
}

void add_save(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "save", tr("Saves answers of an attempt"),
                                  "  muster attempts save 17 --answer 1=b --answer 2=a,c --answer 3:七天");
  add_id(command, tr("Identifier of the attempt"));
  auto answers = std::make_shared<std::vector<std::string>>();
  command.add_option("--answer", *answers, tr("Question and options, or question and words. Repeat it"))
      ->type_name("N=ID,...|N:TEXT")
      ->allow_extra_args(false)
      ->required();
  on_run(command, context, [&context, &command, answers] {
    v1::SaveAnswersRequest request;
    request.set_attempt_id(id_of(command));
    for (const std::string& each : *answers) *request.add_answers() = parse_answer(each);
    const auto response = context.call(&Stub::SaveAnswers, request);
    return acknowledge(context, response, say("{0} questions are answered.", response.answered_count()));
  });
}

void add_submit(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "submit", tr("Ends an attempt, which is scored"), "  muster attempts submit 17");
  add_id(command, tr("Identifier of the attempt"));
  on_run(command, context, [&context, &command] {
    v1::SubmitAttemptRequest request;
    request.set_attempt_id(id_of(command));
    const auto response = context.call(&Stub::SubmitAttempt, request);
    return acknowledge(context, response, result_text(response.attempt()));
  });
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "get", tr("Shows an attempt: its questions and answers"), "  muster attempts get 17");
  add_id(command, tr("Identifier of the attempt"));
  on_run(command, context, [&context, &command] {
    v1::GetAttemptRequest request;
    request.set_attempt_id(id_of(command));
    const auto response = context.call(&Stub::GetAttempt, request);
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_attempt(context.out, response);
    }
    return kDone;
  });
}

}  // namespace

void add_attempt_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "attempts", tr("Attempts of members at exams"),
                              "  muster attempts list --member li.na\n"
                              "  muster attempts get 17");
  add_list(group, context);
  add_get(group, context);
  add_start(group, context);
  add_save(group, context);
  add_submit(group, context);
}

}  // namespace muster::cli
