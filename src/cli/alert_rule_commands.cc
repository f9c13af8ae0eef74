#include <cmath>
#include <memory>

#include "alert_view.h"
#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/alert_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::AlertService::Stub;

std::string limits(const std::string& sign, bool has_warning, double warning, bool has_critical, double critical) {
  std::vector<std::string> parts;
  if (has_warning) parts.push_back(fmt::format("▲ {}{}", sign, warning));
  if (has_critical) parts.push_back(fmt::format("■ {}{}", sign, critical));
  return join(parts);
}

/// "longest_wait_now ▲ >60, ■ >120".
std::string condition_of(const v1::AlertRule& rule) {
  if (rule.has_threshold()) {
    const auto& condition = rule.threshold();
    return condition.metric_id() + " " +
           limits(word(condition.operator_()), condition.has_warning(), condition.warning(), condition.has_critical(),
                  condition.critical());
  }
  if (rule.has_spike()) {
    const auto& condition = rule.spike();
    return say("{0} beside the usual: {1}", condition.metric_id(),
               limits("×", condition.has_warning_ratio(), condition.warning_ratio(), condition.has_critical_ratio(),
                      condition.critical_ratio()));
  }
  const auto& condition = rule.guard_rail();
  return say("{0} better by {1}%, {2} worse by %: {3}", condition.gain_metric_id(), condition.gain_percent(),
             condition.guarded_metric_id(),
             limits("≥", condition.has_warning_percent(), condition.warning_percent(), condition.has_critical_percent(),
                    condition.critical_percent()));
}

std::string rows_of(const v1::AlertRule& rule) {
  const std::string dimension = word(rule.dimension());
  return rule.row_ids().empty() ? dimension : dimension + " " + join({rule.row_ids().begin(), rule.row_ids().end()});
}

std::string quiet_text(const v1::QuietHours& hours) {
  const auto clock = [](int minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); };
  return fmt::format("{}–{} {}", clock(hours.start_minute()), clock(hours.end_minute()), hours.time_zone());
}

struct AlertRules : ResourceDefaults {
  using Message = v1::AlertRule;
  static constexpr auto kCreate = &Stub::CreateAlertRule;
  static constexpr auto kGet = &Stub::GetAlertRule;
  static constexpr auto kUpdate = &Stub::UpdateAlertRule;
  static constexpr auto kList = &Stub::ListAlertRules;
  static constexpr auto kDelete = &Stub::DeleteAlertRule;
  static constexpr const char* kNoun = "rule";
  static constexpr const char* kPlural = "rules";
  static constexpr const char* kCommand = "alert-rules";
  static constexpr bool kOfTenant = true;
  static constexpr const char* kExampleId = "long-wait";
  static constexpr const char* kExampleCreate =
      "long-wait --name \"Long wait\" --by queue --metric longest_wait_now \\\n"
      "    --operator above --warning 60 --critical 120 --clear-margin 10 --for 30s --webhook ops\n"
      "  muster alert-rules create rush --file rush.json";
  static constexpr const char* kExampleUpdate = "long-wait --for 1m --repeat 15m";

  static ResourceHelp help() {
    return {tr("Lists the rules by which alerts are raised"), tr("Shows a rule"), tr("Creates a rule"),
            tr("Changes a rule"), tr("Deletes a rule; its alerts end")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Rule")},      {tr("Tenant")}, {tr("Name")}, {tr("Looks at")},
            {tr("Condition")}, {tr("For")},    {tr("State")}};
  }
  static std::vector<std::string> row(const Message& rule) {
    return {rule.rule_id(), rule.tenant_id(),   rule.display_name(),
            rows_of(rule),  condition_of(rule), format_duration(from_proto(rule.for_duration())),
            state_of(rule)};
  }
  static Details details(const Message& rule) {
    Details details{
        {tr("Rule"), rule.rule_id()},
        {tr("Tenant"), rule.tenant_id()},
        {tr("Name"), rule.display_name()},
        {tr("State"), state_of(rule)},
        {tr("Looks at"), rows_of(rule)},
        {tr("Condition"), condition_of(rule)},
        {tr("For"), format_duration(from_proto(rule.for_duration()))},
        {tr("Over after"), format_duration(from_proto(rule.clear_duration()))},
        {tr("Told again"), rule.has_repeat_interval() ? format_duration(from_proto(rule.repeat_interval())) : ""},
        {tr("Webhooks"), join({rule.webhook_ids().begin(), rule.webhook_ids().end()})}};
    for (const v1::QuietHours& hours : rule.quiet_hours()) details.emplace_back(tr("Quiet hours"), quiet_text(hours));
    details.emplace_back(tr("What to do"), rule.advice());
    details.emplace_back(tr("Created"), when(rule.create_time()));
    details.emplace_back(tr("Changed"), when(rule.update_time()));
    return details;
  }
  static std::string state_of(const Message& rule) { return rule.disabled() ? tr("off") : tr("on"); }

