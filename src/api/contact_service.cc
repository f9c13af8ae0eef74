#include <algorithm>
#include <atomic>

#include "contact_outcomes.h"
#include "contact_watch.h"
#include "muster/api/page_token.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "services.h"
#include "tenant_view.h"
#include "unary.h"

namespace muster::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// A batch under way. Each result has its own place; the last one to come finishes the call.
class Batch {
 public:
  Batch(const v1::BatchCreateContactsRequest* request, v1::BatchCreateContactsResponse* response,
        ServerUnaryReactor* reactor)
      : request_(request), response_(response), reactor_(reactor), open_(request->requests_size()) {
    for (int i = 0; i < request->requests_size(); ++i) response->add_results();
  }

  void refused(int index, const Error& error) {
    *response_->mutable_results(index)->mutable_error() = to_rpc_status(error);
    done();
  }

  void answered(int index, const node::Answer& answer) {
    if (answer.delivery != node::Delivery::kAnswered || !answer.reply.ok()) {
      refused(index, answer_error(answer, request_->requests(index)));
      return;
    }
    fill(answer.reply, response_->mutable_results(index)->mutable_response());
    done();
  }

 private:
  void done() {
    if (open_.fetch_sub(1) == 1) reactor_->Finish(grpc::Status::OK);
  }

  const v1::BatchCreateContactsRequest* const request_;
  v1::BatchCreateContactsResponse* const response_;
  ServerUnaryReactor* const reactor_;
  std::atomic<int> open_;
};

dispatch::ContactState to_state(int state) { return static_cast<dispatch::ContactState>(state); }

std::string text_of(const std::vector<dispatch::ContactState>& states) {
  std::string text;
  for (const auto state : states) text += std::to_string(dispatch::raw(state)) + ",";
  return text;
}

/// A flag that is up until end(), at the latest until the turn is gone.
class Turn {
 public:
  explicit Turn(std::atomic<bool>& flag) : flag_(&flag) {}
  ~Turn() { end(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  void end() {
    if (flag_) *std::exchange(flag_, nullptr) = false;
  }

 private:
  std::atomic<bool>* flag_;
};

class ContactService final : public v1::ContactService::CallbackService {
 public:
  ContactService(node::Node& node, Gate& gate, StreamRegistry& streams) : node_(node), gate_(gate), streams_(streams) {}

  ServerUnaryReactor* CreateContact(CallbackServerContext* context, const v1::CreateContactRequest* request,
                                    v1::CreateContactResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* CancelContact(CallbackServerContext* context, const v1::CancelContactRequest* request,
                                    v1::CancelContactResponse* response) override {
    return about_contact(context, request, response);
  }
  ServerUnaryReactor* AbandonContact(CallbackServerContext* context, const v1::AbandonContactRequest* request,
                                     v1::AbandonContactResponse* response) override {
    return about_contact(context, request, response);
  }
  ServerUnaryReactor* DeflectContact(CallbackServerContext* context, const v1::DeflectContactRequest* request,
                                     v1::DeflectContactResponse* response) override {
    return about_contact(context, request, response);
  }
  ServerUnaryReactor* TransferContact(CallbackServerContext* context, const v1::TransferContactRequest* request,
                                      v1::TransferContactResponse* response) override {
    return about_contact(context, request, response);
  }
  ServerUnaryReactor* PrioritizeContact(CallbackServerContext* context, const v1::PrioritizeContactRequest* request,
                                        v1::PrioritizeContactResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* AssignContact(CallbackServerContext* context, const v1::AssignContactRequest* request,
                                    v1::AssignContactResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }

  ServerUnaryReactor* RecordContactOutcome(CallbackServerContext* context,
                                           const v1::RecordContactOutcomeRequest* request,
                                           v1::RecordContactOutcomeResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      record_outcome(node_, admission.tenant(), request, response, reactor);
    });
  }

  ServerUnaryReactor* BatchCreateContacts(CallbackServerContext* context, const v1::BatchCreateContactsRequest* request,
                                          v1::BatchCreateContactsResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      create_batch(request, admission.tenant(), response, reactor);
    });
  }

