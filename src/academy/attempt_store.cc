#include "attempt_store.h"

#include <pqxx/pqxx>

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

std::string text(const pqxx::field& field) { return field.as<std::string>(); }

const std::string kAttempts =
    "SELECT attempt_id, exam_id, member_id, seed, question_ids, question_versions, keep_option_order, pass_mark, " +
    read_time("start_time") + ", " + read_time("deadline") + ", " + read_time("finish_time") +
    ", timed_out, score, passed, rights FROM exam_attempt ";

AttemptRecord attempt_in(const pqxx::row& row) {
  AttemptRecord record;
  record.id = row[0].as<std::int64_t>();
  record.exam_id = text(row[1]);
  record.member_id = text(row[2]);
  record.seed = text(row[3]);
  const auto ids = store::texts_in(row[4]), versions = store::texts_in(row[5]);
  for (std::size_t i = 0; i < ids.size(); ++i) record.paper.push_back({std::stoll(ids[i]), std::stoi(versions[i])});
  record.keep_option_order = row[6].as<bool>();
  record.pass_mark = row[7].as<int>();
  record.start_time = time_in(row[8]);
  record.deadline = time_in(row[9]);
  if (!row[10].is_null()) record.finish_time = time_in(row[10]);
  record.timed_out = row[11].as<bool>();
  record.score = row[12].as<int>();
  record.passed = row[13].as<bool>();
  record.rights = text(row[14]);
  return record;
}

std::optional<AttemptRecord> only(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return attempt_in(rows[0]);
}

}  // namespace

std::optional<AttemptRecord> find_attempt(TenantTransaction& t, std::int64_t id) {
  return only(t.sql().exec_params(kAttempts + "WHERE attempt_id = $1 FOR UPDATE", id));
}

std::optional<AttemptRecord> look_up_attempt(TenantTransaction& t, std::int64_t id) {
  return only(t.sql().exec_params(kAttempts + "WHERE attempt_id = $1", id));
}

std::optional<AttemptRecord> open_attempt(TenantTransaction& t, const std::string& member_id) {
  return only(t.sql().exec_params(kAttempts + "WHERE member_id = $1 AND finish_time IS NULL FOR UPDATE", member_id));
}

std::optional<std::string> member_of_attempt(TenantTransaction& t, std::int64_t id) {
  const auto rows = t.sql().exec_params("SELECT member_id FROM exam_attempt WHERE attempt_id = $1", id);
  if (rows.empty()) return std::nullopt;
  return text(rows[0][0]);
}

std::vector<std::int64_t> overdue_attempts(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                           std::size_t limit) {
  const auto rows = t.sql().exec_params(
      "SELECT attempt_id FROM exam_attempt WHERE finish_time IS NULL AND deadline <= " + time_param(1) +
          " AND ($2 = '' OR member_id = $2) ORDER BY member_id LIMIT $3",
      micros(now), member_id, static_cast<std::int64_t>(limit));
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) ids.push_back(row[0].as<std::int64_t>());
  return ids;
}

std::int64_t insert_attempt(TenantTransaction& t, const AttemptRecord& record) {
  std::vector<std::string> ids, versions;
  for (const Drawn& each : record.paper) {
    ids.push_back(std::to_string(each.question_id));
    versions.push_back(std::to_string(each.version));
  }
  const auto rows = t.sql().exec_params(
      "INSERT INTO exam_attempt (exam_id, member_id, seed, question_ids, question_versions, keep_option_order,"
      " pass_mark, start_time, deadline) VALUES ($1, $2, $3, $4, $5, $6, $7, " +
          time_param(8) + ", " + time_param(9) + ") RETURNING attempt_id",
      record.exam_id, record.member_id, record.seed, store::to_array(ids), store::to_array(versions),
      record.keep_option_order, record.pass_mark, micros(record.start_time), micros(record.deadline));
  return rows[0][0].as<std::int64_t>();
}

