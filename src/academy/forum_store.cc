#include "forum_store.h"

#include <pqxx/pqxx>

#include "muster/api/server_number.h"
#include "muster/node/render.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }
std::optional<std::string> reference(const std::string& id) {
  if (id.empty()) return std::nullopt;
  return id;
}

/// As the viewer sees them: parameter `n` is the member, the one after it whether it is staff.
std::string questions_for(int n) {
  const std::string member = "$" + std::to_string(n), staff = "$" + std::to_string(n + 1);
  return "SELECT forum_question_id, title, body, course_id, skill_id, alias, CASE WHEN " + staff +
         " THEN q.author_id END, coalesce(q.author_id = nullif(" + member +
         ", ''), false), (SELECT count(*) FROM forum_answer a WHERE a.forum_question_id = q.forum_question_id"
         " AND NOT a.hidden), accepted_answer_id, hidden, hide_reason, " +
         read_time("create_time") +
         " FROM forum_question q LEFT JOIN forum_author w ON w.member_id = q.author_id WHERE (" + staff +
         " OR NOT hidden) ";
}

v1::ForumQuestion question_in(const pqxx::row& row) {
  v1::ForumQuestion question;
  question.set_forum_question_id(text(row[0]));
  question.set_title(text(row[1]));
  question.set_body(text(row[2]));
  question.set_course_id(text(row[3]));
  question.set_skill_id(text(row[4]));
  question.set_author_alias(text(row[5]));
  question.set_author_id(text(row[6]));
  question.set_own(row[7].as<bool>());
  question.set_answer_count(row[8].as<int>());
  question.set_accepted_answer_id(text(row[9]));
  question.set_hidden(row[10].as<bool>());
  question.set_hide_reason(text(row[11]));
  read(row[12], question.mutable_create_time());
  return question;
}

/// The same. Of a question that is hidden there are none, for members.
std::string answers_for(int n) {
  const std::string member = "$" + std::to_string(n), staff = "$" + std::to_string(n + 1);
  return "SELECT forum_answer_id, a.forum_question_id, a.body, alias, CASE WHEN " + staff +
         " THEN a.author_id END, coalesce(a.author_id = nullif(" + member +
         ", ''), false), coalesce(q.accepted_answer_id = forum_answer_id, false), verified,"
         " (SELECT count(*) FROM forum_vote v WHERE v.forum_answer_id = a.forum_answer_id),"
         " EXISTS (SELECT FROM forum_vote v WHERE v.forum_answer_id = a.forum_answer_id AND v.member_id = " +
         member + "), a.hidden, a.hide_reason, " + read_time("a.create_time") +
         " FROM forum_answer a JOIN forum_question q USING (forum_question_id)"
         " LEFT JOIN forum_author w ON w.member_id = a.author_id WHERE (" +
         staff + " OR NOT (a.hidden OR q.hidden)) ";
}

v1::ForumAnswer answer_in(const pqxx::row& row) {
  v1::ForumAnswer answer;
  answer.set_forum_answer_id(text(row[0]));
  answer.set_forum_question_id(text(row[1]));
  answer.set_body(text(row[2]));
  answer.set_author_alias(text(row[3]));
  answer.set_author_id(text(row[4]));
  answer.set_own(row[5].as<bool>());
  answer.set_accepted(row[6].as<bool>());
  answer.set_verified(row[7].as<bool>());
  answer.set_helpful_count(row[8].as<int>());
  answer.set_helpful(row[9].as<bool>());
  answer.set_hidden(row[10].as<bool>());
  answer.set_hide_reason(text(row[11]));
  read(row[12], answer.mutable_create_time());
  return answer;
}

/// The member has an alias from the first post on: random, so that it tells nothing.
void give_alias(TenantTransaction& t, const Author& author) {
  if (author.member_id.empty()) return;
  t.sql().exec_params(
      "INSERT INTO forum_author (member_id, alias) VALUES ($1, 'm-' || left(replace(gen_random_uuid()::text, '-', ''),"
      " 10)) ON CONFLICT (member_id) DO NOTHING",
      author.member_id);
}

}  // namespace

Posted posted_since(TenantTransaction& t, const std::string& member_id, TimePoint since) {
  const auto rows = t.sql().exec_params(
      "SELECT count(*), " + read_time("min(create_time)") +
          " FROM (SELECT author_id, create_time FROM forum_question UNION ALL SELECT author_id, create_time"
          " FROM forum_answer) p WHERE author_id = $1 AND create_time > " +
          time_param(2),
      member_id, micros(since));
  Posted posted{rows[0][0].as<int>(), {}};
  if (!rows[0][1].is_null()) posted.first = time_in(rows[0][1]);
  return posted;
}

