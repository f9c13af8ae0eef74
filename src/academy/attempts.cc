#include "attempts.h"

#include <chrono>
#include <set>
#include <utility>

#include "course_store.h"
#include "exams.h"
#include "google/protobuf/util/time_util.h"
#include "learning.h"
#include "live_sessions.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "question_store.h"
#include "questions.h"
#include "scoring.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::precondition;
using api::Refusal;

constexpr int kAnswersMax = 200;
constexpr std::size_t kAnswerBytesMax = 4'000;
constexpr std::size_t kOptionIdBytesMax = 8;
constexpr int kChoicesMax = 12;
/// So many are scored in one transaction.
constexpr std::size_t kBatch = 50;

std::string text_of(TimePoint time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(whole.time_since_epoch().count());
  return google::protobuf::util::TimeUtil::ToString(stamp);
}

std::string name_of(const AttemptRecord& record) { return "attempt/" + std::to_string(record.id); }

std::vector<int> order_in(const AttemptRecord& record, const v1::Question& question) {
  return option_order(record.seed, question, record.keep_option_order);
}

std::vector<v1::PaperQuestion> paper_of(const AttemptRecord& record, const std::vector<v1::Question>& questions) {
  std::vector<v1::PaperQuestion> paper;
  for (const v1::Question& question : questions) {
    paper.push_back(shown(question, order_in(record, question), static_cast<int>(paper.size()) + 1));
  }
  return paper;
}

std::vector<v1::QuestionResult> results_of(const AttemptRecord& record) {
  std::vector<v1::QuestionResult> results;
  for (const char right : record.rights) {
    v1::QuestionResult& result = results.emplace_back();
    result.set_number(static_cast<int>(results.size()));
    result.set_right(right == '1');
  }
  return results;
}

/// Fills in how the attempt ended at that moment, and what it was worth.
void score(TenantTransaction& t, AttemptRecord& record, TimePoint end, bool timed_out) {
  const auto answers = answers_of(t, record.id);
  std::vector<Worth> worths;
  for (const v1::Question& question : questions_of(t, record.paper)) {
    const auto answer = answers.find(static_cast<int>(worths.size()) + 1);
    const bool right =
        is_right(question, order_in(record, question), answer == answers.end() ? nullptr : &answer->second);
    worths.push_back({question.points(), right});
    record.rights += right ? '1' : '0';
  }
  record.finish_time = end;
  record.timed_out = timed_out;
  record.score = score_of(worths);
  record.passed = record.score >= record.pass_mark;
}

bool overdue(const AttemptRecord& record, TimePoint now) { return !record.finish_time && record.deadline <= now; }

/// Tells the course and others what was shown by passing.
void tell(TenantTransaction& t, const AttemptRecord& record, const OnLearned& learned) {
  const std::string course_id = find_exam(t, record.exam_id)->course_id();
  const auto course = find_course(t, course_id);
  const TimePoint end = *record.finish_time;
  if (learned) {
    const std::string skill_id = course ? course->skill_id() : "";
    learned(t, {Learned::What::kExamPassed, record.member_id, record.exam_id, skill_id, record.score, end});
  }
  if (course) complete_if_done(t, record.member_id, course_id, learned, end);
}

/// Scores the attempt, which ends at that moment, for good. REQUIRES: it is locked and not finished, and so is its
/// member.
void finish(TenantTransaction& t, AttemptRecord& record, TimePoint end, bool timed_out, const OnLearned& learned,
            const By& by) {
  const v1::Attempt before = shown(record);
  score(t, record, end, timed_out);
  finish_attempt(t, record);
  const v1::Attempt after = shown(record);
  by.changed(name_of(record), &before, &after);
  if (record.passed) tell(t, record, learned);
}

Refusal no_attempt(const std::string& attempt_id) {
  return Refusal(api::not_found("ATTEMPT", "attempt_id", attempt_id));
}

/// The attempt if it is the caller's to change. Another member's is not found, as if there were none. Its member is
/// locked before it, as everywhere.
AttemptRecord attempt_named(TenantTransaction& t, const std::string& attempt_id, const std::string& own_member) {
  const std::int64_t id = number_of(attempt_id);
  const auto member_id = member_of_attempt(t, id);
  if (!member_id || (!own_member.empty() && *member_id != own_member)) throw no_attempt(attempt_id);
  static_cast<void>(members::state_of(t, *member_id));
  return *find_attempt(t, id);
}

