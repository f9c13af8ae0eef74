#include "question_store.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <stdexcept>

#include "muster/node/render.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_param;

std::string text(const pqxx::field& field) { return field.as<std::string>(); }

const std::string kBanks =
    "SELECT number, bank_id, display_name, (SELECT count(*) FROM question q WHERE q.bank_id = b.bank_id"
    " AND retire_time IS NULL), " +
    read_time("create_time") + " FROM question_bank b ";

v1::QuestionBank bank_in(const pqxx::row& row) {
  v1::QuestionBank bank;
  bank.set_bank_id(text(row[1]));
  bank.set_display_name(text(row[2]));
  bank.set_question_count(row[3].as<int>());
  node::to_proto(store::time_in(row[4]), bank.mutable_create_time());
  return bank;
}

const std::string kQuestionColumns =
    "q.question_id, bank_id, v.version, kind, body, option_ids, option_texts, right_ids, keyword_groups, keyword_rule,"
    " points, retire_time IS NOT NULL";

/// A keyword a line: none holds a line's end.
v1::KeywordGroup group_in(const std::string& lines) {
  v1::KeywordGroup group;
  for (std::size_t at = 0; at <= lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    group.add_keywords(lines.substr(at, end - at));
    at = end + 1;
  }
  return group;
}
std::string lines_of(const v1::KeywordGroup& group) {
  std::string lines;
  for (const std::string& keyword : group.keywords()) lines += (lines.empty() ? "" : "\n") + keyword;
  return lines;
}

v1::Question question_in(const pqxx::row& row) {
  v1::Question question;
  question.set_question_id(text(row[0]));
  question.set_bank_id(text(row[1]));
  question.set_version(row[2].as<int>());
  question.set_kind(static_cast<v1::QuestionKind>(row[3].as<int>()));
  question.set_text(text(row[4]));
  const auto ids = store::texts_in(row[5]), texts = store::texts_in(row[6]);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    v1::QuestionOption& option = *question.add_options();
    option.set_option_id(ids[i]);
    option.set_text(texts[i]);
  }
  for (const std::string& id : store::texts_in(row[7])) question.mutable_key()->add_option_ids(id);
  for (const std::string& lines : store::texts_in(row[8]))
    *question.mutable_key()->add_keyword_groups() = group_in(lines);
  question.mutable_key()->set_keyword_rule(static_cast<v1::KeywordRule>(row[9].as<int>()));
  question.set_points(row[10].as<int>());
  question.set_retired(row[11].as<bool>());
  return question;
}

}  // namespace

std::optional<v1::QuestionBank> find_bank(TenantTransaction& t, const std::string& bank_id) {
  const auto rows = t.sql().exec_params(kBanks + "WHERE bank_id = $1", bank_id);
  if (rows.empty()) return std::nullopt;
  return bank_in(rows[0]);
}

bool insert_bank(TenantTransaction& t, const v1::QuestionBank& bank, TimePoint now) {
  const auto done =
      t.sql().exec_params("INSERT INTO question_bank (bank_id, display_name, create_time) VALUES ($1, $2, " +
                              time_param(3) + ") ON CONFLICT (bank_id) DO NOTHING",
                          bank.bank_id(), bank.display_name(), micros(now));
  return done.affected_rows() == 1;
}

void update_bank(TenantTransaction& t, const v1::QuestionBank& bank) {
  t.sql().exec_params("UPDATE question_bank SET display_name = $2 WHERE bank_id = $1", bank.bank_id(),
                      bank.display_name());
}

Page<v1::QuestionBank> list_banks(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kBanks + "WHERE number > $1 ORDER BY number LIMIT $2", page.after, limit_of(page));
  return page_of<v1::QuestionBank>(rows, page, bank_in);
}

std::optional<v1::Question> find_question(TenantTransaction& t, std::int64_t question_id) {
  t.sql().exec_params("SELECT FROM question WHERE question_id = $1 FOR UPDATE", question_id);
  const auto rows = t.sql().exec_params("SELECT " + kQuestionColumns +
                                            " FROM question q JOIN question_version v USING (question_id, version)"
                                            " WHERE q.question_id = $1",
                                        question_id);
  if (rows.empty()) return std::nullopt;
  return question_in(rows[0]);
}

std::int64_t insert_question(TenantTransaction& t, const v1::Question& question) {
  const auto rows = t.sql().exec_params("INSERT INTO question (bank_id, version) VALUES ($1, 0) RETURNING question_id",
                                        question.bank_id());
  const auto id = rows[0][0].as<std::int64_t>();
  insert_version(t, id, question);
  return id;
}

void insert_version(TenantTransaction& t, std::int64_t question_id, const v1::Question& question) {
  std::vector<std::string> ids, texts, groups;
  for (const v1::QuestionOption& option : question.options()) {
    ids.push_back(option.option_id());
    texts.push_back(option.text());
  }
  for (const v1::KeywordGroup& group : question.key().keyword_groups()) groups.push_back(lines_of(group));
  t.sql().exec_params(
      "INSERT INTO question_version (question_id, version, kind, body, option_ids, option_texts, right_ids,"
      " keyword_groups, keyword_rule, points) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      question_id, question.version(), static_cast<int>(question.kind()), question.text(), store::to_array(ids),
      store::to_array(texts), store::to_array({question.key().option_ids().begin(), question.key().option_ids().end()}),
      store::to_array(groups), static_cast<int>(question.key().keyword_rule()), question.points());
  t.sql().exec_params("UPDATE question SET version = $2 WHERE question_id = $1", question_id, question.version());
}

void retire_question(TenantTransaction& t, std::int64_t question_id, TimePoint now) {
  t.sql().exec_params(
      "UPDATE question SET retire_time = coalesce(retire_time, " + time_param(2) + ") WHERE question_id = $1",
      question_id, micros(now));
}

Page<v1::Question> list_questions(TenantTransaction& t, const std::string& bank_id, bool include_retired,
                                  const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kQuestionColumns +
          " FROM question q JOIN question_version v USING (question_id, version) WHERE q.question_id > $1"
          " AND ($3 = '' OR bank_id = $3) AND ($4 OR retire_time IS NULL) ORDER BY q.question_id LIMIT $2",
      page.after, limit_of(page), bank_id, include_retired);
  return page_of<v1::Question>(rows, page, question_in);
}

std::vector<Drawn> pool_of(TenantTransaction& t, const std::string& bank_id) {
  std::vector<Drawn> pool;
  const auto rows = t.sql().exec_params(
      "SELECT question_id, version FROM question WHERE bank_id = $1 AND retire_time IS NULL ORDER BY question_id",
      bank_id);
  for (const auto& row : rows) pool.push_back({row[0].as<std::int64_t>(), row[1].as<int>()});
  return pool;
}

std::vector<v1::Question> questions_of(TenantTransaction& t, const std::vector<Drawn>& paper) {
  std::vector<std::string> ids, versions;
  for (const Drawn& each : paper) {
    ids.push_back(std::to_string(each.question_id));
    versions.push_back(std::to_string(each.version));
  }
  const auto rows = t.sql().exec_params(
      "SELECT " + kQuestionColumns +
          " FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS p (question_id, version, place)"
          " JOIN question_version v USING (question_id, version) JOIN question q USING (question_id) ORDER BY p.place",
      store::to_array(ids), store::to_array(versions));
  if (rows.size() != paper.size()) throw std::logic_error("a question of a paper is not there");
  std::vector<v1::Question> questions;
  for (const auto& row : rows) questions.push_back(question_in(row));
  return questions;
}

}  // namespace muster::academy
