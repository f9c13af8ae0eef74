#include "work.h"

namespace muster::node {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

void refuse(Request& request, Delivery delivery) {
  std::visit(Overloaded{
                 [&](ReadRequest& read) { read.refused(delivery); },
                 [&](auto& command) {
                   if (command.done) command.done(Answer{delivery, {}});
                 },
             },
             request);
}

void abandon(Effect& effect) {
  std::visit(Overloaded{
                 [](ReadEffect& read) { read.refused(Delivery::kUnknown); },
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

}  // namespace muster::node
