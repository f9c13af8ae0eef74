#include "questions.h"

#include <set>

#include "fold.h"
#include "options.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::Refusal;
using api::sets;

constexpr int kPointsMax = 100;
constexpr int kGroupsMax = 20;
constexpr int kKeywordsMax = 20;
constexpr std::size_t kTextBytesMax = 4'000;
constexpr std::size_t kKeywordBytesMax = 100;

/// The identifiers of the options that there are.
std::set<std::string> check_choices(const v1::Question& question, Checker& check) {
  if (question.kind() == v1::QUESTION_KIND_TRUE_FALSE || question.kind() == v1::QUESTION_KIND_TEXT) {
    check.expect(question.options().empty(), "question.options", "are for questions with a choice");
    if (question.kind() == v1::QUESTION_KIND_TEXT) return {};
    return {"true", "false"};
  }
  return check_options("question.options", question.options(), check);
}

void check_right_options(const v1::Question& question, const std::set<std::string>& options, Checker& check) {
  const auto& ids = question.key().option_ids();
  const int most = question.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE ? kOptionsMax : 1;
  if (!check.count("question.key.option_ids", ids.size(), 1, most)) return;
  std::set<std::string> seen;
  for (int i = 0; i < ids.size(); ++i) {
    check.expect(options.contains(ids[i]), indexed("question.key.option_ids", i), "is none of the options");
    check.expect(seen.insert(ids[i]).second, indexed("question.key.option_ids", i), "is there twice");
  }
}

void check_keywords(const v1::AnswerKey& key, Checker& check) {
  if (!check.count("question.key.keyword_groups", key.keyword_groups_size(), 1, kGroupsMax)) return;
  for (int i = 0; i < key.keyword_groups_size(); ++i) {
    const std::string path = indexed("question.key.keyword_groups", i) + ".keywords";
    const auto& keywords = key.keyword_groups(i).keywords();
    if (!check.count(path, keywords.size(), 1, kKeywordsMax)) continue;
    for (int j = 0; j < keywords.size(); ++j) {
      const bool blank = folded(keywords[j]).empty();
      check.expect(!blank && keywords[j].find('\n') == std::string::npos, indexed(path, j),
                   "must be one line that is not blank");
      check.text(indexed(path, j), keywords[j], kKeywordBytesMax);
    }
  }
}

void check_bank(const v1::QuestionBank& bank, Checker& check) {
  check.id("bank.bank_id", bank.bank_id());
  api::check_name("bank.display_name", bank.display_name(), check);
}

v1::QuestionBank bank_named(TenantTransaction& t, const std::string& bank_id) {
  return found(find_bank(t, bank_id), "QUESTION_BANK", "bank_id", bank_id);
}
v1::Question question_named(TenantTransaction& t, const std::string& question_id) {
  return found(find_question(t, number_of(question_id)), "QUESTION", "question_id", question_id);
}

std::string name_of(const v1::QuestionBank& bank) { return "question-bank/" + bank.bank_id(); }
std::string name_of(const v1::Question& question) { return "question/" + question.question_id(); }

void set_defaults(v1::Question& question) {
  if (question.points() == 0) question.set_points(1);
  if (question.kind() == v1::QUESTION_KIND_TEXT && question.key().keyword_rule() == v1::KEYWORD_RULE_UNSPECIFIED) {
    question.mutable_key()->set_keyword_rule(v1::KEYWORD_RULE_ALL);
  }
}

void merge(const v1::Question& from, const google::protobuf::FieldMask& mask, v1::Question& question) {
  if (sets(&mask, "kind")) question.set_kind(from.kind());
  if (sets(&mask, "text")) question.set_text(from.text());
  if (sets(&mask, "options")) *question.mutable_options() = from.options();
  if (sets(&mask, "key")) *question.mutable_key() = from.key();
  if (sets(&mask, "points")) question.set_points(from.points());
}

}  // namespace

