#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "muster/dispatch/event.h"
#include "muster/dispatch/state.h"
#include "muster/kpi/board.h"
#include "muster/kpi/fold.h"

/// Events and states as bytes: proto/muster/journal/v1, where the rules of compatibility are.
namespace muster::journal {

/// Appends one event to a payload. Payloads joined are a payload: its events one after the other.
void encode_event(const dispatch::Event& event, std::string& payload);

/// Gives the events of a payload in order; `visit` may move from them. Throws Corrupt if the payload cannot be parsed
/// or holds anything that this release does not fully know; events before that place have been given.
void decode_events(std::string_view payload, const std::function<void(dispatch::Event&)>& visit);

/// What was folded from the events and is not in the engine's state.
struct Folded {
  kpi::BoardCounters board;
  kpi::FoldImage facts;
};

struct Snapshot {
  dispatch::StateImage state;
  Folded folded;
};

std::string encode_snapshot(const Snapshot& snapshot);

/// Whether a snapshot is, bit for bit, as it was encoded: its state has a hash recorded beside it, but what the board
/// has counted has not. True for those of before 0.2.0, which have no checksum.
bool is_intact(std::string_view snapshot);

/// Throws Corrupt as decode_events().
Snapshot decode_snapshot(std::string_view payload);

}  // namespace muster::journal
