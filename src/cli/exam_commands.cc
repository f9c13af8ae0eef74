#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "json_file.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ExamService::Stub;

struct BankKind : ResourceDefaults {
  using Message = v1::QuestionBank;
  static constexpr auto kCreate = &Stub::CreateQuestionBank;
  static constexpr auto kGet = &Stub::GetQuestionBank;
  static constexpr auto kUpdate = &Stub::UpdateQuestionBank;
  static constexpr auto kList = &Stub::ListQuestionBanks;
  static constexpr const char* kNoun = "bank";
  static constexpr const char* kPlural = "banks";
  static constexpr const char* kCommand = "questions banks";
  static constexpr const char* kExampleId = "refunds";
  static constexpr const char* kExampleCreate = "refunds --name 退款";
  static constexpr const char* kExampleUpdate = "refunds --name 退款与换货";

  static ResourceHelp help() {
    return {tr("Lists the banks of questions"), tr("Shows a bank of questions"), tr("Creates a bank of questions"),
            tr("Changes a bank of questions"), ""};
  }
  static std::vector<Table::Column> titles() { return {{tr("Bank")}, {tr("Name")}, {tr("Questions"), true}}; }
  static std::vector<std::string> row(const Message& bank) {
    return {bank.bank_id(), bank.display_name(), std::to_string(bank.question_count())};
  }
  static Details details(const Message& bank) {
    return {{tr("Bank"), bank.bank_id()},
            {tr("Name"), bank.display_name()},
            {tr("Questions"), std::to_string(bank.question_count())}};
  }
  static void bind(FieldFlags& flags, bool) { flags.add("--name", "display_name", tr("Name shown to people")); }
};

std::string sections_text(const v1::Exam& exam) {
  std::vector<std::string> sections;
  for (const v1::ExamSection& each : exam.sections()) {
    sections.push_back(each.bank_id() + " " + std::to_string(each.question_count()));
  }
  return join(sections);
}

struct ExamKind : ResourceDefaults {
  using Message = v1::Exam;
  static constexpr auto kCreate = &Stub::CreateExam;
  static constexpr auto kGet = &Stub::GetExam;
  static constexpr auto kUpdate = &Stub::UpdateExam;
  static constexpr auto kList = &Stub::ListExams;
  static constexpr const char* kNoun = "exam";
  static constexpr const char* kPlural = "exams";
  static constexpr const char* kExampleId = "refunds-exam";
  static constexpr const char* kExampleCreate = "refunds-exam --name 退款考试 --section refunds=20 --course refunds";
  static constexpr const char* kExampleUpdate = "refunds-exam --pass-mark 85";

  static ResourceHelp help() {
    return {tr("Lists the exams"), tr("Shows an exam"), tr("Creates an exam, as a draft"),
            tr("Changes an exam; attempts under way stay as they are"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Exam")},      {tr("Name")},       {tr("State")},          {tr("Course")},
            {tr("Questions")}, {tr("Time"), true}, {tr("Pass mark"), true}};
  }
  static std::vector<std::string> row(const Message& exam) {
    return {exam.exam_id(),
            exam.display_name(),
            word(exam.state()),
            exam.course_id(),
            sections_text(exam),
            format_duration(from_proto(exam.time_limit())),
            std::to_string(exam.pass_mark())};
  }
  static Details details(const Message& exam) {
    return {{tr("Exam"), exam.exam_id()},
            {tr("Name"), exam.display_name()},
            {tr("State"), word(exam.state())},
            {tr("Course"), exam.course_id()},
            {tr("Questions"), sections_text(exam)},
            {tr("Time"), format_duration(from_proto(exam.time_limit()))},
            {tr("Pass mark"), std::to_string(exam.pass_mark())},
            {tr("Attempts"), std::to_string(exam.attempt_limit())},
            {tr("Retry after"), format_duration(from_proto(exam.retry_delay()))},
            {tr("Shuffled questions"), word_yes_no(!exam.keep_question_order())},
            {tr("Shuffled options"), word_yes_no(!exam.keep_option_order())}};
  }
  static void list_flags(FieldFlags& flags) { flags.add("--state", "state", tr("Only exams in this state")); }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    flags.add("--section", "sections", tr("So many questions of a bank. Repeat it"))->required(creating);
    flags.add("--course", "course_id", tr("Course that it is of"));
    flags.add("--time-limit", "time_limit", tr("How long an attempt takes at most (30m)"));
    flags.add("--pass-mark", "pass_mark", tr("Score from which on it is passed, 1 to 100 (80)"));
    flags.add("--attempts", "attempt_limit", tr("How many attempts a member has, 1 to 100 (3)"));
    flags.add("--retry-delay", "retry_delay", tr("How long to wait before the next attempt (24h)"));
    flags.add("--keep-question-order", "keep_question_order", tr("Does not shuffle the questions"));
    flags.add("--keep-option-order", "keep_option_order", tr("Does not shuffle the options"));
  }
};

