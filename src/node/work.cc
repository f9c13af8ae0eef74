#include "work.h"

#include "muster/base/overloaded.h"

namespace muster::node {

void refuse(Request& request, Delivery delivery) {
  std::visit(Overloaded{
                 [&](ReadRequest& read) { read.refused(delivery); },
                 [](LostStream&) {},
                 [&](auto& command) {
                   if (command.done) command.done(Answer{delivery, {}});
                 },
             },
             request);
}

namespace {

void abandon(Effect& effect) {
  std::visit(Overloaded{
                 [](ReadEffect& read) { read.refused(Delivery::kNotServing); },
                 [](AnswerEffect& answer) {
                   answer.done(Answer{Delivery::kUnknown, {}});
                 },
                 [](SessionStartEffect& start) {
                   start.done(Answer{Delivery::kUnknown, {}});
                 },
                 [](auto&) {},
             },
             effect);
}

}  // namespace

void abandon_all(std::vector<Batch>& batches) {
  for (auto& batch : batches) {
    for (auto& effect : batch.effects) abandon(effect);
  }
}

}  // namespace muster::node
