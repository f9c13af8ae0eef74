#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "context.h"

namespace muster::cli {

// Each adds its part of the command tree to the program. The context must outlive the program.
void add_routing_commands(CLI::App& program, Context& context);
void add_certificate_commands(CLI::App& program, Context& context);
void add_sub_team_commands(CLI::App& program, Context& context);
void add_tier_commands(CLI::App& program, Context& context);
void add_vetting_commands(CLI::App& program, Context& context);
void add_course_commands(CLI::App& program, Context& context);
void add_exam_commands(CLI::App& program, Context& context);
void add_attempt_commands(CLI::App& program, Context& context);
void add_announcement_commands(CLI::App& program, Context& context);
void add_live_session_commands(CLI::App& program, Context& context);
void add_forum_commands(CLI::App& program, Context& context);
void add_assessment_commands(CLI::App& program, Context& context);
void add_member_commands(CLI::App& program, Context& context);
void add_skill_tag_commands(CLI::App& program, Context& context);
void add_settings_commands(CLI::App& program, Context& context);
void add_contact_commands(CLI::App& program, Context& context);
void add_explain_command(CLI::App& program, Context& context);
void add_desk_commands(CLI::App& program, Context& context);
void add_board_command(CLI::App& program, Context& context);
void add_kpi_commands(CLI::App& program, Context& context);
void add_target_commands(CLI::App& program, Context& context);
void add_scorecard_commands(CLI::App& program, Context& context);
void add_alert_rule_commands(CLI::App& program, Context& context);
void add_alert_commands(CLI::App& program, Context& context);
void add_admin_commands(CLI::App& program, Context& context);
void add_identity_commands(CLI::App& program, Context& context);
void add_account_commands(CLI::App& program, Context& context);
void add_key_commands(CLI::App& program, Context& context);
void add_audit_commands(CLI::App& program, Context& context);
void add_webhook_commands(CLI::App& program, Context& context);
void add_completion_command(CLI::App& program, Context& context);

/// To the group of exams.
void add_take_command(CLI::App& exams, Context& context);

/// To the group of certificates.
void add_badge_commands(CLI::App& certificates, Context& context);

/// A command whose help ends with an example to learn from.
CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example);

/// A command that only holds others, one of which must be named.
CLI::App& add_group(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example);

/// What the command does when it is named. The flags are read by then.
void on_run(CLI::App& command, Context& context, std::function<int()> action);

/// Adds the positional ID, which is required.
void add_id(CLI::App& command, const std::string& help);

/// The value of the positional ID.
std::string id_of(const CLI::App& command);

/// Adds --tenant, and gives its value; empty: the caller's own tenant.
void add_tenant(CLI::App& command);
std::string tenant_of(const CLI::App& command);

/// Which of the flags was given. Throws UsageError unless it is exactly one.
std::string the_one_of(const CLI::App& command, const std::vector<std::string>& flags);

/// Adds --limit, which bounds a list.
void add_limit(CLI::App& command);
int limit_of(const CLI::App& command);

/// The answer to a change: `text` for people, the message with --json.
int acknowledge(Context& context, const google::protobuf::Message& response, const std::string& text);

/// The answer to a change that made a secret: that alone on the output, for a pipe or a variable; `text` and a hint
/// that it is shown once on the error stream. With --json, the message.
int hand_over(Context& context, const google::protobuf::Message& response, const std::string& secret,
              const std::string& text);

/// What there is to say about one thing: labels and values.
using Details = std::vector<std::pair<std::string, std::string>>;

/// Shows details one a line; what is empty shows as "-".
void print_details(std::ostream& out, const Details& details);

/// Reads pages until `limit` things are there (0: all) and gives them as one response, whose next_page_token tells
/// whether there is more. `field` is the repeated field of the things.
template <class Method>
typename MethodTraits<Method>::Response list_pages(Context& context, Method method,
                                                   typename MethodTraits<Method>::Request request, int limit,
                                                   const std::string& field) {
  constexpr int kPageMax = 1000;
  typename MethodTraits<Method>::Response all;
  const auto* things = all.GetDescriptor()->FindFieldByName(field);
  int have = 0;
  do {
    request.set_page_size(limit == 0 ? kPageMax : std::min(kPageMax, limit - have));
    all.clear_next_page_token();
    all.MergeFrom(context.call(method, request));
    request.set_page_token(all.next_page_token());
    have = all.GetReflection()->FieldSize(all, things);
  } while (!all.next_page_token().empty() && (limit == 0 || have < limit));
  return all;
}

/// Tells on the error stream that a list was cut.
void say_if_more(Context& context, const std::string& next_page_token);

}  // namespace muster::cli
