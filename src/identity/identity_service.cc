#include "identity_service.h"

#include "accounts.h"
#include "api_key.h"
#include "identity_requests.h"
#include "muster/api/admitted.h"
#include "muster/api/back_office.h"
#include "muster/api/page_token.h"
#include "muster/node/render.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "password.h"
#include "refresh.h"

namespace muster::identity {
namespace {

using api::Admission;
using api::Checker;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::StatusCode;

/// The address that calls, without its port.
std::string address_of(const CallbackServerContext& context) {
  const std::string peer = context.peer();  // "ipv4:192.0.2.1:49152", "ipv6:%5B2001:db8::1%5D:49152"
  return peer.substr(0, peer.rfind(':'));
}

std::string user_key(const std::string& tenant_id, const std::string& user_id) { return tenant_id + "/" + user_id; }

api::Error too_many_attempts(std::chrono::milliseconds wait) {
  return {StatusCode::RESOURCE_EXHAUSTED, "SIGN_IN_LIMIT", "too many attempts failed: wait", {}, {}, wait};
}

api::Error refresh_refused() {
  return {StatusCode::UNAUTHENTICATED, "REFRESH_REFUSED", "the refresh token is not good: sign in again", {}, {}, {}};
}

void fill(const SignedIn& signed_in, const IssuedToken& access, v1::Tokens* out) {
  out->set_access_token(access.token);
  node::to_proto(access.expire_time, out->mutable_access_expire_time());
  out->set_refresh_token(signed_in.refresh_token);
  node::to_proto(signed_in.sign_in_expire_time, out->mutable_sign_in_expire_time());
}

class IdentityService final : public v1::IdentityService::CallbackService {
 public:
  IdentityService(store::TenantPool& pool, const RootKey& root, Directory& directory, api::Gate& gate,
                  SignInLimiter& limiter)
      : pool_(pool), root_(root), directory_(directory), gate_(gate), limiter_(limiter) {}

  // --- signing in ---

  ServerUnaryReactor* SignIn(CallbackServerContext* context, const v1::SignInRequest* request,
                             v1::SignInResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission&) {
      Checker check;
      const std::string tenant = request->tenant_id().empty() ? kPlatformTenant : request->tenant_id();
      check.id("tenant_id", tenant);
      check.id("user_id", request->user_id());
      if (!check.ok()) return reactor->Finish(api::to_status(check.error()));
      const std::string user = user_key(tenant, request->user_id()), address = address_of(*context);
      if (const auto wait = limiter_.take(user, address, SignInLimiter::Clock::now())) {
        return reactor->Finish(api::to_status(too_many_attempts(*wait)));
      }
      transact(
          tenant,
          [=, this](TenantTransaction& t) {
            const TimePoint now = wall_now();
            const SignedIn result = sign_in(t, root_, request->user_id(), request->password(), now);
            fill(result, directory_.issue(result.caller, now), response->mutable_tokens());
            *response->mutable_user() = result.user;
          },
          reactor, [=, this] { limiter_.give_back(user, address); });
    });
  }

