#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/exam.pb.h"
#include "paper.h"

/// The tables of attempts at exams. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

struct AttemptRecord {
  std::int64_t id = 0;
  std::string exam_id;
  std::string member_id;
  std::string seed;
  std::vector<Drawn> paper;
  bool keep_option_order = false;
  int pass_mark = 80;
  TimePoint start_time;
  TimePoint deadline;
  std::optional<TimePoint> finish_time;
  bool timed_out = false;
  int score = 0;
  bool passed = false;
  std::string rights;  ///< once finished: for each question '1' if right, else '0'
};

/// Locked until the end of the transaction.
std::optional<AttemptRecord> find_attempt(TenantTransaction& t, std::int64_t id);
/// Not locked.
std::optional<AttemptRecord> look_up_attempt(TenantTransaction& t, std::int64_t id);
/// The one that is not finished, locked likewise.
std::optional<AttemptRecord> open_attempt(TenantTransaction& t, const std::string& member_id);
/// Whose it is; empty: there is none.
std::optional<std::string> member_of_attempt(TenantTransaction& t, std::int64_t id);
/// Those whose deadline is over and that are not finished. `member_id` empty: of any.
std::vector<std::int64_t> overdue_attempts(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                           std::size_t limit);
/// Gives its number. REQUIRES: the member has none that is not finished.
std::int64_t insert_attempt(TenantTransaction& t, const AttemptRecord& record);
/// finish_time, timed_out, score, passed and rights.
void finish_attempt(TenantTransaction& t, const AttemptRecord& record);
struct AttemptFilter {
  std::string member_id;
  std::string exam_id;
  bool under_way = false;  ///< not finished, and the deadline is not over
};
Page<AttemptRecord> list_attempts(TenantTransaction& t, const AttemptFilter& filter, TimePoint now,
                                  const PageRequest& page);

/// Attempts of a member at an exam that count: those since the last reset.
struct Tries {
  int count = 0;
  bool passed = false;
  std::optional<TimePoint> last_finish;
};
Tries tries_of(TenantTransaction& t, const std::string& member_id, const std::string& exam_id);
void insert_reset(TenantTransaction& t, const std::string& member_id, const std::string& exam_id,
                  const std::string& reason, const std::string& actor, TimePoint now);

struct PassedAttempt {
  int score = 0;
  TimePoint time;
};
/// The last one that the member has passed.
std::optional<PassedAttempt> last_passed(TenantTransaction& t, const std::string& member_id,
                                         const std::string& exam_id);

/// By number.
std::map<int, v1::Answer> answers_of(TenantTransaction& t, std::int64_t attempt_id);
void save_answer(TenantTransaction& t, std::int64_t attempt_id, const v1::Answer& answer);
void delete_answer(TenantTransaction& t, std::int64_t attempt_id, int number);

}  // namespace muster::academy
