#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/forum_service.grpc.pb.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ForumService::Stub;

template <class Post>
std::string author_text(const Post& post) {
  const std::string alias = post.author_alias().empty() ? tr("staff") : post.author_alias();
  return alias + reason_in_brackets(post.own() ? tr("yourself") : post.author_id());
}

std::string topic_text(const v1::ForumQuestion& question) {
  std::vector<std::string> topics;
  for (const std::string& each : {question.course_id(), question.skill_id()}) {
    if (!each.empty()) topics.push_back(each);
  }
  return join(topics);
}

std::string state_text(const v1::ForumQuestion& question) {
  if (question.hidden()) return tr("hidden") + reason_in_brackets(question.hide_reason());
  return question.accepted_answer_id().empty() ? tr("unsolved") : tr("solved");
}

/// The line above an answer.
std::string heading(const v1::ForumAnswer& answer) {
  std::string text = answer.forum_answer_id() + "  " + author_text(answer) + "  " + when(answer.create_time());
  if (answer.accepted()) text += "  " + tr("accepted answer");
  if (answer.verified()) text += "  " + tr("verified");
  if (answer.helpful_count() > 0) text += "  " + say("helpful: {0}", answer.helpful_count());
  if (answer.hidden()) text += "  " + tr("hidden") + reason_in_brackets(answer.hide_reason());
  return text;
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists and searches questions, the newest first"),
                                  "  muster forum list --text 退款 --unsolved");
  FieldFlags flags(command, v1::ListForumQuestionsRequest::descriptor());
  flags.add("--text", "text", tr("Only those that hold this text"));
  flags.add("--course", "course_id", tr("Only about this course"));
  flags.add("--skill", "skill_id", tr("Only about this skill"));
  flags.add("--unsolved", "unsolved", tr("Only those without an accepted answer"));
  flags.add("--own", "own", tr("Only what you asked yourself"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListForumQuestionsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListForumQuestions, request, limit_of(command), "questions");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Question no.")},
                 {tr("Title")},
                 {tr("Topic")},
                 {tr("Author")},
                 {tr("Answers"), true},
                 {tr("State")},
                 {tr("Asked")}});
    for (const v1::ForumQuestion& each : response.questions()) {
      table.add({each.forum_question_id(), each.title(), topic_text(each), author_text(each),
                 std::to_string(each.answer_count()), state_text(each), when(each.create_time())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void show(Context& context, const v1::ForumQuestion& question, const v1::ListForumAnswersResponse& answers) {
  print_details(context.out, {{tr("Question no."), question.forum_question_id()},
                              {tr("Title"), question.title()},
                              {tr("Topic"), topic_text(question)},
                              {tr("Author"), author_text(question)},
                              {tr("State"), state_text(question)},
                              {tr("Asked"), when(question.create_time())}});
  context.out << '\n';
  print_lines(context.out, question.body());
  for (const v1::ForumAnswer& each : answers.answers()) {
    context.out << '\n' << printable(heading(each)) << '\n';
    print_lines(context.out, each.body());
  }
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows a question and its answers"), "  muster forum get 12");
  add_id(command, tr("Number of the question"));
  on_run(command, context, [&context, &command] {
    v1::GetForumQuestionRequest request;
    request.set_forum_question_id(id_of(command));
    const auto question = context.call(&Stub::GetForumQuestion, request);
    v1::ListForumAnswersRequest list;
    list.set_forum_question_id(id_of(command));
    const auto answers = list_pages(context, &Stub::ListForumAnswers, list, 0, "answers");
    if (context.options.json) {
      context.print_json(question);
      context.print_json(answers);
    } else {
      show(context, question.question(), answers);
    }
    return kDone;
  });
}

void add_ask(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "ask", tr("Asks a question about a course or a skill"),
                  "  muster forum ask --skill refunds-certified --title 几天内可以退货？ --body 生鲜商品也是七天吗？");
  FieldFlags flags(command, v1::ForumQuestion::descriptor());
  flags.add("--title", "title", tr("The question in short"))->required();
  flags.add("--body", "body", tr("The question at length"))->required();
  flags.add("--course", "course_id", tr("Course that it is about"));
  flags.add("--skill", "skill_id", tr("Skill that it is about"));
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::CreateForumQuestionRequest request;
    fill(*request.mutable_question());
    const auto response = context.call(&Stub::CreateForumQuestion, request);
    return acknowledge(context, response, say("Question {0} asked.", response.question().forum_question_id()));
  });
}