  ServerUnaryReactor* Refresh(CallbackServerContext* context, const v1::RefreshRequest* request,
                              v1::RefreshResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission&) {
      Checker check;
      check.request_id(request->request_id());
      if (!check.ok()) return reactor->Finish(api::to_status(check.error()));
      const auto token = RefreshToken::parse(request->refresh_token());
      if (!token) return reactor->Finish(api::to_status(refresh_refused()));
      auto good = std::make_shared<bool>(false);
      api::transact(
          pool_, token->tenant_id, reactor,
          [=, this](TenantTransaction& t) {
            const TimePoint now = wall_now();
            const auto result = refresh(t, root_, request->refresh_token(), request->request_id(), now);
            *good = result.has_value();
            if (result) fill(*result, directory_.issue(result->caller, now), response->mutable_tokens());
          },
          [=, this] {
            directory_.nudge();
            return *good ? grpc::Status::OK : api::to_status(refresh_refused());
          });
    });
  }

  ServerUnaryReactor* SignOut(CallbackServerContext* context, const v1::SignOutRequest* request,
                              v1::SignOutResponse* response) override {
    return change_own(context, request, response,
                      [=](TenantTransaction& t, const api::Caller& caller, const Deed& deed) {
                        sign_out(t, caller.subject, caller.session_id, deed);
                        if (request->everywhere()) end_sign_ins(t, caller.subject, deed);
                      });
  }

  ServerUnaryReactor* ChangePassword(CallbackServerContext* context, const v1::ChangePasswordRequest* request,
                                     v1::ChangePasswordResponse* response) override {
    return change_own(
        context, request, response, [=](TenantTransaction& t, const api::Caller& caller, const Deed& deed) {
          if (const auto trouble = password_trouble(request->new_password(), caller.subject)) {
            throw api::Refusal(api::invalid_request({{"new_password", *trouble}}));
          }
          change_password(t, caller.subject, request->old_password(), request->new_password(), caller.session_id, deed);
        });
  }

  ServerUnaryReactor* WhoAmI(CallbackServerContext* context, const v1::WhoAmIRequest* request,
                             v1::WhoAmIResponse* response) override {
    return api::admitted(gate_, context, request, [=](ServerUnaryReactor* reactor, const Admission& admission) {
      const api::Caller& caller = *admission.caller;
      response->set_tenant_id(caller.tenant_id);
      response->set_subject(caller.subject);
      for (const auto role : caller.roles) response->add_roles(role);
      for (const auto scope : caller.scopes) response->add_scopes(scope);
      response->set_agent_id(caller.agent_id);
      response->set_key_id(caller.key_id);
      node::to_proto(caller.expire_time, response->mutable_expire_time());
      reactor->Finish(grpc::Status::OK);
    });
  }

  ServerUnaryReactor* GetKeySet(CallbackServerContext* context, const v1::GetKeySetRequest* request,
                                v1::GetKeySetResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission&) {
      response->set_jwks(directory_.key_set());
      reactor->Finish(grpc::Status::OK);
    });
  }

  // --- tenants ---

  ServerUnaryReactor* CreateTenant(CallbackServerContext* context, const v1::CreateTenantRequest* request,
                                   v1::CreateTenantResponse* response) override {
    return change(context, request, response, kPlatformTenant, [=](TenantTransaction& t, const Deed& deed) {
      *response->mutable_tenant() = create_tenant(t, request->tenant(), deed);
    });
  }

  ServerUnaryReactor* UpdateTenant(CallbackServerContext* context, const v1::UpdateTenantRequest* request,
                                   v1::UpdateTenantResponse* response) override {
    return change(context, request, response, kPlatformTenant, [=](TenantTransaction& t, const Deed& deed) {
      *response->mutable_tenant() = rename_tenant(t, request->tenant(), deed);
    });
  }

  ServerUnaryReactor* SetTenantSuspension(CallbackServerContext* context, const v1::SetTenantSuspensionRequest* request,
                                          v1::SetTenantSuspensionResponse* response) override {
    return change(context, request, response, kPlatformTenant, [=](TenantTransaction& t, const Deed& deed) {
      *response->mutable_tenant() = suspend_tenant(t, request->tenant_id(), request->suspended(), deed);
    });
  }

  ServerUnaryReactor* GetTenant(CallbackServerContext* context, const v1::GetTenantRequest* request,
                                v1::GetTenantResponse* response) override {
    return read(context, request, request->tenant_id(),
                [=](TenantTransaction& t) { *response->mutable_tenant() = get_tenant(t, t.tenant()); });
  }

  ServerUnaryReactor* ListTenants(CallbackServerContext* context, const v1::ListTenantsRequest* request,
                                  v1::ListTenantsResponse* response) override {
    return list(context, request, kPlatformTenant, {"tenants"}, response,
                [=](TenantTransaction& t, const PageRequest& page) {
                  return add(list_tenants(t, page), response->mutable_tenants());
                });
  }

  // --- users ---

  ServerUnaryReactor* CreateUser(CallbackServerContext* context, const v1::CreateUserRequest* request,
                                 v1::CreateUserResponse* response) override {
    return change(context, request, response, request->user().tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      check_roles(request->user(), t.tenant());
      const bool given = !request->password().empty();
      const std::string password = given ? request->password() : random_password();
      *response->mutable_user() = create_user(t, request->user(), password, deed);
      if (!given) response->set_password(password);
    });
  }

  ServerUnaryReactor* UpdateUser(CallbackServerContext* context, const v1::UpdateUserRequest* request,
                                 v1::UpdateUserResponse* response) override {
    return change(context, request, response, request->user().tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      const UserFields fields = fields_of(request->update_mask());
      if (fields.roles) check_roles(request->user(), t.tenant());
      *response->mutable_user() = update_user(t, request->user(), fields, deed);
    });
  }

  ServerUnaryReactor* SetUserSuspension(CallbackServerContext* context, const v1::SetUserSuspensionRequest* request,
                                        v1::SetUserSuspensionResponse* response) override {
    return change(context, request, response, request->tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      *response->mutable_user() = suspend_user(t, request->user_id(), request->suspended(), deed);
    });
  }

  ServerUnaryReactor* ResetPassword(CallbackServerContext* context, const v1::ResetPasswordRequest* request,
                                    v1::ResetPasswordResponse* response) override {
    return change(context, request, response, request->tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      const std::string password = random_password();
      reset_password(t, request->user_id(), password, deed);
      response->set_password(password);
    });
  }

  ServerUnaryReactor* EndSignIns(CallbackServerContext* context, const v1::EndSignInsRequest* request,
                                 v1::EndSignInsResponse* response) override {
    return change(context, request, response, request->tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      response->set_ended(end_sign_ins(t, request->user_id(), deed));
    });
  }

  ServerUnaryReactor* GetUser(CallbackServerContext* context, const v1::GetUserRequest* request,
                              v1::GetUserResponse* response) override {
    return read(context, request, request->tenant_id(),
                [=](TenantTransaction& t) { *response->mutable_user() = get_user(t, request->user_id()); });
  }

  ServerUnaryReactor* ListUsers(CallbackServerContext* context, const v1::ListUsersRequest* request,
                                v1::ListUsersResponse* response) override {
    return list(context, request, request->tenant_id(),
                {"users", request->tenant_id(), v1::Role_Name(request->role()), v1::UserState_Name(request->state()),
                 request->text()},
                response, [=](TenantTransaction& t, const PageRequest& page) {
                  return add(list_users(t, {request->role(), request->state(), request->text()}, page),
                             response->mutable_users());
                });
  }

  // --- API keys and the audit ---

  ServerUnaryReactor* CreateApiKey(CallbackServerContext* context, const v1::CreateApiKeyRequest* request,
                                   v1::CreateApiKeyResponse* response) override {
    return change(context, request, response, request->api_key().tenant_id(),
                  [=, this](TenantTransaction& t, const Deed& deed) {
                    check_life(request->api_key(), deed.now);
                    const CreatedKey created = create_api_key(t, root_, request->api_key(), deed);
                    *response->mutable_api_key() = created.key;
                    response->set_key(created.text);
                  });
  }

  ServerUnaryReactor* RevokeApiKey(CallbackServerContext* context, const v1::RevokeApiKeyRequest* request,
                                   v1::RevokeApiKeyResponse* response) override {
    return change(context, request, response, request->tenant_id(), [=](TenantTransaction& t, const Deed& deed) {
      *response->mutable_api_key() = revoke_api_key(t, request->key_id(), deed);
    });
  }

  ServerUnaryReactor* ListApiKeys(CallbackServerContext* context, const v1::ListApiKeysRequest* request,
                                  v1::ListApiKeysResponse* response) override {
    return list(context, request, request->tenant_id(), {"api_keys", request->tenant_id(), request->client_id()},
                response, [=](TenantTransaction& t, const PageRequest& page) {
                  return add(list_api_keys(t, request->client_id(), page), response->mutable_api_keys());
                });
  }

  ServerUnaryReactor* ListAuditEntries(CallbackServerContext* context, const v1::ListAuditEntriesRequest* request,
                                       v1::ListAuditEntriesResponse* response) override {
    const AuditFilter filter = audit_filter(*request);
    return list(context, request, request->tenant_id(),
                {"audit", request->tenant_id(), request->resource(), request->actor(),
                 std::to_string(store::micros(filter.from)), std::to_string(store::micros(filter.until)),
                 filter.newest_first ? "newest" : "oldest"},
                response, [=](TenantTransaction& t, const PageRequest& page) {
                  return add(list_audit(t, filter, page), response->mutable_audit_entries());
                });
  }

 private:
  /// Where a list went on to.
  struct Listed {
    std::int64_t last;
    bool more;
  };
  template <typename T>
  static Listed add(Page<T> page, google::protobuf::RepeatedPtrField<T>* out) {
    for (T& item : page.items) *out->Add() = std::move(item);
    return {page.last, page.more};
  }

  /// Runs a transaction and answers with what comes of it; `succeeded` first, if it did.
  void transact(
      const std::string& tenant, store::TenantPool::Task task, ServerUnaryReactor* reactor,
      std::function<void()> succeeded = [] {}) {
    api::transact(pool_, tenant, reactor, std::move(task), [succeeded = std::move(succeeded)] {
      succeeded();
      return grpc::Status::OK;
    });
  }

  /// The tenant that a call is about: the caller's own, or the one asked for if the caller reaches so far.
  static std::string tenant_of(const std::string& asked, const Admission& admission, Checker& check) {
    const std::string tenant = api::tenant_asked(admission, asked);
    return tenant.empty() ? admission.caller->tenant_id : check.id("tenant_id", tenant);
  }

  /// As admitted(), with the request checked and its tenant found: `body(reactor, admission, tenant)`.
  template <typename Request, typename Body>
  ServerUnaryReactor* serve_tenant(CallbackServerContext* context, const Request* request, const std::string& tenant,
                                   const Body& body) {
    return api::admitted(gate_, context, request, [=](ServerUnaryReactor* reactor, const Admission& admission) {
      try {
        Checker checker;
        const std::string found = tenant_of(tenant, admission, checker);
        check(*request, checker);
        if (!checker.ok()) return reactor->Finish(api::to_status(checker.error()));
        body(reactor, admission, found);
      } catch (const api::Refusal& refused) {
        reactor->Finish(api::to_status(refused.error()));
      }
    });
  }

  template <typename Request, typename Work>
  ServerUnaryReactor* read(CallbackServerContext* context, const Request* request, const std::string& tenant,
                           const Work& work) {
    return serve_tenant(context, request, tenant,
                        [=, this](ServerUnaryReactor* reactor, const Admission&, const std::string& found) {
                          transact(found, work, reactor);
                        });
  }

  /// `work(transaction, page)` adds the items to the response.
  template <typename Request, typename Response, typename Work>
  ServerUnaryReactor* list(CallbackServerContext* context, const Request* request, const std::string& tenant,
                           std::initializer_list<std::string_view> filters, Response* response, const Work& work) {
    const api::PageToken token(filters);
    return serve_tenant(
        context, request, tenant, [=, this](ServerUnaryReactor* reactor, const Admission&, const std::string& found) {
          const auto after = token.parse(request->page_token());
          if (!after) {
            throw api::Refusal(api::invalid_request({{"page_token", "is not one of this list with these filters"}}));
          }
          const std::int32_t size = request->page_size() == 0 ? 100 : std::min(request->page_size(), 1000);
          const PageRequest page{static_cast<std::int64_t>(*after), static_cast<std::size_t>(size)};
          transact(
              found,
              [=](TenantTransaction& t) {
                const Listed listed = work(t, page);
                if (listed.more) response->set_next_page_token(token.after(static_cast<std::uint64_t>(listed.last)));
              },
              reactor);
        });
  }

  /// A change, once per request_id: `work(transaction, deed)` does it and fills the response.
  template <typename Request, typename Response, typename Work>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response,
                             const std::string& tenant, const Work& work) {
    return serve_tenant(
        context, request, tenant,
        [=, this](ServerUnaryReactor* reactor, const Admission& admission, const std::string& found) {
          const Deed deed = deed_of<Request>(*admission.caller, request->request_id());
          transact(
              found, [=, this](TenantTransaction& t) { once(t, deed, *request, response, [&] { work(t, deed); }); },
              reactor, [this] { directory_.nudge(); });
        });
  }

  /// The same, of what a user who is signed in does to themselves: `work(transaction, caller, deed)`.
  template <typename Request, typename Response, typename Work>
  ServerUnaryReactor* change_own(CallbackServerContext* context, const Request* request, Response* response,
                                 const Work& work) {
    return serve_tenant(
        context, request, "",
        [=, this](ServerUnaryReactor* reactor, const Admission& admission, const std::string& found) {
          const auto caller = admission.caller;
          if (caller->session_id.empty()) {
            throw refused(StatusCode::FAILED_PRECONDITION, "NOT_SIGNED_IN",
                          "the caller is not a user who signed in here");
          }
          const std::string user = user_key(found, caller->subject), address = address_of(*context);
          if (const auto wait = limiter_.take(user, address, SignInLimiter::Clock::now())) {
            throw api::Refusal(too_many_attempts(*wait));
          }
          const Deed deed = deed_of<Request>(*caller, request->request_id());
          transact(
              found,
              [=, this](TenantTransaction& t) { once(t, deed, *request, response, [&] { work(t, *caller, deed); }); },
              reactor,
              [=, this] {
                limiter_.give_back(user, address);
                directory_.nudge();
              });
        });
  }

  template <typename Request>
  static Deed deed_of(const api::Caller& caller, const std::string& request_id) {
    std::string action = Request::descriptor()->name();
    action.resize(action.size() - std::string_view("Request").size());
    return {caller.tenant_id, caller.subject, action, request_id, wall_now()};
  }

  /// Does `work` unless this request was answered before: then the answer is the same. What is remembered is worth
  /// nothing without the root key, for requests hold passwords, and replies what is told once.
  template <typename Request, typename Response, typename Work>
  void once(TenantTransaction& t, const Deed& deed, const Request& request, Response* response, const Work& work) {
    const std::string body = root_.digest(deed.action + '\0' + deed.actor_tenant_id + '\0' + deed.actor + '\0' +
                                          request.SerializeAsString());
    response->ParseFromString(api::once_sealed(t, deed.request_id, body, deed.now, replies_, [&] {
      work();
      return response->SerializeAsString();
    }));
  }

  store::TenantPool& pool_;
  const RootKey& root_;
  const Sealer replies_{
      [this](std::string_view purpose, std::string_view reply) { return root_.seal(purpose, reply); },
      [this](std::string_view purpose, std::string_view sealed) { return root_.open(purpose, sealed); }};
  Directory& directory_;
  api::Gate& gate_;
  SignInLimiter& limiter_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_identity_service(store::TenantPool& pool, const RootKey& root, Directory& directory,
                                                     api::Gate& gate, SignInLimiter& limiter) {
  return std::make_unique<IdentityService>(pool, root, directory, gate, limiter);
}

}  // namespace muster::identity