void finish_attempt(TenantTransaction& t, const AttemptRecord& record) {
  t.sql().exec_params("UPDATE exam_attempt SET finish_time = " + time_param(2) +
                          ", timed_out = $3, score = $4, passed = $5, rights = $6 WHERE attempt_id = $1",
                      record.id, micros(*record.finish_time), record.timed_out, record.score, record.passed,
                      record.rights);
}

Page<AttemptRecord> list_attempts(TenantTransaction& t, const AttemptFilter& filter, TimePoint now,
                                  const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kAttempts +
                              "WHERE attempt_id > $1 AND ($3 = '' OR member_id = $3) AND ($4 = '' OR exam_id = $4)"
                              " AND (NOT $5 OR (finish_time IS NULL AND deadline > " +
                              time_param(6) + ")) ORDER BY attempt_id LIMIT $2",
                          page.after, limit_of(page), filter.member_id, filter.exam_id, filter.under_way, micros(now));
  return page_of<AttemptRecord>(rows, page, attempt_in);
}

Tries tries_of(TenantTransaction& t, const std::string& member_id, const std::string& exam_id) {
  const auto rows = t.sql().exec_params(
      "SELECT count(*), coalesce(bool_or(passed), false), " + read_time("max(finish_time)") +
          " FROM exam_attempt WHERE member_id = $1 AND exam_id = $2 AND start_time > coalesce((SELECT max(reset_time)"
          " FROM exam_reset WHERE member_id = $1 AND exam_id = $2), '-infinity')",
      member_id, exam_id);
  Tries tries{rows[0][0].as<int>(), rows[0][1].as<bool>(), {}};
  if (!rows[0][2].is_null()) tries.last_finish = time_in(rows[0][2]);
  return tries;
}

void insert_reset(TenantTransaction& t, const std::string& member_id, const std::string& exam_id,
                  const std::string& reason, const std::string& actor, TimePoint now) {
  t.sql().exec_params("INSERT INTO exam_reset (member_id, exam_id, reset_time, reason, actor) VALUES ($1, $2, " +
                          time_param(3) + ", $4, $5)",
                      member_id, exam_id, micros(now), reason, actor);
}

std::optional<PassedAttempt> last_passed(TenantTransaction& t, const std::string& member_id,
                                         const std::string& exam_id) {
  const auto rows = t.sql().exec_params("SELECT score, " + read_time("finish_time") +
                                            " FROM exam_attempt WHERE member_id = $1 AND exam_id = $2 AND passed"
                                            " ORDER BY attempt_id DESC LIMIT 1",
                                        member_id, exam_id);
  if (rows.empty()) return std::nullopt;
  return PassedAttempt{rows[0][0].as<int>(), time_in(rows[0][1])};
}

std::map<int, v1::Answer> answers_of(TenantTransaction& t, std::int64_t attempt_id) {
  std::map<int, v1::Answer> answers;
  const auto rows = t.sql().exec_params(
      "SELECT number, option_ids, body FROM exam_answer WHERE attempt_id = $1 ORDER BY number", attempt_id);
  for (const auto& row : rows) {
    v1::Answer& answer = answers[row[0].as<int>()];
    answer.set_number(row[0].as<int>());
    for (std::string& id : store::texts_in(row[1])) answer.add_option_ids(std::move(id));
    answer.set_text(text(row[2]));
  }
  return answers;
}

void save_answer(TenantTransaction& t, std::int64_t attempt_id, const v1::Answer& answer) {
  t.sql().exec_params(
      "INSERT INTO exam_answer (attempt_id, number, option_ids, body) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (attempt_id, number) DO UPDATE SET option_ids = excluded.option_ids, body = excluded.body",
      attempt_id, answer.number(), store::to_array({answer.option_ids().begin(), answer.option_ids().end()}),
      answer.text());
}

void delete_answer(TenantTransaction& t, std::int64_t attempt_id, int number) {
  t.sql().exec_params("DELETE FROM exam_answer WHERE attempt_id = $1 AND number = $2", attempt_id, number);
}

}  // namespace muster::academy
