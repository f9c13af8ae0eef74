#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/tier_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::TierService::Stub;

std::string percent(int value) { return std::to_string(value) + "%"; }
/// What a bar asks; a dash: nothing.
std::string asked(int value) { return value == 0 ? "-" : std::to_string(value); }

std::string missed(const v1::TierBar& bar) {
  return bar.has_missed_percent() && bar.missed_percent() < 100 ? percent(bar.missed_percent()) : "-";
}
std::string mean(int value, int samples) {
  return samples == 0 ? "-" : std::to_string(value) + " (n=" + std::to_string(samples) + ")";
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists the tiers, their rights and what they ask of a month"),
                                  "  muster tiers list");
  on_run(command, context, [&context] {
    const auto response = context.call(&Stub::ListTiers, v1::ListTiersRequest());
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Tier"), true},
                 {tr("Name")},
                 {tr("Members"), true},
                 {tr("Chats"), true},
                 {tr("Priority"), true},
                 {tr("Early access"), true},
                 {tr("Contacts"), true},
                 {tr("Quality"), true},
                 {tr("Satisfaction"), true},
                 {tr("Missed"), true}});
    for (const v1::Tier& tier : response.tiers()) {
      const v1::TierBar& bar = tier.bar();
      table.add({std::to_string(tier.level()), tier.display_name(), std::to_string(tier.member_count()),
                 std::to_string(tier.chat_limit()), std::to_string(tier.priority()),
                 format_duration(from_proto(tier.early_access())), asked(bar.contacts()), asked(bar.quality()),
                 asked(bar.satisfaction()), missed(bar)});
    }
    table.print(context.out);
    return kDone;
  });
}

/// The tier as it is.
v1::Tier tier_now(Context& context, int level) {
  const auto response = context.call(&Stub::ListTiers, v1::ListTiersRequest());
  for (const v1::Tier& tier : response.tiers()) {
    if (tier.level() == level) return tier;
  }
  return {};
}

void add_update(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "update", tr("Changes a tier for all who have it"),
                                  "  muster tiers update 3 --chats 4 --early-access 36h\n"
                                  "  muster tiers update 3 --contacts 200 --quality 80");
  FieldFlags rights(command, v1::Tier::descriptor());
  rights.add("LEVEL", "level", tr("The tier, 0 to 6"))->required();
  rights.add("--name", "display_name", tr("Name shown to people"));
  rights.add("--chats", "chat_limit", tr("How many chats at once, 1 to 20"));
  rights.add("--priority", "priority", tr("Level of the skill member-tier, 0 to 100; 0: without it"));
  rights.add("--early-access", "early_access", tr("How long before others shifts can be claimed"));
  FieldFlags bar(command, v1::TierBar::descriptor());
  bar.add("--contacts", "contacts", tr("Contacts in a month, at least; 0: not asked"));
  bar.add("--quality", "quality", tr("Mean of the quality results, at least; 0: not asked"));
  bar.add("--satisfaction", "satisfaction", tr("Mean of what customers said, at least; 0: not asked"));
  bar.add("--missed", "missed_percent", tr("Percentage of offers missed, at most; 100: not asked"));
  on_run(command, context, [&context, fill = rights.filler(), fill_bar = bar.filler()] {
    v1::UpdateTierRequest request;
    v1::Tier& tier = *request.mutable_tier();
    for (const std::string& path : fill(tier).paths()) {
      if (path != "level") request.mutable_update_mask()->add_paths(path);
    }
    v1::TierBar asked;
    if (fill_bar(asked).paths_size() > 0) {
      *tier.mutable_bar() = tier_now(context, tier.level()).bar();
      fill_bar(*tier.mutable_bar());
      request.mutable_update_mask()->add_paths("bar");
    }
    const auto response = context.call(&Stub::UpdateTier, request);
    return acknowledge(context, response, say("Tier {0} is changed.", std::to_string(response.tier().level())));
  });
}

void add_set(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "set", tr("Sets a member's tier, past any review"),
                                  "  muster tiers set li.na 3 --reason \"came from another base\"");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::SetMemberTierRequest::descriptor());
  flags.add("LEVEL", "level", tr("The tier, 1 to 6"))->required();
  flags.add("--reason", "reason", tr("Reason, shown to the member"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::SetMemberTierRequest request;
    fill(request);
    request.set_member_id(id_of(command));
    const auto response = context.call(&Stub::SetMemberTier, request);
    const std::string level = std::to_string(response.tier().level());
    return acknowledge(context, response,
                       response.changed() ? say("{0} is in tier {1}.", request.member_id(), level)
                                          : say("{0} was in tier {1} already.", request.member_id(), level));
  });
}

