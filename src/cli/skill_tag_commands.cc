#include <fmt/format.h>

#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::SkillTagService::Stub;

std::string level_text(bool has, int level) { return has ? std::to_string(level) : "-"; }
/// Thousandths of a point: "81.162".
std::string points(int thousandths) { return fmt::format("{}.{:03}", thousandths / 1'000, thousandths % 1'000); }

// --- kinds ---

/// "training 20, quality 80".
std::string weights_text(const v1::SkillTagRules& rules) {
  std::vector<std::string> parts;
  for (const v1::InputRules& input : rules.inputs()) {
    parts.push_back(word(input.input()) + " " + std::to_string(input.weight()));
  }
  return join(parts);
}

struct SkillTagKindKind : ResourceDefaults {
  using Message = v1::SkillTagKind;
  static constexpr auto kCreate = &Stub::CreateSkillTagKind;
  static constexpr auto kGet = &Stub::GetSkillTagKind;
  static constexpr auto kUpdate = &Stub::UpdateSkillTagKind;
  static constexpr auto kList = &Stub::ListSkillTagKinds;
  static constexpr const char* kNoun = "kind";
  static constexpr const char* kIdField = "skill_id";
  static constexpr const char* kPlural = "kinds";
  static constexpr const char* kCommand = "skill-tags";
  static constexpr const char* kExampleId = "refunds";
  static constexpr const char* kExampleCreate = "refunds --name 退款 --file refunds.json";
  static constexpr const char* kExampleUpdate = "refunds --file refunds.json";

  static ResourceHelp help() {
    return {tr("Lists the kinds of skill tags"), tr("Shows a kind of skill tags"),
            tr("Creates a kind of skill tags: the level of its skill comes from evidence"),
            tr("Changes a kind; new rules compute all levels anew in the background"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Skill")},         {tr("Name")},          {tr("Weights")},
            {tr("Version"), true}, {tr("Members"), true}, {tr("Waiting"), true}};
  }
  static std::vector<std::string> row(const Message& kind) {
    return {kind.skill_id(),
            kind.display_name(),
            weights_text(kind.rules()),
            std::to_string(kind.version()),
            std::to_string(kind.member_count()),
            std::to_string(kind.waiting_count())};
  }
  static Details details(const Message& kind) {
    Details details{
        {tr("Skill"), kind.skill_id()}, {tr("Name"), kind.display_name()}, {tr("Weights"), weights_text(kind.rules())}};
    for (const v1::LevelRule& rule : kind.rules().rules()) {
      details.emplace_back(tr("Rule"), rule.name() + ": " + word(rule.action()));
    }
    details.insert(details.end(), {{tr("Version"), std::to_string(kind.version())},
                                   {tr("Members"), std::to_string(kind.member_count())},
                                   {tr("Waiting"), std::to_string(kind.waiting_count())},
                                   {tr("Created"), when(kind.create_time())}});
    return details;
  }
  static auto add_source(CLI::App& command) {
    return json_source<Message>(command, kIdField, tr("The kind with its rules as JSON; the other flags go over it"));
  }
  static void bind(FieldFlags& flags, bool) { flags.add("--name", "display_name", tr("Name shown to people")); }
};

// --- evidence ---

/// What came of one record. Throws CallFailed if it was refused.
std::string outcome_text(const v1::RecordEvidenceResponse::Result& result) {
  using Result = v1::RecordEvidenceResponse::Result;
  switch (result.outcome()) {
    case Result::OUTCOME_RECORDED:
      return tr("Recorded.");
    case Result::OUTCOME_CORRECTED:
      return tr("Corrected: it was there with other values.");
    case Result::OUTCOME_UNCHANGED:
      return tr("Unchanged: it was there just so.");
    default:
      throw CallFailed(grpc::Status(static_cast<grpc::StatusCode>(result.error().code()), result.error().message(),
                                    result.error().SerializeAsString()));
  }
}

void add_record(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "record", tr("Records what is known of a member's skill"),
      "  muster evidence record --member li.na --skill refunds --input quality --score 90 --reference review/17");
  FieldFlags flags(command, v1::Evidence::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member"))->required();
  flags.add("--skill", "skill_id", tr("Identifier of the skill"))->required();
  flags.add("--input", "input", tr("Input that it is of"))->required();
  flags.add("--score", "score", tr("Score, 0 to 100"))->required();
  flags.add("--samples", "sample_count", tr("How many samples the score is the mean of (1)"));
  flags.add("--reference", "reference", tr("What it comes from; each counts once"))->required();
  flags.add("--time", "evidence_time", tr("When it was so (now)"));
  flags.add("--expires", "expire_time", tr("From then on it does not count (never)"));
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::RecordEvidenceRequest request;
    fill(*request.add_evidence());
    const auto response = context.call(&Stub::RecordEvidence, request);
    return acknowledge(context, response, outcome_text(response.results(0)));
  });
}

