#include "auditor.h"

#include <algorithm>
#include <iostream>
#include <variant>

#include "muster/journal/codec.h"
#include "muster/journal/error.h"
#include "muster/node/render.h"
#include "trace.h"
#include "violation.h"

namespace muster::simulator {

using namespace dispatch;

namespace {

/// The part of a fingerprint that is the body's alone; the rest names the agent whose command it was.
std::uint64_t body_of(std::uint64_t fingerprint) { return fingerprint >> 32; }

/// Whether the engine remembers a command by its request id.
bool is_remembered(const Command& command) {
  return !command.request.is_nil() && !std::holds_alternative<OpenSession>(command.body);
}

/// The rule that the oracle names, or that it is a rule of docs/routing.md.
[[noreturn]] void fail(const std::string& judgement) {
  const auto open = judgement.find("(I");
  const auto close = judgement.find_first_of(",)", open);
  const bool named = open != std::string::npos && close != std::string::npos;
  throw Violation(named ? judgement.substr(open + 1, close - open - 1) : "routing", judgement);
}

std::string text(Sequence sequence) { return "event " + std::to_string(sequence); }

}  // namespace

void Auditor::asked(const Command& command) {
  if (command.request.is_nil()) {
    asked_without_id_.push_back(command);
  } else {
    asked_[{command.request.high, command.request.low}].push_back(command);
  }
}

void Auditor::appended(Sequence first_seq, const Store::Row& row) {
  if (first_seq != events() + 1) {
    throw Violation("I6",
                    "after " + text(events()) + " comes " + text(first_seq) + " of epoch " + std::to_string(row.epoch));
  }
  if (row.epoch < epoch_) {
    throw Violation("I6", text(first_seq) + " is of epoch " + std::to_string(row.epoch) + ", after epoch " +
                              std::to_string(epoch_));
  }
  epoch_ = row.epoch;
  rows_[first_seq] = &row;
  journal::decode_events(row.payload, [this](Event& event) { judge(event); });
  if (events() != row.last_seq) throw Violation("I6", "a row ends at " + text(events()) + ", not where it says");
  check_waiting();
  if (const std::string wrong = truth().self_check(); !wrong.empty()) throw Violation("self-check", wrong);
}

void Auditor::judge(const Event& event) {
  if (trace_) std::cout << describe(event) << "\n";
  check_asked(event);
  ledger_.take(event);
  if (const std::string wrong = oracle_.judge(event); !wrong.empty()) fail(wrong);
  for (std::uint32_t n = 1; n <= raw(truth().last_agent()); ++n) {
    const Agent* agent = truth().agent(AgentHandle{n});
    if (agent && agent->used_units != ledger_.used_units(agent->handle)) {
      throw Violation("I4", "the units of agent " + agent->spec.id + " are miscounted after " + text(event.sequence));
    }
  }
  board_.apply(event);
  facts_.apply(event);
  digest_ = (digest_ ^ event.sequence ^ (event.fingerprint << 1) ^ event.body.index() ^
             static_cast<std::uint64_t>(event.time.time_since_epoch().count())) *
            0x9e3779b97f4a7c15ULL;
}

void Auditor::check_asked(const Event& event) {
  request_of_.push_back(event.request);
  tenant_of_.push_back(tenant_of(event));
  // An acceptance takes other offers back first.
  const bool goes_on = event.request.is_nil() && last_rescinded_;
  if (!goes_on) cause_ = &asked_without_id_;
  const auto* offer_ended = std::get_if<OfferEnded>(&event.body);
  last_rescinded_ = offer_ended && offer_ended->state == OfferState::kRescinded;
  const auto* created = std::get_if<ContactCreated>(&event.body);
  if (!event.request.is_nil()) {
    const Id id{event.request.high, event.request.low};
    const auto asked = asked_.find(id);
    const auto same = [&](const Command& each) { return body_of(fingerprint(each)) == body_of(event.fingerprint); };
    if (asked == asked_.end()) throw Violation("I2", text(event.sequence) + " names a request that nobody made");
    const auto command = std::find_if(asked->second.begin(), asked->second.end(), same);
    if (command == asked->second.end()) {
      throw Violation("I2", text(event.sequence) + " is not what the request asked for");
    }
    check_tenant(*command, event);
    const Done done{event.fingerprint, event.sequence, created ? raw(created->contact) : 0};
    if (!done_.emplace(id, done).second)
      throw Violation("I7", text(event.sequence) + ": a second effect of one request");
    cause_ = &asked->second;
  } else if (created) {
    const auto creates = [](const Command& each) { return std::holds_alternative<CreateContact>(each.body); };
    const auto asked = std::count_if(asked_without_id_.begin(), asked_without_id_.end(), creates);
    if (++created_without_id_ > static_cast<std::uint64_t>(asked)) {
      throw Violation("I2", text(event.sequence) + ": a contact that nobody asked for");
    }
  }
  if (const auto* accepted = std::get_if<OfferAccepted>(&event.body)) check_accepted(*accepted);
  if (const auto* moved = std::get_if<ContactTransferred>(&event.body)) check_transferred(*moved);
}

std::string Auditor::tenant_of(const Event& event) const {
  return std::visit(
      [&](const auto& body) -> std::string {
        if constexpr (requires {
                        body.contact;
                        body.queue;
                      })
          return truth().queue(body.queue)->spec.tenant;
        return "";
      },
      event.body);
}

void Auditor::check_tenant(const Command& command, const Event& event) const {
  if (command.tenant.empty()) return;
  if (tenant_of(event) != command.tenant) {
    throw Violation("I10", text(event.sequence) + ": a tenant has an effect on what is not its own");
  }
}

void Auditor::check_transferred(const ContactTransferred& moved) const {
  if (truth().queue(moved.from)->spec.tenant != truth().queue(moved.queue)->spec.tenant) {
    throw Violation("I10", "contact " + std::to_string(raw(moved.contact)) + " goes to another tenant");
  }
}

void Auditor::check_accepted(const OfferAccepted& accepted) const {
  if (ledger_.accepts_by_itself(accepted.contact)) return;
  const bool asked = std::any_of(cause_->begin(), cause_->end(), [&](const Command& each) {
    const auto* accept = std::get_if<AcceptOffer>(&each.body);
    if (!accept || accept->offer != accepted.offer) return false;
    const Agent* agent = truth().agent_of(accept->session);
    return agent && agent->handle == accepted.agent;
  });
  if (!asked) throw Violation("I2", "an offer is accepted that the agent did not accept");
}

// The engine has settled at the end of each row: nobody is left who could have what waits.
void Auditor::check_waiting() const {
  for (const auto& [id, entry] : ledger_.contacts()) {
    if (entry.state != ContactState::kQueued) continue;
    if (const Agent* agent = oracle_.somebody_for(id)) {
      throw Violation("I12", "contact " + std::to_string(raw(id)) + " waits though agent " + agent->spec.id +
                                 " could have it, after " + text(events()));
    }
  }
  if (const ContactId id = oracle_.left_aside(); id != ContactId::kNone) {
    throw Violation("I12", "contact " + std::to_string(raw(id)) + " is put aside though its agent has room, after " +
                               text(events()));
  }
}

void Auditor::shown(Sequence first_seq, const std::string& payload) const {
  const auto row = rows_.find(first_seq);
  if (row == rows_.end() || row->second->payload != payload) {
    throw Violation("I1", text(first_seq) + " is published but not in the journal");
  }
}

bool Auditor::done(const Command& command) const {
  if (!is_remembered(command)) return false;
  const auto found = done_.find({command.request.high, command.request.low});
  return found != done_.end() && body_of(found->second.fingerprint) == body_of(fingerprint(command));
}

void Auditor::answered(const Command& command, const node::Answer& answer, bool was_done) const {
  if (answer.delivery != node::Delivery::kAnswered) return;
  const Reply& reply = answer.reply;
  if (!reply.ok()) {
    // Through another agent's session, the same body is another request.
    if (was_done && reply.outcome != Outcome::kRequestIdReused) {
      throw Violation("I7", "a request that was carried out is refused when it is repeated");
    }
    return;
  }
  if (reply.sequence > events()) throw Violation("I1", text(reply.sequence) + " is acknowledged but not durable");
  if (!command.tenant.empty() && tenant_of_[reply.sequence] != command.tenant) {
    throw Violation("I10", "a tenant is told of " + text(reply.sequence) + ", which is not its own");
  }
  if (!is_remembered(command)) return;
  const auto found = done_.find({command.request.high, command.request.low});
  if (found == done_.end() || body_of(found->second.fingerprint) != body_of(fingerprint(command))) {
    throw Violation("I1", "a request is acknowledged that is not in the journal");
  }
  if (found->second.sequence != reply.sequence || found->second.result != reply.id) {
    throw Violation("I7", "the same request gets another reply");
  }
}

void Auditor::took_up(const Engine& engine, Sequence last_seq) const {
  if (engine.last_sequence() != last_seq) throw Violation("I1", "replay ends at " + text(engine.last_sequence()));
  compare(engine);
}

void Auditor::compare(const Engine& engine) const {
  if (engine.last_sequence() != events()) {
    throw Violation("I6", "an engine stands at " + text(engine.last_sequence()) + ", the journal at " + text(events()));
  }
  if (engine.state_hash() != truth().state_hash()) {
    throw Violation("I8", "the state of an engine at " + text(events()) + " is not what the journal gives");
  }
}

// Brought back from a snapshot or not, it counts what the journal holds.
void Auditor::compare(const kpi::FoldImage& facts) const {
  if (facts != facts_.image()) throw Violation("I8", "the facts are not what the journal gives, at " + text(events()));
}

void Auditor::compare(const v1::WatchBoardResponse& board) const {
  const kpi::Totals& totals = board_.totals();
  const v1::Totals& shown = board.totals();
  const bool now = shown.waiting() == totals.waiting && shown.ringing() == totals.ringing &&
                   shown.in_hand() == totals.in_hand && shown.scheduled() == totals.scheduled;
  const bool today = shown.created() == totals.counters.created && shown.answered() == totals.counters.answered &&
                     shown.completed() == totals.counters.completed && shown.offers() == totals.counters.offers;
  if (!now || !today) throw Violation("I8", "the board is not what the journal gives, at " + text(events()));
}

// From the facts, not from the timers.
void Auditor::decided(const Engine& engine, TimePoint now) const {
  const auto check = [&](TimePoint deadline, const std::string& what) {
    if (deadline <= now)
      throw Violation("I9", what + " should have happened by now, after " + text(engine.last_sequence()));
  };
  const auto& contacts = ledger_.contacts();
  const std::uint64_t oldest = contacts.empty() ? raw(engine.last_contact()) : raw(contacts.begin()->first);
  for (std::uint64_t n = oldest; n <= raw(engine.last_contact()); ++n) {
    const Contact* contact = engine.contact(ContactId{n});
    if (!contact) continue;
    const std::string name = "contact " + std::to_string(n);
    if (contact->state == ContactState::kScheduled) check(contact->due, "queueing " + name);
    if (contact->state == ContactState::kQueued) check(contact->expires, "expiry of " + name);
    if (contact->state == ContactState::kOffered)
      check(engine.offer(contact->offer)->expires, "end of offering " + name);
    if (contact->state == ContactState::kWrapUp) check(contact->wrap_up_until, "end of wrap-up of " + name);
  }
  for (std::uint32_t n = 1; n <= raw(engine.last_agent()); ++n) {
    const Agent* agent = engine.agent(AgentHandle{n});
    if (!agent) continue;
    const bool pauses = agent->presence == Presence::kNotResponding && agent->presence_until != TimePoint{};
    if (pauses) check(agent->presence_until, "end of the pause of agent " + agent->spec.id);
    if (agent->connected) continue;
    const Settings& settings = engine.settings();
    const bool signed_in = agent->session != SessionId::kNone;
    if (signed_in) check(agent->lost_at + settings.resume_grace, "end of the session of agent " + agent->spec.id);
    const bool has_work = !agent->contacts.empty();
    if (has_work) check(agent->lost_at + settings.contact_grace, "giving up the contacts of agent " + agent->spec.id);
  }
}

void Auditor::watched(const v1::ContactEvent& event, const std::string& tenant) const {
  const auto sequence = static_cast<Sequence>(event.sequence());
  if (sequence > events()) throw Violation("I1", text(sequence) + " is watched but not durable");
  if (event.cause_request_id() != node::request_id(request_of_[sequence])) {
    throw Violation("I1", text(sequence) + " is not what was watched");
  }
  if (!tenant.empty() && tenant_of_[sequence] != tenant) {
    throw Violation("I10", text(sequence) + " is shown to another tenant");
  }
}

void Auditor::replay(Store& store) const {
  try {
    compare(journal::recover(store, events()).engine);
    store.forget_snapshots();
    compare(journal::recover(store, events()).engine);
  } catch (const journal::Corrupt& corrupt) {
    throw Violation("I8", corrupt.what());
  }
}

}  // namespace muster::simulator
