#pragma once

#include <optional>
#include <string>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/exam.pb.h"

/// The table of exams. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// It stays as it is until the end of the transaction, if it exists.
void lock_exam(TenantTransaction& t, const std::string& exam_id);
std::optional<v1::Exam> find_exam(TenantTransaction& t, const std::string& exam_id);
/// The exam that is of the course; empty: none.
std::string exam_of_course(TenantTransaction& t, const std::string& course_id);
/// False if there is one already. REQUIRES, as update_exam(): its course has no other exam.
bool insert_exam(TenantTransaction& t, const v1::Exam& exam, TimePoint now);
void update_exam(TenantTransaction& t, const v1::Exam& exam);
/// `state` unspecified: in any.
Page<v1::Exam> list_exams(TenantTransaction& t, v1::ExamState state, const PageRequest& page);

}  // namespace muster::academy
