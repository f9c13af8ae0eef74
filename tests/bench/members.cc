#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <vector>

#include "command.h"
#include "muster/api/caller.h"
#include "muster/api/gate.h"
#include "muster/members/member_service.h"
#include "muster/store/migrations.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/member_service.grpc.pb.h"
#include "postgres_fixture.h"
#include "samples.h"
#include "system_measure.h"

// What it takes to find members among many, and to bring them in.
namespace muster::bench {
namespace {

using Request = v1::ListMembersRequest;
using Response = v1::ListMembersResponse;
using Stub = v1::MemberService::Stub;

constexpr int kBases = 40;
constexpr int kTeamSize = 15;
constexpr int kSkills = 200;
constexpr int kSkillsEach = 8;
constexpr int kImportedAtOnce = 1'000;
constexpr int kPage = 100;
constexpr int kPageMax = 1'000;
constexpr double kMilliseconds = 1'000;
/// A case ends after so many calls, or so long.
constexpr std::size_t kCalls = 300;
constexpr double kCaseSeconds = 6;

/// Lets everybody do everything: what identity costs is not measured here.
class OpenGate final : public api::Gate {
 public:
  [[nodiscard]] api::Admission admit(const grpc::CallbackServerContext&, const google::protobuf::Descriptor&) override {
    return {{}, caller_, api::Reach::kPlatform};
  }
  [[nodiscard]] std::optional<api::Error> recheck(const api::Caller&) override { return std::nullopt; }
  void find_tenant(const std::string&, std::function<void(std::optional<bool>)> then) override { then(true); }
  [[nodiscard]] std::uint64_t changes() const override { return 0; }

 private:
  static std::shared_ptr<const api::Caller> somebody() {
    auto caller = std::make_shared<api::Caller>();
    caller->tenant_id = kPlatformTenant;
    caller->subject = "bench";
    return caller;
  }
  const std::shared_ptr<const api::Caller> caller_ = somebody();
};

/// MemberService over gRPC, on a database.
class Service {
 public:
  explicit Service(const std::string& database)
      : pool_({.connection = database, .threads = 1}), service_(members::make_member_service(pool_, gate_, [] {})) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ = v1::MemberService::NewStub(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments));
  }
  ~Service() {
    server_->Shutdown();
    pool_.stop();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  template <typename Asked, typename Answer>
  Answer call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Asked&, Answer*), const Asked& request) {
    Answer answer;
    grpc::ClientContext context;
    const grpc::Status status = ((*stub_).*method)(&context, request, &answer);
    if (!status.ok()) throw std::runtime_error(status.error_message());
    return answer;
  }
  Response list(const Request& request) { return call(&Stub::ListMembers, request); }

 private:
  OpenGate gate_;
  store::TenantPool pool_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

// --- people ---

constexpr std::array kFamilyNames{"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "欧阳"};
constexpr std::array kGivenNames{"芳", "娜", "伟", "秀英", "敏", "静",   "强",
                                 "磊", "洋", "艳", "勇",   "军", "子涵", "雨桐"};
constexpr std::array kEnglishNames{"Alice", "Brian", "Carol", "David", "Emma", "Frank", "Grace", "Henry", "Irene"};
constexpr std::array kEnglishFamilies{"Smith", "Miller", "Garcia", "Khan", "Novak", "Tanaka", "Olsen"};

std::string padded(const char* letters, int number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%s%05d", letters, number);
  return text.data();
}
std::string base_of(int i) { return padded("base", i / kTeamSize % kBases); }
std::string team_of(int i) { return padded("team", i / kTeamSize); }

/// One in eight has an English name, one in five serves in English too.
v1::Member member(int i) {
  const auto pick = [i](const auto& names, int divisor) {
    return std::string(names[static_cast<std::size_t>(i / divisor) % names.size()]);
  };
  v1::Member member;
  member.set_member_id(padded("m", i));
  member.set_display_name(i % 8 == 0 ? pick(kEnglishNames, 8) + " " + pick(kEnglishFamilies, 72)
                                     : pick(kFamilyNames, 1) + pick(kGivenNames, 13));
  member.set_engagement_type(static_cast<v1::EngagementType>(1 + i % v1::EngagementType_MAX));
  member.set_base_id(base_of(i));
  member.set_team_id(team_of(i));
  member.add_languages("zh-CN");
  if (i % 5 == 0) member.add_languages("en");
  return member;
}

/// Identifiers as requests want them: UUIDs.
std::string request_id(int i) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d", i);
  return text.data();
}

