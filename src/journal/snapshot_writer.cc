#include "muster/journal/snapshot_writer.h"

#include "pg_connection.h"

namespace muster::journal {
namespace {

constexpr const char* kWrite =
    "INSERT INTO snapshot (workspace, epoch, last_seq, state_hash, payload)"
    " SELECT id, $2::bigint, $3::bigint, $4, $5 FROM workspace WHERE id = $1 AND epoch = $2 AND next_seq > $3"
    " ON CONFLICT (workspace, last_seq) DO UPDATE SET"
    " epoch = excluded.epoch, state_hash = excluded.state_hash, payload = excluded.payload";
constexpr const char* kPrune =
    "DELETE FROM snapshot WHERE workspace = $1 AND last_seq <"
    " (SELECT last_seq FROM snapshot WHERE workspace = $1 ORDER BY last_seq DESC OFFSET 2 LIMIT 1)";
constexpr auto kDeadline = std::chrono::seconds(60);  // a million live contacts are some 300 MB

}  // namespace

SnapshotWriter::SnapshotWriter(std::string connection, std::string workspace)
    : connection_string_(std::move(connection)), workspace_(std::move(workspace)) {}

SnapshotWriter::~SnapshotWriter() = default;

bool SnapshotWriter::write(std::uint64_t epoch, dispatch::Sequence last_seq, std::uint64_t state_hash,
                           std::string_view payload) {
  try {
    if (!connection_) {
      connection_ = std::make_unique<pg::Connection>(connection_string_, "SET statement_timeout = 0");
    }
    const auto deadline = pg::Clock::now() + kDeadline;
    const pg::Parameters parameters(workspace_, epoch, last_seq, state_hash, payload);
    const bool written = connection_->execute(kWrite, parameters, deadline).affected() == 1;
    if (written) connection_->execute(kPrune, pg::Parameters(workspace_), deadline);
    return written;
  } catch (const Unavailable&) {
    connection_.reset();
    throw;
  }
}

}  // namespace muster::journal
