#include "exam_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_param;

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
std::int64_t micros(const google::protobuf::Duration& span) { return node::from_proto(span).count(); }
const char* reference(const std::string& id) { return id.empty() ? nullptr : id.c_str(); }
std::string read_span(const std::string& column) { return "(extract(epoch FROM " + column + ") * 1000000)::bigint"; }

const std::string kExams = "SELECT number, exam_id, display_name, course_id, bank_ids, question_counts, " +
                           read_span("time_limit") + ", pass_mark, attempt_limit, " + read_span("retry_delay") +
                           ", keep_question_order, keep_option_order, state, " + read_time("create_time") +
                           " FROM exam ";

v1::Exam exam_in(const pqxx::row& row) {
  v1::Exam exam;
  exam.set_exam_id(text(row[1]));
  exam.set_display_name(text(row[2]));
  exam.set_course_id(text(row[3]));
  const auto banks = store::texts_in(row[4]), counts = store::texts_in(row[5]);
  for (std::size_t i = 0; i < banks.size(); ++i) {
    v1::ExamSection& section = *exam.add_sections();
    section.set_bank_id(banks[i]);
    section.set_question_count(std::stoi(counts[i]));
  }
  node::to_proto(Duration(row[6].as<std::int64_t>()), exam.mutable_time_limit());
  exam.set_pass_mark(row[7].as<int>());
  exam.set_attempt_limit(row[8].as<int>());
  node::to_proto(Duration(row[9].as<std::int64_t>()), exam.mutable_retry_delay());
  exam.set_keep_question_order(row[10].as<bool>());
  exam.set_keep_option_order(row[11].as<bool>());
  exam.set_state(static_cast<v1::ExamState>(row[12].as<int>()));
  node::to_proto(store::time_in(row[13]), exam.mutable_create_time());
  return exam;
}

struct Sections {
  std::vector<std::string> banks;
  std::vector<std::string> counts;
};
Sections sections_of(const v1::Exam& exam) {
  Sections sections;
  for (const v1::ExamSection& section : exam.sections()) {
    sections.banks.push_back(section.bank_id());
    sections.counts.push_back(std::to_string(section.question_count()));
  }
  return sections;
}

}  // namespace

void lock_exam(TenantTransaction& t, const std::string& exam_id) {
  t.sql().exec_params("SELECT FROM exam WHERE exam_id = $1 FOR UPDATE", exam_id);
}

std::optional<v1::Exam> find_exam(TenantTransaction& t, const std::string& exam_id) {
  const auto rows = t.sql().exec_params(kExams + "WHERE exam_id = $1", exam_id);
  if (rows.empty()) return std::nullopt;
  return exam_in(rows[0]);
}

std::string exam_of_course(TenantTransaction& t, const std::string& course_id) {
  const auto rows = t.sql().exec_params("SELECT exam_id FROM exam WHERE course_id = $1", course_id);
  return rows.empty() ? std::string() : text(rows[0][0]);
}

bool insert_exam(TenantTransaction& t, const v1::Exam& exam, TimePoint now) {
  const Sections sections = sections_of(exam);
  const auto done = t.sql().exec_params(
      "INSERT INTO exam (exam_id, display_name, course_id, bank_ids, question_counts, time_limit, pass_mark,"
      " attempt_limit, retry_delay, keep_question_order, keep_option_order, state, create_time) VALUES ($1, $2, $3, $4,"
      " $5, $6 * interval '1 microsecond', $7, $8, $9 * interval '1 microsecond', $10, $11, $12, " +
          time_param(13) + ") ON CONFLICT (exam_id) DO NOTHING",
      exam.exam_id(), exam.display_name(), reference(exam.course_id()), store::to_array(sections.banks),
      store::to_array(sections.counts), micros(exam.time_limit()), exam.pass_mark(), exam.attempt_limit(),
      micros(exam.retry_delay()), exam.keep_question_order(), exam.keep_option_order(), static_cast<int>(exam.state()),
      micros(now));
  return done.affected_rows() == 1;
}

void update_exam(TenantTransaction& t, const v1::Exam& exam) {
  const Sections sections = sections_of(exam);
  t.sql().exec_params(
      "UPDATE exam SET display_name = $2, course_id = $3, bank_ids = $4, question_counts = $5,"
      " time_limit = $6 * interval '1 microsecond', pass_mark = $7, attempt_limit = $8,"
      " retry_delay = $9 * interval '1 microsecond', keep_question_order = $10, keep_option_order = $11, state = $12"
      " WHERE exam_id = $1",
      exam.exam_id(), exam.display_name(), reference(exam.course_id()), store::to_array(sections.banks),
      store::to_array(sections.counts), micros(exam.time_limit()), exam.pass_mark(), exam.attempt_limit(),
      micros(exam.retry_delay()), exam.keep_question_order(), exam.keep_option_order(), static_cast<int>(exam.state()));
}

Page<v1::Exam> list_exams(TenantTransaction& t, v1::ExamState state, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kExams + "WHERE number > $1 AND ($3 = 0 OR state = $3) ORDER BY number LIMIT $2", page.after,
                          limit_of(page), static_cast<int>(state));
  return page_of<v1::Exam>(rows, page, exam_in);
}

}  // namespace muster::academy
