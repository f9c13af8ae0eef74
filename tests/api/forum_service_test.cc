#include <gmock/gmock.h>

#include <thread>

#include "academy.h"
#include "muster/v1/forum_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"

// Questions and answers among members.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Forum = v1::ForumService::Stub;
using Channel = std::shared_ptr<grpc::Channel>;

class ForumServiceTest : public Academy {
 protected:
  ForumServiceTest() {
    bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
    li_na = sign_in(v1::ROLE_AGENT, "li.na");
    wang_fang = sign_in(v1::ROLE_AGENT, "wang.fang");
    coach = sign_in(v1::ROLE_COACH);
  }

  static v1::CreateForumQuestionRequest question(const std::string& title, const std::string& skill = "refunds") {
    v1::CreateForumQuestionRequest request;
    request.mutable_question()->set_title(title);
    request.mutable_question()->set_body("Who knows? 谁知道？");
    request.mutable_question()->set_skill_id(skill);
    return request;
  }
  static std::string ask(const Channel& channel, const std::string& title, const std::string& skill = "refunds") {
    v1::CreateForumQuestionResponse response;
    EXPECT_TRUE(change_as(channel, &Forum::CreateForumQuestion, question(title, skill), &response).ok());
    return response.question().forum_question_id();
  }
  static v1::CreateForumAnswerRequest answer_to(const std::string& question, const std::string& body = "I do.") {
    v1::CreateForumAnswerRequest request;
    request.mutable_answer()->set_forum_question_id(question);
    request.mutable_answer()->set_body(body);
    return request;
  }
  static std::string answer(const Channel& channel, const std::string& question) {
    v1::CreateForumAnswerResponse response;
    EXPECT_TRUE(change_as(channel, &Forum::CreateForumAnswer, answer_to(question), &response).ok());
    return response.answer().forum_answer_id();
  }
  static grpc::Status accept(const Channel& channel, const std::string& answer) {
    v1::AcceptForumAnswerRequest request;
    request.set_forum_answer_id(answer);
    return change_as(channel, &Forum::AcceptForumAnswer, request);
  }
  static grpc::Status vote(const Channel& channel, const std::string& answer, bool helpful = true) {
    v1::VoteForumAnswerRequest request;
    request.set_forum_answer_id(answer);
    request.set_helpful(helpful);
    return change_as(channel, &Forum::VoteForumAnswer, request);
  }
  static grpc::Status verify(const Channel& channel, const std::string& answer) {
    v1::VerifyForumAnswerRequest request;
    request.set_forum_answer_id(answer);
    request.set_verified(true);
    return change_as(channel, &Forum::VerifyForumAnswer, request);
  }
  grpc::Status hide_answer(const std::string& answer, bool hidden = true) {
    v1::HideForumAnswerRequest request;
    request.set_forum_answer_id(answer);
    request.set_hidden(hidden);
    if (hidden) request.set_reason("it is wrong");
    return change_as(coach, &Forum::HideForumAnswer, request);
  }
  grpc::Status hide_question(const std::string& question, bool hidden = true) {
    v1::HideForumQuestionRequest request;
    request.set_forum_question_id(question);
    request.set_hidden(hidden);
    if (hidden) request.set_reason("off topic");
    return change_as(coach, &Forum::HideForumQuestion, request);
  }
  static v1::ForumQuestion get(const Channel& channel, const std::string& id) {
    v1::GetForumQuestionRequest request;
    request.set_forum_question_id(id);
    v1::GetForumQuestionResponse response;
    EXPECT_TRUE(read_as(channel, &Forum::GetForumQuestion, request, &response).ok());
    return response.question();
  }
  static std::vector<v1::ForumAnswer> answers(const Channel& channel, const std::string& question) {
    v1::ListForumAnswersRequest request;
    request.set_forum_question_id(question);
    v1::ListForumAnswersResponse response;
    EXPECT_TRUE(read_as(channel, &Forum::ListForumAnswers, request, &response).ok());
    return {response.answers().begin(), response.answers().end()};
  }
  static std::vector<std::string> titles(const Channel& channel, const v1::ListForumQuestionsRequest& request) {
    v1::ListForumQuestionsResponse response;
    EXPECT_TRUE(read_as(channel, &Forum::ListForumQuestions, request, &response).ok());
    std::vector<std::string> titles;
    for (const auto& each : response.questions()) titles.push_back(each.title());
    return titles;
  }
  static std::vector<std::string> found(const Channel& channel, const std::string& text) {
    v1::ListForumQuestionsRequest request;
    request.set_text(text);
    return titles(channel, request);
  }