Details review_details(const v1::TierReview& review) {
  const v1::TierResults& results = review.results();
  return {{tr("Month"), review.month()},
          {tr("Decision"), word(review.decision())},
          {tr("Of the tier's bar"), percent(review.own_percent())},
          {tr("Of the next bar"), percent(review.next_percent())},
          {tr("Contacts"), std::to_string(results.contacts())},
          {tr("Missed offers"), std::to_string(results.missed_offers()) + " / " + std::to_string(results.offers())},
          {tr("Quality"), mean(results.quality(), results.quality_samples())},
          {tr("Satisfaction"), mean(results.satisfaction(), results.satisfaction_samples())}};
}

void add_standing(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "standing", tr("Tells how a member stands this month, and what would be decided now"),
                  "  muster tiers standing li.na\n  muster tiers standing");
  FieldFlags flags(command, v1::GetTierStandingRequest::descriptor());
  flags.add("MEMBER", "member_id", tr("Identifier of the member; yourself if left out"));
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::GetTierStandingRequest request;
    fill(request);
    const auto response = context.call(&Stub::GetTierStanding, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Details details = {{tr("Tier"), std::to_string(response.tier().level())}};
    if (response.has_review()) {
      details.push_back({tr("Since"), when(response.tier_time())});
      for (auto& detail : review_details(response.review())) details.push_back(std::move(detail));
    }
    print_details(context.out, details);
    return kDone;
  });
}

void add_reviews(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "reviews", tr("Lists what reviews decided, and from what"),
                                  "  muster tiers reviews --member li.na\n"
                                  "  muster tiers reviews --appeal open");
  FieldFlags flags(command, v1::ListTierReviewsRequest::descriptor());
  flags.add("--member", "member_id", tr("Only those of this member"));
  flags.add("--month", "month", tr("Only those of this month, such as 2026-10"));
  flags.add("--decision", "decision", tr("Only those that decided this"));
  flags.add("--appeal", "appeal_state", tr("Only those with an appeal in this state"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListTierReviewsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListTierReviews, request, limit_of(command), "reviews");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Month")},
                 {tr("Member")},
                 {tr("Tier")},
                 {tr("Decision")},
                 {tr("Of the tier's bar"), true},
                 {tr("Of the next bar"), true},
                 {tr("Appeal")}});
    for (const v1::TierReview& each : response.reviews()) {
      table.add({each.month(), each.member_id(),
                 std::to_string(each.from_level()) + " → " + std::to_string(each.to_level()), word(each.decision()),
                 percent(each.own_percent()), percent(each.next_percent()), word(each.appeal().state())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_appeal(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "appeal", tr("Appeals against a review that lowered a tier, within 7 days"),
                                  "  muster tiers appeal 2026-10 --text \"I was ill from the 3rd on\"");
  FieldFlags flags(command, v1::AppealTierReviewRequest::descriptor());
  flags.add("MONTH", "month", tr("Month of the review, such as 2026-10"))->required();
  flags.add("--member", "member_id", tr("Identifier of the member; yourself if left out"));
  flags.add("--text", "text", tr("What speaks against it"))->required();
  on_run(command, context, [&context, fill = flags.filler()] {
    v1::AppealTierReviewRequest request;
    fill(request);
    const auto response = context.call(&Stub::AppealTierReview, request);
    return acknowledge(context, response,
                       say("The appeal is to be answered by {0}.", when(response.review().appeal().due_time())));
  });
}

void add_answer(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "answer", tr("Answers an appeal"),
                                  "  muster tiers answer li.na 2026-10 --granted --answer \"Get well\"\n"
                                  "  muster tiers answer li.na 2026-10 --answer \"The figures are right\"");
  add_id(command, tr("Identifier of the member"));
  FieldFlags flags(command, v1::AnswerTierAppealRequest::descriptor());
  flags.add("MONTH", "month", tr("Month of the review, such as 2026-10"))->required();
  auto granted = std::make_shared<bool>(false);
  command.add_flag("--granted", *granted, tr("Gives back the tier of before"));
  flags.add("--answer", "answer", tr("The answer, shown to the member"))->required();
  on_run(command, context, [&context, &command, granted, fill = flags.filler()] {
    v1::AnswerTierAppealRequest request;
    fill(request);
    request.set_granted(*granted);
    request.set_member_id(id_of(command));
    const auto response = context.call(&Stub::AnswerTierAppeal, request);
    return acknowledge(context, response,
                       say("{0}: {1}.", request.member_id(), word(response.review().appeal().state())));
  });
}

}  // namespace

void add_tier_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "tiers", tr("Ranks that members reach by what they do, and their rights"),
                              "  muster tiers list\n"
                              "  muster tiers standing li.na\n"
                              "  muster tiers reviews --appeal open");
  add_list(group, context);
  add_update(group, context);
  add_set(group, context);
  add_standing(group, context);
  add_reviews(group, context);
  add_appeal(group, context);
  add_answer(group, context);
}

}  // namespace muster::cli
