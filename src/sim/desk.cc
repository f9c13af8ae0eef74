#include "desk.h"

#include <algorithm>

#include "distributions.h"

namespace muster::sim {
namespace {

// A person who was sent away after three missed offers notices within this many simulated seconds.
constexpr double kReturnAfter = 60;
// An answer that takes longer on an open stream is as good as lost.
constexpr std::chrono::seconds kAnswerMax{10};
// A stream is given up when nothing was heard for this many heartbeat intervals.
constexpr int kSilentIntervalsMax = 3;

Duration to_duration(const google::protobuf::Duration& span) {
  return std::chrono::seconds(span.seconds()) + std::chrono::microseconds(span.nanos() / 1000);
}

/// True for an end of the stream after which there is no use in opening another one.
bool is_refusal(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::UNIMPLEMENTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

Desk::Desk(Floor& floor, const AgentPlan& plan, v1::AgentSessionService::StubInterface& stub, std::uint64_t seed)
    : floor_(floor), plan_(plan), stub_(stub), agent_id_(floor.prefix + plan.id), random_(seed) {}

void Desk::sign_in() {
  if (phase_ != Phase::kBeforeShift) return;
  phase_ = Phase::kWorking;
  open();
}

void Desk::sign_out() {
  if (phase_ == Phase::kBeforeShift) phase_ = Phase::kGone;
  if (phase_ != Phase::kWorking) return;
  phase_ = Phase::kLeaving;
  if (opened_) set_presence(v1::AGENT_PRESENCE_OFFLINE);
  leave_if_done();
}

void Desk::abort() {
  count_time();
  phase_ = Phase::kGone;
  if (stream_) stream_->cancel();
}

// --- the stream ---

void Desk::open() {
  if (phase_ == Phase::kGone) return;
  ++streams_;
  stream_ = std::make_unique<SessionStream>(
      floor_.loop, stub_,
      [this](const v1::SessionResponse& response) {
        last_heard_ = Loop::Clock::now();
        failures_ = 0;
        floor_.outage.heard();
        if (phase_ == Phase::kGone) return;
        for (const v1::SessionEvent& event : response.events()) on_event(event);
      },
      [this](const grpc::Status& status) { on_closed(status); });
  last_heard_ = Loop::Clock::now();
  // Each attempt to open is a request of its own: a reply to an earlier one would speak of a stream that is no more.
  v1::SessionRequest request;
  request.mutable_open()->set_request_id(floor_.ids.next());
  request.mutable_open()->set_agent_id(agent_id_);
  request.mutable_open()->set_session_id(session_id_);
  stream_->send(std::move(request));
}

void Desk::on_closed(const grpc::Status& status) {
  count_time();
  // The stream is calling: it goes when it has returned.
  floor_.loop.post([ended = std::shared_ptr<SessionStream>(std::move(stream_))] {});
  opened_ = false;
  if (closing_ && status.ok()) phase_ = Phase::kGone;
  if (phase_ == Phase::kGone) return;
  if (is_refusal(status.error_code())) {
    throw ServerError(say("agent {}: {}", "坐席 {}：{}", agent_id_, Caller::describe(status)));
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) floor_.outage.failed(Caller::describe(status));
  floor_.loop.after(backoff(++failures_, random_), [this] {
    if (!stream_) open();
  });
}

void Desk::on_event(const v1::SessionEvent& event) {
  count_time();
  const std::int64_t sequence = event.sequence();
  switch (event.event_case()) {
    case v1::SessionEvent::kOpened:
      on_opened(event.opened(), sequence);
      break;
    case v1::SessionEvent::kOfferMade:
      floor_.audit.with_agent(agent_id_, load_of(event.offer_made().contact(), true), sequence);
      on_offer(event.offer_made(), true);
      break;
    case v1::SessionEvent::kOfferEnded:
      on_offer_ended(event.offer_ended(), sequence);
      break;
    case v1::SessionEvent::kContactChanged:
      on_contact(event.contact_changed().contact(), sequence);
      break;
    case v1::SessionEvent::kPresenceChanged:
      on_presence(event.presence_changed().presence(), event.presence_changed().has_until());
      break;
    case v1::SessionEvent::kCommandResult:
      on_result(event.command_result(), sequence);
      break;
    default:
      break;
  }
  floor_.audit.seen(agent_id_, sequence);
  leave_if_done();
}

void Desk::on_opened(const v1::SessionOpened& opened, std::int64_t sequence) {
  opened_ = true;
  ++floor_.totals.sessions_opened;
  if (opened.resumed()) ++floor_.totals.sessions_resumed;
  if (!session_id_.empty()) ++floor_.totals.reconnects;
  session_id_ = opened.session_id();
  std::vector<Audit::Load> loads;
  for (const v1::OfferMade& made : opened.offers()) loads.push_back(load_of(made.contact(), true));
  for (const v1::Contact& contact : opened.contacts()) loads.push_back(load_of(contact, false));
  floor_.audit.session_opened(agent_id_, loads, sequence);

  // What was known before is void.
  std::erase_if(offers_, [&](const auto& known) {
    return std::none_of(opened.offers().begin(), opened.offers().end(),
                        [&](const v1::OfferMade& made) { return made.offer().offer_id() == known.first; });
  });
  std::erase_if(in_hand_, [&](const auto& known) {
    return std::none_of(opened.contacts().begin(), opened.contacts().end(),
                        [&](const v1::Contact& contact) { return contact.contact_id() == known.first; });
  });
  for (const v1::OfferMade& made : opened.offers()) on_offer(made, false);
  for (const v1::Contact& contact : opened.contacts()) on_contact(contact, sequence);

  // A close_session spoke of the session before.
  closing_ = false;
  std::erase_if(pending_, [](const Pending& command) { return command.request.has_close_session(); });
  for (Pending& command : pending_) {
    ++floor_.totals.command_retries;
    ++command.attempts;
    command.sent = Loop::Clock::now();
    stream_->send(command.request);
  }
  on_presence(opened.agent().presence(), opened.agent().has_presence_until());
  const Duration interval = to_duration(opened.heartbeat_interval());
  if (interval > Duration(0)) {
    floor_.loop.after(interval, [this, stream = streams_, interval] { keep_alive(stream, interval); });
  }
}

void Desk::keep_alive(int stream, Duration interval) {
  if (stream != streams_ || !opened_) return;
  const auto now = Loop::Clock::now();
  if (now - last_heard_ > kSilentIntervalsMax * interval) {
    stream_->cancel();
    return;
  }
  v1::SessionRequest request;
  request.mutable_heartbeat()->set_session_id(session_id_);
  stream_->send(std::move(request));
  for (Pending& command : pending_) {
    if (now - command.sent > kAnswerMax) send_again(command.request_id);
  }
  floor_.loop.after(interval, [this, stream, interval] { keep_alive(stream, interval); });
}

// --- commands ---

void Desk::send(v1::SessionRequest request, std::string request_id, std::string contact_id) {
  if (opened_) stream_->send(request);
  pending_.push_back({std::move(request_id), std::move(request), std::move(contact_id), Loop::Clock::now(), 1});
}

void Desk::send_again(const std::string& request_id) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const Pending& command) { return command.request_id == request_id; });
  if (found == pending_.end() || !opened_) return;  // answered meanwhile, or sent again when the session opens
  ++floor_.totals.command_retries;
  ++found->attempts;
  found->sent = Loop::Clock::now();
  stream_->send(found->request);
}