// --- whether a member may start ---

void expect_none_under_way(TenantTransaction& t, const std::string& member_id) {
  const auto open = open_attempt(t, member_id);
  if (!open) return;
  const std::string id = std::to_string(open->id);
  throw Refusal(precondition(
      "ATTEMPT_UNDER_WAY",
      "member_id '" + member_id + "' has attempt_id '" + id + "' at exam_id '" + open->exam_id + "' under way",
      {{"member_id", member_id}, {"attempt_id", id}, {"exam_id", open->exam_id}}));
}

/// Who takes the exam of a course has completed what comes before the course, and its lessons.
void expect_lessons_done(TenantTransaction& t, const std::string& member_id, const std::string& course_id) {
  if (course_id.empty()) return;
  expect_prerequisites(t, member_id, course_id);
  const auto progress = find_progress(t, member_id, course_id);
  if (progress && progress->completed_lesson_ids_size() == progress->lesson_count()) return;
  throw Refusal(course_error("LESSONS_MISSING", course_id, "has lessons to complete before its exam"));
}

api::Error too_early(const std::string& member_id, const std::string& exam_id, TimePoint from, TimePoint now) {
  api::Error error = precondition(
      "RETRY_TOO_EARLY", "member_id '" + member_id + "' may try exam_id '" + exam_id + "' again from " + text_of(from),
      {{"member_id", member_id}, {"exam_id", exam_id}, {"retry_time", text_of(from)}});
  error.retry_after = std::chrono::duration_cast<std::chrono::milliseconds>(from - now);
  return error;
}

void expect_another_try(TenantTransaction& t, const std::string& member_id, const v1::Exam& exam, TimePoint now) {
  const Tries tries = tries_of(t, member_id, exam.exam_id());
  const auto refuse = [&](const char* reason, const std::string& why) {
    throw Refusal(precondition(reason, "member_id '" + member_id + "' " + why + " exam_id '" + exam.exam_id() + "'",
                               {{"member_id", member_id},
                                {"exam_id", exam.exam_id()},
                                {"attempt_limit", std::to_string(exam.attempt_limit())}}));
  };
  if (tries.passed) refuse("EXAM_PASSED", "has passed");
  if (tries.count >= exam.attempt_limit()) refuse("ATTEMPTS_USED_UP", "has used up all attempts at");
  if (!tries.last_finish) return;
  // A second that has begun is waited for, so that the moment told is not too early.
  const TimePoint from =
      std::chrono::ceil<std::chrono::seconds>(*tries.last_finish + node::from_proto(exam.retry_delay()));
  if (node::from_proto(exam.retry_delay()) > Duration{0} && from > now) {
    throw Refusal(too_early(member_id, exam.exam_id(), from, now));
  }
}

AttemptRecord drawn(TenantTransaction& t, const std::string& member_id, const v1::Exam& exam, TimePoint now) {
  AttemptRecord record;
  record.exam_id = exam.exam_id();
  record.member_id = member_id;
  record.seed = new_seed();
  record.paper = *draw(record.seed, sections_of(t, exam), exam.keep_question_order());
  record.keep_option_order = exam.keep_option_order();
  record.pass_mark = exam.pass_mark();
  record.start_time = now;
  record.deadline = now + node::from_proto(exam.time_limit());
  record.id = insert_attempt(t, record);
  return record;
}

// --- answers ---

/// What the paper does not have becomes a violation.
void check_choice(const std::string& path, const v1::PaperQuestion& question, const v1::Answer& answer,
                  Checker& check) {
  const bool text = question.kind() == v1::QUESTION_KIND_TEXT;
  check.expect(text || answer.text().empty(), path + ".text", "is for questions that are answered in own words");
  check.expect(question.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE || answer.option_ids_size() <= 1,
               path + ".option_ids", "must be one at most");
  std::set<std::string> options, chosen;
  for (const v1::QuestionOption& option : question.options()) options.insert(option.option_id());
  for (int i = 0; i < answer.option_ids_size(); ++i) {
    const bool new_one = chosen.insert(answer.option_ids(i)).second;
    check.expect(options.contains(answer.option_ids(i)), indexed(path + ".option_ids", i), "is none of the options");
    check.expect(new_one, indexed(path + ".option_ids", i), "is there twice");
  }
}

