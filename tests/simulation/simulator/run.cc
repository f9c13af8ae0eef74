#include "run.h"

#include <chrono>
#include <memory>
#include <vector>

#include "crowd.h"
#include "muster/journal/codec.h"
#include "server.h"
#include "violation.h"
#include "world.h"

namespace muster::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// From the moment that all is well until everything that an agent may have is done: above any time to live that the
/// workload gives, cool-down, pause and due time.
constexpr Duration kDrained = minutes(25);
constexpr Duration kLast = minutes(1);  // for what is left then

class Run {
 public:
  Run(std::uint64_t seed, bool trace) : world_(seed, trace) {
    const Server::Options options{.mailbox_max = 4 + world_.below(200),
                                  .feed_events_max = 50 + world_.below(3'000),
                                  .hash_interval = seconds(2 + world_.below(60)),
                                  .latency = milliseconds(1 + world_.below(40))};
    for (int number = 0; number < 2; ++number) {
      servers_.push_back(std::make_unique<Server>(world_, number, options));
    }
    snapshot_events_ = 20 + world_.below(600);
    const Duration pauses[] = {milliseconds(5), milliseconds(100), milliseconds(1'000), milliseconds(3'000)};
    crowd_ = std::make_unique<Crowd>(
        world_, servers_,
        Crowd::Options{
            .seed = world_.random(), .commands = 450 + world_.below(300), .pause_mean = pauses[world_.below(4)]});
  }

  void play() {
    for (auto& server : servers_) server->start();
    crowd_->start();
    follow();
    weather();
    step_until([this] { return crowd_->started(); });
    world_.faults.turn(true);
    step_until([this] { return crowd_->finished(); });
    heal();
    drain();
    check_end();
  }

  [[nodiscard]] Outcome outcome() const {
    return {.commands = world_.commands,
            .events = world_.auditor.events(),
            .takeovers = world_.takeovers,
            .fenced = world_.fenced,
            .faults = world_.faults.counts(),
            .digest = world_.auditor.digest(),
            .broken = {}};
  }
  [[nodiscard]] std::uint64_t step() const { return world_.schedule.steps(); }

 private:
  template <typename Done>
  void step_until(Done done) {
    while (!done() && world_.schedule.step()) {
    }
  }

  // As node::Follower: writes snapshots of what it has read from the journal.
  void follow() {
    world_.schedule.after(milliseconds(500), [this] { follow(); });
    const auto last = world_.auditor.events();
    if (last < snapshot_at_ + snapshot_events_ || world_.faults.strikes(Fault::kSnapshotFailed)) return;
    snapshot_at_ = last;
    std::string payload = journal::encode_snapshot({world_.auditor.truth().image(), world_.auditor.folded()});
    if (world_.faults.strikes(Fault::kSnapshotDamaged)) payload[world_.below(payload.size())] ^= 1;
    static_cast<void>(
        world_.store.write_snapshot(world_.store.epoch(), last, world_.auditor.truth().state_hash(), payload));
  }

  // What happens to servers, every second.
  void weather() {
    world_.schedule.after(seconds(1), [this] { weather(); });
    Server& server = *servers_[world_.below(servers_.size())];
    if (world_.faults.strikes(Fault::kCrash)) server.crash(world_.between(milliseconds(100), seconds(15)));
    if (world_.faults.strikes(Fault::kFreeze)) server.freeze(world_.between(milliseconds(100), seconds(10)));
    if (world_.faults.strikes(Fault::kWallClockSet)) {
      server.set_wall_clock(world_.between(-minutes(5), minutes(5)));
    }
    if (world_.faults.strikes(Fault::kLeaseConnectionCut)) {
      for (int number = 0; number < 2; ++number) world_.store.lose_connection(number);
    }
    for (const auto& each : servers_) each->compare();
  }

  void heal() {
    world_.faults.turn(false);
    for (auto& server : servers_) {
      server->thaw();
      server->set_wall_clock({});
    }
    healed_at_ = world_.schedule.now();
    // Who is down comes back, and what was sent long ago arrives, before anybody counts on it.
    step_until([this] { return world_.schedule.now() > healed_at_ + seconds(30); });
    crowd_->settle_down();
  }

  void drain() {
    const auto drained = [this] { return world_.auditor.ledger().live() == 0 && crowd_->open_calls() == 0; };
    step_until([&] { return drained() || world_.schedule.now() > healed_at_ + kDrained; });
    if (drained()) return;
    crowd_->give_up();
    step_until([&] { return drained() || world_.schedule.now() > healed_at_ + kDrained + kLast; });
    if (!drained()) {
      throw Violation("I11", std::to_string(world_.auditor.ledger().live()) + " contacts and " +
                                 std::to_string(crowd_->open_calls()) + " requests are left when all is well");
    }
  }

  /// Servers that serve and have published all that is durable.
  [[nodiscard]] int up() const {
    int up = 0;
    for (const auto& server : servers_) up += server->up_to_date() ? 1 : 0;
    return up;
  }

  void check_end() {
    // What was published last is read by then; and a hash may be on its way into the journal.
    const Duration quiet = world_.schedule.now() + seconds(5);
    step_until([&] { return world_.schedule.now() > quiet; });
    step_until([&] { return up() == 1 || world_.schedule.now() > quiet + kLast; });
    if (up() != 1) throw Violation("I11", std::to_string(up()) + " servers serve when all is well");
    for (const auto& server : servers_) server->compare();
    crowd_->compare();
    world_.auditor.replay(world_.store);
  }

  World world_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::unique_ptr<Crowd> crowd_;
  dispatch::Sequence snapshot_events_ = 0;
  dispatch::Sequence snapshot_at_ = 0;
  Duration healed_at_{};
};

}  // namespace

Outcome run(std::uint64_t seed, bool trace) {
  const auto run = std::make_unique<Run>(seed, trace);
  std::optional<Outcome::Broken> broken;
  try {
    run->play();
  } catch (const Violation& violation) {
    broken = {violation.rule(), violation.what(), run->step()};
  }
  Outcome outcome = run->outcome();
  outcome.broken = std::move(broken);
  return outcome;
}

}  // namespace muster::simulator
