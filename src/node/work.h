#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "muster/dispatch/command.h"
#include "muster/dispatch/event.h"
#include "muster/node/node.h"

/// What travels through the node's stages: requests on the way in, effects on the way out.
namespace muster::node {

struct CommandRequest {
  dispatch::Command command;
  std::function<void(const Answer&)> done;  ///< may be empty: nobody waits
};

struct ReadRequest {
  std::function<std::function<void()>(const dispatch::Engine&, TimePoint)> look;
  std::function<void(Delivery)> refused;
};

struct SessionRequest {
  dispatch::Command command;  ///< an OpenSession
  std::shared_ptr<SessionMailbox> mailbox;
  std::function<void(const Answer&)> done;
};

/// A session's stream is over, and with it the session, unless it has been resumed on another stream meanwhile.
struct LostStream {
  dispatch::SessionId session{};
  std::shared_ptr<SessionMailbox> mailbox;
};

using Request = std::variant<CommandRequest, ReadRequest, SessionRequest, LostStream>;

/// Tells a request that it did not get through. Gives how many commands heard of it: one or none.
std::size_t refuse(Request& request, Delivery delivery);

struct AnswerEffect {
  std::function<void(const Answer&)> done;
  dispatch::Reply reply;
};

struct ReadEffect {
  std::function<void()> publish;
  std::function<void(Delivery)> refused;
};

/// A message for the agent's stream, if one is open here.
struct MessageEffect {
  dispatch::AgentHandle agent{};
  v1::SessionEvent message;
};

struct SessionStartEffect {
  dispatch::AgentHandle agent{};
  std::shared_ptr<SessionMailbox> mailbox;
  v1::SessionEvent opened;
  std::function<void(const Answer&)> done;
  dispatch::Reply reply;
};

struct SessionEndEffect {
  dispatch::SessionId session{};
  StreamEnd end{};
};

/// What the outside gets to see of a batch once it is durable, in this order.
using Effect = std::variant<AnswerEffect, ReadEffect, MessageEffect, SessionStartEffect, SessionEndEffect>;

/// What one pass of the engine gave: events to make durable, then effects to let out.
struct Batch {
  std::shared_ptr<const std::vector<dispatch::Event>> events;  ///< never null, maybe empty
  std::string payload;                                         ///< the events, encoded for the journal
  std::vector<Effect> effects;
};

/// Tells those who wait for the effects that it is unknown whether what they asked for happened. Gives how many
/// commands heard of it.
std::size_t abandon_all(std::vector<Batch>& batches);

}  // namespace muster::node