void check_answers(const v1::SaveAnswersRequest& request, const std::vector<v1::PaperQuestion>& paper) {
  Checker checker;
  for (int i = 0; i < request.answers_size(); ++i) {
    const std::string path = indexed("answers", i);
    const int number = request.answers(i).number();
    const bool there = checker.expect(number >= 1 && number <= static_cast<int>(paper.size()), path + ".number",
                                      "is no question of the paper");
    if (there) check_choice(path, paper[static_cast<std::size_t>(number) - 1], request.answers(i), checker);
  }
  if (!checker.ok()) throw Refusal(checker.error());
}

api::Error attempt_over(const AttemptRecord& record) {
  const std::string id = std::to_string(record.id);
  return precondition("ATTEMPT_OVER", "attempt_id '" + id + "' is over: nothing is saved any more",
                      {{"attempt_id", id}, {"deadline", text_of(record.deadline)}});
}

}  // namespace

bool score_overdue(TenantTransaction& t, const std::string& member_id, const OnLearned& learned, const By& by) {
  const auto ids = overdue_attempts(t, member_id, by.now, kBatch);
  for (const std::int64_t id : ids) {
    AttemptRecord record = attempt_named(t, std::to_string(id), "");
    if (overdue(record, by.now)) finish(t, record, record.deadline, true, learned, by);
  }
  return ids.size() == kBatch;
}

bool score_overdue(TenantTransaction& t, const OnLearned& learned, TimePoint now) {
  return api::audited(t, {t.tenant(), "academy", "ScoreAttempt", ""}, now, {},
                      [&](const By& by) { return score_overdue(t, "", learned, by); });
}

AttemptRecord as_of(TenantTransaction& t, AttemptRecord record, TimePoint now) {
  if (overdue(record, now)) score(t, record, record.deadline, true);
  return record;
}

v1::Attempt shown(const AttemptRecord& record) {
  v1::Attempt attempt;
  attempt.set_attempt_id(std::to_string(record.id));
  attempt.set_exam_id(record.exam_id);
  attempt.set_member_id(record.member_id);
  attempt.set_state(!record.finish_time ? v1::ATTEMPT_STATE_UNDER_WAY
                    : record.passed     ? v1::ATTEMPT_STATE_PASSED
                                        : v1::ATTEMPT_STATE_FAILED);
  node::to_proto(record.start_time, attempt.mutable_start_time());
  node::to_proto(record.deadline, attempt.mutable_deadline());
  if (record.finish_time) node::to_proto(*record.finish_time, attempt.mutable_finish_time());
  attempt.set_timed_out(record.timed_out);
  attempt.set_score(record.score);
  attempt.set_pass_mark(record.pass_mark);
  attempt.set_question_count(static_cast<int>(record.paper.size()));
  return attempt;
}

v1::GetAttemptResponse look_at(TenantTransaction& t, const std::string& attempt_id, const std::string& own_member,
                               TimePoint now) {
  auto found = look_up_attempt(t, number_of(attempt_id));
  if (!found || (!own_member.empty() && found->member_id != own_member)) throw no_attempt(attempt_id);
  const AttemptRecord record = as_of(t, *std::move(found), now);
  v1::GetAttemptResponse response;
  *response.mutable_attempt() = shown(record);
  for (auto& question : paper_of(record, questions_of(t, record.paper))) *response.add_questions() = question;
  for (const auto& [number, answer] : answers_of(t, record.id)) *response.add_answers() = answer;
  for (const v1::QuestionResult& result : results_of(record)) *response.add_results() = result;
  return response;
}

// --- checks ---

void check(v1::StartAttemptRequest& request, Checker& check) {
  check.id("exam_id", request.exam_id());
  check.id("member_id", request.member_id());
}