void add_answer(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "answer", tr("Gives an answer to a question"), "  muster forum answer 12 --body 生鲜除外。");
  add_id(command, tr("Number of the question"));
  FieldFlags flags(command, v1::ForumAnswer::descriptor());
  flags.add("--body", "body", tr("The answer"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CreateForumAnswerRequest request;
    fill(*request.mutable_answer());
    request.mutable_answer()->set_forum_question_id(id_of(command));
    const auto response = context.call(&Stub::CreateForumAnswer, request);
    return acknowledge(context, response, say("Answer {0} given.", response.answer().forum_answer_id()));
  });
}

/// A command about one answer, which `fill` makes a request of.
template <class Method, class Fill>
void add_about_answer(CLI::App& group, Context& context, const std::string& name, const std::string& help,
                      Method method, const Fill& fill, const char* said) {
  CLI::App& command = add_command(group, name, help, "  muster forum " + name + " 34");
  add_id(command, tr("Number of the answer"));
  on_run(command, context, [&context, &command, method, fill, said] {
    typename MethodTraits<Method>::Request request;
    request.set_forum_answer_id(id_of(command));
    fill(request);
    return acknowledge(context, context.call(method, request), say(said, id_of(command)));
  });
}

void add_judgements(CLI::App& group, Context& context) {
  const auto nothing = [](auto&) {};
  add_about_answer(group, context, "accept", tr("Accepts an answer, in place of the one before"),
                   &Stub::AcceptForumAnswer, nothing, noop("Answer {0} accepted."));
  const auto verify = [](bool verified) { return [verified](auto& request) { request.set_verified(verified); }; };
  add_about_answer(group, context, "verify", tr("Marks an answer as verified"), &Stub::VerifyForumAnswer, verify(true),
                   noop("Answer {0} verified."));
  add_about_answer(group, context, "unverify", tr("Takes back that an answer is verified"), &Stub::VerifyForumAnswer,
                   verify(false), noop("Answer {0} is not verified any more."));
  const auto vote = [](bool helpful) { return [helpful](auto& request) { request.set_helpful(helpful); }; };
  add_about_answer(group, context, "helpful", tr("Tells that an answer was helpful"), &Stub::VoteForumAnswer,
                   vote(true), noop("Answer {0} was helpful to you."));
  add_about_answer(group, context, "not-helpful", tr("Takes back that an answer was helpful"), &Stub::VoteForumAnswer,
                   vote(false), noop("Answer {0} was not helpful to you."));
}

void hide(Context& context, const std::string& what, const std::string& id, const std::string& reason, bool hidden) {
  const auto fill = [&](auto request) {
    request.set_hidden(hidden);
    request.set_reason(reason);
    return request;
  };
  if (what == "question") {
    auto request = fill(v1::HideForumQuestionRequest());
    request.set_forum_question_id(id);
    acknowledge(context, context.call(&Stub::HideForumQuestion, request),
                hidden ? say("Question {0} hidden.", id) : say("Question {0} is shown again.", id));
  } else {
    auto request = fill(v1::HideForumAnswerRequest());
    request.set_forum_answer_id(id);
    acknowledge(context, context.call(&Stub::HideForumAnswer, request),
                hidden ? say("Answer {0} hidden.", id) : say("Answer {0} is shown again.", id));
  }
}

void add_hide(CLI::App& group, Context& context, bool hidden) {
  CLI::App& command =
      hidden ? add_command(group, "hide", tr("Hides a question or an answer from members"),
                           "  muster forum hide answer 34 --reason 内容有误")
             : add_command(group, "unhide", tr("Shows again what was hidden"), "  muster forum unhide answer 34");
  auto what = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  command.add_option("WHAT", *what, tr("question or answer"))->required()->check(CLI::IsMember({"question", "answer"}));
  add_id(command, tr("Its number"));
  if (hidden) command.add_option("--reason", *reason, tr("Why"))->required()->type_name("TEXT");
  on_run(command, context, [&context, &command, what, reason, hidden] {
    hide(context, *what, id_of(command), *reason, hidden);
    return kDone;
  });
}

}  // namespace

void add_forum_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "forum", tr("Questions about courses and skills, and answers"),
                              "  muster forum list --unsolved\n"
                              "  muster forum answer 12 --body 生鲜除外。\n"
                              "  muster forum accept 34");
  add_list(group, context);
  add_get(group, context);
  add_ask(group, context);
  add_answer(group, context);
  add_judgements(group, context);
  add_hide(group, context, true);
  add_hide(group, context, false);
}

}  // namespace muster::cli