std::int64_t insert_forum_question(TenantTransaction& t, const v1::ForumQuestion& question, const Author& author,
                                   TimePoint now) {
  give_alias(t, author);
  const auto rows = t.sql().exec_params(
      "INSERT INTO forum_question (author_id, actor, title, body, course_id, skill_id, create_time)"
      " VALUES ($1, $2, $3, $4, $5, $6, " +
          time_param(7) + ") RETURNING forum_question_id",
      reference(author.member_id), author.actor, question.title(), question.body(), reference(question.course_id()),
      question.skill_id(), micros(now));
  return rows[0][0].as<std::int64_t>();
}

void lock_forum_question(TenantTransaction& t, std::int64_t id) {
  t.sql().exec_params("SELECT FROM forum_question WHERE forum_question_id = $1 FOR UPDATE", id);
}

std::optional<v1::ForumQuestion> find_forum_question(TenantTransaction& t, std::int64_t id, const Viewer& viewer) {
  const auto rows =
      t.sql().exec_params(questions_for(2) + "AND forum_question_id = $1", id, viewer.member_id, viewer.staff);
  if (rows.empty()) return std::nullopt;
  return question_in(rows[0]);
}

Page<v1::ForumQuestion> list_forum_questions(TenantTransaction& t, const ForumFilter& filter, const Viewer& viewer,
                                             const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(questions_for(3) +
                              "AND ($1 = 0 OR forum_question_id < $1) AND ($5 = '%%' OR search_text LIKE lower($5))"
                              " AND ($6 = '' OR course_id = $6) AND ($7 = '' OR skill_id = $7)"
                              " AND (NOT $8 OR accepted_answer_id IS NULL) AND (NOT $9 OR q.author_id = $3)"
                              " ORDER BY forum_question_id DESC LIMIT $2",
                          page.after, limit_of(page), viewer.member_id, viewer.staff, store::containing(filter.text),
                          filter.course_id, filter.skill_id, filter.unsolved, filter.own);
  return page_of<v1::ForumQuestion>(rows, page, question_in);
}

void hide_forum_question(TenantTransaction& t, std::int64_t id, bool hidden, const std::string& reason) {
  t.sql().exec_params("UPDATE forum_question SET hidden = $2, hide_reason = $3 WHERE forum_question_id = $1", id,
                      hidden, reason);
}

void accept_forum_answer(TenantTransaction& t, std::int64_t question_id, std::int64_t answer_id) {
  t.sql().exec_params(
      "UPDATE forum_question SET accepted_answer_id = nullif($2::bigint, 0) WHERE forum_question_id = $1", question_id,
      answer_id);
}

std::int64_t insert_forum_answer(TenantTransaction& t, const v1::ForumAnswer& answer, const Author& author,
                                 TimePoint now) {
  give_alias(t, author);
  const auto rows = t.sql().exec_params(
      "INSERT INTO forum_answer (forum_question_id, author_id, actor, body, create_time) VALUES ($1, $2, $3, $4, " +
          time_param(5) + ") RETURNING forum_answer_id",
      api::number_of(answer.forum_question_id()), reference(author.member_id), author.actor, answer.body(),
      micros(now));
  return rows[0][0].as<std::int64_t>();
}

std::optional<v1::ForumAnswer> find_forum_answer(TenantTransaction& t, std::int64_t id, const Viewer& viewer) {
  const auto rows =
      t.sql().exec_params(answers_for(2) + "AND forum_answer_id = $1", id, viewer.member_id, viewer.staff);
  if (rows.empty()) return std::nullopt;
  return answer_in(rows[0]);
}

Page<v1::ForumAnswer> list_forum_answers(TenantTransaction& t, std::int64_t question_id, const Viewer& viewer,
                                         const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      answers_for(3) + "AND forum_answer_id > $1 AND a.forum_question_id = $5 ORDER BY forum_answer_id LIMIT $2",
      page.after, limit_of(page), viewer.member_id, viewer.staff, question_id);
  return page_of<v1::ForumAnswer>(rows, page, answer_in);
}

void verify_forum_answer(TenantTransaction& t, std::int64_t id, bool verified) {
  t.sql().exec_params("UPDATE forum_answer SET verified = $2 WHERE forum_answer_id = $1", id, verified);
}

void hide_forum_answer(TenantTransaction& t, std::int64_t id, bool hidden, const std::string& reason) {
  t.sql().exec_params("UPDATE forum_answer SET hidden = $2, hide_reason = $3 WHERE forum_answer_id = $1", id, hidden,
                      reason);
}

void vote_for(TenantTransaction& t, std::int64_t answer_id, const std::string& member_id, bool helpful) {
  if (helpful) {
    t.sql().exec_params("INSERT INTO forum_vote (forum_answer_id, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                        answer_id, member_id);
  } else {
    t.sql().exec_params("DELETE FROM forum_vote WHERE forum_answer_id = $1 AND member_id = $2", answer_id, member_id);
  }
}

}  // namespace muster::academy
