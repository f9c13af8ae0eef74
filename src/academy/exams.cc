#include "exams.h"

#include <chrono>

#include "course_store.h"
#include "muster/academy/record.h"
#include "muster/node/render.h"
#include "question_store.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::precondition;
using api::Refusal;
using api::sets;

constexpr int kSectionsMax = 20;
constexpr int kQuestionsMax = 200;
constexpr int kPassMark = 80;
constexpr int kAttempts = 3;
constexpr Duration kTimeLimit = std::chrono::minutes(30);
constexpr Duration kTimeLimitMin = std::chrono::minutes(1);
constexpr Duration kTimeLimitMax = std::chrono::hours(24);
constexpr Duration kRetryDelay = std::chrono::hours(24);
constexpr Duration kRetryDelayMax = std::chrono::hours(365 * 24);

// --- shapes ---

void check_sections(const v1::Exam& exam, Checker& check) {
  if (!check.count("exam.sections", exam.sections_size(), 1, kSectionsMax)) return;
  int all = 0;
  for (int i = 0; i < exam.sections_size(); ++i) {
    const std::string path = indexed("exam.sections", i);
    check.id(path + ".bank_id", exam.sections(i).bank_id());
    all += check.number(path + ".question_count", exam.sections(i).question_count(), 1, kQuestionsMax);
    if (!check.ok()) return;
  }
  check.expect(all <= kQuestionsMax, "exam.sections", "must have at most 200 questions together");
}

void set_defaults(v1::Exam& exam) {
  if (!exam.has_time_limit()) node::to_proto(kTimeLimit, exam.mutable_time_limit());
  if (!exam.has_retry_delay()) node::to_proto(kRetryDelay, exam.mutable_retry_delay());
  if (exam.pass_mark() == 0) exam.set_pass_mark(kPassMark);
  if (exam.attempt_limit() == 0) exam.set_attempt_limit(kAttempts);
}

void check_exam(v1::Exam& exam, const google::protobuf::FieldMask* mask, Checker& check) {
  set_defaults(exam);
  check.id("exam.exam_id", exam.exam_id());
  if (sets(mask, "display_name")) api::check_name("exam.display_name", exam.display_name(), check);
  if (sets(mask, "course_id")) check.optional_id("exam.course_id", exam.course_id());
  if (sets(mask, "sections")) check_sections(exam, check);
  if (sets(mask, "time_limit")) check.duration("exam.time_limit", exam.time_limit(), kTimeLimitMin, kTimeLimitMax);
  if (sets(mask, "pass_mark")) check.number("exam.pass_mark", exam.pass_mark(), 1, 100);
  if (sets(mask, "attempt_limit")) check.number("exam.attempt_limit", exam.attempt_limit(), 1, 100);
  if (sets(mask, "retry_delay")) check.duration("exam.retry_delay", exam.retry_delay(), Duration{0}, kRetryDelayMax);
}

// --- rules ---

v1::Exam exam_named(TenantTransaction& t, const std::string& exam_id) {
  return found(find_exam(t, exam_id), "EXAM", "exam_id", exam_id);
}

/// What the exam names is there, and is not another exam's. Two exams cannot get one course at once.
void expect_references(TenantTransaction& t, const v1::Exam& exam) {
  for (const v1::ExamSection& section : exam.sections()) {
    static_cast<void>(found(find_bank(t, section.bank_id()), "QUESTION_BANK", "bank_id", section.bank_id()));
  }
  if (exam.course_id().empty()) return;
  lock_course(t, exam.course_id());
  if (!course_exists(t, exam.course_id())) throw Refusal(api::not_found("COURSE", "course_id", exam.course_id()));
  const std::string other = exam_of_course(t, exam.course_id());
  if (other.empty() || other == exam.exam_id()) return;
  throw Refusal(precondition("COURSE_HAS_EXAM", "course_id '" + exam.course_id() + "' has exam_id '" + other + "'",
                             {{"course_id", exam.course_id()}, {"exam_id", other}}));
}

void merge(const v1::Exam& from, const google::protobuf::FieldMask& mask, v1::Exam& exam) {
  if (sets(&mask, "display_name")) exam.set_display_name(from.display_name());
  if (sets(&mask, "course_id")) exam.set_course_id(from.course_id());
  if (sets(&mask, "sections")) *exam.mutable_sections() = from.sections();
  if (sets(&mask, "time_limit")) *exam.mutable_time_limit() = from.time_limit();
  if (sets(&mask, "pass_mark")) exam.set_pass_mark(from.pass_mark());
  if (sets(&mask, "attempt_limit")) exam.set_attempt_limit(from.attempt_limit());
  if (sets(&mask, "retry_delay")) *exam.mutable_retry_delay() = from.retry_delay();
  if (sets(&mask, "keep_question_order")) exam.set_keep_question_order(from.keep_question_order());
  if (sets(&mask, "keep_option_order")) exam.set_keep_option_order(from.keep_option_order());
}

