#include "work.h"

#include "muster/base/overloaded.h"

namespace muster::node {

std::size_t refuse(Request& request, Delivery delivery) {
  return std::visit(Overloaded{
                        [&](ReadRequest& read) {
                          read.refused(delivery);
                          return 0;
                        },
                        [](LostStream&) { return 0; },
                        [&](auto& command) {
                          if (!command.done) return 0;
                          command.done(Answer{delivery, {}});
                          return 1;
                        },
                    },
                    request);
}

namespace {

std::size_t abandon(Effect& effect) {
  return std::visit(Overloaded{
                        [](ReadEffect& read) {
                          read.refused(Delivery::kNotServing);
                          return 0;
                        },
                        [](AnswerEffect& answer) {
                          answer.done(Answer{Delivery::kUnknown, {}});
                          return 1;
                        },
                        [](SessionStartEffect& start) {
                          start.done(Answer{Delivery::kUnknown, {}});
                          return 1;
                        },
                        [](auto&) { return 0; },
                    },
                    effect);
}

}  // namespace

std::size_t abandon_all(std::vector<Batch>& batches) {
  std::size_t commands = 0;
  for (auto& batch : batches) {
    for (auto& effect : batch.effects) commands += abandon(effect);
  }
  return commands;
}

}  // namespace muster::node