// --- questions ---

std::string key_text(const v1::AnswerKey& key) {
  std::vector<std::string> parts(key.option_ids().begin(), key.option_ids().end());
  for (const v1::KeywordGroup& group : key.keyword_groups()) {
    parts.push_back(join({group.keywords().begin(), group.keywords().end()}, "|"));
  }
  return join(parts);
}

Details question_details(const v1::Question& question) {
  Details details = {{tr("Question"), question.question_id()},
                     {tr("Bank"), question.bank_id()},
                     {tr("Kind"), word(question.kind())},
                     {tr("Text"), question.text()}};
  for (const v1::QuestionOption& option : question.options()) {
    details.emplace_back(tr("Option"), option.option_id() + ": " + option.text());
  }
  details.emplace_back(tr("Right"), key_text(question.key()));
  details.emplace_back(tr("Points"), std::to_string(question.points()));
  details.emplace_back(tr("Version"), std::to_string(question.version()));
  details.emplace_back(tr("Retired"), word_yes_no(question.retired()));
  return details;
}

/// The flags that fill a question, of which some fill its key.
std::function<google::protobuf::FieldMask(v1::Question&)> add_question_flags(CLI::App& command) {
  struct Key {
    std::string file;
    std::vector<std::string> right;
    std::vector<std::string> keywords;
    bool any = false;
  };
  auto key = std::make_shared<Key>();
  command.add_option("--file", key->file, tr("The question as JSON; the other flags go over it"))->type_name("FILE");
  FieldFlags flags(command, v1::Question::descriptor());
  flags.add("--kind", "kind", tr("How it is answered"));
  flags.add("--text", "text", tr("Text of the question"));
  flags.add("--option", "options", tr("An option to choose. Repeat it"));
  flags.add("--points", "points", tr("What it is worth, 1 to 100 (1)"));
  command.add_option("--right", key->right, tr("Identifier of a right option, or true or false. Repeat it"))
      ->type_name("ID")
      ->allow_extra_args(false);
  command.add_option("--keywords", key->keywords, tr("Keywords of which one must be there: a|b. Repeat it"))
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command.add_flag("--any", key->any, tr("Keywords of one --keywords are enough"));
  return [key, fill = flags.filler()](v1::Question& question) {
    google::protobuf::FieldMask fields;
    if (!key->file.empty()) {
      for (const std::string& field : read_json_file(key->file, question)) fields.add_paths(field);
    }
    v1::Question flagged;
    const auto given = fill(flagged);
    if (flagged.options_size() > 0) question.clear_options();
    question.MergeFrom(flagged);
    fields.MergeFrom(given);
    if (key->right.empty() && key->keywords.empty()) return fields;
    question.clear_key();
    for (const std::string& id : key->right) question.mutable_key()->add_option_ids(id);
    for (const std::string& group : key->keywords) {
      auto& keywords = *question.mutable_key()->add_keyword_groups();
      for (const std::string& keyword : CLI::detail::split(group, '|')) keywords.add_keywords(keyword);
    }
    if (key->any) question.mutable_key()->set_keyword_rule(v1::KEYWORD_RULE_ANY);
    fields.add_paths("key");
    return fields;
  };
}

void add_create_question(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "create", tr("Creates a question"),
      "  muster questions create --bank refunds --kind single-choice --text 几天内可以退货？ --option a=7 --option "
      "b=30 "
      "--right a\n"
      "  muster questions create --bank refunds --kind text --text 怎么退款？ --keywords \"原路|原支付方式\"");
  auto bank = std::make_shared<std::string>();
  command.add_option("--bank", *bank, tr("Bank that it belongs to"))->type_name("ID")->required();
  on_run(command, context, [&context, bank, fill = add_question_flags(command)] {
    v1::CreateQuestionRequest request;
    fill(*request.mutable_question());
    request.mutable_question()->set_bank_id(*bank);
    const auto response = context.call(&Stub::CreateQuestion, request);
    return acknowledge(context, response, say("{0} created.", response.question().question_id()));
  });
}

