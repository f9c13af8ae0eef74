#include "explain_view.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "muster/v1/routing_service.grpc.pb.h"
#include "resource.h"
#include "routing_view.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::RoutingService::Stub;

struct SkillKind : ResourceDefaults {
  using Message = v1::Skill;
  static constexpr auto kCreate = &Stub::CreateSkill;
  static constexpr auto kGet = &Stub::GetSkill;
  static constexpr auto kUpdate = &Stub::UpdateSkill;
  static constexpr auto kList = &Stub::ListSkills;
  static constexpr auto kDelete = &Stub::DeleteSkill;
  static constexpr const char* kNoun = "skill";
  static constexpr const char* kPlural = "skills";
  static constexpr const char* kExampleId = "english";
  static constexpr const char* kExampleCreate = "english --name \"English\"";
  static constexpr const char* kExampleUpdate = "english --name \"English, spoken\"";

  static ResourceHelp help() {
    return {tr("Lists the skills"), tr("Shows a skill"), tr("Creates a skill"), tr("Changes a skill"),
            tr("Deletes a skill that nothing names any more")};
  }
  static std::vector<Table::Column> titles() { return {{tr("Skill")}, {tr("Name")}}; }
  static std::vector<std::string> row(const Message& skill) { return {skill.skill_id(), skill.display_name()}; }
  static Details details(const Message& skill) {
    return {{tr("Skill"), skill.skill_id()}, {tr("Name"), skill.display_name()}};
  }
  static void bind(FieldFlags& flags, bool) { flags.add("--name", "display_name", tr("Name shown to people")); }
};

struct PolicyKind : ResourceDefaults {
  using Message = v1::Policy;
  static constexpr auto kCreate = &Stub::CreatePolicy;
  static constexpr auto kGet = &Stub::GetPolicy;
  static constexpr auto kUpdate = &Stub::UpdatePolicy;
  static constexpr auto kList = &Stub::ListPolicies;
  static constexpr auto kDelete = &Stub::DeletePolicy;
  static constexpr const char* kNoun = "policy";
  static constexpr const char* kPlural = "policies";
  static constexpr const char* kExampleId = "english-first";
  static constexpr const char* kExampleCreate =
      "english-first --step 0s:english=60,billing --step 30s:english --offer-timeout 15s";
  static constexpr const char* kExampleUpdate = "english-first --offer-timeout 20s";

  static ResourceHelp help() {
    return {tr("Lists the routing policies"), tr("Shows a routing policy"),
            tr("Creates a routing policy; without --step every agent will do"),
            tr("Changes a routing policy; --step replaces all its steps"),
            tr("Deletes a routing policy that no queue names")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Policy")}, {tr("Name")}, {tr("Steps")}, {tr("Offer timeout"), true}, {tr("Auto-accept")}};
  }
  static std::vector<std::string> row(const Message& policy) { return policy_row(policy); }
  static Details details(const Message& policy) { return policy_details(policy); }
  static auto add_source(CLI::App& command) {
    return json_source<Message>(
        command, "policy_id",
        tr("A policy as JSON, for conditions, preferences and pools; the other flags go over it"));
  }
  static void complete(Message& policy) {
    if (policy.steps().empty()) policy.add_steps();
  }
  static void bind(FieldFlags& flags, bool) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    flags.add("--step", "steps",
              tr("A step: when it comes into force, to how many agents at once it offers (1) and whom it asks for. "
                 "Repeat it; the first begins at 0s"));
    flags.add("--offer-timeout", "offer_timeout", tr("How long an agent has to answer (20s)"));
    flags.add("--priority-weight", "priority_weight", tr("How much waiting one point of priority is worth (60s)"));
    flags.add("--refusal-cool-down", "refusal_cool_down",
              tr("How long a contact is not offered again to who refused it (60s)"));
    flags.add("--auto-accept,!--no-auto-accept", "auto_accept", tr("Offers are accepted at the moment they are made"));
    flags.add("--preferred-agent-wait", "preferred_agent_wait",
              tr("How long a contact waits for its preferred agent alone (20s)"));
    flags.add("--strict-priority,!--no-strict-priority", "strict_priority",
              tr("A higher priority goes first however long others wait"));
    flags.add("--by-deadline,!--no-by-deadline", "by_deadline",
              tr("The contact goes first whose service level target passes first"));
    flags.add("--starvation-bound", "starvation_bound",
              tr("Wait past which a contact goes before all others; 0 means never (30m)"));
  }
};

