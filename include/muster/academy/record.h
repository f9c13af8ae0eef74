#pragma once

#include <functional>
#include <optional>
#include <string>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

/// What members have learnt, for those who ask for it: certificates, skill tags. REQUIRES everywhere: a transaction of
/// the platform. All throw pqxx::failure.
namespace muster::academy {

[[nodiscard]] bool course_exists(store::TenantTransaction& t, const std::string& course_id);
[[nodiscard]] bool exam_exists(store::TenantTransaction& t, const std::string& exam_id);

[[nodiscard]] bool completed_course(store::TenantTransaction& t, const std::string& member_id,
                                    const std::string& course_id);

struct PassedExam {
  int score = 0;
  TimePoint time;
};
/// The last time that the member passed the exam. An attempt counts from the moment it was scored.
[[nodiscard]] std::optional<PassedExam> passed_exam(store::TenantTransaction& t, const std::string& member_id,
                                                    const std::string& exam_id);

/// Something that a member has shown to know.
struct Learned {
  enum class What { kCourseCompleted, kExamPassed };
  What what = What::kCourseCompleted;
  std::string member_id;
  std::string id;        ///< of the course or exam
  std::string skill_id;  ///< that the course, or the exam's course, trains; empty: none
  int score = 100;       ///< of the exam
  TimePoint time;
};
/// Called in the transaction in which it was learned; what it throws undoes that.
using OnLearned = std::function<void(store::TenantTransaction&, const Learned&)>;

}  // namespace muster::academy
