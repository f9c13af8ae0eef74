#pragma once

#include <grpcpp/server_context.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/protobuf/field_mask.pb.h"
#include "muster/api/admitted.h"
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

/// In whose name, and when.
struct By {
  std::string actor;
  TimePoint now;
};

class BackOffice {
 public:
  using Look = std::function<void(store::TenantTransaction&)>;

  /// The pool and the gate must outlive it. `changed` is called after each change; must not block.
  BackOffice(store::TenantPool& pool, Gate& gate, std::function<void()> changed)
      : pool_(pool), gate_(gate), changed_(std::move(changed)) {}

  // `member_id`: whom the call is about. Callers who reach only what is their own are refused unless that is they.

  /// A change: `check(request, checker)` judges what the request says by itself, and may fill in defaults;
  /// `carry_out(transaction, request, by)` gives the response. A request that is repeated has one effect.
  template <typename Request, typename Response, typename Check, typename CarryOut>
  grpc::ServerUnaryReactor* change(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                   const Check& check, CarryOut carry_out, const std::string& member_id = {}) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      if (!reaches(admission, member_id)) return reactor->Finish(to_status(not_own_member(member_id)));
      Checker checker;
      Request checked = *request;
      checker.request_id(checked.request_id());
      check(checked, checker);
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      const std::string body = Request::descriptor()->full_name() + '\n' + request->SerializeAsString();
      post(
          reactor,
          [=, actor = admission.caller->subject, carry_out = std::move(carry_out)](store::TenantTransaction& t) {
            const By by{actor, wall_now()};
            const auto reply = once(t, checked.request_id(), body, by.now,
                                    [&] { return carry_out(t, checked, by).SerializeAsString(); });
            response->ParseFromString(reply);
          },
          changed_);
    });
  }

  /// A look into the tables: `prepare(checker)` judges the request and gives what fills the response.
  template <typename Request, typename Prepare>
  grpc::ServerUnaryReactor* read(grpc::CallbackServerContext* context, const Request* request, const Prepare& prepare,
                                 const std::string& member_id = {}) {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
      if (!reaches(admission, member_id)) return reactor->Finish(to_status(not_own_member(member_id)));
      Checker checker;
      Look look = prepare(checker);
      if (!checker.ok()) return reactor->Finish(to_status(checker.error()));
      post(reactor, std::move(look), [] {});
    });
  }

 private:
  /// An agent is the member of the same identifier.
  static bool reaches(const Admission& admission, const std::string& member_id) {
    return admission.reach != Reach::kOwn || (!member_id.empty() && admission.caller->agent_id == member_id);
  }
  static std::string once(store::TenantTransaction& t, const std::string& request_id, const std::string& body,
                          TimePoint now, const std::function<std::string()>& work);
  void post(grpc::ServerUnaryReactor* reactor, Look work, std::function<void()> then);

  store::TenantPool& pool_;
  Gate& gate_;
  const std::function<void()> changed_;
};

}  // namespace muster::api