void expect_drawable(TenantTransaction& t, const v1::Exam& exam) {
  if (exam.state() == v1::EXAM_STATE_PUBLISHED) static_cast<void>(sections_of(t, exam));
}

std::string name_of(const v1::Exam& exam) { return "exam/" + exam.exam_id(); }

}  // namespace

v1::Exam exam_shown(TenantTransaction& t, const std::string& exam_id, const std::string& own_member) {
  v1::Exam exam = exam_named(t, exam_id);
  if (!own_member.empty() && exam.state() != v1::EXAM_STATE_PUBLISHED) {
    throw Refusal(api::not_found("EXAM", "exam_id", exam_id));
  }
  return exam;
}

std::vector<Section> sections_of(TenantTransaction& t, const v1::Exam& exam) {
  std::vector<Section> sections;
  for (const v1::ExamSection& section : exam.sections()) {
    sections.push_back(
        {section.bank_id(), static_cast<std::size_t>(section.question_count()), pool_of(t, section.bank_id())});
  }
  if (const auto missing = shortage(sections)) {
    throw Refusal(precondition("QUESTIONS_MISSING",
                               "exam_id '" + exam.exam_id() + "' draws " + std::to_string(missing->want) +
                                   " questions from bank_id '" + missing->bank_id + "', which has " +
                                   std::to_string(missing->have),
                               {{"exam_id", exam.exam_id()},
                                {"bank_id", missing->bank_id},
                                {"question_count", std::to_string(missing->have)},
                                {"needed_count", std::to_string(missing->want)}}));
  }
  return sections;
}

// --- checks ---

void check(v1::CreateExamRequest& request, Checker& check) { check_exam(*request.mutable_exam(), nullptr, check); }

void check(v1::UpdateExamRequest& request, Checker& check) {
  api::check_mask(request.update_mask(),
                  {"display_name", "course_id", "sections", "time_limit", "pass_mark", "attempt_limit", "retry_delay",
                   "keep_question_order", "keep_option_order"},
                  check);
  check_exam(*request.mutable_exam(), &request.update_mask(), check);
}

void check(v1::SetExamPublicationRequest& request, Checker& check) { check.id("exam_id", request.exam_id()); }

// --- changes ---

v1::CreateExamResponse carry_out(TenantTransaction& t, const v1::CreateExamRequest& request, const By& by) {
  v1::Exam exam = request.exam();
  exam.set_state(v1::EXAM_STATE_DRAFT);
  if (find_exam(t, exam.exam_id())) throw Refusal(api::already_exists("EXAM", "exam_id", exam.exam_id()));
  expect_references(t, exam);
  if (!insert_exam(t, exam, by.now)) throw Refusal(api::already_exists("EXAM", "exam_id", exam.exam_id()));
  v1::CreateExamResponse response;
  *response.mutable_exam() = exam_named(t, exam.exam_id());
  by.changed(name_of(exam), nullptr, &response.exam());
  return response;
}

v1::UpdateExamResponse carry_out(TenantTransaction& t, const v1::UpdateExamRequest& request, const By& by) {
  lock_exam(t, request.exam().exam_id());
  const v1::Exam before = exam_named(t, request.exam().exam_id());
  v1::Exam exam = before;
  merge(request.exam(), request.update_mask(), exam);
  expect_references(t, exam);
  expect_drawable(t, exam);
  update_exam(t, exam);
  by.changed(name_of(exam), &before, &exam);
  v1::UpdateExamResponse response;
  *response.mutable_exam() = exam;
  return response;
}

v1::SetExamPublicationResponse carry_out(TenantTransaction& t, const v1::SetExamPublicationRequest& request,
                                         const By& by) {
  lock_exam(t, request.exam_id());
  const v1::Exam before = exam_named(t, request.exam_id());
  v1::Exam exam = before;
  exam.set_state(request.published() ? v1::EXAM_STATE_PUBLISHED : v1::EXAM_STATE_DRAFT);
  expect_drawable(t, exam);
  update_exam(t, exam);
  by.changed(name_of(exam), &before, &exam);
  v1::SetExamPublicationResponse response;
  *response.mutable_exam() = exam;
  return response;
}

}  // namespace muster::academy
