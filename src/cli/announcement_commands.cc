#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/announcement_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::AnnouncementService::Stub;

std::string state_text(const v1::Announcement& announcement) {
  return word(announcement.state()) + reason_in_brackets(announcement.in_force() ? tr("in force") : "");
}

Details announcement_details(const v1::Announcement& announcement) {
  Details details = {
      {tr("Announcement"), announcement.announcement_id()},
      {tr("Title"), announcement.title()},
      {tr("Skill"), announcement.skill_id()},
      {tr("State"), state_text(announcement)},
      {tr("In force from"), when(announcement.effective_time())},
      {tr("Deadline"), announcement.has_deadline() ? when(announcement.deadline()) : ""},
      {tr("Acknowledged"), announcement.has_acknowledge_time() ? when(announcement.acknowledge_time()) : ""}};
  details.emplace_back(tr("Question"), announcement.question());
  for (const v1::AnnouncementOption& option : announcement.options()) {
    details.emplace_back(tr("Option"), option.option_id() + ": " + option.text());
  }
  return details;
}

/// The flags that fill an announcement, and those that fill what is right.
struct Writing {
  Writing(CLI::App& command, bool creating)
      : fields(command, v1::Announcement::descriptor()), key(command, v1::AnnouncementKey::descriptor()) {
    fields.add("--title", "title", tr("Title shown to people"))->required(creating);
    fields.add("--body", "body", tr("What is new"))->required(creating);
    fields.add("--skill", "skill_id", tr("Skill that it is about"))->required(creating);
    fields.add("--effective", "effective_time", tr("When it comes into force (once it is published)"));
    fields.add("--deadline", "deadline", tr("By when it is to be acknowledged"));
    fields.add("--question", "question", tr("Question that shows whether it was understood"))->required(creating);
    fields.add("--option", "options", tr("An option to choose. Repeat it"))->required(creating);
    key.add("--right", "option_id", tr("Identifier of the right option"))->required(creating);
    key.add("--explanation", "explanation", tr("Shown to whoever answers rightly"));
  }
  FieldFlags fields;
  FieldFlags key;
};

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists announcements"),
                                  "  muster announcements list --pending\n"
                                  "  muster announcements list --member li.na");
  FieldFlags flags(command, v1::ListAnnouncementsRequest::descriptor());
  flags.add("--member", "member_id", tr("Only what concerns this member"));
  flags.add("--pending", "pending", tr("Only what the member has not acknowledged"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAnnouncementsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListAnnouncements, request, limit_of(command), "announcements");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Announcement")}, {tr("Title")}, {tr("Skill")}, {tr("State")}, {tr("In force from")}});
    for (const v1::Announcement& each : response.announcements()) {
      table.add({each.announcement_id(), each.title(), each.skill_id(), state_text(each), when(each.effective_time())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows an announcement"), "  muster announcements get refunds-2026");
  add_id(command, tr("Identifier of the announcement"));
  FieldFlags flags(command, v1::GetAnnouncementRequest::descriptor());
  flags.add("--member", "member_id", tr("Tells whether this member has acknowledged it"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::GetAnnouncementRequest request;
    fill(request);
    request.set_announcement_id(id_of(command));
    const auto response = context.call(&Stub::GetAnnouncement, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    print_details(context.out, announcement_details(response.announcement()));
    context.out << '\n';
    print_lines(context.out, response.announcement().body());
    return kDone;
  });
}

void add_create(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "create", tr("Creates an announcement, as a draft"),
      "  muster announcements create refunds-2026 --title 退款新规 --body 自8月1日起…… --skill refunds-certified \\\n"
      "    --effective 2026-08-01 --question 几天内可以退货？ --option a=7天 --option b=30天 --right b");
  add_id(command, tr("Its identifier: a-z, 0-9, dot, dash and underscore, up to 63 characters"));
  const Writing writing(command, true);
  on_run(command, context, [&context, &command, fill = writing.fields.filler(), fill_key = writing.key.filler()] {
    v1::CreateAnnouncementRequest request;
    fill(*request.mutable_announcement());
    fill_key(*request.mutable_key());
    request.mutable_announcement()->set_announcement_id(id_of(command));
    return acknowledge(context, context.call(&Stub::CreateAnnouncement, request), say("{0} created.", id_of(command)));
  });
}

void add_update(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "update", tr("Changes a draft"),
                                  "  muster announcements update refunds-2026 --effective \"2026-08-01 09:00\"");
  add_id(command, tr("Identifier of the announcement"));
  const Writing writing(command, false);
  on_run(command, context, [&context, &command, fill = writing.fields.filler(), fill_key = writing.key.filler()] {
    v1::UpdateAnnouncementRequest request;
    *request.mutable_update_mask() = fill(*request.mutable_announcement());
    v1::AnnouncementKey key;
    if (fill_key(key).paths_size() > 0) *request.mutable_key() = key;
    if (request.update_mask().paths().empty() && !request.has_key()) {
      throw UsageError(tr("nothing to change: give at least one flag"));
    }
    request.mutable_announcement()->set_announcement_id(id_of(command));
    return acknowledge(context, context.call(&Stub::UpdateAnnouncement, request), say("{0} updated.", id_of(command)));
  });
}

/// A command that moves an announcement to another state.
template <class Method>
void add_move(CLI::App& group, Context& context, const std::string& name, const std::string& help, Method method) {
  CLI::App& command = add_command(group, name, help, "  muster announcements " + name + " refunds-2026");
  add_id(command, tr("Identifier of the announcement"));
  on_run(command, context, [&context, &command, method] {
    typename MethodTraits<Method>::Request request;
    request.set_announcement_id(id_of(command));
    const auto response = context.call(method, request);
    return acknowledge(context, response,
                       say("{0}: {1}.", request.announcement_id(), state_text(response.announcement())));
  });
}

void add_answer(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "answer", tr("Answers the question; the right answer acknowledges it"),
                                  "  muster announcements answer refunds-2026 b");
  add_id(command, tr("Identifier of the announcement"));
  FieldFlags flags(command, v1::AnswerAnnouncementRequest::descriptor());
  flags.add("OPTION", "option_id", tr("Identifier of the option"))->required();
  flags.add("--member", "member_id", tr("Identifier of the member; without it yourself"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::AnswerAnnouncementRequest request;
    fill(request);
    request.set_announcement_id(id_of(command));
    const auto response = context.call(&Stub::AnswerAnnouncement, request);
    const std::string text =
        response.right()
            ? tr("Right: acknowledged.") + (response.explanation().empty() ? "" : "\n" + response.explanation())
            : tr("That is not right. Read it again and try once more.");
    return acknowledge(context, response, text);
  });
}

void add_acknowledgements(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "acknowledgements", tr("Lists who has acknowledged it and who has not"),
                                  "  muster announcements acknowledgements refunds-2026 --pending --team chengdu-1");
  add_id(command, tr("Identifier of the announcement"));
  FieldFlags flags(command, v1::ListAcknowledgementsRequest::descriptor());
  flags.add("--pending", "pending", tr("Only who has not acknowledged it"));
  flags.add("--team", "team_id", tr("Only members of this team"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAcknowledgementsRequest request;
    fill(request);
    request.set_announcement_id(id_of(command));
    const auto response =
        list_pages(context, &Stub::ListAcknowledgements, request, limit_of(command), "acknowledgements");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Member")}, {tr("Name")}, {tr("Team")}, {tr("Acknowledged")}, {tr("Wrong answers"), true}});
    for (const v1::Acknowledgement& each : response.acknowledgements()) {
      table.add({each.member_id(), each.display_name(), each.team_id(),
                 each.has_acknowledge_time() ? when(each.acknowledge_time()) : "-",
                 std::to_string(each.wrong_answers())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace

void add_announcement_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "announcements", tr("New policies, which members must have understood"),
                              "  muster announcements publish refunds-2026\n"
                              "  muster announcements acknowledgements refunds-2026 --pending\n"
                              "  muster announcements answer refunds-2026 b");
  add_list(group, context);
  add_get(group, context);
  add_create(group, context);
  add_update(group, context);
  add_move(group, context, "publish", tr("Publishes an announcement"), &Stub::PublishAnnouncement);
  add_move(group, context, "withdraw", tr("Withdraws an announcement, for good"), &Stub::WithdrawAnnouncement);
  add_answer(group, context);
  add_acknowledgements(group, context);
}

}  // namespace muster::cli
