#include "load_client.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "muster/base/uuid.h"
#include "muster/v1/agent_session_service.grpc.pb.h"
#include "muster/v1/contact_service.grpc.pb.h"

namespace muster::bench {
namespace {

using std::chrono::milliseconds;

constexpr int kOpeningMax = 256;  // streams that are being opened at once
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

}  // namespace

/// Something that a completion queue reports.
class Event {
 public:
  virtual void happened(bool ok) = 0;

 protected:
  ~Event() = default;
};

/// A completion queue and the thread that serves it. Everything of a stream happens on its worker's thread.
class Worker {
 public:
  Worker(LoadClient& client, std::uint64_t seed) : random(seed), client_(client) {}

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void join() {
    queue.Shutdown();
    thread_.join();
  }

  grpc::CompletionQueue queue;
  Random random;
  std::vector<LifeRecord> records;  ///< of lives that ended on this thread; others read it when nothing is in flight
  std::vector<AgentStream*> streams;

 private:
  void run();

  LoadClient& client_;
  std::thread thread_;
};

/// A contact: its CreateContact call and what its agent sees of it. Used again and again.
class Life final : public Event {
 public:
  Life(LoadClient& client, std::size_t index, std::shared_ptr<grpc::Channel> channel)
      : index_(index), client_(client), stub_(v1::ContactService::NewStub(channel)) {
    request_.set_queue_id(kQueueId);
    request_.set_customer_ref(std::to_string(index));
    request_.set_display_name("Order 4711: where is my parcel?");
    request_.add_requirements();
    request_.add_requirements();
  }

  void start(Worker& worker, Population::Need need, std::int64_t intended) {
    worker_ = &worker;
    for (int i = 0; i < 2; ++i) {
      request_.mutable_requirements(i)->set_skill_id(
          Population::skill_ids()[static_cast<std::size_t>(need[static_cast<std::size_t>(i)])]);
    }
    request_.set_request_id(make_request_id(client_.next_request_.fetch_add(1), Kind::kCreate, index_));
    open_ends_.store(2, std::memory_order_relaxed);
    intended_.store(intended, std::memory_order_release);
    reader_.reset();
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + kDrainLimit);
    client_.calls_in_flight_.fetch_add(1);
    reader_ = stub_->PrepareAsyncCreateContact(&*context_, request_, &worker.queue);
    reader_->StartCall();
    reader_->Finish(&response_, &status_, this);
  }

