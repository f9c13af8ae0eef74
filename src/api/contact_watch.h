#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>
#include <unordered_set>

#include "muster/api/checker.h"
#include "muster/api/stream.h"
#include "muster/node/node.h"
#include "muster/v1/contact_service.pb.h"

namespace muster::api {

/// Streams what happens to contacts. It pulls from the node's feed at the client's pace, so a slow one holds nobody
/// up. One chain of steps: read → write, or wait for an event or the next heartbeat → read …
class ContactWatch
    : public StreamReactor<grpc::ServerWriteReactor<v1::WatchContactsResponse>, v1::WatchContactsResponse> {
 public:
  ContactWatch(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
               const v1::WatchContactsRequest& request);

 private:
  [[nodiscard]] StreamKind kind() const override { return StreamKind::kContacts; }
  void start() override;
  void written() override { next(false); }
  void ended() override;
  [[nodiscard]] dispatch::Sequence last_sequence() const override { return cursor_; }

  /// Writes the events there are, or waits. `beat`: writes even if there are none.
  void next(bool beat);
  void write_page(node::EventFeed::Page& page);
  void wait();

  node::Node& node_;
  Checker check_;
  const dispatch::Sequence after_sequence_;
  node::EventFeed::Filter filter_;  ///< constant from start() on
  std::uint64_t terms_ended_ = 0;   // guarded by mutex_, as all below
  dispatch::Sequence cursor_ = 0;
  bool reading_ = false;  ///< something was read: the cursor is ours, not the client's
  std::shared_ptr<grpc::Alarm> waiting_;
  std::uint64_t turn_ = 0;    ///< counts the waits that are over
  std::uint64_t ticket_ = 0;  ///< of the feed, for this wait
};

}  // namespace muster::api
