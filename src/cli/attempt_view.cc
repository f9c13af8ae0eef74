#include "attempt_view.h"

#include <algorithm>
#include <map>
#include <ostream>

#include "duration.h"
#include "i18n.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

std::string option_text(const v1::PaperQuestion& question, const v1::QuestionOption& option) {
  if (question.kind() != v1::QUESTION_KIND_TRUE_FALSE) return option.text();
  return option.option_id() == "true" ? tr("true") : tr("false");
}

std::string score_text(const v1::Attempt& attempt) {
  return attempt.state() == v1::ATTEMPT_STATE_UNDER_WAY ? "-" : std::to_string(attempt.score());
}

}  // namespace

std::string result_text(const v1::Attempt& attempt) {
  const std::string text = say("Attempt {0}: {1} with {2} of 100 (pass mark {3}).", attempt.attempt_id(),
                               word(attempt.state()), attempt.score(), attempt.pass_mark());
  return attempt.timed_out() ? text + "\n" + tr("The time was over; what had been saved counts.") : text;
}

std::string time_left(const google::protobuf::Timestamp& deadline) {
  return format_duration(std::max(Duration{0}, from_proto(deadline) - wall_now()));
}

Details attempt_details(const v1::Attempt& attempt) {
  const bool over = attempt.state() != v1::ATTEMPT_STATE_UNDER_WAY;
  return {{tr("Attempt"), attempt.attempt_id()},
          {tr("Exam"), attempt.exam_id()},
          {tr("Member"), attempt.member_id()},
          {tr("State"), word(attempt.state())},
          {tr("Score"), score_text(attempt)},
          {tr("Pass mark"), std::to_string(attempt.pass_mark())},
          {tr("Started"), when(attempt.start_time())},
          {over ? tr("Ended") : tr("Deadline"), when(over ? attempt.finish_time() : attempt.deadline())}};
}

void print_attempts(std::ostream& out, const google::protobuf::RepeatedPtrField<v1::Attempt>& attempts) {
  Table table(
      {{tr("Attempt"), true}, {tr("Exam")}, {tr("Member")}, {tr("State")}, {tr("Score"), true}, {tr("Started")}});
  for (const v1::Attempt& each : attempts) {
    table.add({each.attempt_id(), each.exam_id(), each.member_id(), word(each.state()), score_text(each),
               when(each.start_time())});
  }
  table.print(out);
}

void print_question(std::ostream& out, const v1::PaperQuestion& question, const v1::Answer* answer) {
  out << '\n'
      << question.number() << ". " << printable(question.text()) << "  (" << word(question.kind()) << ", "
      << say("{0} points", question.points()) << ")\n";
  for (const v1::QuestionOption& option : question.options()) {
    const bool chosen = answer && std::find(answer->option_ids().begin(), answer->option_ids().end(),
                                            option.option_id()) != answer->option_ids().end();
    out << (chosen ? "  * " : "    ") << option.option_id() << "  " << printable(option_text(question, option)) << '\n';
  }
  if (answer && !answer->text().empty()) out << "  * " << printable(answer->text()) << '\n';
}

void print_attempt(std::ostream& out, const v1::GetAttemptResponse& attempt) {
  print_details(out, attempt_details(attempt.attempt()));
  std::map<int, const v1::Answer*> answers;
  for (const v1::Answer& each : attempt.answers()) answers[each.number()] = &each;
  std::map<int, bool> results;
  for (const v1::QuestionResult& each : attempt.results()) results[each.number()] = each.right();
  for (const v1::PaperQuestion& each : attempt.questions()) {
    const auto answer = answers.find(each.number());
    print_question(out, each, answer == answers.end() ? nullptr : answer->second);
    const auto result = results.find(each.number());
    if (result != results.end()) out << "    " << (result->second ? tr("right") : tr("wrong")) << '\n';
  }
}

std::vector<std::string> choices_in(const std::string& text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true" || lower == "false") return {lower};
  std::vector<std::string> choices;
  for (const char c : lower) {
    if (c >= 'a' && c <= 'z') choices.emplace_back(1, c);
  }
  return choices;
}

}  // namespace muster::cli
