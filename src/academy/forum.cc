#include "forum.h"

#include <chrono>

#include "courses.h"
#include "learning.h"
#include "muster/api/server_number.h"
#include "muster/members/skills.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::number_of;
using api::precondition;
using api::Refusal;

/// Told in forum_service.proto.
constexpr int kPostsMax = 20;
constexpr Duration kPostsWindow = std::chrono::hours(24);
constexpr std::size_t kBodyBytesMax = 8'000;
/// As the audit sees it.
const Viewer kStaff{"", true};

std::string name_of(const v1::ForumQuestion& question) { return "forum-question/" + question.forum_question_id(); }
std::string name_of(const v1::ForumAnswer& answer) { return "forum-answer/" + answer.forum_answer_id(); }

// --- shapes ---

void check_body(const std::string& path, const std::string& body, Checker& check) {
  check.expect(!body.empty(), path, "must not be empty");
  check.text(path, body, kBodyBytesMax);
}

template <typename Request>
void check_hiding(const Request& request, Checker& check) {
  if (request.hidden()) api::check_name("reason", request.reason(), check);
  check.expect(request.hidden() || request.reason().empty(), "reason", "is for what is hidden");
}

// --- rules ---

Viewer caller(const By& by) { return viewer_of({by.own_member, by.member}); }

/// Staff may have a desk without being a member.
Author author_of(TenantTransaction& t, const By& by) {
  const bool member = !by.member.empty() && !members::members_among(t, {by.member}).empty();
  return {member ? by.member : "", by.actor};
}

v1::ForumQuestion question_named(TenantTransaction& t, const std::string& id, const Viewer& viewer) {
  return found(find_forum_question(t, number_of(id), viewer), "FORUM_QUESTION", "forum_question_id", id);
}
v1::ForumAnswer answer_named(TenantTransaction& t, const std::string& id, const Viewer& viewer) {
  return found(find_forum_answer(t, number_of(id), viewer), "FORUM_ANSWER", "forum_answer_id", id);
}

/// The same, and its question is locked.
v1::ForumAnswer locked_answer(TenantTransaction& t, const std::string& id, const Viewer& viewer) {
  lock_forum_question(t, number_of(answer_named(t, id, viewer).forum_question_id()));
  return answer_named(t, id, viewer);
}

template <typename Post>
void expect_visible(const Post& post) {
  if (!post.hidden()) return;
  throw Refusal(precondition("FORUM_POST_HIDDEN", "forum_question_id '" + post.forum_question_id() + "': it is hidden",
                             {{"forum_question_id", post.forum_question_id()}}));
}

/// A member learns, and has not posted too much. The member stays locked, so that no two posts are the last one.
void expect_may_post(TenantTransaction& t, const By& by) {
  if (by.own_member.empty()) return;
  expect_learner(t, by.own_member);
  const Posted posted = posted_since(t, by.own_member, by.now - kPostsWindow);
  if (posted.count < kPostsMax) return;
  api::Error error{grpc::StatusCode::RESOURCE_EXHAUSTED,
                   "FORUM_LIMIT",
                   "member_id '" + by.own_member + "' has posted " + std::to_string(posted.count) + " times in a day",
                   {{"member_id", by.own_member}, {"posts", std::to_string(posted.count)}},
                   {},
                   {}};
  error.retry_after = std::chrono::ceil<std::chrono::milliseconds>(*posted.first + kPostsWindow - by.now);
  throw Refusal(error);
}

/// What a vote changes of an answer: the audit need not repeat the rest each time.
v1::ForumAnswer votes_of(const v1::ForumAnswer& answer) {
  v1::ForumAnswer votes;
  votes.set_forum_answer_id(answer.forum_answer_id());
  votes.set_helpful_count(answer.helpful_count());
  return votes;
}

/// Tells the audit what became of the answer, as staff see it, and gives it as the caller does.
v1::ForumAnswer changed(TenantTransaction& t, const v1::ForumAnswer& before, const By& by) {
  const v1::ForumAnswer after = answer_named(t, before.forum_answer_id(), kStaff);
  by.changed(name_of(before), &before, &after);
  return answer_named(t, before.forum_answer_id(), caller(by));
}
v1::ForumQuestion changed(TenantTransaction& t, const v1::ForumQuestion& before, const By& by) {
  const v1::ForumQuestion after = question_named(t, before.forum_question_id(), kStaff);
  by.changed(name_of(before), &before, &after);
  return question_named(t, before.forum_question_id(), caller(by));
}

}  // namespace

Viewer viewer_of(const api::Own& own) { return {own.member, own.only.empty()}; }

v1::ForumQuestion forum_question_shown(TenantTransaction& t, const std::string& forum_question_id,
                                       const Viewer& viewer) {
  return question_named(t, forum_question_id, viewer);
}

// --- checks ---

void check(v1::CreateForumQuestionRequest& request, Checker& check) {
  const v1::ForumQuestion& question = request.question();
  api::check_name("question.title", question.title(), check);
  check_body("question.body", question.body(), check);
  check.optional_id("question.course_id", question.course_id());
  check.optional_id("question.skill_id", question.skill_id());
  check.expect(!question.course_id().empty() || !question.skill_id().empty(), "question",
               "is about a course or a skill: give course_id or skill_id");
}

