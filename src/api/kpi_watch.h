#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "muster/api/kpi_rows.h"
#include "muster/api/stream.h"
#include "muster/node/node.h"
#include "muster/v1/board_service.pb.h"

namespace muster::api {

/// What one caller watches: the rows that pass the filters, in order, of which a page is shown.
class KpiFrame {
 public:
  /// Adds what is wrong with the request to `check`.
  KpiFrame(const v1::WatchKpisRequest& request, Checker& check);

  /// Holds the view to what the tenant may see. False: not this dimension.
  [[nodiscard]] bool hold_to(const std::string& tenant);

  [[nodiscard]] kpi::Dimension dimension() const { return dimension_; }
  [[nodiscard]] node::KpiWindow window() const { return window_; }
  [[nodiscard]] const std::string& time_zone() const { return time_zone_; }

  /// What to tell of the table after what was told before. Values that moved too little to be seen are left out until
  /// they have moved more.
  [[nodiscard]] v1::WatchKpisResponse next(const node::KpiTable& table);

 private:
  using Rows = std::vector<const kpi::RowSample*>;
  [[nodiscard]] Rows page_of(Rows rows) const;

  kpi::Dimension dimension_{};
  std::vector<const kpi::Metric*> metrics_;
  node::KpiWindow window_ = node::KpiWindow::kToday;
  std::string time_zone_;
  RowFilter filter_;
  const kpi::Metric* sort_ = nullptr;
  bool descending_ = false;
  std::size_t page_size_ = 100;
  std::size_t skip_ = 0;

  struct Told {
    std::vector<double> values;
    kpi::Place place;
  };
  [[nodiscard]] bool moved(const Told& told, const std::vector<double>& now, const kpi::Place& place) const;

  bool first_ = true;
  std::unordered_map<std::string, Told> told_;  ///< by row id
  std::vector<std::string> order_;
};

/// Streams it.
class KpiWatch : public StreamReactor<grpc::ServerWriteReactor<v1::WatchKpisResponse>, v1::WatchKpisResponse> {
 public:
  KpiWatch(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
           const v1::WatchKpisRequest& request);

  [[nodiscard]] StreamKind kind() const override { return StreamKind::kKpis; }

 private:
  void start() override;
  void written() override { wait(); }
  void ended() override;
  [[nodiscard]] dispatch::Sequence last_sequence() const override { return 0; }
  void next();
  void wait();

  node::Node& node_;
  Checker check_;
  std::chrono::milliseconds interval_{1'000};
  KpiFrame frame_;
  std::uint64_t terms_ended_ = 0;  // guarded by mutex_, as all below
  std::chrono::milliseconds silence_{};
  std::shared_ptr<grpc::Alarm> waiting_;
};

}  // namespace muster::api