  Channel li_na, wang_fang, coach;
};

TEST_F(ForumServiceTest, AQuestionHasOneAcceptedAnswerWhichWhoAskedOrStaffChooses) {
  const std::string asked = ask(li_na, "How many days?");
  const std::string first = answer(wang_fang, asked), second = answer(coach, asked);
  const grpc::Status refused = accept(wang_fang, first);
  EXPECT_EQ(problem(refused).reason, "PERMISSION_DENIED");
  EXPECT_THAT(refused.error_message() + refused.error_details(), ::testing::Not(::testing::HasSubstr("li.na")))
      << "who asked is an alias to others";
  EXPECT_TRUE(accept(li_na, first).ok());
  EXPECT_EQ(get(li_na, asked).accepted_answer_id(), first);
  EXPECT_TRUE(accept(coach, second).ok());
  EXPECT_EQ(get(wang_fang, asked).accepted_answer_id(), second);
  const auto all = answers(wang_fang, asked);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[0].accepted());
  EXPECT_TRUE(all[1].accepted());
}

TEST_F(ForumServiceTest, MembersKnowEachOtherByAliasesAndStaffByName) {
  const std::string asked = ask(li_na, "How many days?");
  answer(wang_fang, asked);
  answer(coach, asked);
  const v1::ForumQuestion seen = get(wang_fang, asked);
  EXPECT_THAT(seen.author_alias(), StartsWith("m-"));
  EXPECT_EQ(seen.DebugString().find("li.na"), std::string::npos);
  EXPECT_FALSE(seen.own());
  EXPECT_TRUE(get(li_na, asked).own());
  EXPECT_EQ(get(coach, asked).author_id(), "li.na");
  const auto all = answers(li_na, asked);
  EXPECT_EQ(all[0].DebugString().find("wang.fang"), std::string::npos);
  EXPECT_NE(all[0].author_alias(), seen.author_alias());
  EXPECT_EQ(all[1].author_alias(), "") << "staff have none";
  EXPECT_EQ(get(wang_fang, ask(li_na, "Another")).author_alias(), seen.author_alias()) << "it stays the same";
}

TEST_F(ForumServiceTest, ACoachWhoIsAMemberWritesUnderAnAliasAndSeesTheirOwn) {
  bring_to("zhao.lei", v1::MEMBER_STATE_TRAINING);
  const Channel both = sign_in({v1::ROLE_COACH, v1::ROLE_AGENT}, "zhao.lei");
  const std::string asked = ask(both, "How many days?");
  EXPECT_THAT(get(li_na, asked).author_alias(), StartsWith("m-"));
  EXPECT_FALSE(get(li_na, asked).own());
  EXPECT_TRUE(get(both, asked).own());
  EXPECT_EQ(get(both, asked).author_id(), "zhao.lei") << "and sees authors, like staff";
  const std::string given = answer(both, ask(li_na, "Another"));
  EXPECT_EQ(problem(vote(both, given)).reason, "FORUM_OWN_ANSWER");
  v1::ListForumQuestionsRequest mine;
  mine.set_own(true);
  EXPECT_THAT(titles(both, mine), ElementsAre("How many days?"));
  ASSERT_TRUE(hide_question(asked).ok());
  EXPECT_TRUE(get(both, asked).hidden());
  const Channel desk_only = sign_in({v1::ROLE_SUPERVISOR, v1::ROLE_AGENT}, "no.member");
  EXPECT_EQ(get(li_na, ask(desk_only, "Third")).author_alias(), "") << "a desk does not make a member";
}

TEST_F(ForumServiceTest, TheAuditKeepsOfAVoteWhatItChanged) {
  const std::string given = answer(wang_fang, ask(li_na, "How many days?"));
  ASSERT_TRUE(vote(li_na, given).ok());
  v1::ListAuditEntriesRequest request;
  request.set_resource("forum-answer/" + given);
  v1::ListAuditEntriesResponse response;
  ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::ListAuditEntries, request, &response).ok());
  ASSERT_EQ(response.audit_entries_size(), 2);
  const v1::AuditEntry& voted = response.audit_entries(1);
  EXPECT_EQ(voted.action(), "VoteForumAnswer");
  EXPECT_EQ(voted.DebugString().find("I do."), std::string::npos);
  EXPECT_NE(voted.DebugString().find("helpfulCount"), std::string::npos);
}

