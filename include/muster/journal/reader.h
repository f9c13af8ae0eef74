#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "muster/dispatch/types.h"
#include "muster/journal/source.h"

namespace muster::journal {

namespace pg {
class Connection;
}

/// Reads one workspace's journal: to replay it, and to follow it. Connects when first used and after an error.
/// Not thread-safe.
class Reader : public Source {
 public:
  Reader(std::string connection, std::string workspace);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max() - 1;

  /// Batches arrive one by one: memory does not grow with the journal. Unavailable: the server was silent for 10 s, or
  /// failed.
  dispatch::Sequence read(dispatch::Sequence after_seq, std::uint64_t limit,
                          const std::function<void(const Batch&)>& visit) override;

  std::optional<StoredSnapshot> snapshot(dispatch::Sequence at_most = kNewest) override;
  static constexpr dispatch::Sequence kNewest = std::numeric_limits<std::int64_t>::max();

 private:
  pg::Connection& connection();

  const std::string connection_string_;
  const std::string workspace_;
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace muster::journal
