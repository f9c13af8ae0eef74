#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "attempt_view.h"
#include "command.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ExamService::Stub;

/// An exam at the terminal: a question at a time, each answer saved at once, so that a break costs nothing but time.
class Sitting {
 public:
  Sitting(Context& context, std::string exam_id, std::string member_id)
      : context_(context), exam_id_(std::move(exam_id)), member_id_(std::move(member_id)) {}

  int run() {
    open();
    context_.out << say("{0}: {1} questions, {2} left.", exam_id_, attempt_.question_count(), left()) << '\n'
                 << tr("Type the letters of your answer, or words. Enter: next; <: back; .: submit.") << '\n';
    std::size_t at = first_open();
    while (at < questions_.size()) {
      print_question(context_.out, questions_[at], saved_answer(at));
      const auto line = ask(say("{0} left > ", left()));
      if (!line) return leave();
      if (*line == ".") break;
      if (*line == "<") {
        at = at == 0 ? 0 : at - 1;
        continue;
      }
      if (line->empty() || save(at, *line)) ++at;
    }
    return submit();
  }

 private:
  /// Goes on with the attempt that is under way, or starts one.
  void open() {
    v1::ListAttemptsRequest list;
    list.set_exam_id(exam_id_);
    list.set_member_id(member_id_);
    list.set_under_way(true);
    const auto open = context_.call(&Stub::ListAttempts, list);
    if (open.attempts().empty()) {
      v1::StartAttemptRequest start;
      start.set_exam_id(exam_id_);
      start.set_member_id(member_id_);
      const auto started = context_.call(&Stub::StartAttempt, start);
      attempt_ = started.attempt();
      questions_.assign(started.questions().begin(), started.questions().end());
      return;
    }
    v1::GetAttemptRequest get;
    get.set_attempt_id(open.attempts(0).attempt_id());
    const auto resumed = context_.call(&Stub::GetAttempt, get);
    attempt_ = resumed.attempt();
    questions_.assign(resumed.questions().begin(), resumed.questions().end());
    for (const v1::Answer& each : resumed.answers()) answers_[each.number()] = each;
    context_.out << say("Attempt {0} goes on: {1} questions are answered.", attempt_.attempt_id(), answers_.size())
                 << '\n';
  }

  std::string left() const { return time_left(attempt_.deadline()); }

  std::size_t first_open() const {
    const auto open = std::find_if(questions_.begin(), questions_.end(),
                                   [&](const auto& each) { return !answers_.contains(each.number()); });
    return static_cast<std::size_t>(open - questions_.begin());
  }

  const v1::Answer* saved_answer(std::size_t at) const {
    const auto found = answers_.find(questions_[at].number());
    return found == answers_.end() ? nullptr : &found->second;
  }

  std::optional<std::string> ask(const std::string& prompt) const {
    context_.out << prompt << std::flush;
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }

  /// False if it is no answer to this question.
  bool save(std::size_t at, const std::string& line) {
    const v1::PaperQuestion& question = questions_[at];
    v1::Answer answer;
    answer.set_number(question.number());
    if (question.options().empty()) {
      answer.set_text(line);
    } else {
      for (const std::string& id : choices_in(line)) answer.add_option_ids(id);
      if (!fits(question, answer)) {
        context_.err << tr("That is no answer to this question.") << '\n';
        return false;
      }
    }
    v1::SaveAnswersRequest request;
    request.set_attempt_id(attempt_.attempt_id());
    *request.add_answers() = answer;
    context_.call(&Stub::SaveAnswers, request);
    answers_[question.number()] = answer;
    return true;
  }

  static bool fits(const v1::PaperQuestion& question, const v1::Answer& answer) {
    const auto& options = question.options();
    const auto known = [&](const std::string& id) {
      return std::any_of(options.begin(), options.end(), [&](const auto& each) { return each.option_id() == id; });
    };
    const auto& ids = answer.option_ids();
    const bool one = ids.size() == 1 || question.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE;
    return !ids.empty() && one && std::all_of(ids.begin(), ids.end(), known);
  }

  int leave() const {
    context_.out << '\n'
                 << say("Your answers are saved; the time goes on. “muster exams take {0}” goes on where you were.",
                        exam_id_)
                 << '\n';
    return kDone;
  }

  int submit() {
    const std::size_t open = questions_.size() - answers_.size();
    if (open > 0) context_.out << say("{0} questions have no answer.", open) << '\n';
    const auto sure = ask(tr("Submit? Type yes: "));
    if (!sure) return leave();
    if (*sure != "yes" && *sure != tr("yes")) return leave();
    v1::SubmitAttemptRequest request;
    request.set_attempt_id(attempt_.attempt_id());
    const auto response = context_.call(&Stub::SubmitAttempt, request);
    return acknowledge(context_, response, result_text(response.attempt()));
  }

  Context& context_;
  const std::string exam_id_;
  const std::string member_id_;
  v1::Attempt attempt_;
  std::vector<v1::PaperQuestion> questions_;
  std::map<int, v1::Answer> answers_;
};

}  // namespace

void add_take_command(CLI::App& exams, Context& context) {
  CLI::App& command = add_command(exams, "take", tr("Takes an exam, or goes on with it, question by question"),
                                  "  muster exams take refunds-exam");
  add_id(command, tr("Identifier of the exam"));
  auto member = std::make_shared<std::string>();
  command.add_option("--member", *member, tr("Identifier of the member; without it yourself"))->type_name("ID");
  on_run(command, context, [&context, &command, member] { return Sitting(context, id_of(command), *member).run(); });
}

}  // namespace muster::cli