TEST_F(ForumServiceTest, AMemberFindsAnAnswerHelpfulOnceAndNotItsOwn) {
  const std::string asked = ask(li_na, "How many days?");
  const std::string given = answer(wang_fang, asked);
  EXPECT_TRUE(vote(li_na, given).ok());
  EXPECT_TRUE(vote(li_na, given).ok());
  EXPECT_EQ(answers(li_na, asked)[0].helpful_count(), 1);
  EXPECT_TRUE(answers(li_na, asked)[0].helpful());
  EXPECT_FALSE(answers(wang_fang, asked)[0].helpful());
  EXPECT_EQ(problem(vote(wang_fang, given)).reason, "FORUM_OWN_ANSWER");
  EXPECT_EQ(problem(vote(backend.channel, given)).reason, "NOT_A_MEMBER");
  EXPECT_TRUE(vote(li_na, given, false).ok());
  EXPECT_EQ(answers(li_na, asked)[0].helpful_count(), 0);
}

TEST_F(ForumServiceTest, StaffVerifyAndMembersDoNot) {
  const std::string asked = ask(li_na, "How many days?");
  const std::string given = answer(wang_fang, asked);
  EXPECT_EQ(problem(verify(li_na, given)).reason, "PERMISSION_DENIED");
  EXPECT_TRUE(verify(coach, given).ok());
  EXPECT_TRUE(answers(li_na, asked)[0].verified());
}

TEST_F(ForumServiceTest, WhatIsHiddenIsNotThereForMembers) {
  const std::string asked = ask(li_na, "How many days?");
  const std::string given = answer(wang_fang, asked);
  EXPECT_TRUE(accept(li_na, given).ok());
  EXPECT_TRUE(hide_answer(given).ok());
  EXPECT_THAT(answers(li_na, asked), IsEmpty());
  EXPECT_EQ(get(li_na, asked).accepted_answer_id(), "") << "it is accepted no more";
  EXPECT_EQ(get(li_na, asked).answer_count(), 0);
  EXPECT_EQ(problem(vote(li_na, given)).reason, "FORUM_ANSWER_NOT_FOUND");
  EXPECT_EQ(problem(accept(li_na, given)).reason, "FORUM_ANSWER_NOT_FOUND");
  EXPECT_EQ(problem(accept(coach, given)).reason, "FORUM_POST_HIDDEN");
  ASSERT_EQ(answers(coach, asked).size(), 1U);
  EXPECT_EQ(answers(coach, asked)[0].hide_reason(), "it is wrong");
  EXPECT_TRUE(hide_answer(given, false).ok());
  EXPECT_EQ(answers(li_na, asked).size(), 1U);

  EXPECT_TRUE(hide_question(asked).ok());
  v1::GetForumQuestionRequest request;
  request.set_forum_question_id(asked);
  for (const Channel& member : {li_na, wang_fang}) {
    EXPECT_EQ(problem(read_as(member, &Forum::GetForumQuestion, request)).reason, "FORUM_QUESTION_NOT_FOUND");
    EXPECT_EQ(problem(change_as(member, &Forum::CreateForumAnswer, answer_to(asked))).reason,
              "FORUM_QUESTION_NOT_FOUND");
    EXPECT_THAT(found(member, ""), IsEmpty());
  }
  EXPECT_EQ(problem(vote(li_na, given)).reason, "FORUM_ANSWER_NOT_FOUND") << "nor are its answers";
  EXPECT_EQ(problem(change_as(coach, &Forum::CreateForumAnswer, answer_to(asked))).reason, "FORUM_POST_HIDDEN");
  EXPECT_THAT(found(coach, ""), ElementsAre("How many days?"));
}

TEST_F(ForumServiceTest, QuestionsAreFoundByTextAndTopicTheNewestFirst) {
  create_course("manners", {"hello"});
  publish_course("manners");
  ask(li_na, "Refund of 50%");
  const std::string late = ask(wang_fang, "退款要几天");
  auto about_course = question("Hello?", "");
  about_course.mutable_question()->set_course_id("manners");
  EXPECT_TRUE(change_as(wang_fang, &Forum::CreateForumQuestion, about_course).ok());
  EXPECT_THAT(found(li_na, ""), ElementsAre("Hello?", "退款要几天", "Refund of 50%"));
  EXPECT_THAT(found(li_na, "rEFUND"), ElementsAre("Refund of 50%"));
  EXPECT_THAT(found(li_na, "50%"), ElementsAre("Refund of 50%"));
  EXPECT_THAT(found(li_na, "5%0"), IsEmpty()) << "wild cards are taken as they are";
  EXPECT_THAT(found(li_na, "退款"), ElementsAre("退款要几天"));
  EXPECT_EQ(found(li_na, "谁知道").size(), 3U) << "the body is looked through, too";
  v1::ListForumQuestionsRequest request;
  request.set_course_id("manners");
  EXPECT_THAT(titles(li_na, request), ElementsAre("Hello?"));
  request.Clear();
  request.set_own(true);
  EXPECT_THAT(titles(li_na, request), ElementsAre("Refund of 50%"));
  EXPECT_TRUE(accept(wang_fang, answer(li_na, late)).ok());
  request.Clear();
  request.set_unsolved(true);
  EXPECT_THAT(titles(li_na, request), ElementsAre("Hello?", "Refund of 50%"));
  request.Clear();
  request.set_page_size(2);
  v1::ListForumQuestionsResponse first;
  ASSERT_TRUE(read_as(li_na, &Forum::ListForumQuestions, request, &first).ok());
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(titles(li_na, request), ElementsAre("Refund of 50%"));
}

