#include "server.h"

#include <algorithm>
#include <utility>

#include "muster/journal/error.h"
#include "take_up.h"
#include "violation.h"

namespace muster::simulator {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// As the node has them.
const journal::Lease::Options kLease;
const Duration kAppendDeadline = journal::Appender::Options{}.deadline;
constexpr Duration kLeaseRetry = milliseconds(100);
constexpr Duration kFailurePause = milliseconds(200);
constexpr Duration kLeaseCheck = milliseconds(250);
constexpr auto kHeartbeat = milliseconds(10'000);

constexpr TimePoint kMorning{hours(24 * 365 * 50)};

/// What the server itself asks of its engine.
node::Request internal(dispatch::CommandBody body, std::function<void(const node::Answer&)> done = {}) {
  return node::CommandRequest{dispatch::Command{{}, std::move(body)}, std::move(done)};
}

}  // namespace

struct Server::Term {
  Term(Server& server, dispatch::Engine engine, const journal::Ownership& owned)
      : ownership(owned),
        clock(engine.last_time(), kMorning + server.world_.schedule.now() + server.wall_ahead_,
              node::EngineClock::Steady(server.world_.schedule.now())),
        sequencer(std::move(engine), kHeartbeat),
        publisher(
            *server.view_, [&server] { return server.lease_valid(); }, [this] { failed = true; },
            [](dispatch::Sequence) {}),
        committer([this](auto, auto, auto) { return result; },
                  [this, &server](std::vector<node::Batch>& batches) {
                    if (row_first != 0) server.world_.auditor.shown(row_first, row_payload);
                    publisher.publish_inline(batches);
                  },
                  [this](journal::AppendResult) {
                    failed = broken = true;
                    serving = false;
                  }) {}

  const journal::Ownership ownership;
  node::EngineClock clock;
  node::Sequencer sequencer;
  node::Publisher publisher;
  node::Committer committer;