void Desk::on_result(const v1::CommandResult& result, std::int64_t sequence) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const Pending& command) { return command.request_id == result.request_id(); });
  if (found == pending_.end()) return;  // the second answer to a command sent twice
  if (is_retryable(static_cast<grpc::StatusCode>(result.status().code()))) {
    floor_.loop.after(backoff(found->attempts, random_), [this, id = result.request_id()] { send_again(id); });
    return;
  }
  const Pending command = std::move(*found);
  pending_.erase(found);
  settle(command, result.status().code() == 0, sequence);
}

void Desk::settle(const Pending& command, bool done, std::int64_t sequence) {
  switch (command.request.command_case()) {
    case v1::SessionRequest::kAcceptOffer:
      if (done) ++floor_.totals.accepted;
      offers_.erase(command.request.accept_offer().offer_id());
      break;
    case v1::SessionRequest::kDeclineOffer:
      if (done) ++floor_.totals.declined;
      offers_.erase(command.request.decline_offer().offer_id());
      break;
    case v1::SessionRequest::kStartWrapUp:
      if (!done) in_hand_.erase(command.contact_id);
      break;
    case v1::SessionRequest::kCompleteContact:
      in_hand_.erase(command.contact_id);
      if (!done) break;  // the wrap-up limit was quicker
      floor_.audit.left_agent(agent_id_, command.contact_id, sequence);
      floor_.audit.ended(command.contact_id, v1::CONTACT_STATE_COMPLETED);
      break;
    default:
      break;
  }
}