void insert_places(const std::string& database, int members) {
  pqxx::connection connection(database);
  pqxx::work work(connection);
  for (int i = 0; i < kBases; ++i) {
    work.exec_params("INSERT INTO base VALUES ($1, DEFAULT, $1, 'Asia/Shanghai', now())", padded("base", i));
  }
  for (int i = 0; i < members; i += kTeamSize) {
    work.exec_params("INSERT INTO team VALUES ($1, DEFAULT, $1, $2, NULL, $3, now())", team_of(i), base_of(i),
                     kTeamSize);
  }
  work.commit();
}

/// In requests of 1,000, one after the other, as `muster members import` does. Gives the seconds.
double import_all(Service& service, int members) {
  const auto start = Clock::now();
  for (int first = 0; first < members; first += kImportedAtOnce) {
    v1::ImportMembersRequest request;
    request.set_request_id(request_id(first));
    for (int i = first; i < std::min(members, first + kImportedAtOnce); ++i) *request.add_members() = member(i);
    const auto response = service.call(&Stub::ImportMembers, request);
    for (const auto& result : response.results()) {
      if (result.has_error()) throw std::runtime_error(result.error().message());
    }
  }
  return seconds_since(start);
}

/// What an import does not bring: four in five are ACTIVE, most in the lower tiers, each with some skills, a few of
/// which many have.
void give_states_and_skills(const std::string& database) {
  pqxx::connection connection(database);
  pqxx::work work(connection);
  work.exec("SELECT setseed(0.5)");
  work.exec(
      "UPDATE member SET state = (ARRAY[6,6,6,6,6,6,6,6,6,6,6,6,6,6,6,6,5,7,9,3])[1 + floor(random() * 20)],"
      " tier = floor(7 * power(random(), 2))");
  work.exec("UPDATE member SET state = 8 WHERE number % 200 = 0");
  work.exec("INSERT INTO managed_skill SELECT 'skill' || i, 'bench' FROM generate_series(1, " +
            std::to_string(kSkills) + ") i");
  work.exec("INSERT INTO granted_skill (member_id, skill_id, level) SELECT member_id, 'skill' || 1 + floor(" +
            std::to_string(kSkills) + " * power(random(), 3)), floor(101 * random()) FROM member, generate_series(1, " +
            std::to_string(kSkillsEach) + ") ON CONFLICT DO NOTHING");
  work.commit();
  pqxx::nontransaction(connection).exec("VACUUM ANALYZE");
}

// --- cases ---

struct Case {
  std::string name;
  Request request;
};

std::vector<Case> cases(int members) {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, const std::function<void(Request&)>& fill) {
    Case& added = cases.emplace_back(Case{name, {}});
    fill(added.request);
    added.request.set_page_size(kPage);
  };
  add("all", [](Request&) {});
  add("text_common", [](Request& r) { r.set_text("王"); });
  add("text_name", [](Request& r) { r.set_text("欧阳子涵"); });
  add("text_english", [](Request& r) { r.set_text("grace khan"); });
  add("text_identifier", [&](Request& r) { r.set_text(padded("m", members - 7)); });
  add("text_nobody", [](Request& r) { r.set_text("没有这个人"); });
  const auto skill = [](Request& r, const char* id, int level) {
    r.set_skill_id(id);
    r.set_level_min(level);
  };
  add("skill_common", [&](Request& r) { skill(r, "skill1", 80); });
  add("skill_rare", [&](Request& r) { skill(r, "skill190", 90); });
  add("base", [](Request& r) { r.set_base_id(padded("base", 17)); });
  add("tier", [](Request& r) { r.add_tiers(6); });
  add("state", [](Request& r) { r.add_states(v1::MEMBER_STATE_SUSPENDED); });
  add("language", [](Request& r) { r.set_language("en"); });
  add("skill_base_state", [&](Request& r) {
    skill(r, "skill1", 60);
    r.set_base_id(padded("base", 17));
    r.add_states(v1::MEMBER_STATE_ACTIVE);
  });
  add("skill_tiers_language", [&](Request& r) {
    skill(r, "skill3", 90);
    r.add_tiers(5);
    r.add_tiers(6);
    r.set_language("en");
  });
  add("text_base_state", [](Request& r) {
    r.set_text("芳");
    r.set_base_id(padded("base", 3));
    r.add_states(v1::MEMBER_STATE_ACTIVE);
  });
  add("all_of_them", [&](Request& r) {
    skill(r, "skill2", 50);
    r.set_text("李");
    r.set_base_id(padded("base", 5));
    r.add_tiers(1);
    r.add_tiers(2);
    r.add_states(v1::MEMBER_STATE_ACTIVE);
    r.set_language("en");
    r.set_engagement_type(v1::ENGAGEMENT_TYPE_STUDENT);
  });
  return cases;
}

