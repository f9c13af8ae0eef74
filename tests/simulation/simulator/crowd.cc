#include "crowd.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "violation.h"

namespace muster::simulator {

using namespace dispatch;

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kAgents = 7;  // those of the workload
constexpr std::size_t kWatchPage = 500;

}  // namespace

/// Something that somebody wants done.
struct Crowd::Call {
  Command command;
  std::function<void()> then;  ///< once it is answered
  int attempt = 0;
  bool over = false;
};

Crowd::Crowd(World& world, std::vector<std::unique_ptr<Server>>& servers, Options options)
    : world_(world), servers_(servers), options_(options), workload_(options.seed), opening_(workload_.opening()) {
  for (std::size_t i = 0; i < kAgents; ++i) {
    desks_.push_back(std::make_unique<Desk>(world, servers, "agent" + std::to_string(i)));
  }
}

void Crowd::start() {
  set_up();
  look_around();
}

void Crowd::set_up() {
  while (set_up_ < opening_.size() && std::holds_alternative<OpenWorkspace>(opening_[set_up_])) ++set_up_;
  if (set_up_ == opening_.size()) {
    started_ = true;
    return act_later();
  }
  ask({fresh_id(), opening_[set_up_++]}, [this] { set_up(); });
}

void Crowd::act_later() {
  Duration pause = world_.between({}, 2 * options_.pause_mean);
  if (world_.one_in(4)) pause = {};
  if (world_.one_in(100)) pause = world_.between({}, minutes(3));
  world_.schedule.after(pause, [this] { act(); });
}

void Crowd::act() {
  if (dutiful_ || finished()) return;
  act_later();
  Command command = workload_.next(world_.auditor.truth());
  // These are the servers' own, and those of the streams.
  if (std::holds_alternative<OpenWorkspace>(command.body) || std::holds_alternative<RecordStateHash>(command.body))
    return;
  ++asked_;
  if (const auto* lose = std::get_if<LoseSession>(&command.body)) {
    if (Desk* desk = desk_of(lose->session)) desk->break_stream();
    return;
  }
  if (const auto* open = std::get_if<OpenSession>(&command.body)) {
    if (Desk* desk = desk_of(open->agent)) desk->open(open->resume);
    return;
  }
  ask(std::move(command));
}

// Every second.
void Crowd::look_around() {
  world_.schedule.after(seconds(1), [this] { look_around(); });
  for (auto& desk : desks_) {
    desk->look_around();
    if (world_.faults.strikes(Fault::kStreamBroken)) desk->break_stream();
    if (dutiful_) {
      do_duty(*desk);
    } else if (!desk->has_stream() && started_ && world_.one_in(8)) {
      desk->open(desk->last_session());
    }
  }
  for (Watcher& watcher : watchers_) watch(watcher);
}

// Clients drop what comes from a lower epoch than they have seen.
void Crowd::watch(Watcher& watcher) {
  node::EventFeed* feed = servers_[world_.below(servers_.size())]->feed();
  if (!feed) return;
  const auto page = feed->read(watcher.cursor, {{}, watcher.tenant}, kWatchPage);
  if (page.epoch < watcher.epoch) return;
  watcher.epoch = page.epoch;
  if (page.too_old) {
    watcher.cursor = std::max(watcher.cursor, page.oldest);
    return;
  }
  auto last = static_cast<std::int64_t>(watcher.cursor);
  for (const auto& event : page.events) {
    if (event.sequence() <= last) throw Violation("I5", "a watcher is shown events out of order");
    last = event.sequence();
    world_.auditor.watched(event, watcher.tenant);
  }
  if (page.sequence < watcher.cursor) throw Violation("I5", "a watcher goes back");
  watcher.cursor = page.sequence;
}

// --- requests ---

void Crowd::ask(Command command, std::function<void()> then) {
  ++open_calls_;
  send(std::make_shared<Call>(Call{std::move(command), std::move(then)}));
}

void Crowd::send(const std::shared_ptr<Call>& call) {
  ++call->attempt;
  world_.auditor.asked(call->command);
  Server& server = *servers_[world_.below(servers_.size())];
  const bool repeatable = !call->command.request.is_nil();
  const auto deliver_after = [&](Duration span) {
    world_.schedule.after(span, [this, call, &server] { deliver(call, server); });
  };
  Duration there = world_.between({}, milliseconds(3));
  if (world_.faults.strikes(Fault::kRequestDelayed)) there = world_.between({}, seconds(20));
  if (!world_.faults.strikes(Fault::kRequestLost)) deliver_after(there);
  if (repeatable && world_.faults.strikes(Fault::kRequestDuplicated)) deliver_after(world_.between({}, seconds(20)));
  world_.schedule.after(world_.between(seconds(4), seconds(6)), [this, call, attempt = call->attempt] {
    if (!call->over && call->attempt == attempt) retry(call);
  });
}