void check_question(const v1::Question& question, Checker& check) {
  const bool known = v1::QuestionKind_IsValid(question.kind()) && question.kind() != v1::QUESTION_KIND_UNSPECIFIED;
  if (!check.expect(known, "question.kind", "must be one of the kinds")) return;
  check.expect(!question.text().empty(), "question.text", "must not be empty");
  check.text("question.text", question.text(), kTextBytesMax);
  check.number("question.points", question.points(), 1, kPointsMax);
  check.expect(v1::KeywordRule_IsValid(question.key().keyword_rule()), "question.key.keyword_rule",
               "must be one of the rules");
  const std::set<std::string> options = check_choices(question, check);
  if (question.kind() == v1::QUESTION_KIND_TEXT) {
    check.expect(question.key().option_ids().empty(), "question.key.option_ids", "are for questions with a choice");
    check_keywords(question.key(), check);
  } else {
    check.expect(question.key().keyword_groups().empty(), "question.key.keyword_groups", "are for texts");
    check_right_options(question, options, check);
  }
}

// --- checks ---

void check(v1::CreateQuestionBankRequest& request, Checker& check) { check_bank(request.bank(), check); }

void check(v1::UpdateQuestionBankRequest& request, Checker& check) {
  api::check_mask(request.update_mask(), {"display_name"}, check);
  check_bank(request.bank(), check);
}

void check(v1::CreateQuestionRequest& request, Checker& check) {
  check.id("question.bank_id", request.question().bank_id());
  set_defaults(*request.mutable_question());
  check_question(request.question(), check);
}

void check(v1::UpdateQuestionRequest& request, Checker& check) {
  api::check_mask(request.update_mask(), {"kind", "text", "options", "key", "points"}, check);
}

void check(v1::RetireQuestionRequest&, Checker&) {}

// --- changes ---

v1::CreateQuestionBankResponse carry_out(TenantTransaction& t, const v1::CreateQuestionBankRequest& request,
                                         const By& by) {
  const v1::QuestionBank& bank = request.bank();
  if (!insert_bank(t, bank, by.now)) throw Refusal(api::already_exists("QUESTION_BANK", "bank_id", bank.bank_id()));
  v1::CreateQuestionBankResponse response;
  *response.mutable_bank() = bank_named(t, bank.bank_id());
  by.changed(name_of(bank), nullptr, &response.bank());
  return response;
}

v1::UpdateQuestionBankResponse carry_out(TenantTransaction& t, const v1::UpdateQuestionBankRequest& request,
                                         const By& by) {
  const v1::QuestionBank before = bank_named(t, request.bank().bank_id());
  update_bank(t, request.bank());
  v1::UpdateQuestionBankResponse response;
  *response.mutable_bank() = bank_named(t, request.bank().bank_id());
  by.changed(name_of(before), &before, &response.bank());
  return response;
}

v1::CreateQuestionResponse carry_out(TenantTransaction& t, const v1::CreateQuestionRequest& request, const By& by) {
  v1::Question question = request.question();
  static_cast<void>(bank_named(t, question.bank_id()));
  question.set_version(1);
  const std::int64_t id = insert_question(t, question);
  v1::CreateQuestionResponse response;
  *response.mutable_question() = *find_question(t, id);
  by.changed(name_of(response.question()), nullptr, &response.question());
  return response;
}

v1::UpdateQuestionResponse carry_out(TenantTransaction& t, const v1::UpdateQuestionRequest& request, const By& by) {
  const v1::Question before = question_named(t, request.question().question_id());
  v1::Question question = before;
  merge(request.question(), request.update_mask(), question);
  set_defaults(question);
  Checker checker;
  check_question(question, checker);
  if (!checker.ok()) throw Refusal(checker.error());
  question.set_version(before.version() + 1);
  insert_version(t, number_of(question.question_id()), question);
  by.changed(name_of(question), &before, &question);
  v1::UpdateQuestionResponse response;
  *response.mutable_question() = question;
  return response;
}

v1::RetireQuestionResponse carry_out(TenantTransaction& t, const v1::RetireQuestionRequest& request, const By& by) {
  const v1::Question before = question_named(t, request.question_id());
  retire_question(t, number_of(before.question_id()), by.now);
  v1::RetireQuestionResponse response;
  *response.mutable_question() = before;
  response.mutable_question()->set_retired(true);
  by.changed(name_of(before), &before, &response.question());
  return response;
}

}  // namespace muster::academy