void Desk::set_presence(v1::AgentPresence presence) {
  const bool waiting = std::any_of(pending_.begin(), pending_.end(),
                                   [](const Pending& command) { return command.request.has_set_presence(); });
  if (waiting && phase_ == Phase::kWorking) return;
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_set_presence()->set_request_id(id);
  request.mutable_set_presence()->set_presence(presence);
  send(std::move(request), id, {});
}

void Desk::accept(const std::string& offer_id) {
  const auto offer = offers_.find(offer_id);
  if (offer == offers_.end()) return;
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_accept_offer()->set_request_id(id);
  request.mutable_accept_offer()->set_offer_id(offer_id);
  send(std::move(request), id, offer->second);
}

void Desk::decline(const std::string& offer_id) {
  const auto offer = offers_.find(offer_id);
  if (offer == offers_.end()) return;
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_decline_offer()->set_request_id(id);
  request.mutable_decline_offer()->set_offer_id(offer_id);
  request.mutable_decline_offer()->set_reason("busy with something else");
  send(std::move(request), id, offer->second);
}

void Desk::complete(const std::string& contact_id) {
  const auto found = in_hand_.find(contact_id);
  if (found == in_hand_.end() || found->second.stage == Stage::kCompleting) return;
  found->second.stage = Stage::kCompleting;
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_complete_contact()->set_request_id(id);
  request.mutable_complete_contact()->set_contact_id(contact_id);
  request.mutable_complete_contact()->set_disposition(random_.unit() < 0.8 ? "resolved" : "follow-up");
  send(std::move(request), id, contact_id);
}

// --- the work ---

void Desk::on_offer(const v1::OfferMade& made, bool live) {
  const std::string& offer_id = made.offer().offer_id();
  if (!offers_.emplace(offer_id, made.contact().contact_id()).second) return;
  ++floor_.totals.offers;
  const std::int64_t arrival = floor_.arrival_of(made.contact().customer_ref());
  if (arrival >= 0) {
    CustomerContact& contact = floor_.contacts[static_cast<std::size_t>(arrival)];
    const bool at_once = made.offer().explanation().trigger() == v1::OFFER_TRIGGER_CONTACT_QUEUED;
    if (live && at_once && !contact.offered) {
      contact.latency_ms = std::chrono::duration<double, std::milli>(Loop::Clock::now() - contact.sent).count();
    }
    contact.offered = true;
  }
  const Behaviour& behaviour = floor_.workload.behaviour;
  const double mood = random_.unit();
  if (mood < behaviour.miss_probability) return;
  const bool declines = mood < behaviour.miss_probability + behaviour.decline_probability;
  const Duration delay =
      std::min(floor_.clock.real(exponential(random_, behaviour.answer_delay_mean_s)), floor_.offer_timeout / 2);
  const auto answer = [this, offer_id, declines] { declines ? decline(offer_id) : accept(offer_id); };
  if (delay == Duration(0)) return answer();
  floor_.loop.after(delay, answer);
}

void Desk::on_offer_ended(const v1::OfferEnded& ended, std::int64_t sequence) {
  if (ended.state() != v1::OFFER_STATE_ACCEPTED) floor_.audit.left_agent(agent_id_, ended.contact_id(), sequence);
  offers_.erase(ended.offer_id());
  if (ended.state() == v1::OFFER_STATE_TIMED_OUT) {
    ++floor_.totals.missed;
  } else if (ended.state() != v1::OFFER_STATE_ACCEPTED && ended.state() != v1::OFFER_STATE_DECLINED) {
    ++floor_.totals.withdrawn;
  }
}

void Desk::on_contact(const v1::Contact& contact, std::int64_t sequence) {
  const std::string& contact_id = contact.contact_id();
  std::erase_if(offers_, [&](const auto& offer) { return offer.second == contact_id; });
  if (is_mine(contact)) {
    floor_.audit.with_agent(agent_id_, load_of(contact, false), sequence);
    take(contact);
    return;
  }
  floor_.audit.left_agent(agent_id_, contact_id, sequence);
  if (is_final(contact.state())) {
    floor_.audit.ended(contact_id, contact.state());
    const auto found = in_hand_.find(contact_id);
    if (found != in_hand_.end() && found->second.arrival >= 0) {
      floor_.contacts[static_cast<std::size_t>(found->second.arrival)].ended = true;
    }
  }
  in_hand_.erase(contact_id);
}

