#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "desk.h"
#include "server.h"
#include "workload.h"
#include "world.h"

namespace muster::simulator {

/// All clients: customers, agents at their desks, supervisors, watchers. First they do anything at any time; from
/// settle_down() on they do their duty until nothing is left. Whoever gets no answer, or hears that the outcome is
/// unknown, asks again with the same request id, on the other server perhaps.
class Crowd {
 public:
  struct Options {
    std::uint64_t seed;      ///< of what they ask for
    std::uint64_t commands;  ///< how much they ask for
    Duration pause_mean;     ///< between two things that they do
  };

  Crowd(World& world, std::vector<std::unique_ptr<Server>>& servers, Options options);

  /// Supervisors set the workspace up, one command after the other; then the rest begins.
  void start();
  /// Whether the workspace is set up.
  [[nodiscard]] bool started() const { return started_; }
  /// Whether everything was asked for.
  [[nodiscard]] bool finished() const { return asked_ >= options_.commands; }
  /// Everybody does what they should from now on.
  void settle_down();
  /// Customers give up what no agent may ever have.
  void give_up();
  /// Requests that wait for an answer.
  [[nodiscard]] int open_calls() const { return open_calls_; }
  void compare() const;

 private:
  struct Call;
  struct Watcher {
    std::string tenant;  ///< empty: the platform's
    std::uint64_t epoch = 0;
    dispatch::Sequence cursor = 0;
  };

  void set_up();
  void act();
  void act_later();
  void look_around();
  void watch(Watcher& watcher);
  void do_duty(Desk& desk);
  void equip();
  /// May take from the world what nobody has said yet.
  void ask(dispatch::Command command, std::function<void()> then = {});
  void send(const std::shared_ptr<Call>& call);
  void deliver(const std::shared_ptr<Call>& call, Server& server);
  void answered(const std::shared_ptr<Call>& call, const node::Answer& answer);
  void retry(const std::shared_ptr<Call>& call);
  dispatch::RequestId fresh_id() { return {0x5e77'1ed0, ++ids_}; }
  Desk* desk_of(const std::string& agent);
  Desk* desk_of(dispatch::SessionId session);

  World& world_;
  std::vector<std::unique_ptr<Server>>& servers_;
  const Options options_;
  dispatch::Workload workload_;
  std::vector<dispatch::CommandBody> opening_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::array<Watcher, 3> watchers_{{{"", 0, 0}, {"acme", 0, 0}, {"globex", 0, 0}}};
  std::size_t set_up_ = 0;
  bool started_ = false;
  bool dutiful_ = false;
  std::uint64_t asked_ = 0;
  std::uint64_t ids_ = 0;
  int open_calls_ = 0;
};

}  // namespace muster::simulator