void check(v1::SaveAnswersRequest& request, Checker& check) {
  if (!check.count("answers", request.answers_size(), 1, kAnswersMax)) return;
  std::set<int> numbers;
  for (int i = 0; i < request.answers_size(); ++i) {
    const std::string path = indexed("answers", i);
    const v1::Answer& answer = request.answers(i);
    check.expect(numbers.insert(answer.number()).second, path + ".number", "is there twice");
    check.text(path + ".text", answer.text(), kAnswerBytesMax);
    if (!check.count(path + ".option_ids", answer.option_ids_size(), 0, kChoicesMax)) continue;
    for (int j = 0; j < answer.option_ids_size(); ++j) {
      check.text(indexed(path + ".option_ids", j), answer.option_ids(j), kOptionIdBytesMax);
    }
  }
}

void check(v1::SubmitAttemptRequest&, Checker&) {}

void check(v1::ResetAttemptsRequest& request, Checker& check) {
  check.id("exam_id", request.exam_id());
  check.id("member_id", request.member_id());
  api::check_name("reason", request.reason(), check);
}

// --- changes ---

v1::StartAttemptResponse carry_out(TenantTransaction& t, const v1::StartAttemptRequest& request, const By& by,
                                   const OnLearned& learned) {
  const std::string& member_id = request.member_id();
  expect_learner(t, member_id);
  const v1::Exam exam = exam_shown(t, request.exam_id(), by.own_member);
  if (exam.state() != v1::EXAM_STATE_PUBLISHED) {
    throw Refusal(precondition("EXAM_NOT_PUBLISHED", "exam_id '" + exam.exam_id() + "' is a draft",
                               {{"exam_id", exam.exam_id()}}));
  }
  score_overdue(t, member_id, learned, by);
  expect_none_under_way(t, member_id);
  expect_lessons_done(t, member_id, exam.course_id());
  expect_attended(t, exam.exam_id(), member_id);
  expect_another_try(t, member_id, exam, by.now);
  const AttemptRecord record = drawn(t, member_id, exam, by.now);
  v1::StartAttemptResponse response;
  *response.mutable_attempt() = shown(record);
  for (auto& question : paper_of(record, questions_of(t, record.paper))) *response.add_questions() = question;
  by.changed(name_of(record), nullptr, &response.attempt());
  return response;
}

v1::SaveAnswersResponse carry_out(TenantTransaction& t, const v1::SaveAnswersRequest& request, const By& by) {
  const AttemptRecord record = attempt_named(t, request.attempt_id(), by.own_member);
  if (record.finish_time || record.deadline <= by.now) throw Refusal(attempt_over(record));
  check_answers(request, paper_of(record, questions_of(t, record.paper)));
  for (const v1::Answer& answer : request.answers()) {
    if (answer.option_ids().empty() && answer.text().empty()) {
      delete_answer(t, record.id, answer.number());
    } else {
      save_answer(t, record.id, answer);
    }
  }
  v1::SaveAnswersResponse response;
  response.set_answered_count(static_cast<int>(answers_of(t, record.id).size()));
  node::to_proto(record.deadline, response.mutable_deadline());
  return response;
}

v1::SubmitAttemptResponse carry_out(TenantTransaction& t, const v1::SubmitAttemptRequest& request, const By& by,
                                    const OnLearned& learned) {
  AttemptRecord record = attempt_named(t, request.attempt_id(), by.own_member);
  const bool late = record.deadline <= by.now;
  if (!record.finish_time) finish(t, record, late ? record.deadline : by.now, late, learned, by);
  v1::SubmitAttemptResponse response;
  *response.mutable_attempt() = shown(record);
  for (const v1::QuestionResult& result : results_of(record)) *response.add_results() = result;
  return response;
}

v1::ResetAttemptsResponse carry_out(TenantTransaction& t, const v1::ResetAttemptsRequest& request, const By& by,
                                    const OnLearned& learned) {
  const std::string& member_id = request.member_id();
  static_cast<void>(found(members::state_of(t, member_id), "MEMBER", "member_id", member_id));
  const v1::Exam exam = exam_shown(t, request.exam_id(), by.own_member);
  score_overdue(t, member_id, learned, by);
  const auto open = open_attempt(t, member_id);
  if (open && open->exam_id == exam.exam_id()) expect_none_under_way(t, member_id);
  insert_reset(t, member_id, exam.exam_id(), request.reason(), by.actor, by.now);
  by.changed("attempts/" + member_id + "/" + exam.exam_id(), nullptr, &request);
  v1::ResetAttemptsResponse response;
  response.set_attempts_left(exam.attempt_limit());
  return response;
}

}  // namespace muster::academy