boost::json::object time_calls(Service& service, const Request& request) {
  std::vector<double> milliseconds;
  const auto start = Clock::now();
  while (milliseconds.size() < kCalls && seconds_since(start) < kCaseSeconds) {
    const auto before = Clock::now();
    service.list(request);
    milliseconds.push_back(seconds_since(before) * kMilliseconds);
  }
  return {{"calls", milliseconds.size()},
          {"first_ms", milliseconds.front()},
          {"p50_ms", percentile(milliseconds, 0.5)},
          {"p99_ms", percentile(milliseconds, 0.99)}};
}

/// The same with the token of the last page; empty: there is one page only. Adds how many are found.
std::optional<Request> last_page(Service& service, Request request, int& found) {
  std::string last;
  // In large pages, for the way there is long.
  Request walk = request;
  walk.set_page_size(kPageMax);
  for (;;) {
    const Response page = service.list(walk);
    found += page.members_size();
    if (page.next_page_token().empty()) break;
    last = page.next_page_token();
    walk.set_page_token(last);
  }
  if (last.empty()) return std::nullopt;
  request.set_page_token(last);
  return request;
}

boost::json::object measure_case(const Case& each, Service& service, Service& scanning) {
  int found = 0;
  const auto deep = last_page(service, each.request, found);
  boost::json::object figures{{"case", each.name}, {"found", found}};
  const auto compare = [&](const std::string& page, const Request& request) {
    const auto own = time_calls(service, request), scan = time_calls(scanning, request);
    const double ratio = scan.at("p50_ms").as_double() / own.at("p50_ms").as_double();
    figures[page] = {{"muster", own}, {"sequential_scan", scan}, {"ratio", ratio}};
    std::fprintf(stderr, "%-22s %-10s %6d found, p50 %6.1f ms, p99 %6.1f ms; scan p50 %6.1f ms\n", each.name.c_str(),
                 page.c_str(), found, own.at("p50_ms").as_double(), own.at("p99_ms").as_double(),
                 scan.at("p50_ms").as_double());
  };
  compare("first_page", each.request);
  if (deep) compare("deep_page", *deep);
  return figures;
}

/// A service whose PostgreSQL may use no index.
std::unique_ptr<Service> scanning_service(const std::string& database) {
  const std::array settings{"enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"};
  pqxx::connection connection(database);
  pqxx::nontransaction sql(connection);
  const std::string alter = "ALTER DATABASE " + connection.quote_name(connection.dbname());
  for (const char* setting : settings) sql.exec(alter + " SET " + setting + " = off");
  // Its connections are made for as long as this holds.
  auto service = std::make_unique<Service>(database);
  service->list({});
  for (const char* setting : settings) sql.exec(alter + " RESET " + setting);
  return service;
}

boost::json::object run(int members) {
  const std::string database = testing::PostgresCluster::instance().create_database();
  store::apply_migrations(database);
  insert_places(database, members);
  Service service(database);
  const double imported = import_all(service, members);
  std::fprintf(stderr, "%d members imported in %.1f s\n", members, imported);
  give_states_and_skills(database);
  const auto scanning = scanning_service(database);
  boost::json::array searches;
  for (const Case& each : cases(members)) searches.push_back(measure_case(each, service, *scanning));
  return {{"bench", "members"},
          {"environment", describe_environment("")},
          {"members", members},
          {"import_seconds", imported},
          {"searches", searches}};
}

}  // namespace

Command members_command(CLI::App& app) {
  auto members = std::make_shared<int>(60'000);
  CLI::App* command = app.add_subcommand("members", "How long it takes to find members, and to import them");
  command->add_option("--members", *members, "Members that there are")
      ->check(CLI::Range(1'000, 99'999))
      ->capture_default_str();
  return {command, [members] { return run(*members); }};
}

}  // namespace muster::bench
