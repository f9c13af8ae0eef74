#include "take_up.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "muster/journal/error.h"

namespace muster::node {

journal::Recovered take_up(journal::Source& source, const journal::Ownership& ownership, PublicView& view,
                           const std::function<void()>& each_batch) {
  const auto last = ownership.next_seq - 1;
  if (last < view.committed) {
    throw journal::Corrupt("the journal ends at event " + std::to_string(last) + " but event " +
                           std::to_string(view.committed) + " was acknowledged: acknowledged work was lost");
  }
  auto recovered =
      journal::recover(source, last,
                       {.started =
                            [&](const dispatch::Engine& engine, const journal::Folded& folded) {
                              view.events.reset(engine);
                              const auto state = engine.image();
                              view.board.reset(state, folded.board);
                              view.kpis.reset(state, folded.facts);
                            },
                        .replayed =
                            [&](std::vector<dispatch::Event>&& events) {
                              each_batch();
                              view.board.apply(events);
                              view.kpis.apply(events);
                              view.events.add(std::make_shared<const std::vector<dispatch::Event>>(std::move(events)));
                            }});
  view.committed = last;
  return recovered;
}

}  // namespace muster::node