struct QueueKind : ResourceDefaults {
  using Message = v1::Queue;
  static constexpr auto kCreate = &Stub::CreateQueue;
  static constexpr auto kGet = &Stub::GetQueue;
  static constexpr auto kUpdate = &Stub::UpdateQueue;
  static constexpr auto kList = &Stub::ListQueues;
  static constexpr auto kDelete = &Stub::DeleteQueue;
  static constexpr const char* kNoun = "queue";
  static constexpr const char* kPlural = "queues";
  static constexpr const char* kExampleId = "billing";
  static constexpr const char* kExampleCreate = "billing --channel voice --policy english-first --service-level 20s";
  static constexpr const char* kExampleUpdate = "billing --wrap-up-limit 1m";

  static ResourceHelp help() {
    return {tr("Lists the queues"), tr("Shows a queue"), tr("Creates a queue"), tr("Changes a queue"),
            tr("Deletes a queue without contacts that have not ended")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Queue")},  {tr("Tenant")},       {tr("Name")},          {tr("Channel")},
            {tr("Policy")}, {tr("Target"), true}, {tr("Wrap-up"), true}, {tr("Time to live"), true},
            {tr("Paused")}};
  }
  static std::vector<std::string> row(const Message& queue) { return queue_row(queue); }
  static Details details(const Message& queue) { return queue_details(queue); }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    if (creating) flags.add("--channel", "channel", tr("Medium of its contacts; it cannot be changed"))->required();
    flags.add("--policy", "policy_id", tr("Routing policy"))->required(creating);
    flags.add("--service-level", "service_level_target", tr("Waiting time that counts as in time (20s)"));
    flags.add("--service-level-method", "service_level_method", tr("How the service level is reckoned"));
    flags.add("--short-abandon", "short_abandon", tr("Waiting up to which who left did not really ask (5s)"));
    flags.add("--wrap-up-limit", "wrap_up_limit", tr("Longest wrap-up; 0 means none (0)"));
    flags.add("--time-to-live", "time_to_live", tr("How long a contact may wait (1d)"));
    flags.add("--paused,!--no-paused", "paused", tr("Its contacts wait; none is offered"));
    flags.add("--share", "share",
              tr("Weight among the queues with a share, if the settings' queue order asks for it (0)"));
    flags.add("--idle-reserve", "idle_reserve", tr("How many idle agents its contacts leave for others (0)"));
    if (creating) {
      flags.add("--tenant", "tenant_id",
                tr("Enterprise client whose contacts wait in it; it cannot be changed (the platform itself)"));
    }
    flags.add("--reserve-skill", "reserve_skill_id", tr("Skill of the idle agents that count for the reserve (all)"));
  }
};

struct AgentKind : ResourceDefaults {
  using Message = v1::Agent;
  static constexpr auto kCreate = &Stub::CreateAgent;
  static constexpr auto kGet = &Stub::GetAgent;
  static constexpr auto kUpdate = &Stub::UpdateAgent;
  static constexpr auto kList = &Stub::ListAgents;
  static constexpr auto kDelete = &Stub::DeleteAgent;
  static constexpr const char* kNoun = "agent";
  static constexpr const char* kPlural = "agents";
  static constexpr const char* kExampleId = "li.na";
  static constexpr const char* kExampleCreate =
      "li.na --name 李娜 --skill english=80 --skill billing=60 --channel-limit chat=3";
  static constexpr const char* kExampleUpdate = "li.na --capacity 120";

  static ResourceHelp help() {
    return {tr("Lists the agents"), tr("Shows an agent"), tr("Creates an agent"),
            tr("Changes an agent; --skill and --channel-limit replace all of theirs"),
            tr("Deletes an agent who is not connected and holds nothing")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Agent")},     {tr("Name")},           {tr("Presence")}, {tr("Activity")},
            {tr("Connected")}, {tr("Capacity"), true}, {tr("Skills")}};
  }
  static std::vector<std::string> row(const Message& agent) { return agent_row(agent, wall_now()); }
  static Details details(const Message& agent) { return agent_details(agent, wall_now()); }
  static void list_flags(FieldFlags& flags) {
    flags.add("--skill", "skill_id", tr("Only agents who have this skill"));
    flags.add("--connected", "connected_only", tr("Only agents whose session is open"));
  }
  static void bind(FieldFlags& flags, bool) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    flags.add("--skill", "skills", tr("A skill, its level, 0 to 100, and when it ends. Repeat it"));
    flags.add("--capacity", "capacity_units", tr("How much the agent can carry at once (100)"));
    flags.add("--quality", "quality", tr("Quality of the agent's work for policies that prefer it, 0 to 100 (0)"));
    flags.add("--base", "base_id", tr("Base that the agent's work counts for in reports"));
    flags.add("--team", "team_id", tr("Team that the agent's work counts for in reports"));
    flags.add("--cost", "cost", tr("Cost of the agent's work for policies that prefer it low, 0 to 100 (0)"));
    flags.add("--channel-limit", "channel_limits", tr("Most contacts of one channel at once. Repeat it"));
  }
};

