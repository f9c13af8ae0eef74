#include "load_client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "grpc_connection.h"
#include "muster/base/uuid.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/contact_service.pb.h"

namespace muster::bench {
namespace {

using std::chrono::milliseconds;

constexpr int kResourceExhausted = 8;  // gRPC's status code
constexpr int kOpeningMax = 128;       // streams that a worker opens at once
constexpr milliseconds kOpenLimit{120'000};
constexpr milliseconds kDrainLimit{30'000};
constexpr milliseconds kTick{500};  // how often streams are looked over for a heartbeat that is due

enum class Kind : std::uint8_t { kOpen = 1, kHeartbeat, kPresence, kAccept, kComplete, kCreate };

/// A UUID that tells what it was made for: the life in the first 8 digits, the kind in the next 4.
std::string make_request_id(std::uint64_t number, Kind kind, std::size_t life) {
  const std::uint64_t high = (std::uint64_t{life} << 32) | (std::uint64_t{static_cast<std::uint8_t>(kind)} << 16);
  return format_uuid(high | 0x4000, 0x8000'0000'0000'0000 | number);
}

std::uint32_t parse_hex(const std::string& text, std::size_t begin, std::size_t size) {
  std::uint32_t value = 0;
  std::from_chars(text.data() + begin, text.data() + begin + size, value, 16);
  return value;
}

template <typename Message>
bool parse(std::string_view bytes, Message& out) {
  return out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

/// A thread with its connections, streams and calls: what belongs to one worker happens on its thread.
class Worker {
 public:
  Worker(LoadClient& client, const std::string& address, int connections, std::uint64_t seed);
  ~Worker();

  void add_stream(std::unique_ptr<AgentStream> stream) { streams_.push_back(std::move(stream)); }
  /// Begins to serve; opens the streams.
  void start();
  /// Ends the thread.
  void stop();
  /// Runs `task` on the worker's thread.
  void post(std::function<void()> task);

  // --- on the worker's thread ---

  /// Starts the life of a contact.
  void start_life(Life& life, std::int64_t intended);
  /// Contacts arrive independently from now on; 0: no more.
  void set_arrivals(double lives_per_second);
  void open_next_stream();
  /// The connection whose turn it is; what is sent on it goes out soon.
  GrpcConnection& next_connection() { return *connections_[turn_++ % connections_.size()]; }
  /// There is something to send on the connection.
  void touch(GrpcConnection& connection) { touched_.push_back(&connection); }

  std::vector<LifeRecord> records;  ///< of lives that ended on this thread; others read it when nothing is in flight

 private:
  void run();
  void watch(int descriptor, void* what);
  void happened(const epoll_event& event);
  void run_tasks();
  void arrive();
  void beat();
  void flush();

  LoadClient& client_;
  Random random_;
  const int epoll_, wake_, timer_;
  std::vector<std::unique_ptr<GrpcConnection>> connections_;
  std::vector<std::unique_ptr<AgentStream>> streams_;
  std::size_t turn_ = 0;
  std::size_t streams_opened_ = 0;
  std::vector<GrpcConnection*> touched_;
  double mean_gap_ns_ = 0;  ///< between arrivals; 0: none
  double next_arrival_ns_ = 0;
  bool stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;  ///< guarded by mutex_
  std::thread thread_;
};

/// A contact: its CreateContact call and what its agent sees of it. Used again and again.
class Life final : public CallReceiver {
 public:
  Life(LoadClient& client, std::size_t index) : index_(index), client_(client) {
    request_.set_customer_ref(std::to_string(index));
    request_.set_display_name("Order 4711: where is my parcel?");
    request_.add_requirements();
    request_.add_requirements();
  }

  void start(Worker& worker, const std::string& queue, Population::Need need, std::int64_t intended) {
    worker_ = &worker;
    request_.set_queue_id(queue);
    for (int i = 0; i < 2; ++i) {
      request_.mutable_requirements(i)->set_skill_id(
          Population::skill_ids()[static_cast<std::size_t>(need[static_cast<std::size_t>(i)])]);
    }
    request_.set_request_id(make_request_id(client_.next_request_.fetch_add(1), Kind::kCreate, index_));
    open_ends_.store(2, std::memory_order_relaxed);
    intended_.store(intended, std::memory_order_release);
    GrpcConnection& connection = worker.next_connection();
    connection.send(connection.start("/muster.v1.ContactService/CreateContact", *this), request_, true);
    worker.touch(connection);
  }

  void message(std::string_view bytes) override {
    if (!parse(bytes, response_) || response_.contact_id().empty()) client_.fail("CreateContact: not a response");
  }

  /// CreateContact returned.
  void ended(int code, const std::string& text) override {
    if (code == 0) return close_end(*worker_);
    if (code == kResourceExhausted) {
      client_.refused_.fetch_add(1);
    } else {
      client_.fail("CreateContact: " + text);
    }
    client_.life_ended(*this, *worker_);
  }

  void offered(const v1::OfferMade& offer) {
    offered_ = now_ns();
    offer_id = offer.offer().offer_id();
    contact_id = offer.contact().contact_id();
  }

  void completed(Worker& worker) {
    worker.records.push_back({intended_.load(std::memory_order_acquire), offered_, now_ns()});
    close_end(worker);
  }

  [[nodiscard]] std::size_t index() const { return index_; }

  std::string offer_id;    ///< the agent's side: set by the offer
  std::string contact_id;  ///< the same

 private:
  /// The reply of CreateContact and the end of the contact come in either order.
  void close_end(Worker& worker) {
    if (open_ends_.fetch_sub(1, std::memory_order_acq_rel) == 1) client_.life_ended(*this, worker);
  }

  const std::size_t index_;
  LoadClient& client_;
  Worker* worker_ = nullptr;  ///< of the call under way
  std::atomic<int> open_ends_{0};
  std::atomic<std::int64_t> intended_{0};
  std::int64_t offered_ = 0;
  v1::CreateContactRequest request_;
  v1::CreateContactResponse response_;
};

/// An agent's desk: one bidirectional stream.
class AgentStream final : public CallReceiver {
 public:
  AgentStream(LoadClient& client, Worker& worker, std::string agent_id)
      : client_(client), worker_(worker), connection_(worker.next_connection()), agent_id_(std::move(agent_id)) {}

  void open() {
    call_ = &connection_.start("/muster.v1.AgentSessionService/Session", *this);
    outgoing_.mutable_open()->set_request_id(request_id(Kind::kOpen));
    outgoing_.mutable_open()->set_agent_id(agent_id_);
    send();
  }

  void beat_if_due(std::int64_t now) {
    if (heartbeat_ns_ == 0 || now - last_sent_ < heartbeat_ns_ / 2) return;
    outgoing_.mutable_heartbeat();
    send();
  }

  void message(std::string_view bytes) override {
    if (!parse(bytes, incoming_)) return client_.fail("session of " + agent_id_ + ": not a response");
    for (const auto& event : incoming_.events()) take(event);
  }

  void ended(int /*code*/, const std::string& text) override {
    heartbeat_ns_ = 0;
    client_.fail("session of " + agent_id_ + " ended: " + text);
  }

 private:
  void take(const v1::SessionEvent& event) {
    switch (event.event_case()) {
      case v1::SessionEvent::kOfferMade:
        return take_offer(event);
      case v1::SessionEvent::kCommandResult:
        return take_result(event.command_result());
      case v1::SessionEvent::kOpened:
        heartbeat_ns_ = event.opened().heartbeat_interval().seconds() * 1'000'000'000;
        outgoing_.mutable_set_presence()->set_request_id(request_id(Kind::kPresence));
        outgoing_.mutable_set_presence()->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
        return send();
      case v1::SessionEvent::kOfferEnded:
        if (event.offer_ended().state() == v1::OFFER_STATE_ACCEPTED) return;
        return client_.fail("offer " + event.offer_ended().offer_id() + " ended: " + event.offer_ended().reason());
      default:
        return;
    }
  }

  void take_offer(const v1::SessionEvent& event) {
    const std::string& reference = event.offer_made().contact().customer_ref();
    std::size_t index = LoadClient::kLivesMax;
    std::from_chars(reference.data(), reference.data() + reference.size(), index);
    if (index >= LoadClient::kLivesMax) return client_.fail("offer of an unknown contact: " + reference);
    Life& life = *client_.lives_[index];
    life.offered(event.offer_made());
    if (index == 0) client_.offer_bytes_ = event.ByteSizeLong();
    outgoing_.mutable_accept_offer()->set_request_id(request_id(Kind::kAccept, index));
    outgoing_.mutable_accept_offer()->set_offer_id(life.offer_id);
    send();
  }

  void take_result(const v1::CommandResult& result) {
    if (result.status().code() != 0) return client_.fail("command of " + agent_id_ + ": " + result.status().message());
    const std::string& id = result.request_id();
    const auto kind = static_cast<Kind>(parse_hex(id, 9, 4));
    if (kind == Kind::kPresence) {
      client_.streams_ready_.fetch_add(1);
      return worker_.open_next_stream();
    }
    if (kind != Kind::kAccept && kind != Kind::kComplete) return;
    Life& life = *client_.lives_[parse_hex(id, 0, 8)];
    if (kind == Kind::kComplete) return life.completed(worker_);
    outgoing_.mutable_complete_contact()->set_request_id(request_id(Kind::kComplete, life.index()));
    outgoing_.mutable_complete_contact()->set_contact_id(life.contact_id);
    outgoing_.mutable_complete_contact()->set_disposition("done");
    send();
  }

  std::string request_id(Kind kind, std::size_t life = 0) {
    return make_request_id(client_.next_request_.fetch_add(1), kind, life);
  }

  void send() {
    last_sent_ = now_ns();
    connection_.send(*call_, outgoing_, false);
    worker_.touch(connection_);
  }

  LoadClient& client_;
  Worker& worker_;
  GrpcConnection& connection_;
  const std::string agent_id_;
  GrpcCall* call_ = nullptr;
  v1::SessionResponse incoming_;
  v1::SessionRequest outgoing_;
  std::int64_t last_sent_ = 0;
  std::int64_t heartbeat_ns_ = 0;
};

Worker::Worker(LoadClient& client, const std::string& address, int connections, std::uint64_t seed)
    : client_(client),
      random_(seed),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  watch(wake_, nullptr);
  watch(timer_, this);
  for (int i = 0; i < connections; ++i) {
    connections_.push_back(std::make_unique<GrpcConnection>(address));
    watch(connections_.back()->descriptor(), connections_.back().get());
  }
}

Worker::~Worker() {
  stop();
  connections_.clear();
  for (const int descriptor : {epoll_, wake_, timer_}) close(descriptor);
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
  post([this] {
    for (int i = 0; i < kOpeningMax; ++i) open_next_stream();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  eventfd_write(wake_, 1);
}

void Worker::watch(int descriptor, void* what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = what;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) throw std::runtime_error("epoll_ctl");
}

void Worker::run() {
  prctl(PR_SET_TIMERSLACK, 1);  // wake up at the nanosecond asked for
  std::array<epoll_event, 64> events{};
  std::int64_t next_beat = now_ns();
  while (!stopping_) {
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(kTick.count()));
    for (int i = 0; i < count; ++i) happened(events[static_cast<std::size_t>(i)]);
    if (const std::int64_t now = now_ns(); now >= next_beat) {
      next_beat = now + std::chrono::nanoseconds(kTick).count();
      beat();
    }
    flush();
  }
}

void Worker::happened(const epoll_event& event) {
  if (event.data.ptr == nullptr) return run_tasks();
  if (event.data.ptr == this) return arrive();
  auto& connection = *static_cast<GrpcConnection*>(event.data.ptr);
  if (!connection.receive()) epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.descriptor(), nullptr);
  touch(connection);
}

void Worker::run_tasks() {
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void Worker::start_life(Life& life, std::int64_t intended) {
  const Population& population = client_.population_;
  life.start(*this, population.draw_queue(random_), population.draw_need(random_), intended);
}

void Worker::set_arrivals(double lives_per_second) {
  mean_gap_ns_ = lives_per_second == 0 ? 0 : 1e9 / lives_per_second;
  next_arrival_ns_ = static_cast<double>(now_ns());
  arrive();
}

// A life is late when the thread was busy, or when none was free because the server does not keep up: its clock runs.
void Worker::arrive() {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const ssize_t size = read(timer_, &expirations, sizeof(expirations));
  if (mean_gap_ns_ == 0) return;
  bool exhausted = false;
  while (next_arrival_ns_ <= static_cast<double>(now_ns())) {
    Life* life = client_.take_idle_life();
    exhausted = life == nullptr;
    if (exhausted) break;
    client_.lives_in_flight_.fetch_add(1);
    start_life(*life, static_cast<std::int64_t>(next_arrival_ns_));
    next_arrival_ns_ -= std::log(1.0 - random_.unit()) * mean_gap_ns_;
  }
  const std::int64_t at = exhausted ? now_ns() + 1'000'000 : static_cast<std::int64_t>(next_arrival_ns_);
  itimerspec when{};
  when.it_value = {at / 1'000'000'000, at % 1'000'000'000};
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Worker::open_next_stream() {
  if (streams_opened_ < streams_.size()) streams_[streams_opened_++]->open();
}

void Worker::beat() {
  for (std::size_t i = 0; i < streams_opened_; ++i) streams_[i]->beat_if_due(now_ns());
}

void Worker::flush() {
  std::vector<GrpcConnection*> again;
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    if (!touched_[i]->flush()) again.push_back(touched_[i]);
  }
  touched_.swap(again);
}

LoadClient::LoadClient(const std::string& address, const Population& population, const Options& options)
    : population_(population),
      options_(options),
      next_request_((static_cast<std::uint64_t>(options.first_agent) << 40) + 1) {  // clients of one server differ
  for (std::size_t i = 0; i < kLivesMax; ++i) {
    lives_.push_back(std::make_unique<Life>(*this, i));
    idle_lives_.push_back(lives_.back().get());
  }
  for (int i = 0; i < options.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this, address, options.connections / options.threads, i + 1));
  }
  for (int i = 0; i < options.sessions; ++i) {
    Worker& worker = *workers_[static_cast<std::size_t>(i) % workers_.size()];
    worker.add_stream(std::make_unique<AgentStream>(*this, worker, Population::agent_id(options.first_agent + i)));
  }
  for (const auto& worker : workers_) worker->start();
  wait_for_streams();
}

LoadClient::~LoadClient() = default;

void LoadClient::wait_for_streams() {
  const std::int64_t limit = now_ns() + std::chrono::nanoseconds(kOpenLimit).count();
  while (streams_ready_ < options_.sessions) {
    throw_if_failed();
    if (now_ns() > limit) {
      throw std::runtime_error("only " + std::to_string(streams_ready_) + " sessions opened in time");
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void LoadClient::start_closed_loop(int lives) {
  again_ = true;
  for (std::size_t i = 0; i < static_cast<std::size_t>(lives); ++i) {
    lives_in_flight_.fetch_add(1);
    Worker& worker = *workers_[i % workers_.size()];
    worker.post([&worker, life = take_idle_life()] { worker.start_life(*life, now_ns()); });
  }
}

void LoadClient::start_open_loop(double lives_per_second) {
  for (const auto& worker : workers_) {
    const double share = lives_per_second / static_cast<double>(workers_.size());
    worker->post([&worker = *worker, share] { worker.set_arrivals(share); });
  }
}

LoadResult LoadClient::stop() {
  again_ = false;
  std::atomic<std::size_t> still{0};
  for (const auto& worker : workers_) {
    worker->post([&] {
      worker->set_arrivals(0);
      still.fetch_add(1);
    });
  }
  const std::int64_t limit = now_ns() + std::chrono::nanoseconds(kDrainLimit).count();
  while (still < workers_.size() || lives_in_flight_ > 0) {
    throw_if_failed();
    if (now_ns() > limit) throw std::runtime_error(std::to_string(lives_in_flight_) + " contacts never ended");
    std::this_thread::sleep_for(milliseconds(1));
  }
  throw_if_failed();
  LoadResult result;
  for (const auto& worker : workers_) {
    result.lives.insert(result.lives.end(), worker->records.begin(), worker->records.end());
    worker->records.clear();
  }
  result.refused = refused_.exchange(0);
  result.offer_bytes = offer_bytes_;
  return result;
}

void LoadClient::life_ended(Life& life, Worker& worker) {
  if (again_ && !failed_) return worker.start_life(life, now_ns());
  {
    const std::lock_guard lock(mutex_);
    idle_lives_.push_back(&life);
  }
  lives_in_flight_.fetch_sub(1);
}

Life* LoadClient::take_idle_life() {
  const std::lock_guard lock(mutex_);
  if (idle_lives_.empty()) return nullptr;
  Life* life = idle_lives_.back();
  idle_lives_.pop_back();
  return life;
}

void LoadClient::fail(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = what;
  failed_ = true;
}

void LoadClient::throw_if_failed() {
  if (!failed_) return;
  const std::lock_guard lock(mutex_);
  throw std::runtime_error(failure_);
}

}  // namespace muster::bench
