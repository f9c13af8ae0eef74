#include "simulation.h"

#include <algorithm>
#include <csignal>

#include "muster/client/channel.h"

namespace muster::sim {
namespace {

using ContactStub = v1::ContactService::StubInterface::async_interface;

// Sessions share this many connections.
constexpr int kSessionChannels = 4;
constexpr std::chrono::seconds kSignInMax{10};
constexpr std::chrono::seconds kSignOutMax{15};
constexpr std::chrono::seconds kCancelMax{10};
// The drain may take this much real time, and this much simulated time on top of it.
constexpr std::chrono::seconds kDrainMax{30};
constexpr double kDrainMaxSimulated = 7200;
constexpr auto kPollEvery = std::chrono::milliseconds(250);
constexpr auto kProgressEvery = std::chrono::milliseconds(500);
constexpr int kPageSize = 1000;

const std::vector<v1::ContactState> kOpenStates = {v1::CONTACT_STATE_SCHEDULED, v1::CONTACT_STATE_QUEUED,
                                                   v1::CONTACT_STATE_OFFERED,   v1::CONTACT_STATE_ACTIVE,
                                                   v1::CONTACT_STATE_HELD,      v1::CONTACT_STATE_WRAP_UP};

std::shared_ptr<grpc::Channel> make_channel(const RunOptions& options, int number) {
  grpc::ChannelArguments arguments;
  // Without a pool of its own, every channel would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("muster.sim.channel", number);
  // Back soon after a restart of the server.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return client::make_channel(options.server, arguments, client::credentials_for(options.server), options.tls);
}

/// "sim-1-3k9x0a-": unlike that of any other run with this seed, and allowed in an id.
std::string make_prefix(std::uint64_t seed) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string stamp;
  auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(wall_now().time_since_epoch()).count();
  for (; rest > 0; rest /= 36) stamp.insert(stamp.begin(), kDigits[static_cast<std::size_t>(rest % 36)]);
  return fmt::format("sim-{}-{}-", seed, stamp);
}

Duration seconds(double span_s) { return Duration(static_cast<std::int64_t>(span_s * 1e6)); }

}  // namespace

Simulation::Simulation(const Workload& workload, const RunOptions& options)
    : workload_(workload),
      options_(options),
      outage_(seconds(options.give_up_after_s)),
      caller_(loop_, outage_),
      floor_{.loop = loop_,
             .outage = outage_,
             .caller = caller_,
             .workload = workload,
             .clock = SimClock(options.speed),
             .prefix = make_prefix(options.seed),
             .channel_units = {},
             .offer_timeout = {},
             .ids = {},
             .audit = {},
             .totals = {},
             .contacts = std::vector<CustomerContact>(workload.arrivals.size())},
      progress_(options.quiet),
      signals_(loop_.context(), SIGINT, SIGTERM) {}

Simulation::~Simulation() {
  for (const auto& desk : desks_) desk->abort();
  caller_.stop();
  loop_.run_until([this] { return all_gone(); });
}

Summary Simulation::run() {
  on_signal();
  connect();
  setup_ = std::make_unique<Setup>(floor_, *routing_stub_);
  scaled_ = setup_->run();
  sign_in();
  play();
  drain();
  sign_out();
  setup_->restore();
  return take_stock();
}

void Simulation::connect() {
  for (int i = 0; i < kSessionChannels; ++i) {
    session_stubs_.push_back(v1::AgentSessionService::NewStub(make_channel(options_, i)));
  }
  contact_stub_ = v1::ContactService::NewStub(make_channel(options_, kSessionChannels));
  routing_stub_ = v1::RoutingService::NewStub(make_channel(options_, kSessionChannels + 1));
}

// The first to sign in are those whose shift has begun when the first customer comes.
void Simulation::sign_in() {
  Random seeds(options_.seed);
  for (std::size_t i = 0; i < workload_.agents.size(); ++i) {
    auto& stub = *session_stubs_[i % session_stubs_.size()];
    desks_.push_back(std::make_unique<Desk>(floor_, workload_.agents[i], stub, seeds()));
    if (workload_.agents[i].shift_start_s <= workload_.start_s) desks_.back()->sign_in();
  }
  loop_.run_until(
      [this] {
        return std::all_of(desks_.begin(), desks_.end(),
                           [](const auto& desk) { return !desk->started() || desk->was_available(); });
      },
      Loop::Clock::now() + kSignInMax);
}

void Simulation::plan_shifts() {
  for (std::size_t i = 0; i < desks_.size(); ++i) {
    Desk* desk = desks_[i].get();
    desk->start_counting();
    const AgentPlan& plan = workload_.agents[i];
    if (!desk->started()) loop_.after(floor_.clock.until(plan.shift_start_s), [desk] { desk->sign_in(); });
    if (plan.shift_end_s) loop_.after(floor_.clock.until(*plan.shift_end_s), [desk] { desk->sign_out(); });
  }
}

void Simulation::play() {
  customers_ = std::make_unique<Customers>(floor_, *contact_stub_);
  floor_.clock.start(workload_.start_s);
  plan_shifts();
  if (options_.duration_s) loop_.after(seconds(*options_.duration_s), [this] { customers_->stop(); });
  show_progress();
  customers_->start();
  loop_.run_until([this] { return customers_->all_arrived(); });
  for (const auto& desk : desks_) desk->stop_counting();
}