void add_evidence_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists evidence"),
                                  "  muster evidence list --member li.na --skill refunds --input quality");
  FieldFlags flags(command, v1::ListEvidenceRequest::descriptor());
  flags.add("--member", "member_id", tr("Only that of this member"));
  flags.add("--skill", "skill_id", tr("Only that of this skill"));
  flags.add("--input", "input", tr("Only that of this input"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListEvidenceRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListEvidence, request, limit_of(command), "evidence");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("When")},
                 {tr("Member")},
                 {tr("Skill")},
                 {tr("Input")},
                 {tr("Score"), true},
                 {tr("Samples"), true},
                 {tr("Reference")},
                 {tr("By")}});
    for (const v1::Evidence& each : response.evidence()) {
      table.add({when(each.evidence_time()), each.member_id(), each.skill_id(), word(each.input()),
                 std::to_string(each.score()), std::to_string(each.sample_count()), each.reference(), each.actor()});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

// --- members' levels ---

std::string state_of(const v1::MemberSkill& skill) {
  std::vector<std::string> parts;
  if (skill.retraining_requested()) parts.push_back(tr("retraining wanted"));
  if (skill.waiting()) parts.push_back(tr("is computed anew"));
  return join(parts);
}

std::string due_text(const v1::MemberSkill& skill) { return skill.has_due_time() ? when(skill.due_time()) : "-"; }

void add_skills(CLI::App& members, Context& context) {
  CLI::App& command =
      add_command(members, "skills", tr("Lists a member's skills from evidence"), "  muster members skills li.na");
  add_id(command, tr("Identifier of the member"));
  add_limit(command);
  on_run(command, context, [&context, &command] {
    v1::ListMemberSkillsRequest request;
    request.set_member_id(id_of(command));
    const auto response = list_pages(context, &Stub::ListMemberSkills, request, limit_of(command), "skills");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Skill")}, {tr("Name")}, {tr("Level"), true}, {tr("Since")}, {tr("May change")}, {tr("State")}});
    for (const v1::MemberSkill& each : response.skills()) {
      table.add({each.skill_id(), each.display_name(), level_text(each.has_level(), each.level()),
                 when(each.compute_time()), due_text(each), state_of(each)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void print_explanation(std::ostream& out, const v1::LevelExplanation& explanation) {
  Table table({{tr("Input")},
               {tr("Weight"), true},
               {tr("Samples"), true},
               {tr("Statistic"), true},
               {tr("Days"), true},
               {tr("Value"), true},
               {tr("Contribution"), true}});
  for (const v1::InputExplanation& input : explanation.inputs()) {
    table.add({word(input.input()), std::to_string(input.weight()), std::to_string(input.sample_count()),
               points(input.statistic()), std::to_string(input.days()), points(input.value()),
               input.missing() ? tr("missing") : points(input.contribution())});
  }
  out << '\n';
  table.print(out);
  for (const v1::RuleExplanation& rule : explanation.rules()) {
    out << say("Rule “{0}” {1}: {2}.", rule.name(), word(rule.action()), level_text(rule.has_level(), rule.level()))
        << '\n';
  }
}

void add_explain(CLI::App& members, Context& context) {
  CLI::App& command = add_command(members, "explain-skill", tr("Says how a member's level came about"),
                                  "  muster members explain-skill li.na --skill refunds");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::ExplainMemberSkillRequest::descriptor());
  flags.add("--skill", "skill_id", tr("Identifier of the skill"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ExplainMemberSkillRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    const auto response = context.call(&Stub::ExplainMemberSkill, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const v1::MemberSkill& skill = response.skill();
    const v1::LevelExplanation& explanation = skill.explanation();
    print_details(context.out,
                  {{tr("Skill"), skill.skill_id()},
                   {tr("Level"), level_text(skill.has_level(), skill.level())},
                   {tr("From inputs"), level_text(explanation.has_computed_level(), explanation.computed_level())},
                   {tr("Rules"), say("version {0}", skill.version())},
                   {tr("Since"), when(skill.compute_time())},
                   {tr("May change"), due_text(skill)},
                   {tr("State"), state_of(skill)}});
    print_explanation(context.out, explanation);
    return kDone;
  });
}

void add_levels(CLI::App& members, Context& context) {
  CLI::App& command = add_command(members, "levels", tr("Lists how a member's levels changed"),
                                  "  muster members levels li.na --skill refunds");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::ListLevelTransitionsRequest::descriptor());
  flags.add("--skill", "skill_id", tr("Only those of this skill"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListLevelTransitionsRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    const auto response = list_pages(context, &Stub::ListLevelTransitions, request, limit_of(command), "transitions");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table(
        {{tr("When")}, {tr("Skill")}, {tr("From"), true}, {tr("To"), true}, {tr("Because")}, {tr("Version"), true}});
    for (const v1::LevelTransition& each : response.transitions()) {
      table.add({when(each.transition_time()), each.skill_id(), level_text(each.has_from_level(), each.from_level()),
                 level_text(each.has_to_level(), each.to_level()), word(each.cause()), std::to_string(each.version())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

// --- industries ---

std::string skills_text(const v1::Industry& industry) {
  std::vector<std::string> parts;
  for (const v1::SkillWeight& skill : industry.skills()) {
    parts.push_back(skill.skill_id() + " " + std::to_string(skill.weight()));
  }
  return join(parts);
}

struct IndustryKind : ResourceDefaults {
  using Message = v1::Industry;
  static constexpr auto kCreate = &Stub::CreateIndustry;
  static constexpr auto kGet = &Stub::GetIndustry;
  static constexpr auto kUpdate = &Stub::UpdateIndustry;
  static constexpr auto kList = &Stub::ListIndustries;
  static constexpr auto kDelete = &Stub::DeleteIndustry;
  static constexpr const char* kNoun = "industry";
  static constexpr const char* kPlural = "industries";
  static constexpr const char* kExampleId = "retail";
  static constexpr const char* kExampleCreate = "retail --name 零售 --skill refunds=60 --skill english=40";
  static constexpr const char* kExampleUpdate = "retail --skill refunds=100";

  static ResourceHelp help() {
    return {tr("Lists the industries"), tr("Shows an industry"),
            tr("Creates an industry, by the skills that it asks for"),
            tr("Changes an industry; --skill replaces all its skills"), tr("Deletes an industry")};
  }
  static std::vector<Table::Column> titles() { return {{tr("Industry")}, {tr("Name")}, {tr("Skills")}}; }
  static std::vector<std::string> row(const Message& industry) {
    return {industry.industry_id(), industry.display_name(), skills_text(industry)};
  }
  static Details details(const Message& industry) {
    return {{tr("Industry"), industry.industry_id()},
            {tr("Name"), industry.display_name()},
            {tr("Skills"), skills_text(industry)},
            {tr("Created"), when(industry.create_time())}};
  }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    flags.add("--skill", "skills", tr("A skill and its weight, 1 to 100. Repeat it"))->required(creating);
  }
};

/// Fits of one member or of one industry, as the method lists them.
template <class Method>
void add_fits(CLI::App& group, Context& context, const std::string& name, const std::string& help,
              const std::string& example, const std::string& id_help, Method method) {
  CLI::App& command = add_command(group, name, help, example);
  add_id(command, id_help);
  add_limit(command);
  on_run(command, context, [&context, &command, method] {
    typename MethodTraits<Method>::Request request;
    const auto* id = request.GetDescriptor()->FindFieldByNumber(1);
    request.GetReflection()->SetString(&request, id, id_of(command));
    const auto response = list_pages(context, method, request, limit_of(command), "fits");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Industry")}, {tr("Member")}, {tr("Fit"), true}, {tr("Known"), true}, {tr("Missing")}});
    for (const v1::IndustryFit& fit : response.fits()) {
      const std::vector<std::string> missing(fit.missing_skill_ids().begin(), fit.missing_skill_ids().end());
      table.add({fit.industry_id(), fit.member_id(), std::to_string(fit.fit()), std::to_string(fit.known()) + " %",
                 join(missing)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace

void add_skill_tag_commands(CLI::App& program, Context& context) {
  ResourceCommands<SkillTagKindKind>::add(
      add_group(program, "skill-tags", tr("Skills whose levels come from evidence"),
                "  muster skill-tags create refunds --name 退款 --file refunds.json\n  muster skill-tags list"),
      context);
  CLI::App& evidence =
      add_group(program, "evidence", tr("What is known of members' skills"), "  muster evidence list --member li.na");
  add_record(evidence, context);
  add_evidence_list(evidence, context);
  CLI::App& industries = add_group(program, "industries", tr("Lines of business, and who fits them"),
                                   "  muster industries create retail --name 零售 --skill refunds=100\n"
                                   "  muster industries members retail --limit 10");
  ResourceCommands<IndustryKind>::add(industries, context);
  add_fits(industries, context, "fit", tr("Lists which industries a member fits, the best first"),
           "  muster industries fit li.na", tr("Identifier of the member"), &Stub::ListIndustryFit);
  add_fits(industries, context, "members", tr("Lists who fits an industry, the best first"),
           "  muster industries members retail --limit 10", tr("Identifier of the industry"),
           &Stub::ListIndustryMembers);
  CLI::App& members = *program.get_subcommand("members");
  add_skills(members, context);
  add_explain(members, context);
  add_levels(members, context);
}

}  // namespace muster::cli