void add_suspension(CLI::App& group, Context& context, const std::string& name, bool suspended,
                    const std::string& help) {
  CLI::App& command = add_command(group, name, help, "  muster agents " + name + " li.na --reason \"audit\"");
  add_id(command, tr("Identifier of the agent"));
  FieldFlags flags(command, v1::SetAgentSuspensionRequest::descriptor());
  flags.add("--reason", "reason", tr("Reason, shown to the agent"));
  on_run(command, context, [&context, &command, suspended, fill = flags.filler()] {
    v1::SetAgentSuspensionRequest request;
    fill(request);
    request.set_agent_id(id_of(command));
    request.set_suspended(suspended);
    const auto response = context.call(&Stub::SetAgentSuspension, request);
    return acknowledge(context, response,
                       suspended ? say("{0} is suspended.", request.agent_id())
                                 : say("{0} is no longer suspended.", request.agent_id()));
  });
}

/// A flag without a value.
void add_switch(CLI::App& command, const std::string& flag, const std::string& help) { command.add_flag(flag, help); }

void add_presence(CLI::App& group, Context& context) {
  CLI::App& command = add_command(
      group, "presence", tr("Sets an agent's presence, now or once nothing is in hand"),
      "  muster agents presence li.na --break \"lunch\" --next\n  muster agents presence li.na --available");
  add_id(command, tr("Identifier of the agent"));
  add_switch(command, "--available", tr("Gets offers, also after missed ones"));
  const std::string break_help = tr("Gets no offers for a while, for this reason, which the agent sees");
  command.add_option("--break", break_help)->type_name("TEXT")->expected(1);
  add_switch(command, "--offline", tr("Gets no offers; contacts in hand stay"));
  add_switch(command, "--next", tr("Once nothing is in hand and nothing rings; until then nothing more is offered"));
  on_run(command, context, [&context, &command] {
    const std::string chosen = the_one_of(command, {"--available", "--break", "--offline"});
    v1::SetAgentPresenceRequest request;
    request.set_agent_id(id_of(command));
    request.set_presence(chosen == "--available" ? v1::AGENT_PRESENCE_AVAILABLE
                         : chosen == "--break"   ? v1::AGENT_PRESENCE_BREAK
                                                 : v1::AGENT_PRESENCE_OFFLINE);
    if (chosen == "--break") request.set_reason(command.get_option("--break")->as<std::string>());
    request.set_next(command.get_option("--next")->count() > 0);
    const auto response = context.call(&Stub::SetAgentPresence, request);
    const std::string presence = word(request.presence());
    return acknowledge(context, response,
                       request.next() ? say("{0}: {1} once nothing is in hand.", request.agent_id(), presence)
                                      : say("{0}: {1}.", request.agent_id(), presence));
  });
}

void add_pool(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "pool", tr("Keeps a pool of agents open or closed to a queue, or lets it go"),
                  "  muster queues pool billing crowd --open\n  muster queues pool billing crowd --auto");
  add_id(command, tr("Identifier of the queue"));
  const std::string pool_help = tr("A pool of the queue's policy");
  command.add_option("POOL", pool_help)->required()->type_name("");
  add_switch(command, "--open", tr("It stays open"));
  add_switch(command, "--closed", tr("It stays closed; what rings goes on ringing"));
  add_switch(command, "--auto", tr("It opens and closes by the policy's lending conditions"));
  on_run(command, context, [&context, &command] {
    const std::string chosen = the_one_of(command, {"--open", "--closed", "--auto"});
    v1::SetPoolHoldRequest request;
    request.set_queue_id(id_of(command));
    request.set_pool_id(command.get_option("POOL")->as<std::string>());
    request.set_hold(chosen == "--open"     ? v1::POOL_HOLD_OPEN
                     : chosen == "--closed" ? v1::POOL_HOLD_CLOSED
                                            : v1::POOL_HOLD_AUTOMATIC);
    const auto response = context.call(&Stub::SetPoolHold, request);
    return acknowledge(context, response,
                       say("{0}, pool {1}: {2}.", request.queue_id(), request.pool_id(), word(request.hold())));
  });
}

