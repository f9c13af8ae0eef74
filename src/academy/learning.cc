#include "learning.h"

#include "course_store.h"
#include "exam_store.h"
#include "muster/members/skills.h"

namespace muster::academy {

using api::precondition;
using api::Refusal;

bool learns(v1::MemberState state) {
  return state == v1::MEMBER_STATE_TRAINING || state == v1::MEMBER_STATE_CERTIFIED ||
         state == v1::MEMBER_STATE_PROBATION || state == v1::MEMBER_STATE_ACTIVE || state == v1::MEMBER_STATE_PAUSED ||
         state == v1::MEMBER_STATE_RETRAINING;
}

void expect_learner(store::TenantTransaction& t, const std::string& member_id) {
  const v1::MemberState state = api::found(members::state_of(t, member_id), "MEMBER", "member_id", member_id);
  if (learns(state)) return;
  const std::string name = api::short_name(state);
  throw Refusal(precondition("MEMBER_WRONG_STATE",
                             "member_id '" + member_id + "' is " + name +
                                 ": learning is for those from TRAINING on who are neither suspended nor gone",
                             {{"member_id", member_id}, {"state", name}}));
}

std::string listed(const std::vector<std::string>& ids) {
  std::string all;
  for (const std::string& id : ids) all += (all.empty() ? "" : ", ") + id;
  return all;
}

api::Error course_error(const std::string& reason, const std::string& course_id, const std::string& why) {
  return precondition(reason, "course_id '" + course_id + "' " + why, {{"course_id", course_id}});
}

void expect_prerequisites(store::TenantTransaction& t, const std::string& member_id, const std::string& course_id) {
  const auto missing = missing_prerequisites(t, member_id, course_id);
  if (missing.empty()) return;
  throw Refusal(
      precondition("COURSE_PREREQUISITES_MISSING",
                   "before course_id '" + course_id + "' come courses that member_id '" + member_id +
                       "' has not completed: " + listed(missing),
                   {{"course_id", course_id}, {"member_id", member_id}, {"prerequisite_ids", listed(missing)}}));
}

void complete_if_done(store::TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                      const OnLearned& learned, TimePoint now) {
  const auto progress = find_progress(t, member_id, course_id);
  if (!progress || progress->has_complete_time()) return;
  if (progress->completed_lesson_ids_size() < progress->lesson_count()) return;
  const std::string exam_id = exam_of_course(t, course_id);
  if (!exam_id.empty() && !passed_exam(t, member_id, exam_id)) return;
  complete_course(t, member_id, course_id, now);
  if (!learned) return;
  const std::string skill_id = find_course(t, course_id)->skill_id();
  learned(t, {Learned::What::kCourseCompleted, member_id, course_id, skill_id, 100, now});
}

}  // namespace muster::academy