  /// CreateContact returned.
  void happened(bool) override {
    client_.calls_in_flight_.fetch_sub(1);
    if (status_.ok()) return close_end(*worker_);
    if (status_.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      client_.refused_.fetch_add(1);
    } else {
      client_.fail("CreateContact: " + status_.error_message());
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
  std::unique_ptr<v1::ContactService::Stub> stub_;
  Worker* worker_ = nullptr;  ///< of the call under way
  std::atomic<int> open_ends_{0};
  std::atomic<std::int64_t> intended_{0};
  std::int64_t offered_ = 0;
  v1::CreateContactRequest request_;
  v1::CreateContactResponse response_;
  grpc::Status status_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CreateContactResponse>> reader_;
};

/// An agent's desk: one bidirectional stream.
class AgentStream {
 public:
  AgentStream(LoadClient& client, Worker& worker, std::shared_ptr<grpc::Channel> channel, std::string agent_id)
      : client_(client),
        worker_(worker),
        stub_(v1::AgentSessionService::NewStub(channel)),
        agent_id_(std::move(agent_id)) {}

  void open() {
    stream_ = stub_->PrepareAsyncSession(&context_, &worker_.queue);
    stream_->StartCall(&started_);
  }

  void cancel() { context_.TryCancel(); }

  /// On the worker's thread.
  void beat_if_due(std::int64_t now) {
    if (heartbeat_ns_ == 0 || now - last_sent_ < heartbeat_ns_ / 2) return;
    send({Kind::kHeartbeat, nullptr});
  }

 private:
  struct Command {
    Kind kind;
    Life* life;
  };

  /// A report of the completion queue that is for one method of the stream.
  template <void (AgentStream::*method)(bool)>
  struct Report final : Event {
    explicit Report(AgentStream& of) : stream(of) {}
    void happened(bool ok) override { (stream.*method)(ok); }
    AgentStream& stream;
  };

  void start_done(bool ok) {
    if (!ok) return finish();
    stream_->Read(&incoming_, &read_);
    send({Kind::kOpen, nullptr});
  }

  void read_done(bool ok) {
    if (!ok) return finish();
    for (const auto& event : incoming_.events()) take(event);
    stream_->Read(&incoming_, &read_);
  }

  void write_done(bool ok) {
    writing_ = false;
    if (!ok || waiting_.empty()) return;
    const Command next = waiting_[waiting_head_++];
    if (waiting_head_ == waiting_.size()) {
      waiting_.clear();
      waiting_head_ = 0;
    }
    write(next);
  }

  void finish() { stream_->Finish(&status_, &finished_); }

  void finish_done(bool) {
    if (!client_.closing_) client_.fail("session of " + agent_id_ + " ended: " + status_.error_message());
    client_.streams_ended_.fetch_add(1);
  }

  void take(const v1::SessionEvent& event) {
    switch (event.event_case()) {
      case v1::SessionEvent::kOfferMade:
        take_offer(event);
        break;
      case v1::SessionEvent::kCommandResult:
        take_result(event.command_result());
        break;
      case v1::SessionEvent::kOpened:
        heartbeat_ns_ = event.opened().heartbeat_interval().seconds() * 1'000'000'000;
        send({Kind::kPresence, nullptr});
        break;
      case v1::SessionEvent::kOfferEnded:
        if (event.offer_ended().state() != v1::OFFER_STATE_ACCEPTED) {
          client_.fail("offer " + event.offer_ended().offer_id() + " ended: " + event.offer_ended().reason());
        }
        break;
      default:
        break;
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
    send({Kind::kAccept, &life});
  }

  void take_result(const v1::CommandResult& result) {
    if (result.status().code() != 0) return client_.fail("command of " + agent_id_ + ": " + result.status().message());
    const std::string& id = result.request_id();
    const auto kind = static_cast<Kind>(parse_hex(id, 9, 4));
    if (kind == Kind::kAccept) {
      send({Kind::kComplete, client_.lives_[parse_hex(id, 0, 8)].get()});
    } else if (kind == Kind::kComplete) {
      client_.lives_[parse_hex(id, 0, 8)]->completed(worker_);
    } else if (kind == Kind::kPresence) {
      client_.streams_ready_.fetch_add(1);
    }
  }

  void send(Command command) {
    if (!writing_) return write(command);
    waiting_.push_back(command);
  }

  void write(Command command) {
    const std::size_t life = command.life == nullptr ? 0 : command.life->index();
    std::string id = make_request_id(client_.next_request_.fetch_add(1), command.kind, life);
    switch (command.kind) {
      case Kind::kAccept:
        outgoing_.mutable_accept_offer()->set_request_id(std::move(id));
        outgoing_.mutable_accept_offer()->set_offer_id(command.life->offer_id);
        break;
      case Kind::kComplete:
        outgoing_.mutable_complete_contact()->set_request_id(std::move(id));
        outgoing_.mutable_complete_contact()->set_contact_id(command.life->contact_id);
        outgoing_.mutable_complete_contact()->set_disposition("done");
        break;
      case Kind::kPresence:
        outgoing_.mutable_set_presence()->set_request_id(std::move(id));
        outgoing_.mutable_set_presence()->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
        break;
      case Kind::kOpen:
        outgoing_.mutable_open()->set_request_id(std::move(id));
        outgoing_.mutable_open()->set_agent_id(agent_id_);
        break;
      default:
        outgoing_.mutable_heartbeat();
        break;
    }
    writing_ = true;
    last_sent_ = now_ns();
    stream_->Write(outgoing_, &write_);  // serialized before it returns
  }

  LoadClient& client_;
  Worker& worker_;
  std::unique_ptr<v1::AgentSessionService::Stub> stub_;
  const std::string agent_id_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  Report<&AgentStream::start_done> started_{*this};
  Report<&AgentStream::read_done> read_{*this};
  Report<&AgentStream::write_done> write_{*this};
  Report<&AgentStream::finish_done> finished_{*this};
  v1::SessionResponse incoming_;
  v1::SessionRequest outgoing_;
  grpc::Status status_;
  std::vector<Command> waiting_;  ///< for the write under way, from waiting_head_
  std::size_t waiting_head_ = 0;
  bool writing_ = false;
  std::int64_t last_sent_ = 0;
  std::int64_t heartbeat_ns_ = 0;
};

void Worker::run() {
  void* tag = nullptr;
  bool ok = false;
  int busy = 0;  // a queue that is never empty never says TIMEOUT
  auto tick = std::chrono::system_clock::now() + kTick;
  while (true) {
    const auto next = queue.AsyncNext(&tag, &ok, tick);
    if (next == grpc::CompletionQueue::SHUTDOWN) return;
    if (next == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Event*>(tag)->happened(ok);
      if (++busy % 1024 != 0) continue;
    }
    const auto now = std::chrono::system_clock::now();
    if (now < tick || client_.closing_) continue;
    tick = now + kTick;
    for (AgentStream* stream : streams) stream->beat_if_due(now_ns());
  }
}

LoadClient::LoadClient(const std::string& address, const Population& population, const Options& options)
    : population_(population),
      options_(options),
      next_request_((static_cast<std::uint64_t>(options.first_agent) << 40) + 1) {  // clients of one server differ
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else all channels share one connection
  for (int i = 0; i < options.channels; ++i) {
    channels_.push_back(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }
  for (int i = 0; i < options.threads; ++i) workers_.push_back(std::make_unique<Worker>(*this, i + 1));
  for (std::size_t i = 0; i < kLivesMax; ++i) {
    lives_.push_back(std::make_unique<Life>(*this, i, channels_[i % channels_.size()]));
  }
  for (int i = 0; i < options.sessions; ++i) {
    // Neighbours on different channels, a channel always with the same worker.
    const std::size_t channel = static_cast<std::size_t>(i) % channels_.size();
    Worker& worker = *workers_[channel % workers_.size()];
    streams_.push_back(std::make_unique<AgentStream>(*this, worker, channels_[channel],
                                                     Population::agent_id(options.first_agent + i)));
    worker.streams.push_back(streams_.back().get());
  }
  for (const auto& worker : workers_) worker->start();
  try {
    open_streams();
  } catch (...) {
    close();
    throw;
  }
}

LoadClient::~LoadClient() { close(); }

void LoadClient::close() {
  arriving_ = false;
  again_ = false;
  if (arrivals_.joinable()) arrivals_.join();
  closing_ = true;
  for (int i = 0; i < streams_opened_; ++i) streams_[static_cast<std::size_t>(i)]->cancel();
  while (streams_ended_ < streams_opened_ || calls_in_flight_ > 0) std::this_thread::sleep_for(milliseconds(1));
  for (const auto& worker : workers_) worker->join();
}

void LoadClient::open_streams() {
  while (streams_opened_ < options_.sessions) {
    wait_for_streams(streams_opened_ - kOpeningMax);
    streams_[static_cast<std::size_t>(streams_opened_++)]->open();
  }
  wait_for_streams(options_.sessions);
}

void LoadClient::wait_for_streams(int count) {
  const std::int64_t limit = now_ns() + std::chrono::nanoseconds(kOpenLimit).count();
  while (streams_ready_ < count) {
    throw_if_failed();
    if (now_ns() > limit)
      throw std::runtime_error("only " + std::to_string(streams_ready_) + " sessions opened in time");
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void LoadClient::start_closed_loop(int lives) {
  again_ = true;
  for (std::size_t i = 0; i < static_cast<std::size_t>(lives); ++i) {
    start_life(*lives_[i], *workers_[i % workers_.size()], now_ns());
  }
}

void LoadClient::start_open_loop(double lives_per_second) {
  idle_lives_.clear();
  for (const auto& life : lives_) idle_lives_.push_back(life.get());
  arriving_ = true;
  arrivals_ = std::thread([this, lives_per_second] { run_arrivals(lives_per_second); });
}

LoadResult LoadClient::stop() {
  again_ = false;
  arriving_ = false;
  if (arrivals_.joinable()) arrivals_.join();
  const std::int64_t limit = now_ns() + std::chrono::nanoseconds(kDrainLimit).count();
  while (lives_in_flight_ > 0) {
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

void LoadClient::start_life(Life& life, Worker& worker, std::int64_t intended) {
  lives_in_flight_.fetch_add(1);
  life.start(worker, population_.draw_need(worker.random), intended);
}

void LoadClient::life_ended(Life& life, Worker& worker) {
  if (again_ && !failed_) {
    life.start(worker, population_.draw_need(worker.random), now_ns());
    return;
  }
  if (arriving_) {
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

void LoadClient::run_arrivals(double lives_per_second) {
  prctl(PR_SET_TIMERSLACK, 1);  // wake up at the nanosecond asked for
  Random random(static_cast<std::uint64_t>(now_ns()));
  const double mean_ns = 1e9 / lives_per_second;
  double next = static_cast<double>(now_ns());
  std::size_t turn = 0;
  while (arriving_ && !failed_) {
    next += -std::log(1.0 - random.unit()) * mean_ns;
    const auto intended = static_cast<std::int64_t>(next);
    const timespec until{intended / 1'000'000'000, intended % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    Life* life = take_idle_life();
    while (life == nullptr && arriving_) {  // the server does not keep up: the contact waits, its clock runs
      std::this_thread::sleep_for(milliseconds(1));
      life = take_idle_life();
    }
    if (life == nullptr) return;
    Worker& worker = *workers_[turn++ % workers_.size()];
    lives_in_flight_.fetch_add(1);
    life->start(worker, population_.draw_need(random), intended);
  }
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
