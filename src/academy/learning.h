#pragma once

#include <string>
#include <vector>

#include "muster/academy/record.h"
#include "muster/api/back_office.h"
#include "muster/v1/course.pb.h"
#include "muster/v1/member.pb.h"

/// What courses, exams and attempts share about members who learn.
namespace muster::academy {

/// Whether a member in that state learns: from TRAINING on, unless suspended or gone.
bool learns(v1::MemberState state);

/// The member, who stays as it is until the end of the transaction. Throws Refusal unless it is there and learns.
void expect_learner(store::TenantTransaction& t, const std::string& member_id);

/// Throws Refusal unless the member has completed what comes before the course.
void expect_prerequisites(store::TenantTransaction& t, const std::string& member_id, const std::string& course_id);

/// A refusal about a course, which names it.
api::Error course_error(const std::string& reason, const std::string& course_id, const std::string& why);

/// Completes the course for the member if nothing is missing any more and it is not completed yet. REQUIRES: the member
/// is locked.
void complete_if_done(store::TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                      const OnLearned& learned, TimePoint now);

/// "a, b".
std::string listed(const std::vector<std::string>& ids);

}  // namespace muster::academy