  ServerUnaryReactor* GetContact(CallbackServerContext* context, const v1::GetContactRequest* request,
                                 v1::GetContactResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      get(request, admission.tenant(), response, reactor);
    });
  }

  ServerUnaryReactor* ExplainContact(CallbackServerContext* context, const v1::ExplainContactRequest* request,
                                     v1::ExplainContactResponse* response) override {
    return admitted(gate_, context, request,
                    [&](ServerUnaryReactor* reactor, const Admission&) { explain(request, response, reactor); });
  }

  ServerUnaryReactor* ExplainAgent(CallbackServerContext* context, const v1::ExplainAgentRequest* request,
                                   v1::ExplainAgentResponse* response) override {
    return admitted(gate_, context, request,
                    [&](ServerUnaryReactor* reactor, const Admission&) { explain_agent(request, response, reactor); });
  }

  ServerUnaryReactor* EstimateWait(CallbackServerContext* context, const v1::EstimateWaitRequest* request,
                                   v1::EstimateWaitResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      estimate(request, admission.tenant(), response, reactor);
    });
  }

  ServerUnaryReactor* ListContacts(CallbackServerContext* context, const v1::ListContactsRequest* request,
                                   v1::ListContactsResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      list(request, admission.tenant(), response, reactor);
    });
  }

  grpc::ServerWriteReactor<v1::WatchContactsResponse>* WatchContacts(CallbackServerContext* context,
                                                                     const v1::WatchContactsRequest* request) override;

 private:
  /// A command about a contact in the name of the caller's tenant. Of one that has ended the engine does not know whose
  /// it was: the reporting tables do.
  template <typename Request, typename Response>
  ServerUnaryReactor* about_contact(CallbackServerContext* context, const Request* request, Response* response) {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      dispatch::Command command = to_command(*request, check);
      if (!check.ok()) return reactor->Finish(to_status(check.error()));
      const std::string tenant = command.tenant = admission.tenant();
      node_.submit(std::move(command), [=, this](const node::Answer& answer) {
        if (!tenant.empty() && answer.reply.outcome == dispatch::Outcome::kContactNotFound) {
          refuse_missing(tenant, answer, request, reactor);
        } else {
          finish(answer, reactor, request, response);
        }
      });
    });
  }

  template <typename Request>
  void refuse_missing(const std::string& tenant, const node::Answer& answer, const Request* request,
                      ServerUnaryReactor* reactor) {
    const auto id = node::parse_contact_id(request->contact_id());
    node_.get_contact(
        id, tenant,
        [=](node::StoreStatus status, const std::optional<node::ContactHistory>& history, const std::string&) {
          node::Answer refusal = answer;
          if (status == node::StoreStatus::kRead && history && history->contact.has_end_time()) {
            refusal.reply.outcome = dispatch::Outcome::kContactWrongState;
            refusal.reply.contact_state = to_state(history->contact.state());
          }
          reactor->Finish(to_status(answer_error(refusal, *request)));
        });
  }

  void create_batch(const v1::BatchCreateContactsRequest* request, const std::string& tenant,
                    v1::BatchCreateContactsResponse* response, ServerUnaryReactor* reactor) {
    Checker check;
    if (!check.count("requests", request->requests_size(), 1, 1000)) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    const auto batch = std::make_shared<Batch>(request, response, reactor);
    const int size = request->requests_size();  // the request is gone once the last is answered
    for (int i = 0; i < size; ++i) {
      Checker item;
      dispatch::Command command = to_command(request->requests(i), item);
      command.tenant = tenant;
      if (item.ok()) {
        node_.submit(std::move(command), [batch, i](const node::Answer& answer) { batch->answered(i, answer); });
      } else {
        batch->refused(i, item.error());
      }
    }
  }

  void get(const v1::GetContactRequest* request, const std::string& tenant, v1::GetContactResponse* response,
           ServerUnaryReactor* reactor) {
    Checker check;
    const auto contact = check.contact_id(request->contact_id());
    if (!check.ok()) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    node_.get_contact(
        contact, tenant,
        [=, this](node::StoreStatus status, std::optional<node::ContactHistory> history, const std::string& trouble) {
          if (status != node::StoreStatus::kRead) {
            reactor->Finish(not_read(status, trouble));
          } else if (!history) {
            reactor->Finish(to_status(not_found("CONTACT", "contact_id", request->contact_id())));
          } else {
            *response->mutable_contact() = std::move(history->contact);
            for (auto& offer : history->offers) *response->add_offers() = std::move(offer);
            for (auto& outcome : history->outcomes) *response->add_outcomes() = std::move(outcome);
            if (!tenant.empty()) show_to_tenant(response);
            read(node_, reactor, [response](const dispatch::Engine& engine, TimePoint) {
              add_live(engine, response->mutable_contact());
              return grpc::Status::OK;
            });
          }
        });
  }

  void explain(const v1::ExplainContactRequest* request, v1::ExplainContactResponse* response,
               ServerUnaryReactor* reactor) {
    Checker check;
    const auto id = check.contact_id(request->contact_id());
    check.count("agent_ids", request->agent_ids_size(), 0, 64);
    for (int i = 0; i < request->agent_ids_size(); ++i) check.id(indexed("agent_ids", i), request->agent_ids(i));
    if (!check.ok()) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    read_alone(explaining_, reactor, [=](const dispatch::Engine& engine, TimePoint now) {
      return explain_from(engine, now, id, *request, response);
    });
  }

  void explain_agent(const v1::ExplainAgentRequest* request, v1::ExplainAgentResponse* response,
                     ServerUnaryReactor* reactor) {
    Checker check;
    check.id("agent_id", request->agent_id());
    if (!check.ok()) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    read_alone(explaining_, reactor, [=](const dispatch::Engine& engine, TimePoint now) {
      const auto* agent = engine.agent(request->agent_id());
      if (!agent) return to_status(not_found("AGENT", "agent_id", request->agent_id()));
      node::render(engine, *agent, dispatch::prospects_of(engine, *agent, now), response);
      return grpc::Status::OK;
    });
  }

  /// As read(), but refused while another that looks so is under way: each takes the engine's thread for long.
  template <typename Look>
  void read_alone(std::atomic<bool>& looking, ServerUnaryReactor* reactor, Look look) {
    if (looking.exchange(true)) {
      reactor->Finish(to_status(delivery_error(node::Delivery::kBusy)));
      return;
    }
    const auto turn = std::make_shared<Turn>(looking);
    read(node_, reactor, [turn, look = std::move(look)](const dispatch::Engine& engine, TimePoint now) {
      const auto status = look(engine, now);
      turn->end();
      return status;
    });
  }

  static grpc::Status explain_from(const dispatch::Engine& engine, TimePoint now, dispatch::ContactId id,
                                   const v1::ExplainContactRequest& request, v1::ExplainContactResponse* response) {
    const auto* contact = engine.contact(id);
    if (!contact) {
      node::Answer answer{node::Delivery::kAnswered, {}};
      answer.reply.outcome =
          id <= engine.last_contact() ? dispatch::Outcome::kContactWrongState : dispatch::Outcome::kContactNotFound;
      return to_status(answer_error(answer, request));
    }
    for (const std::string& name : request.agent_ids()) {
      if (!engine.agent(name)) return to_status(not_found("AGENT", "agent_ids", name));
    }
    const auto prospects = dispatch::prospects_of(engine, *contact, now);
    node::render(engine, *contact, prospects, response);
    if (const auto estimate = engine.estimate_wait(id, now)) node::render(*estimate, response->mutable_estimate());
    for (const std::string& name : request.agent_ids()) {
      const auto& agent = *engine.agent(name);
      const auto standing = dispatch::standing_of(engine, *contact, prospects, agent, now);
      node::render(engine, agent, standing, response->add_agents());
    }
    node::render(engine, *contact, response->mutable_contact());
    if (const auto* offer = engine.offer(contact->offer)) {
      node::render(engine, *offer, response->mutable_offer());
      const auto before = dispatch::standing_before(engine, *offer, prospects, now);
      node::render(engine, *engine.agent(offer->agent), before, response->mutable_offered_to());
    }
    return grpc::Status::OK;
  }

  void estimate(const v1::EstimateWaitRequest* request, const std::string& tenant, v1::EstimateWaitResponse* response,
                ServerUnaryReactor* reactor) {
    Checker check;
    check.id("queue_id", request->queue_id());
    const auto priority = static_cast<std::uint8_t>(check.number("priority", request->priority(), 0, 100));
    auto asked = requirements("requirements", request->requirements(), check);
    if (!check.ok()) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    read_alone(estimating_, reactor, [=, asked = std::move(asked)](const dispatch::Engine& engine, TimePoint now) {
      const auto* queue = engine.queue(request->queue_id());
      if (!queue || !exists_for(tenant, *queue)) {
        return to_status(not_found("QUEUE", "queue_id", request->queue_id()));
      }
      dispatch::Arrival arrival{queue->handle, priority, {}};
      for (const auto& each : asked) {
        const auto* skill = engine.skill(each.skill);
        if (!skill) return to_status(not_found("SKILL", "requirements", each.skill));
        arrival.requirements.push_back({skill->handle, each.min_level, each.max_level});
      }
      std::sort(arrival.requirements.begin(), arrival.requirements.end());
      node::render(engine.estimate_wait(arrival, now), response->mutable_estimate());
      if (!tenant.empty()) show_to_tenant(response->mutable_estimate());
      return grpc::Status::OK;
    });
  }

  void list(const v1::ListContactsRequest* request, const std::string& tenant, v1::ListContactsResponse* response,
            ServerUnaryReactor* reactor) {
    Checker check;
    node::ContactFilter filter;
    filter.tenant_id = tenant;
    filter.limit = page_size(request->page_size(), check);
    filter.queue_id = check.optional_id("queue_id", request->queue_id());
    filter.agent_id = check.optional_id("agent_id", request->agent_id());
    for (int i = 0; i < request->states_size(); ++i) {
      check.expect(request->states(i) != v1::CONTACT_STATE_UNSPECIFIED && v1::ContactState_IsValid(request->states(i)),
                   indexed("states", i), "must be a state of a contact");
      filter.states.push_back(to_state(request->states(i)));
    }
    const PageToken token{"contacts", filter.queue_id, filter.agent_id, text_of(filter.states)};
    const auto after = token.parse(request->page_token());
    check.expect(after.has_value(), "page_token", "is not one of this list with these filters");
    if (!check.ok()) {
      reactor->Finish(to_status(check.error()));
      return;
    }
    filter.after = dispatch::ContactId{*after};
    node_.list_contacts(std::move(filter), [=, this](node::StoreStatus status, std::optional<node::ContactPage> page,
                                                     const std::string& trouble) {
      if (status != node::StoreStatus::kRead) {
        reactor->Finish(not_read(status, trouble));
        return;
      }
      response->set_sequence(static_cast<std::int64_t>(page->complete_to));
      if (page->more) {
        const auto last = node::parse_contact_id(page->contacts.back().contact_id());
        response->set_next_page_token(token.after(dispatch::raw(last)));
      }
      for (auto& contact : page->contacts) *response->add_contacts() = std::move(contact);
      read(node_, reactor, [response](const dispatch::Engine& engine, TimePoint) {
        for (auto& contact : *response->mutable_contacts()) add_live(engine, &contact);
        return grpc::Status::OK;
      });
    });
  }

  /// The engine alone knows whom a contact waits for, and whether it starves.
  static void add_live(const dispatch::Engine& engine, v1::Contact* contact) {
    const auto* live = engine.contact(node::parse_contact_id(contact->contact_id()));
    if (live) node::render_live(engine, *live, contact);
  }

  node::Node& node_;
  Gate& gate_;
  StreamRegistry& streams_;
  // One at a time of each: they take milliseconds of the engine's thread.
  std::atomic<bool> explaining_{false};
  std::atomic<bool> estimating_{false};
};

grpc::ServerWriteReactor<v1::WatchContactsResponse>* ContactService::WatchContacts(
    CallbackServerContext* context, const v1::WatchContactsRequest* request) {
  return launch<ContactWatch, v1::WatchContactsRequest>(gate_, context, streams_, node_, *request);
}

}  // namespace

std::unique_ptr<grpc::Service> make_contact_service(node::Node& node, Gate& gate, StreamRegistry& streams) {
  return std::make_unique<ContactService>(node, gate, streams);
}

}  // namespace muster::api
