#pragma once

#include <functional>

#include "muster/journal/lease.h"
#include "muster/journal/recovery.h"
#include "muster/journal/source.h"
#include "publisher.h"

namespace muster::node {

/// The beginning of a term: brings the engine and the public view to the end of the journal. `each_batch` is called for
/// each batch replayed; what it throws passes through. Throws as journal::recover(), and Corrupt if the journal ends
/// before what was public already.
journal::Recovered take_up(journal::Source& source, const journal::Ownership& ownership, PublicView& view,
                           const std::function<void()>& each_batch);

}  // namespace muster::node