  static void list_flags(FieldFlags& flags) { flags.add("--tenant", "tenant_id", tr("Only what is this tenant's")); }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    if (creating) flags.add("--by", "dimension", tr("What the rows are about"));
    flags.add("--row", "row_ids", tr("Only this row. Repeat it"));
    flags.add("--for", "for_duration", tr("It must hold so long before there is an alert (0)"));
    flags.add("--clear-after", "clear_duration", tr("It must be over so long before the alert ends (0)"));
    flags.add("--repeat", "repeat_interval", tr("Receivers are told again while nobody takes it up (once)"));
    flags.add("--webhook", "webhook_ids", tr("Webhook that is told. Repeat it"));
    flags.add("--advice", "advice", tr("What to do, shown with the alert"));
  }

  /// A threshold by flags; any condition from a file.
  static auto add_source(CLI::App& command) {
    auto file = json_source<Message>(command, "rule_id", tr("A rule in JSON, for spikes, guard rails and quiet hours"));
    FieldFlags flags(command, v1::ThresholdCondition::descriptor());
    flags.add("--metric", "metric_id", tr("Metric that is watched"));
    flags.add("--window", "window", tr("The time that counts (today)"));
    flags.add("--time-zone", "time_zone", tr("Time zone of today (UTC)"));
    flags.add("--operator", "operator", tr("How the value is held against the limits"));
    flags.add("--warning", "warning", tr("Limit of a warning, in the metric's unit"));
    flags.add("--critical", "critical", tr("Limit of a critical alert"));
    flags.add("--clear-margin", "clear_margin", tr("So far back inside a limit counts as back (0)"));
    flags.add("--minimum-count", "minimum_count", tr("Rates of fewer are not judged (0)"));
    return [file = std::move(file), fill = flags.filler()](Message& rule) {
      google::protobuf::FieldMask fields = file(rule);
      v1::ThresholdCondition threshold;
      if (fill(threshold).paths().empty()) return fields;
      *rule.mutable_threshold() = threshold;
      fields.add_paths("threshold");
      return fields;
    };
  }
};

void add_switch(CLI::App& group, Context& context, const std::string& name, const std::string& help, bool disabled) {
  CLI::App& command = add_command(group, name, help, "  muster alert-rules " + name + " long-wait");
  add_id(command, tr("Its identifier"));
  add_tenant(command);
  on_run(command, context, [&context, &command, disabled] {
    v1::UpdateAlertRuleRequest request;
    request.set_tenant_id(tenant_of(command));
    request.mutable_rule()->set_rule_id(id_of(command));
    request.mutable_rule()->set_disabled(disabled);
    request.mutable_update_mask()->add_paths("disabled");
    return acknowledge(context, context.call(&Stub::UpdateAlertRule, request), say("{0} updated.", id_of(command)));
  });
}

}  // namespace

void add_alert_rule_commands(CLI::App& program, Context& context) {
  CLI::App& group =
      add_group(program, "alert-rules", tr("The rules by which metrics are watched"), "  muster alert-rules list");
  ResourceCommands<AlertRules>::add(group, context);
  add_switch(group, context, "enable", tr("Lets a rule notice things again"), false);
  add_switch(group, context, "disable", tr("Lets a rule notice nothing; its alerts end"), true);
}

}  // namespace muster::cli