void check(v1::CreateForumAnswerRequest& request, Checker& check) {
  check_body("answer.body", request.answer().body(), check);
}

void check(v1::AcceptForumAnswerRequest&, Checker&) {}
void check(v1::VerifyForumAnswerRequest&, Checker&) {}
void check(v1::VoteForumAnswerRequest&, Checker&) {}
void check(v1::HideForumQuestionRequest& request, Checker& check) { check_hiding(request, check); }
void check(v1::HideForumAnswerRequest& request, Checker& check) { check_hiding(request, check); }

// --- changes ---

v1::CreateForumQuestionResponse carry_out(TenantTransaction& t, const v1::CreateForumQuestionRequest& request,
                                          const By& by) {
  const v1::ForumQuestion& question = request.question();
  expect_may_post(t, by);
  if (!question.course_id().empty()) static_cast<void>(course_shown(t, question.course_id(), by.own_member));
  const std::int64_t id = insert_forum_question(t, question, author_of(t, by), by.now);
  v1::CreateForumQuestionResponse response;
  *response.mutable_question() = *find_forum_question(t, id, caller(by));
  const v1::ForumQuestion asked = *find_forum_question(t, id, kStaff);
  by.changed(name_of(asked), nullptr, &asked);
  return response;
}

v1::CreateForumAnswerResponse carry_out(TenantTransaction& t, const v1::CreateForumAnswerRequest& request,
                                        const By& by) {
  const v1::ForumAnswer& answer = request.answer();
  expect_may_post(t, by);
  expect_visible(question_named(t, answer.forum_question_id(), caller(by)));
  const std::int64_t id = insert_forum_answer(t, answer, author_of(t, by), by.now);
  v1::CreateForumAnswerResponse response;
  *response.mutable_answer() = *find_forum_answer(t, id, caller(by));
  const v1::ForumAnswer given = *find_forum_answer(t, id, kStaff);
  by.changed(name_of(given), nullptr, &given);
  return response;
}

v1::AcceptForumAnswerResponse carry_out(TenantTransaction& t, const v1::AcceptForumAnswerRequest& request,
                                        const By& by) {
  const v1::ForumAnswer answer = locked_answer(t, request.forum_answer_id(), caller(by));
  expect_visible(answer);
  const v1::ForumQuestion before = question_named(t, answer.forum_question_id(), kStaff);
  api::check_own(by.own_member, before.author_id());
  accept_forum_answer(t, number_of(before.forum_question_id()), number_of(answer.forum_answer_id()));
  v1::AcceptForumAnswerResponse response;
  *response.mutable_question() = changed(t, before, by);
  return response;
}

v1::VerifyForumAnswerResponse carry_out(TenantTransaction& t, const v1::VerifyForumAnswerRequest& request,
                                        const By& by) {
  const v1::ForumAnswer before = locked_answer(t, request.forum_answer_id(), caller(by));
  expect_visible(before);
  verify_forum_answer(t, number_of(before.forum_answer_id()), request.verified());
  v1::VerifyForumAnswerResponse response;
  *response.mutable_answer() = changed(t, before, by);
  return response;
}

v1::VoteForumAnswerResponse carry_out(TenantTransaction& t, const v1::VoteForumAnswerRequest& request, const By& by) {
  api::expect_member(by.own_member);
  expect_learner(t, by.own_member);
  const v1::ForumAnswer answer = answer_named(t, request.forum_answer_id(), caller(by));
  if (answer.own()) {
    throw Refusal(precondition("FORUM_OWN_ANSWER",
                               "forum_answer_id '" + answer.forum_answer_id() + "' is the caller's own",
                               {{"forum_answer_id", answer.forum_answer_id()}}));
  }
  vote_for(t, number_of(answer.forum_answer_id()), by.own_member, request.helpful());
  v1::VoteForumAnswerResponse response;
  *response.mutable_answer() = answer_named(t, answer.forum_answer_id(), caller(by));
  const v1::ForumAnswer before = votes_of(answer), after = votes_of(response.answer());
  by.changed(name_of(answer), &before, &after);
  return response;
}

v1::HideForumQuestionResponse carry_out(TenantTransaction& t, const v1::HideForumQuestionRequest& request,
                                        const By& by) {
  lock_forum_question(t, number_of(request.forum_question_id()));
  const v1::ForumQuestion before = question_named(t, request.forum_question_id(), caller(by));
  hide_forum_question(t, number_of(before.forum_question_id()), request.hidden(), request.reason());
  v1::HideForumQuestionResponse response;
  *response.mutable_question() = changed(t, before, by);
  return response;
}

v1::HideForumAnswerResponse carry_out(TenantTransaction& t, const v1::HideForumAnswerRequest& request, const By& by) {
  const v1::ForumAnswer before = locked_answer(t, request.forum_answer_id(), caller(by));
  if (before.accepted() && request.hidden()) accept_forum_answer(t, number_of(before.forum_question_id()), 0);
  hide_forum_answer(t, number_of(before.forum_answer_id()), request.hidden(), request.reason());
  v1::HideForumAnswerResponse response;
  *response.mutable_answer() = changed(t, before, by);
  return response;
}

}  // namespace muster::academy