void add_wait(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "wait", tr("Estimates how long a contact that enters a queue now will wait"),
                                  "  muster queues wait billing --require english=60");
  add_id(command, tr("Identifier of the queue"));
  FieldFlags flags(command, v1::EstimateWaitRequest::descriptor());
  flags.add("--priority", "priority", tr("0 to 100 (0)"));
  flags.add("--require", "requirements", tr("Asked of the agent on top of the policy. Repeat it"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::EstimateWaitRequest request;
    fill(request);
    request.set_queue_id(id_of(command));
    const auto response = context.call(&v1::ContactService::Stub::EstimateWait, request);
    if (context.options.json) {
      context.print_json(response);
    } else {
      context.out << estimate_text(response.estimate()) << '\n';
    }
    return kDone;
  });
}

}  // namespace

void add_routing_commands(CLI::App& program, Context& context) {
  ResourceCommands<SkillKind>::add(add_group(program, "skills", tr("Skills that agents have at a level from 0 to 100"),
                                             "  muster skills create english --name \"English\"\n  muster skills list"),
                                   context);
  ResourceCommands<PolicyKind>::add(
      add_group(program, "policies", tr("Routing policies: whom a queue's contacts may go to, and how that widens"),
                "  muster policies create anyone\n"
                "  muster policies create english-first --step 0s:english=60 --step 30s:english"),
      context);
  CLI::App& queues =
      add_group(program, "queues", tr("Queues, where contacts of one kind wait"),
                "  muster queues create billing --channel voice --policy english-first\n  muster queues list");
  ResourceCommands<QueueKind>::add(queues, context);
  add_wait(queues, context);
  add_pool(queues, context);
  CLI::App& agents = add_group(program, "agents", tr("Agents' routing profiles"),
                               "  muster agents create li.na --name 李娜 --skill english=80\n"
                               "  muster agents list --connected");
  ResourceCommands<AgentKind>::add(agents, context);
  add_suspension(agents, context, "suspend", true, tr("Takes an agent off routing; contacts in hand stay"));
  add_suspension(agents, context, "resume", false, tr("Lifts a suspension"));
  add_presence(agents, context);
}

void add_settings_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "settings", tr("The workspace's settings"),
                              "  muster settings get\n  muster settings update --resume-grace 30s");
  CLI::App& get = add_command(group, "get", tr("Shows the settings"), "  muster settings get");
  on_run(get, context, [&context] {
    const auto response = context.call(&Stub::GetWorkspaceSettings, {});
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_details(context.out, settings_details(response.settings()));
    }
    return kDone;
  });
  CLI::App& update =
      add_command(group, "update", tr("Changes settings"), "  muster settings update --channel-units chat=25");
  FieldFlags flags(update, v1::WorkspaceSettings::descriptor());
  flags.add("--channel-units", "channel_units", tr("Capacity units of one contact of a channel. Repeat it"));
  flags.add("--resume-grace", "resume_grace", tr("How long a lost session may stay away before offers are revoked"));
  flags.add("--contact-grace", "contact_grace", tr("How long before its contacts go back to their queue"));
  flags.add("--first-miss-pause", "first_miss_pause", tr("Pause after one missed offer"));
  flags.add("--second-miss-pause", "second_miss_pause", tr("Pause after the second miss in a row"));
  flags.add("--escalate-after", "escalate_after_refusals", tr("Refusals that raise a contact's priority"));
  flags.add("--escalation-priority", "escalation_priority", tr("Points of priority that an escalated contact gains"));
  flags.add("--queue-order", "queue_order", tr("How a free agent chooses between queues with a share"));
  flags.add("--ramp-up-offers", "ramp_up_offers",
            tr("How many offers come one at a time after an agent was offline; 0 means none (0)"));
  flags.add("--interrupts", "interrupts",
            tr("What contacts of a channel interrupt if nobody is free; voice= for nothing. Repeat it; replaces all"));
  on_run(update, context, [&context, fill = flags.filler()] {
    v1::UpdateWorkspaceSettingsRequest request;
    *request.mutable_update_mask() = fill(*request.mutable_settings());
    if (request.update_mask().paths().empty()) throw UsageError(tr("nothing to change: give at least one flag"));
    return acknowledge(context, context.call(&Stub::UpdateWorkspaceSettings, request), tr("Settings updated."));
  });
}

}  // namespace muster::cli