TEST_F(ForumServiceTest, AMemberPostsTwentyTimesADayHoweverManyAtOnceAndStaffAsOftenAsTheyLike) {
  const std::string asked = ask(coach, "What do you think?");
  constexpr int kTries = 26;
  std::vector<v1::CreateForumAnswerRequest> requests(kTries, answer_to(asked));
  for (auto& each : requests) each.set_request_id(new_request_id());
  std::atomic<int> posted = 0, refused = 0;
  std::vector<std::thread> threads;
  threads.reserve(kTries);
  for (const auto& each : requests) {
    threads.emplace_back([&, each] {
      const grpc::Status status = change_as(li_na, &Forum::CreateForumAnswer, each);
      (status.ok() ? posted : refused)++;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(posted, 20);
  EXPECT_EQ(refused, kTries - 20);
  const Problem limit = problem(change_as(li_na, &Forum::CreateForumQuestion, question("One more")));
  EXPECT_EQ(limit.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(limit.reason, "FORUM_LIMIT");
  EXPECT_TRUE(limit.says_when_to_retry);
  EXPECT_TRUE(change_as(wang_fang, &Forum::CreateForumAnswer, answer_to(asked)).ok());
  for (int i = 0; i < 21; ++i) answer(coach, asked);
  // Of a day ago, they count no more.
  backend.back_office->pool()
      .submit("platform",
              [](store::TenantTransaction& t) {
                t.sql().exec("UPDATE forum_answer SET create_time = create_time - interval '25 hours'");
              })
      .get();
  EXPECT_TRUE(change_as(li_na, &Forum::CreateForumQuestion, question("One more")).ok());
}

TEST_F(ForumServiceTest, WhoDoesNotLearnDoesNotPostAndDraftsAreNotAskedAbout) {
  create_course("draft", {"x"});
  auto about_draft = question("Draft?");
  about_draft.mutable_question()->set_course_id("draft");
  EXPECT_EQ(problem(change_as(li_na, &Forum::CreateForumQuestion, about_draft)).reason, "COURSE_NOT_FOUND");
  EXPECT_TRUE(change_as(coach, &Forum::CreateForumQuestion, about_draft).ok());
  bring_to("early", v1::MEMBER_STATE_VERIFIED);
  const Channel early = sign_in(v1::ROLE_AGENT, "early");
  EXPECT_EQ(problem(change_as(early, &Forum::CreateForumQuestion, question("Early?"))).reason, "MEMBER_WRONG_STATE");
}

TEST_F(ForumServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateForumQuestionRequest request;
  request.mutable_question()->set_body(std::string(8'001, 'x'));
  EXPECT_THAT(problem(change_as(li_na, &Forum::CreateForumQuestion, request)).fields,
              ElementsAre("question.title", "question.body", "question"));
  EXPECT_THAT(problem(change_as(li_na, &Forum::CreateForumAnswer, answer_to("1", ""))).fields,
              ElementsAre("answer.body"));
  EXPECT_EQ(problem(change_as(li_na, &Forum::CreateForumAnswer, answer_to("999"))).reason, "FORUM_QUESTION_NOT_FOUND");
  v1::HideForumAnswerRequest hide;
  hide.set_hidden(true);
  EXPECT_THAT(problem(change_as(coach, &Forum::HideForumAnswer, hide)).fields, ElementsAre("reason"));
  EXPECT_EQ(problem(hide_answer("999")).reason, "FORUM_ANSWER_NOT_FOUND");
  EXPECT_EQ(problem(hide_question("x")).reason, "FORUM_QUESTION_NOT_FOUND");
}

}  // namespace
}  // namespace muster::testing
