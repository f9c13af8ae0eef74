#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/course.pb.h"

/// The tables of courses and of what members have learnt. REQUIRES everywhere: a transaction of the platform. All throw
/// pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// It stays as it is until the end of the transaction, if it exists.
void lock_course(TenantTransaction& t, const std::string& course_id);
/// With its lessons.
std::optional<v1::Course> find_course(TenantTransaction& t, const std::string& course_id);
/// False if there is one already. Throws api::Refusal if there is no such tenant, as update_course().
bool insert_course(TenantTransaction& t, const v1::Course& course, TimePoint now);
/// Everything but lessons and prerequisites.
void update_course(TenantTransaction& t, const v1::Course& course);
void replace_lessons(TenantTransaction& t, const v1::Course& course);
/// REQUIRES: lock_prerequisites() in this transaction, and all of them exist.
void replace_prerequisites(TenantTransaction& t, const v1::Course& course);
/// Nobody else changes what comes before what until the end of the transaction.
void lock_prerequisites(TenantTransaction& t);
/// Of these, those that do not exist.
std::vector<std::string> unknown_courses(TenantTransaction& t, const std::vector<std::string>& course_ids);
/// Whether the course comes before itself, by whatever way.
bool in_a_cycle(TenantTransaction& t, const std::string& course_id);

struct CourseFilter {
  v1::CourseTrack track = v1::COURSE_TRACK_UNSPECIFIED;
  v1::CourseState state = v1::COURSE_STATE_UNSPECIFIED;
};
/// Without the bodies of their lessons.
Page<v1::Course> list_courses(TenantTransaction& t, const CourseFilter& filter, const PageRequest& page);

// --- what members have learnt ---

/// Does nothing if the member is enrolled.
void enroll(TenantTransaction& t, const std::string& member_id, const std::string& course_id, TimePoint now);
/// REQUIRES: the member is enrolled. False if it was completed before.
bool insert_lesson_completion(TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                              const std::string& lesson_id, TimePoint now);
/// REQUIRES: the member is enrolled.
void complete_course(TenantTransaction& t, const std::string& member_id, const std::string& course_id, TimePoint now);
std::optional<v1::CourseProgress> find_progress(TenantTransaction& t, const std::string& member_id,
                                                const std::string& course_id);
/// Empty: of any member, with any course.
Page<v1::CourseProgress> list_progress(TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                                       const PageRequest& page);
/// Courses that the member must complete before this one.
std::vector<std::string> missing_prerequisites(TenantTransaction& t, const std::string& member_id,
                                               const std::string& course_id);

}  // namespace muster::academy
