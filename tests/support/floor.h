#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "muster/base/random.h"
#include "muster/dispatch/engine.h"

namespace muster::testing {

/// Customers and agents around an engine, all from one seed: contacts arrive, agents accept, work, wrap up and finish,
/// and now and then do everything else that the engine allows. Time is simulated.
class Floor {
 public:
  struct Options {
    std::uint64_t seed = 1;
    int agents = 20;
    /// Of 1,000 turns, how many go otherwise than they should: declined, missed, held, handed on, connection lost, …
    std::uint64_t odd_per_mille = 50;
    TimePoint start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 5)};
  };

  /// Sets up skills, policies, queues and agents, who all sign in. take() has those events.
  explicit Floor(Options options);

  /// Goes on to the next thing that happens.
  void step();

  /// The events since the last call.
  std::vector<dispatch::Event> take();

  /// Runs one more command of somebody's own.
  dispatch::Reply run(dispatch::CommandBody body);

  [[nodiscard]] const dispatch::Engine& engine() const { return engine_; }

 private:
  void configure();
  void sign_in(int agent, dispatch::SessionId resume = {});
  void create_contact();
  void change_something();
  void react(const dispatch::Event& event);
  void answer_offer(const dispatch::OfferMade& offer);
  void work(const dispatch::OfferAccepted& accepted);
  void plan(Duration after, dispatch::CommandBody body);
  [[nodiscard]] Duration between(Duration least, Duration most);
  [[nodiscard]] std::string some_agent();
  [[nodiscard]] bool odd() { return random_.below(1000) < options_.odd_per_mille; }
  [[nodiscard]] dispatch::SessionId session_of(dispatch::AgentHandle agent) const;

  const Options options_;
  Random random_;
  dispatch::Engine engine_;
  TimePoint now_ = options_.start;
  TimePoint next_arrival_ = now_;
  Duration mean_gap_{};
  std::multimap<TimePoint, dispatch::CommandBody> planned_;
  std::vector<dispatch::Event> events_;
  std::size_t reacted_ = 0;  ///< events_ before this one have had their effect
};

}  // namespace muster::testing
