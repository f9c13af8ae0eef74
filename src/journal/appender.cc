#include "muster/journal/appender.h"

#include <cassert>

#include "pg_connection.h"

namespace muster::journal {
namespace {

// One statement in autocommit: an owner that freezes holds no lock between statements, and PostgreSQL decides in one
// place. If a takeover's update comes first, this one waits for it, sees the new epoch and changes nothing.
constexpr const char* kAppend =
    "WITH advanced AS ("
    " UPDATE workspace SET next_seq = $4::bigint + 1 WHERE id = $1 AND epoch = $2 AND next_seq = $3 RETURNING id)"
    " INSERT INTO journal (workspace, epoch, first_seq, last_seq, payload)"
    " SELECT id, $2, $3, $4, $5 FROM advanced";
constexpr const char* kSetup =
    "SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 0; SET plan_cache_mode = "
    "force_generic_plan";

}  // namespace

Appender::Appender(Options options) : options_(std::move(options)), next_seq_(options_.ownership.next_seq) {
  connection_ = std::make_unique<pg::Connection>(options_.connection, kSetup);
  connection_->prepare("append", kAppend, pg::Clock::now() + options_.deadline);
}

Appender::~Appender() = default;

AppendResult Appender::append(dispatch::Sequence first_seq, dispatch::Sequence last_seq, std::string_view payload) {
  assert(first_seq == next_seq_ && last_seq >= first_seq);
  if (last_ != AppendResult::kCommitted) return last_;
  try {
    const pg::Parameters parameters(options_.workspace, options_.ownership.epoch, first_seq, last_seq, payload);
    const auto deadline = pg::Clock::now() + options_.deadline;
    if (connection_->execute_prepared("append", parameters, deadline).affected() == 1) {
      next_seq_ = last_seq + 1;
      return AppendResult::kCommitted;
    }
    last_ = AppendResult::kFenced;
    error_ = "another owner has taken over workspace " + options_.workspace;
  } catch (const Unavailable& error) {
    last_ = AppendResult::kUnknown;
    error_ = error.what();
  }
  connection_.reset();
  return last_;
}

}  // namespace muster::journal
