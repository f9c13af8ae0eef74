#include "muster/academy/record.h"

#include "attempt_store.h"
#include "course_store.h"
#include "exam_store.h"

namespace muster::academy {

bool course_exists(TenantTransaction& t, const std::string& course_id) {
  return unknown_courses(t, {course_id}).empty();
}

bool exam_exists(TenantTransaction& t, const std::string& exam_id) { return find_exam(t, exam_id).has_value(); }

bool completed_course(TenantTransaction& t, const std::string& member_id, const std::string& course_id) {
  const auto progress = find_progress(t, member_id, course_id);
  return progress && progress->has_complete_time();
}

std::optional<PassedExam> passed_exam(TenantTransaction& t, const std::string& member_id, const std::string& exam_id) {
  const auto passed = last_passed(t, member_id, exam_id);
  if (!passed) return std::nullopt;
  return PassedExam{passed->score, passed->time};
}

}  // namespace muster::academy
