#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "muster/dispatch/types.h"
#include "muster/journal/lease.h"

namespace muster::journal {

enum class AppendResult : std::uint8_t {
  kCommitted,  ///< durable: publish it
  kFenced,     ///< not written: another owner has taken over, or something else was written at this place
  kUnknown,    ///< written or not: only the journal can tell
};

/// Writes the batches of one owner of one workspace, on a connection of its own.
///
/// After any result but kCommitted it refuses everything with the same result, for good: drop it and the workspace's
/// state, acquire anew, replay. An append is never repeated and never cancelled on the server: a cancelled commit may
/// have been written and not replicated. Not thread-safe.
class Appender {
 public:
  struct Options {
    std::string connection;  ///< libpq connection string; no pooler in between
    std::string workspace;
    Ownership ownership;
    /// How long an answer may take before the outcome counts as unknown.
    std::chrono::milliseconds deadline = std::chrono::seconds(3);
  };

  /// Connects. Throws Unavailable.
  explicit Appender(Options options);
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// Appends events first_seq..last_seq, encoded by encode_event(), in one commit, and waits for it.
  /// REQUIRES: first_seq is next_seq(), last_seq >= first_seq.
  AppendResult append(dispatch::Sequence first_seq, dispatch::Sequence last_seq, std::string_view payload);

  /// The sequence that the next batch starts with.
  [[nodiscard]] dispatch::Sequence next_seq() const { return next_seq_; }
  /// Why the last append was not kCommitted; empty before.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const Options options_;
  std::unique_ptr<pg::Connection> connection_;
  dispatch::Sequence next_seq_;
  AppendResult last_ = AppendResult::kCommitted;
  std::string error_;
};

}  // namespace muster::journal