  std::vector<node::Request> inbox;
  std::vector<node::Batch> queued;  ///< for the journal
  std::vector<node::Batch> row;     ///< whose append is under way
  dispatch::Sequence row_first = 0;
  std::string row_payload;
  journal::AppendResult result{};  ///< of that append
  bool committing = false;
  bool serving = false;
  bool failed = false;
  bool broken = false;  ///< an append was not committed: none is sent any more
  bool ending = false;
  Duration next_wake = Duration::max();
  Duration next_hash{};
  dispatch::Sequence hashed_at = 0;
};

Server::Server(World& world, int number, Options options) : world_(world), number_(number), options_(options) {}
Server::~Server() = default;

void Server::start() {
  view_ = std::make_unique<node::PublicView>(options_.feed_events_max);
  later(world_.between({}, kLeaseRetry), [this] { try_acquire(); });
}

void Server::later(Duration span, std::function<void()> what) {
  world_.schedule.after(span, [this, incarnation = incarnation_, what = std::move(what)]() mutable {
    if (incarnation != incarnation_) return;
    if (const Duration asleep = frozen_until_ - world_.schedule.now(); asleep > Duration{0}) {
      return later(asleep, std::move(what));
    }
    what();
  });
}

TimePoint Server::now_on_clock() {
  const Duration now = world_.schedule.now();
  return term_->clock.at(kMorning + now + wall_ahead_, node::EngineClock::Steady(now));
}

// --- the lease ---

void Server::try_acquire() {
  ++acquisitions_;
  lease_until_ = {};
  if (world_.faults.strikes(Fault::kStoreUnreachable)) return later(kFailurePause, [this] { try_acquire(); });
  later(world_.between({}, options_.latency), [this, sent = world_.schedule.now()] {
    const auto taken = world_.store.take_over(number_, world_.schedule.now());
    if (!taken) return later(kLeaseRetry, [this] { try_acquire(); });
    if (world_.faults.strikes(Fault::kTakeoverUnheard)) {
      world_.store.lose_connection(number_);
      return later(kFailurePause, [this] { try_acquire(); });
    }
    lease_until_ = sent + kLease.valid_for;
    later(kLease.renew_every, [this, mine = acquisitions_, epoch = taken->epoch] { renew(mine, epoch); });
    begin_term(*taken);
  });
}

void Server::renew(std::uint64_t acquisition, std::uint64_t epoch) {
  if (acquisition != acquisitions_) return;
  const Duration sent = world_.schedule.now();
  Duration pause = kLease.renew_every;
  if (world_.faults.strikes(Fault::kRenewalLost)) {
    pause = kLease.renew_every / 10;
  } else {
    later(world_.between({}, options_.latency), [this, acquisition, epoch, sent] {
      if (acquisition != acquisitions_) return;
      const bool ours = world_.store.renew(epoch, world_.schedule.now());
      lease_until_ = ours ? sent + kLease.valid_for : Duration{};
    });
  }
  later(pause, [this, acquisition, epoch] { renew(acquisition, epoch); });
}

// --- a term ---

void Server::begin_term(const journal::Ownership& ownership) {
  try {
    auto recovered = node::take_up(world_.store, ownership, *view_, [] {});
    world_.auditor.took_up(recovered.engine, ownership.next_seq - 1);
    term_ = std::make_unique<Term>(*this, std::move(recovered.engine), ownership);
  } catch (const journal::Corrupt& corrupt) {
    throw Violation("I8", corrupt.what());
  }
  if (++terms_; ownership.epoch > 1) ++world_.takeovers;
  term_->next_hash = world_.schedule.now() + options_.hash_interval;
  // The replay takes its time.
  later(world_.between({}, milliseconds(300)), [this, term = terms_] {
    if (term != terms_) return;
    std::vector<node::Request> announce;
    const std::string name = "server" + std::to_string(number_);
    announce.push_back(
        internal(dispatch::OpenWorkspace{term_->ownership.epoch, name}, [this, term](const node::Answer& answer) {
          if (term == terms_ && answer.delivery == node::Delivery::kAnswered) term_->serving = !term_->failed;
        }));
    push(term_->sequencer.process(announce, now_on_clock()));
    wake_at(world_.schedule.now());
  });
}

void Server::wake_at(Duration when) {
  const Duration now = world_.schedule.now();
  when = std::max(when, now);
  if (when >= term_->next_wake) return;
  term_->next_wake = when;
  later(when - now, [this, term = terms_, when] {
    if (term == terms_ && term_->next_wake == when) pass();
  });
}

// One pass of the engine's thread.
void Server::pass() {
  Term& term = *term_;
  term.next_wake = Duration::max();
  if (term.ending) return;
  if (term.failed || !lease_valid()) return end_term();
  std::vector<node::Request> requests = std::exchange(term.inbox, {});
  add_housekeeping(requests);
  const TimePoint now = now_on_clock();
  auto batch = term.sequencer.process(requests, now);
  const dispatch::Engine& engine = term.sequencer.engine();
  world_.auditor.decided(engine, now);
  if (!batch.events->empty() || !batch.effects.empty()) push(std::move(batch));

  Duration next = world_.schedule.now() + kLeaseCheck;
  if (const auto deadline = engine.next_deadline()) {
    const auto when = term.clock.when(*deadline).time_since_epoch();
    // A little too early is as good as never: the clock moves by microseconds.
    next =
        std::min(next, std::max(std::chrono::duration_cast<Duration>(when), world_.schedule.now() + microseconds(1)));
  }
  wake_at(next);
}

void Server::add_housekeeping(std::vector<node::Request>& requests) {
  Term& term = *term_;
  const Duration now = world_.schedule.now();
  if (now < term.next_hash) return;
  term.next_hash = now + options_.hash_interval;
  if (term.sequencer.engine().last_sequence() > term.hashed_at + 1) {
    requests.push_back(internal(dispatch::RecordStateHash{}));
  }
  term.hashed_at = term.sequencer.engine().last_sequence();
}

// What is under way goes on, as the threads of the later stages do.
void Server::end_term() {
  term_->ending = true;
  term_->serving = false;
  if (!term_->committing) finish_term();
}

void Server::finish_term() {
  ++view_->terms_ended;
  view_->events.wake_all();
  for (auto& request : term_->inbox) node::refuse(request, node::Delivery::kNotServing);
  view_->sessions.end_all(node::StreamEnd::kRecovering);
  term_.reset();
  ++terms_;
  later(world_.between({}, kLeaseRetry), [this] { try_acquire(); });
}

// --- the journal stage ---

void Server::push(node::Batch&& batch) {
  term_->queued.push_back(std::move(batch));
  if (!term_->committing) start_commit();
}

// One row after the other, each of all that waits.
void Server::start_commit() {
  Term& term = *term_;
  term.committing = true;
  term.row = std::exchange(term.queued, {});
  term.row_first = 0;
  term.row_payload.clear();
  dispatch::Sequence last = 0;
  for (const auto& batch : term.row) {
    if (batch.events->empty()) continue;
    if (term.row_first == 0) term.row_first = batch.events->front().sequence;
    last = batch.events->back().sequence;
    term.row_payload += batch.payload;
  }
  if (last == 0 || term.broken)
    return later({}, [this, now = terms_] {
      if (now == terms_) finish_commit(journal::AppendResult::kCommitted);
    });
  send_append(term.row_payload, term.row_first, last);
}

// The statement reaches the store or not, at once or late, whatever becomes of this server meanwhile; and the answer
// reaches this server or not.
void Server::send_append(const std::string& payload, dispatch::Sequence first, dispatch::Sequence last) {
  const auto answer = [this, term = terms_](Duration span, std::optional<journal::AppendResult> result) {
    const bool late = !result || span > kAppendDeadline;
    later(std::min(span, kAppendDeadline), [this, term, result = late ? journal::AppendResult::kUnknown : *result] {
      if (term == terms_) finish_commit(result);
    });
  };
  const auto epoch = term_->ownership.epoch;
  if (world_.faults.strikes(Fault::kAppendFailed)) return answer(world_.between({}, kAppendDeadline), std::nullopt);
  const bool unheard = world_.faults.strikes(Fault::kAppendUnheard);
  Duration there = world_.between(microseconds(100), options_.latency);
  if (world_.faults.strikes(Fault::kAppendSlow)) there = world_.between(milliseconds(50), seconds(8));
  const Duration back = world_.between({}, options_.latency / 4);
  if (unheard || there + back > kAppendDeadline) answer(world_.one_in(2) ? there : kAppendDeadline, std::nullopt);
  world_.schedule.after(there,
                        [this, epoch, first, last, payload, back, answer, unheard, there, incarnation = incarnation_] {
                          const bool inserted = world_.store.append(epoch, first, last, payload);
                          if (!inserted) ++world_.fenced;
                          if (unheard || there + back > kAppendDeadline || incarnation != incarnation_) return;
                          answer(back, inserted ? journal::AppendResult::kCommitted : journal::AppendResult::kFenced);
                        });
}

void Server::finish_commit(journal::AppendResult result) {
  Term& term = *term_;
  term.result = result;
  term.committer.commit(term.row);
  term.row.clear();
  term.committing = false;
  if (term.failed) wake_at(world_.schedule.now() + world_.between({}, milliseconds(50)));
  if (!term.queued.empty()) return start_commit();
  if (term.ending) finish_term();
}

// --- clients ---

void Server::submit(node::Request request) {
  if (!view_) return;
  if (!term_ || !term_->serving) {
    node::refuse(request, node::Delivery::kNotServing);
    return;
  }
  term_->inbox.push_back(std::move(request));
  wake_at(world_.schedule.now() + world_.between({}, microseconds(200)));
}

void Server::lose_session(dispatch::SessionId session, const std::shared_ptr<node::SessionMailbox>& mailbox) {
  if (!view_ || !view_->sessions.forget(session, mailbox)) return;
  submit(node::LostStream{session, mailbox});
}

std::shared_ptr<node::SessionMailbox> Server::make_mailbox() const {
  return std::make_shared<node::SessionMailbox>(options_.mailbox_max);
}

bool Server::serving() const { return term_ && term_->serving && lease_valid(); }
bool Server::stale() const { return term_ && term_->ownership.epoch != world_.store.epoch(); }
bool Server::up_to_date() const {
  return serving() && !stale() && !term_->committing && view_->committed == world_.store.last_seq();
}

void Server::compare() const {
  if (!up_to_date() || term_->sequencer.engine().last_sequence() != world_.store.last_seq()) return;
  world_.auditor.compare(term_->sequencer.engine());
  world_.auditor.compare(view_->board.delta(0, false, "").response);
  world_.auditor.compare(view_->kpis.image());
}

// --- faults ---

void Server::crash(Duration down_for) {
  ++incarnation_;
  ++terms_;
  ++acquisitions_;
  term_.reset();
  view_.reset();
  lease_until_ = {};
  frozen_until_ = {};
  world_.store.lose_connection(number_);
  world_.schedule.after(down_for, [this, incarnation = incarnation_] {
    if (incarnation == incarnation_) start();
  });
}

}  // namespace muster::simulator