void add_update_question(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "update", tr("Makes a new version of a question"),
                                  "  muster questions update 17 --text 几天之内可以退货？");
  add_id(command, tr("Identifier of the question"));
  on_run(command, context, [&context, &command, fill = add_question_flags(command)] {
    v1::UpdateQuestionRequest request;
    *request.mutable_update_mask() = fill(*request.mutable_question());
    request.mutable_question()->set_question_id(id_of(command));
    if (request.update_mask().paths().empty()) throw UsageError(tr("nothing to change: give at least one flag"));
    return acknowledge(context, context.call(&Stub::UpdateQuestion, request), say("{0} updated.", id_of(command)));
  });
}

void add_retire_question(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "retire", tr("Retires a question: it is not drawn any more"), "  muster questions retire 17");
  add_id(command, tr("Identifier of the question"));
  on_run(command, context, [&context, &command] {
    v1::RetireQuestionRequest request;
    request.set_question_id(id_of(command));
    return acknowledge(context, context.call(&Stub::RetireQuestion, request), say("{0} retired.", id_of(command)));
  });
}

void add_get_question(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows a question and what is right"), "  muster questions get 17");
  add_id(command, tr("Identifier of the question"));
  on_run(command, context, [&context, &command] {
    v1::GetQuestionRequest request;
    request.set_question_id(id_of(command));
    const auto response = context.call(&Stub::GetQuestion, request);
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_details(context.out, question_details(response.question()));
    }
    return kDone;
  });
}

void add_list_questions(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists questions"), "  muster questions list --bank refunds");
  FieldFlags flags(command, v1::ListQuestionsRequest::descriptor());
  flags.add("--bank", "bank_id", tr("Only questions of this bank"));
  flags.add("--retired", "include_retired", tr("Also those that are not drawn any more"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListQuestionsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListQuestions, request, limit_of(command), "questions");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Question"), true}, {tr("Bank")}, {tr("Kind")}, {tr("Points"), true}, {tr("Text")}});
    for (const v1::Question& each : response.questions()) {
      table.add(
          {each.question_id(), each.bank_id(), word(each.kind()), std::to_string(each.points()), cut(each.text(), 60)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

// --- exams ---

void add_publication(CLI::App& group, Context& context, const std::string& name, const std::string& help,
                     bool published) {
  CLI::App& command = add_command(group, name, help, "  muster exams " + name + " refunds-exam");
  add_id(command, tr("Identifier of the exam"));
  on_run(command, context, [&context, &command, published] {
    v1::SetExamPublicationRequest request;
    request.set_exam_id(id_of(command));
    request.set_published(published);
    const auto response = context.call(&Stub::SetExamPublication, request);
    return acknowledge(context, response, say("{0}: {1}.", request.exam_id(), word(response.exam().state())));
  });
}

void add_reset(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "reset", tr("Gives a member all attempts at an exam again"),
                                  "  muster exams reset refunds-exam --member li.na --reason 断网");
  add_id(command, tr("Identifier of the exam"));
  FieldFlags flags(command, v1::ResetAttemptsRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member"))->required();
  flags.add("--reason", "reason", tr("Why, kept for the record"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ResetAttemptsRequest request;
    fill(request);
    request.set_exam_id(id_of(command));
    const auto response = context.call(&Stub::ResetAttempts, request);
    return acknowledge(
        context, response,
        say("{0} has {1} attempts at {2}.", request.member_id(), response.attempts_left(), request.exam_id()));
  });
}

}  // namespace

void add_exam_commands(CLI::App& program, Context& context) {
  CLI::App& questions = add_group(program, "questions", tr("Questions that exams draw from"),
                                  "  muster questions banks create refunds --name 退款\n"
                                  "  muster questions list --bank refunds");
  ResourceCommands<BankKind>::add(
      add_group(questions, "banks", tr("Banks of questions"), "  muster questions banks list"), context);
  add_list_questions(questions, context);
  add_get_question(questions, context);
  add_create_question(questions, context);
  add_update_question(questions, context);
  add_retire_question(questions, context);
  CLI::App& exams = add_group(program, "exams", tr("How members show what they know"),
                              "  muster exams create refunds-exam --name 退款考试 --section refunds=20\n"
                              "  muster exams publish refunds-exam\n"
                              "  muster exams take refunds-exam");
  ResourceCommands<ExamKind>::add(exams, context);
  add_publication(exams, context, "publish", tr("Lets members see and take an exam"), true);
  add_publication(exams, context, "unpublish", tr("Takes an exam back to be a draft"), false);
  add_reset(exams, context);
  add_take_command(exams, context);
}

}  // namespace muster::cli