void Simulation::show_progress() {
  ProgressState state{.simulated_s = floor_.clock.now_s(),
                      .arrived = static_cast<std::size_t>(floor_.totals.arrivals),
                      .expected = workload_.arrivals.size(),
                      .retries = caller_.retries() + floor_.totals.command_retries};
  for (const CustomerContact& contact : floor_.contacts) {
    if (!contact.contact_id.empty() && !contact.answered && !contact.ended) ++state.waiting;
  }
  for (const auto& desk : desks_) state.in_hand += desk->in_hand();
  progress_.show(state);
  loop_.after(kProgressEvery, [this] { show_progress(); });
}

void Simulation::drain() {
  const auto deadline = Loop::Clock::now() + kDrainMax + floor_.clock.real(kDrainMaxSimulated);
  while (customers_->pending() > 0 || anything_open()) {
    if (Loop::Clock::now() >= deadline) {
      cancel_rest();
      break;
    }
    pause(kPollEvery);
  }
  progress_.finish();
}

bool Simulation::anything_open() {
  for (const QueuePlan& queue : workload_.queues) {
    v1::ListContactsRequest request;
    request.set_page_size(1);
    request.set_queue_id(floor_.prefix + queue.id);
    for (const v1::ContactState state : kOpenStates) request.add_states(state);
    if (caller_.wait(contact_stub_->async(), &ContactStub::ListContacts, std::move(request)).contacts_size() > 0) {
      return true;
    }
  }
  return false;
}

void Simulation::cancel_rest() {
  std::vector<std::string> open;
  for_each_contact(kOpenStates, [&](const v1::Contact& contact) { open.push_back(contact.contact_id()); });
  auto pending = std::make_shared<std::size_t>(open.size());
  for (const std::string& contact_id : open) {
    v1::CancelContactRequest request;
    request.set_request_id(floor_.ids.next());
    request.set_contact_id(contact_id);
    request.set_reason("the simulation ends");
    caller_.call(contact_stub_->async(), &ContactStub::CancelContact, std::move(request),
                 [this, pending, contact_id](const grpc::Status& status, const v1::CancelContactResponse&, int) {
                   --*pending;
                   if (!status.ok()) return;  // it ended by itself meanwhile
                   ++floor_.totals.cancelled_at_end;
                   floor_.audit.ended(contact_id, v1::CONTACT_STATE_CANCELLED);
                 });
  }
  loop_.run_until([&] { return *pending == 0; }, Loop::Clock::now() + kCancelMax);
}

void Simulation::sign_out() {
  for (const auto& desk : desks_) desk->sign_out();
  if (loop_.run_until([this] { return all_gone(); }, Loop::Clock::now() + kSignOutMax)) return;
  for (const auto& desk : desks_) desk->abort();
  loop_.run_until([this] { return all_gone(); });
}

bool Simulation::all_gone() const {
  return std::all_of(desks_.begin(), desks_.end(), [](const auto& desk) { return desk->gone(); });
}

Summary Simulation::take_stock() {
  std::vector<ListedContact> listed;
  for_each_contact({}, [&](const v1::Contact& contact) {
    listed.push_back(read_listed(contact, options_.speed));
    floor_.audit.listed(contact.contact_id(), contact.customer_ref(), contact.state());
  });
  Summary summary;
  summary.workload = workload_.name;
  summary.prefix = floor_.prefix;
  summary.server = options_.server;
  summary.speed = options_.speed;
  summary.seed = options_.seed;
  summary.agents = desks_.size();
  summary.scaled = scaled_;
  summary.totals = floor_.totals;
  summary.retries = caller_.retries() + floor_.totals.command_retries;
  summary.outages = outage_.outages();
  for (const auto& desk : desks_) summary.desks[desk->agent_id()] = desk->times();
  summarize_contacts(listed, summary);
  summarize_floor(floor_, summary);
  summary.audit = floor_.audit.finish();
  summary.findings = floor_.audit.findings();
  summary.real_s = std::chrono::duration<double>(Loop::Clock::now() - began_).count();
  return summary;
}

template <class Visit>
void Simulation::for_each_contact(const std::vector<v1::ContactState>& states, Visit visit) {
  for (const QueuePlan& queue : workload_.queues) {
    v1::ListContactsRequest request;
    request.set_page_size(kPageSize);
    request.set_queue_id(floor_.prefix + queue.id);
    for (const v1::ContactState state : states) request.add_states(state);
    do {
      const auto page = caller_.wait(contact_stub_->async(), &ContactStub::ListContacts, request);
      for (const v1::Contact& contact : page.contacts()) visit(contact);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
  }
}

void Simulation::pause(Duration real) {
  bool over = false;
  loop_.after(real, [&over] { over = true; });
  loop_.run_until([&over] { return over; });
}

void Simulation::on_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    if (interrupted_ || !customers_) throw ServerError(say("interrupted", "已中断"));
    interrupted_ = true;
    customers_->stop();
    on_signal();
  });
}

}  // namespace muster::sim
