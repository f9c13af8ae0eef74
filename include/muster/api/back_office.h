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

class BackOffice {
 public:
  using Look = std::function<void(store::TenantTransaction&)>;

  /// The pool and the gate must outlive it. `changed` is called after each change; must not block.
  BackOffice(store::TenantPool& pool, Gate& gate, std::function<void()> changed)
      : pool_(pool), gate_(gate), changed_(std::move(changed)) {}

  /// A change: `check(request, checker)` judges what the request says by itself, and may fill in defaults;
  /// `carry_out(transaction, request, by)` gives the response, and what it changes goes into the audit. A request that
  /// is repeated has one effect. One that names a member may be about the caller's own only, if the caller reaches no
  /// farther, and is so if it names none.
  template <typename Request, typename Response, typename Check, typename CarryOut>
  grpc::ServerUnaryReactor* change(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                   const Check& check, CarryOut carry_out) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      Checker checker;
      Request checked = *request;
      const std::string own = own_member(admission);
      if constexpr (kNamesMember<Request>) {
        if (checked.member_id().empty()) checked.set_member_id(own);
        check_own(own, checked.member_id());
      }
      checker.request_id(checked.request_id());
      check(checked, checker);
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      const Caller& caller = *admission.caller;
      const store::AuditCause cause{caller.tenant_id, caller.subject, method_of<Request>(), checked.request_id()};
      const std::string body = Request::descriptor()->full_name() + '\n' + request->SerializeAsString();
      post(
          reactor,
          [=, carry_out = std::move(carry_out)](store::TenantTransaction& t) {
            const auto reply =
                once(t, cause, own, body, [&](const By& by) { return carry_out(t, checked, by).SerializeAsString(); });
            response->ParseFromString(reply);
          },
          changed_);
    });
  }

  /// A look into the tables: `prepare(checker)`, or `prepare(checker, own_member)`, judges the request and gives what
  /// fills the response. Where own_member is not empty, it must show what is that member's, and nothing else.
  template <typename Request, typename Prepare>
  grpc::ServerUnaryReactor* read(grpc::CallbackServerContext* context, const Request* request, const Prepare& prepare) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      Checker checker;
      Look look;
      if constexpr (std::is_invocable_v<Prepare, Checker&, const std::string&>) {
        look = prepare(checker, own_member(admission));
      } else {
        look = prepare(checker);
      }
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      post(reactor, std::move(look), [] {});
    });
  }

 private:
  template <typename Request>
  static constexpr bool kNamesMember = requires(Request request) {
    request.set_member_id(std::string());
  };
  /// "CreateMember" of CreateMemberRequest.
  template <typename Request>
  static std::string method_of() {
    const std::string& name = Request::descriptor()->name();
    return name.substr(0, name.size() - std::string_view("Request").size());
  }

  static std::string once(store::TenantTransaction& t, const store::AuditCause& cause, const std::string& own_member,
                          const std::string& body, const std::function<std::string(const By&)>& work);
  void post(grpc::ServerUnaryReactor* reactor, Look work, std::function<void()> then);

  store::TenantPool& pool_;
  Gate& gate_;
  const std::function<void()> changed_;
};

}  // namespace muster::api