void Crowd::deliver(const std::shared_ptr<Call>& call, Server& server) {
  const bool was_done = world_.auditor.done(call->command);
  server.submit(node::CommandRequest{call->command, [this, call, &server, was_done](const node::Answer& answer) {
                                       if (answer.delivery == node::Delivery::kAnswered) ++world_.commands;
                                       world_.auditor.answered(call->command, answer, was_done && !server.stale());
                                       if (world_.faults.strikes(Fault::kReplyLost)) return;
                                       world_.schedule.after(world_.between({}, milliseconds(3)),
                                                             [this, call, answer] { answered(call, answer); });
                                     }});
}

void Crowd::answered(const std::shared_ptr<Call>& call, const node::Answer& answer) {
  if (call->over) return;
  if (answer.delivery != node::Delivery::kAnswered) return retry(call);
  call->over = true;
  --open_calls_;
  if (call->then) call->then();
}

// Without a request id nobody dares to ask again. In the end some give up, but supervisors who set the workspace up.
void Crowd::retry(const std::shared_ptr<Call>& call) {
  const bool gives_up = call->command.request.is_nil() || (call->attempt >= 6 && !call->then);
  if (gives_up && !dutiful_) {
    call->over = true;
    --open_calls_;
    return;
  }
  if (call->command.request.is_nil()) call->command.request = fresh_id();
  const int attempt = call->attempt;
  world_.schedule.after(world_.between(milliseconds(50), seconds(1)), [this, call, attempt] {
    if (!call->over && call->attempt == attempt) send(call);
  });
}

Desk* Crowd::desk_of(const std::string& agent) {
  const auto found =
      std::find_if(desks_.begin(), desks_.end(), [&](const auto& desk) { return desk->agent() == agent; });
  return found == desks_.end() ? nullptr : found->get();
}

Desk* Crowd::desk_of(SessionId session) {
  const auto found = std::find_if(desks_.begin(), desks_.end(),
                                  [&](const auto& desk) { return desk->has_stream() && desk->session() == session; });
  return found == desks_.end() ? nullptr : found->get();
}

// --- the end ---

void Crowd::settle_down() {
  dutiful_ = true;
  equip();
}

// Supervisors give every agent every skill and room.
void Crowd::equip() {
  const Engine& engine = world_.auditor.truth();
  AgentChange change;
  change.skills.emplace();
  for (std::uint32_t n = 1; n <= raw(engine.last_skill()); ++n) {
    if (const Skill* skill = engine.skill(SkillHandle{n})) change.skills->push_back({skill->spec.id, 100});
  }
  change.capacity_units = 400;
  change.channel_limits = AgentSpec{}.channel_limits;
  for (const auto& desk : desks_) {
    if (engine.agent(desk->agent())) {
      ask({fresh_id(), UpdateAgent{desk->agent(), change}});
      ask({fresh_id(), SuspendAgent{desk->agent(), false, "all is well"}});
    } else {
      ask({fresh_id(), CreateAgent{desk->agent(), change}});
    }
  }
}

void Crowd::do_duty(Desk& desk) {
  if (!desk.has_stream()) return desk.open(desk.last_session());
  const SessionId session = desk.session();
  if (session == SessionId::kNone) return;
  if (desk.presence() != v1::AGENT_PRESENCE_AVAILABLE) {
    ask({fresh_id(), SetPresence{session, Presence::kAvailable, ""}});
  }
  for (const auto& [contact, offer] : desk.offers()) ask({fresh_id(), AcceptOffer{session, offer}});
  for (const ContactId contact : desk.contacts()) ask({fresh_id(), CompleteContact{session, contact, "done"}});
}

void Crowd::give_up() {
  for (const auto& [id, _] : world_.auditor.ledger().contacts()) {
    if (const Agent* agent = world_.auditor.oracle().somebody_for(id)) {
      throw Violation("I12", "contact " + std::to_string(raw(id)) + " never got to agent " + agent->spec.id +
                                 ", who could have it");
    }
    ask({fresh_id(), EndContact{id, ContactState::kCancelled, "nobody may have it"}});
  }
}

void Crowd::compare() const {
  for (const auto& desk : desks_) desk->compare();
}

}  // namespace muster::simulator
