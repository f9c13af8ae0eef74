#pragma once

#include <grpcpp/server_context.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "google/protobuf/field_mask.pb.h"
#include "muster/api/admitted.h"
#include "muster/api/by.h"
#include "muster/api/checker.h"
#include "muster/api/page_token.h"
#include "muster/store/answered_requests.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"

/// How the services are answered that keep their things in PostgreSQL: a call is one transaction on the pool.
namespace muster::api {

/// ALREADY_EXISTS, such as ("MEMBER", "member_id", "li.na").
[[nodiscard]] Error already_exists(const std::string& kind, const std::string& field, const std::string& id);
/// FAILED_PRECONDITION.
[[nodiscard]] Error precondition(std::string reason, std::string message,
                                 std::vector<std::pair<std::string, std::string>> metadata);
/// The thing, or a Refusal that says that there is none.
template <typename T>
T found(std::optional<T> thing, const std::string& kind, const std::string& field, const std::string& id) {
  if (!thing) throw Refusal(not_found(kind, field, id));
  return *std::move(thing);
}

/// A name shown to people.
void check_name(const std::string& path, const std::string& name, Checker& check);
/// Which page a list request asks for.
template <typename Request>
store::PageRequest page_of(const Request& request, const PageToken& token, Checker& check) {
  const auto after = token.parse(request.page_token());
  check.expect(after.has_value(), "page_token", "is not one of this list with these filters");
  return {static_cast<std::int64_t>(after.value_or(0)), page_size(request.page_size(), check)};
}
/// Says where the next page begins, if there is one.
template <typename T, typename Response>
void set_next_page(const store::Page<T>& page, const PageToken& token, Response* response) {
  if (page.more) response->set_next_page_token(token.after(static_cast<std::uint64_t>(page.last)));
}

/// Runs `work` in a transaction of the tenant and answers the call: with what `then` gives once it is committed, or
/// with why it failed. The pool's thread does it; `then` must not block.
void transact(store::TenantPool& pool, const std::string& tenant, grpc::ServerUnaryReactor* reactor,
              store::TenantPool::Task work, std::function<grpc::Status()> then);

/// The reply to a request: that of the first time, if it was answered before, else that of `work`. `body`: everything
/// that makes it the same request. Throws Refusal if its request_id was used for another one.
std::string once(store::TenantTransaction& t, const std::string& request_id, const std::string& body, TimePoint now,
                 const std::function<std::string()>& work);

class BackOffice {
 public:
  using Look = store::TenantPool::Task;

  /// The pool and the gate must outlive it. `changed` is called after each change; must not block.
  BackOffice(store::TenantPool& pool, Gate& gate, std::function<void()> changed)
      : pool_(pool), gate_(gate), changed_(std::move(changed)) {}

  /// A change: `check(request, checker)` judges what the request says by itself, and may fill in defaults;
  /// `carry_out(transaction, request, by)` gives the response, and what it changes goes into the audit. A request that
  /// is repeated has one effect. One that names a member may be about the caller's own only, if the caller reaches no
  /// farther, and is so if it names none; one that names a tenant likewise.
  template <typename Request, typename Response, typename Check, typename CarryOut>
  grpc::ServerUnaryReactor* change(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                   const Check& check, CarryOut carry_out) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      Checker checker;
      Request checked = *request;
      const Own own = own_of(admission);
      if constexpr (kNamesMember<Request>) {
        if (checked.member_id().empty()) checked.set_member_id(own.only);
        check_own(own.only, checked.member_id());
      }
      if constexpr (kNamesTenant<Request>) checked.set_tenant_id(tenant_asked(admission, checked.tenant_id()));
      checker.request_id(checked.request_id());
      check(checked, checker);
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      const Caller& caller = *admission.caller;
      const store::AuditCause cause{caller.tenant_id, caller.subject, method_of<Request>(), checked.request_id()};
      // Whose it is tells apart what members ask who do not name themselves.
      const std::string body =
          Request::descriptor()->full_name() + '\n' + own.member + '\n' + request->SerializeAsString();
      const std::string remembered = remembered_as(caller, cause.request_id);
      transact(
          pool_, kPlatformTenant, reactor,
          [=, carry_out = std::move(carry_out)](store::TenantTransaction& t) {
            const TimePoint now = wall_now();
            response->ParseFromString(once(t, remembered, body, now, [&] {
              return audited(t, cause, now, own,
                             [&](const By& by) { return carry_out(t, checked, by).SerializeAsString(); });
            }));
          },
          [changed = changed_] {
            changed();
            return grpc::Status::OK;
          });
    });
  }

  /// A look into the tables: `prepare(checker)`, `prepare(checker, own_member)` or `prepare(checker, own)` judges the
  /// request and gives what fills the response. Where own_member, which is Own::only, is not empty, it must show what
  /// is that member's, and nothing else.
  template <typename Request, typename Prepare>
  grpc::ServerUnaryReactor* read(grpc::CallbackServerContext* context, const Request* request, const Prepare& prepare) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      Checker checker;
      Look look;
      if constexpr (std::is_invocable_v<Prepare, Checker&, const Own&>) {
        look = prepare(checker, own_of(admission));
      } else if constexpr (std::is_invocable_v<Prepare, Checker&, const std::string&>) {
        look = prepare(checker, own_of(admission).only);
      } else {
        look = prepare(checker);
      }
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      transact(pool_, kPlatformTenant, reactor, std::move(look), [] { return grpc::Status::OK; });
    });
  }

  /// A look at what is of one tenant, in the name of the caller's, so that row security judges it, too.
  /// `prepare(tenant, checker)` is given the tenant that the request names; empty: all that the caller may see.
  template <typename Request, typename Prepare>
  grpc::ServerUnaryReactor* read_of_tenant(grpc::CallbackServerContext* context, const Request* request,
                                           const Prepare& prepare) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      Checker checker;
      Look look = prepare(tenant_asked(admission, request->tenant_id()), checker);
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      const std::string own = admission.tenant();
      transact(pool_, own.empty() ? kPlatformTenant : own, reactor, std::move(look), [] { return grpc::Status::OK; });
    });
  }

 private:
  template <typename Request>
  static constexpr bool kNamesMember = requires(Request request) {
    request.set_member_id(std::string());
  };
  template <typename Request>
  static constexpr bool kNamesTenant = requires(Request request) {
    request.set_tenant_id(std::string());
  };
  /// Tenants choose their identifiers of requests without knowing of each other, nor of the platform.
  static std::string remembered_as(const Caller& caller, const std::string& request_id) {
    return caller.tenant_id == kPlatformTenant ? request_id : caller.tenant_id + "/" + request_id;
  }
  /// "CreateMember" of CreateMemberRequest.
  template <typename Request>
  static std::string method_of() {
    const std::string& name = Request::descriptor()->name();
    return name.substr(0, name.size() - std::string_view("Request").size());
  }

  store::TenantPool& pool_;
  Gate& gate_;
  const std::function<void()> changed_;
};

}  // namespace muster::api
