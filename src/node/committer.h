#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/journal/appender.h"
#include "work.h"

namespace muster::node {

/// What the journal stage does with one row after the other: makes it durable, then lets it out. After a row that was
/// not committed, that row and all later ones are abandoned. Without a thread of its own.
class Committer {
 public:
  using Append = std::function<journal::AppendResult(dispatch::Sequence first_seq, dispatch::Sequence last_seq,
                                                     std::string_view payload)>;

  /// `append`: as journal::Appender::append(). `let_out` gets the batches of a row once they are durable. `failed` is
  /// called once, after an append that was not committed and before anybody hears of it.
  Committer(Append append, std::function<void(std::vector<Batch>&)> let_out,
            std::function<void(journal::AppendResult)> failed)
      : append_(std::move(append)), let_out_(std::move(let_out)), failed_(std::move(failed)) {}

  /// The batches of one row, next in the order of the events. Gives how many commands were abandoned.
  std::size_t commit(std::vector<Batch>& batches);

 private:
  bool make_durable(const std::vector<Batch>& batches);

  const Append append_;
  const std::function<void(std::vector<Batch>&)> let_out_;
  const std::function<void(journal::AppendResult)> failed_;
  bool broken_ = false;
  std::string payload_;  // reused
};

}  // namespace muster::node
