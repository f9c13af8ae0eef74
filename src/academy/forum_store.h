#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/forum.pb.h"

/// The tables of questions and answers among members. REQUIRES everywhere: a transaction of the platform. All throw
/// pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// Who looks. For members what is hidden is not there, and authors are aliases.
struct Viewer {
  std::string member_id;  ///< empty: no member
  bool staff = false;
};

/// Who writes.
struct Author {
  std::string member_id;  ///< empty: staff
  std::string actor;
};

/// What a member has posted since a moment.
struct Posted {
  int count = 0;
  std::optional<TimePoint> first;
};
Posted posted_since(TenantTransaction& t, const std::string& member_id, TimePoint since);

/// Gives its number. REQUIRES: its course exists.
std::int64_t insert_forum_question(TenantTransaction& t, const v1::ForumQuestion& question, const Author& author,
                                   TimePoint now);
/// It stays as it is until the end of the transaction, if it exists.
void lock_forum_question(TenantTransaction& t, std::int64_t id);
std::optional<v1::ForumQuestion> find_forum_question(TenantTransaction& t, std::int64_t id, const Viewer& viewer);

struct ForumFilter {
  std::string text;
  std::string course_id;
  std::string skill_id;
  bool unsolved = false;
  bool own = false;  ///< asked by the viewer
};
/// The newest first.
Page<v1::ForumQuestion> list_forum_questions(TenantTransaction& t, const ForumFilter& filter, const Viewer& viewer,
                                             const PageRequest& page);
void hide_forum_question(TenantTransaction& t, std::int64_t id, bool hidden, const std::string& reason);
/// `answer_id` 0: none. REQUIRES: it is one of its answers.
void accept_forum_answer(TenantTransaction& t, std::int64_t question_id, std::int64_t answer_id);

/// Gives its number. REQUIRES: its question exists.
std::int64_t insert_forum_answer(TenantTransaction& t, const v1::ForumAnswer& answer, const Author& author,
                                 TimePoint now);
std::optional<v1::ForumAnswer> find_forum_answer(TenantTransaction& t, std::int64_t id, const Viewer& viewer);
/// In the order of creation.
Page<v1::ForumAnswer> list_forum_answers(TenantTransaction& t, std::int64_t question_id, const Viewer& viewer,
                                         const PageRequest& page);
void verify_forum_answer(TenantTransaction& t, std::int64_t id, bool verified);
void hide_forum_answer(TenantTransaction& t, std::int64_t id, bool hidden, const std::string& reason);
/// Once a member.
void vote_for(TenantTransaction& t, std::int64_t answer_id, const std::string& member_id, bool helpful);

}  // namespace muster::academy