void Desk::on_presence(v1::AgentPresence presence, bool until_told) {
  presence_ = presence;
  if (presence == v1::AGENT_PRESENCE_AVAILABLE) was_available_ = true;
  if (phase_ == Phase::kLeaving && presence == v1::AGENT_PRESENCE_AVAILABLE) set_presence(v1::AGENT_PRESENCE_OFFLINE);
  if (phase_ != Phase::kWorking) return;
  if (presence == v1::AGENT_PRESENCE_OFFLINE) {
    set_presence(v1::AGENT_PRESENCE_AVAILABLE);
  } else if (presence == v1::AGENT_PRESENCE_NOT_RESPONDING && !until_told) {
    floor_.loop.after(floor_.clock.real(kReturnAfter), [this] {
      if (phase_ == Phase::kWorking && presence_ == v1::AGENT_PRESENCE_NOT_RESPONDING) {
        set_presence(v1::AGENT_PRESENCE_AVAILABLE);
      }
    });
  }
}

void Desk::take(const v1::Contact& contact) {
  const std::string& contact_id = contact.contact_id();
  const auto [found, taken] = in_hand_.try_emplace(contact_id);
  if (taken) {
    found->second.arrival = floor_.arrival_of(contact.customer_ref());
    double service_s = 0;
    if (found->second.arrival >= 0) {
      const auto index = static_cast<std::size_t>(found->second.arrival);
      floor_.contacts[index].answered = true;
      service_s = floor_.workload.arrivals[index].service_s;
    }
    if (contact.state() != v1::CONTACT_STATE_WRAP_UP) {
      floor_.loop.after(floor_.clock.real(service_s), [this, contact_id] { end_talk(contact_id); });
    }
  }
  if (contact.state() == v1::CONTACT_STATE_WRAP_UP) begin_wrap_up(contact_id);
}

void Desk::end_talk(const std::string& contact_id) {
  const auto found = in_hand_.find(contact_id);
  if (found == in_hand_.end() || found->second.stage != Stage::kTalking) return;
  const std::int64_t arrival = found->second.arrival;
  const bool wraps_up = arrival >= 0 && floor_.workload.arrivals[static_cast<std::size_t>(arrival)].wrap_up_s > 0;
  if (!wraps_up) return complete(contact_id);
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_start_wrap_up()->set_request_id(id);
  request.mutable_start_wrap_up()->set_contact_id(contact_id);
  send(std::move(request), id, contact_id);
}

void Desk::begin_wrap_up(const std::string& contact_id) {
  InHand& held = in_hand_.at(contact_id);
  if (held.stage != Stage::kTalking) return;
  held.stage = Stage::kWrappingUp;
  const double wrap_up_s =
      held.arrival >= 0 ? floor_.workload.arrivals[static_cast<std::size_t>(held.arrival)].wrap_up_s : 0;
  floor_.loop.after(floor_.clock.real(wrap_up_s), [this, contact_id] { complete(contact_id); });
}

void Desk::leave_if_done() {
  if (phase_ != Phase::kLeaving || closing_ || !opened_) return;
  if (!in_hand_.empty() || !pending_.empty()) return;
  closing_ = true;
  v1::SessionRequest request;
  const std::string id = floor_.ids.next();
  request.mutable_close_session()->set_request_id(id);
  send(std::move(request), id, {});
}

bool Desk::is_mine(const v1::Contact& contact) const {
  switch (contact.state()) {
    case v1::CONTACT_STATE_ACTIVE:
    case v1::CONTACT_STATE_HELD:
    case v1::CONTACT_STATE_WRAP_UP:
      return contact.agent_id() == agent_id_;
    default:
      return false;
  }
}

Audit::Load Desk::load_of(const v1::Contact& contact, bool ringing) const {
  const bool frees_units =
      !ringing && contact.state() == v1::CONTACT_STATE_HELD && contact.channel() != v1::CHANNEL_VOICE;
  return {contact.contact_id(), frees_units ? 0 : floor_.units_of(contact.channel())};
}

// --- time ---

void Desk::start_counting() {
  counting_ = true;
  counted_until_s_ = floor_.clock.now_s();
}

void Desk::stop_counting() {
  count_time();
  counting_ = false;
}

void Desk::count_time() {
  if (!counting_) return;
  const double now_s = floor_.clock.now_s();
  const double span_s = now_s - counted_until_s_;
  counted_until_s_ = now_s;
  if (!in_hand_.empty()) {
    times_.busy_s += span_s;
  } else if (opened_ && presence_ == v1::AGENT_PRESENCE_AVAILABLE) {
    times_.available_s += span_s;
  }
}

}  // namespace muster::sim
