#include "identity_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "muster/api/caller.h"
#include "muster/store/answered_requests.h"
#include "muster/store/audit.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"

namespace muster::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kNow{std::chrono::microseconds(1'800'000'000'123'456)};

class IdentityStore : public ::testing::Test {
 protected:
  template <typename F>
  auto as(const std::string& tenant, F task) {
    return pool->submit(tenant, std::move(task)).get();
  }

  IdentityStore() {
    store::apply_migrations(database);
    pool.emplace(store::Pool::Options{.connection = database, .threads = 1});
    as(kPlatformTenant, [](TenantTransaction& t) {
      v1::Tenant acme;
      acme.set_tenant_id("acme");
      acme.set_state(v1::TENANT_STATE_ACTIVE);
      return insert_tenant(t, acme, kNow);
    });
  }

  static UserRecord user(const std::string& id, std::vector<v1::Role> roles = {v1::ROLE_TENANT_VIEWER}) {
    UserRecord record;
    record.user.set_tenant_id("acme");
    record.user.set_user_id(id);
    record.user.set_display_name("李娜 100%");
    record.user.set_state(v1::USER_STATE_ACTIVE);
    for (const v1::Role role : roles) record.user.add_roles(role);
    record.password_hash = "hash";
    return record;
  }
  void add_users(const std::vector<std::string>& ids) {
    as("acme", [&](TenantTransaction& t) {
      for (const auto& id : ids) EXPECT_TRUE(insert_user(t, user(id), kNow));
    });
  }

  testing::PostgresCluster& cluster = testing::PostgresCluster::instance();
  std::string database = cluster.create_database();
  std::optional<store::TenantPool> pool;
};

template <typename T, typename Id>
std::vector<std::string> ids(const Page<T>& page, Id id) {
  std::vector<std::string> all;
  for (const T& item : page.items) all.push_back((item.*id)());
  return all;
}

TEST_F(IdentityStore, AUserIsReadAsItWasWritten) {
  UserRecord record = user("li.na", {v1::ROLE_TENANT_ADMIN, v1::ROLE_AGENT});
  record.user.set_agent_id("li.na");
  record.version = 7;
  as("acme", [&](TenantTransaction& t) { return insert_user(t, record, kNow); });
  auto read = as("acme", [](TenantTransaction& t) { return find_user(t, "li.na"); });
  ASSERT_TRUE(read);
  EXPECT_EQ(read->password_hash, "hash");
  EXPECT_EQ(read->version, 7);
  EXPECT_EQ(read->user.create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(read->user.create_time().nanos(), 123'456'000);
  read->user.clear_create_time();
  read->user.clear_update_time();
  EXPECT_EQ(read->user.DebugString(), record.user.DebugString());
  EXPECT_FALSE(as("platform", [](TenantTransaction& t) { return find_user(t, "li.na"); }));
}

TEST_F(IdentityStore, AUserIsThereOnce) {
  add_users({"li.na"});
  EXPECT_FALSE(as("acme", [](TenantTransaction& t) { return insert_user(t, user("li.na"), kNow); }));
}

TEST_F(IdentityStore, UsersAreListedInPages) {
  add_users({"b", "a", "d", "c"});
  const auto list = [&](PageRequest page) {
    return as("acme", [=](TenantTransaction& t) { return list_users(t, {}, page); });
  };
  const auto first = list({0, 3});
  EXPECT_THAT(ids(first, &v1::User::user_id), ElementsAre("b", "a", "d"));
  EXPECT_TRUE(first.more);
  const auto second = list({first.last, 3});
  EXPECT_THAT(ids(second, &v1::User::user_id), ElementsAre("c"));
  EXPECT_FALSE(second.more);
}

TEST_F(IdentityStore, UsersAreFoundByRoleStateAndText) {
  add_users({"a_b", "axb"});
  as("acme", [](TenantTransaction& t) {
    UserRecord boss = user("boss", {v1::ROLE_TENANT_ADMIN});
    boss.user.set_state(v1::USER_STATE_SUSPENDED);
    insert_user(t, boss, kNow);
  });
  const auto found = [&](UserFilter filter) {
    return ids(as("acme", [=](TenantTransaction& t) { return list_users(t, filter, {}); }), &v1::User::user_id);
  };
  EXPECT_THAT(found({.role = v1::ROLE_TENANT_ADMIN}), ElementsAre("boss"));
  EXPECT_THAT(found({.state = v1::USER_STATE_ACTIVE}), ElementsAre("a_b", "axb"));
  EXPECT_THAT(found({.text = "a_"}), ElementsAre("a_b"));
  EXPECT_THAT(found({.text = "娜"}), ElementsAre("a_b", "axb", "boss"));
  EXPECT_THAT(found({.text = "100%"}), ElementsAre("a_b", "axb", "boss"));
  EXPECT_THAT(found({.text = "' OR true --"}), IsEmpty());
}

TEST_F(IdentityStore, TheActiveWithARoleAreCounted) {
  add_users({"a", "b"});
  const auto count = [&] {
    return as("acme", [](TenantTransaction& t) { return count_active(t, v1::ROLE_TENANT_VIEWER); });
  };
  EXPECT_EQ(count(), 2);
  as("acme", [](TenantTransaction& t) {
    auto record = *find_user(t, "a");
    record.user.set_state(v1::USER_STATE_SUSPENDED);
    write_user(t, record, kNow);
  });
  EXPECT_EQ(count(), 1);
}

TEST_F(IdentityStore, ASignInKeepsItsSpentTokens) {
  add_users({"li.na"});
  as("acme", [](TenantTransaction& t) {
    insert_sign_in(t, {"s1", "li.na", 1, kNow + std::chrono::hours(12), false}, "one", kNow);
    rotate_refresh_token(t, "s1", 1, "r1", "two");
    replace_refresh_token(t, "s1", 2, "three");
  });
  as("acme", [](TenantTransaction& t) {
    const auto record = find_sign_in(t, "s1");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->newest, 2);
    EXPECT_EQ(record->user_id, "li.na");
    EXPECT_EQ(record->expire_time, kNow + std::chrono::hours(12));
    EXPECT_EQ(find_refresh_token(t, "s1", "one")->spent_by, "r1");
    EXPECT_FALSE(find_refresh_token(t, "s1", "two"));
    EXPECT_EQ(find_refresh_token(t, "s1", "three")->generation, 2);
    EXPECT_EQ(find_refresh_token(t, "s1", "three")->spent_by, "");
  });
}

TEST_F(IdentityStore, SignInsAreRevokedOnce) {
  add_users({"li.na", "tom"});
  as("acme", [](TenantTransaction& t) {
    for (const char* id : {"s1", "s2"})
      insert_sign_in(t, {id, "li.na", 1, kNow + std::chrono::hours(1), false}, id, kNow);
    insert_sign_in(t, {"s3", "tom", 1, kNow + std::chrono::hours(1), false}, "s3", kNow);
    insert_sign_in(t, {"s4", "li.na", 1, kNow - std::chrono::hours(1), false}, "s4", kNow);
    insert_sign_in(t, {"kept", "li.na", 1, kNow + std::chrono::hours(1), false}, "kept", kNow);
    EXPECT_TRUE(revoke_sign_in(t, "s1", kNow));
    EXPECT_FALSE(revoke_sign_in(t, "s1", kNow));
    EXPECT_FALSE(revoke_sign_in(t, "none", kNow));
    EXPECT_THAT(revoke_sign_ins_of(t, "li.na", "kept", kNow), ElementsAre("s2"));
    EXPECT_TRUE(find_sign_in(t, "s2")->revoked);
    EXPECT_FALSE(find_sign_in(t, "s3")->revoked);
  });
}

TEST_F(IdentityStore, OnlyLiveKeysCountAndAreKnownToThePlatform) {
  const auto key = [](const std::string& id, TimePoint expires) {
    ApiKeyRecord record;
    record.key.set_tenant_id("acme");
    record.key.set_key_id(id);
    record.key.set_client_id("crm");
    record.key.add_scopes(v1::API_SCOPE_CONTACTS_WRITE);
    record.key.mutable_expire_time()->set_seconds(
        std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count());
    record.digest = std::string("\0digest", 7);
    return record;
  };
  as("acme", [&](TenantTransaction& t) {
    insert_api_key(t, key("live", kNow + std::chrono::hours(1)), kNow);
    insert_api_key(t, key("old", kNow - std::chrono::hours(1)), kNow);
    insert_api_key(t, key("revoked", kNow + std::chrono::hours(1)), kNow);
    note_key_revoked(t, "revoked", kNow);
    EXPECT_EQ(count_live_keys(t, "crm", kNow), 1);
    EXPECT_EQ(count_live_keys(t, "erp", kNow), 0);
    EXPECT_THAT(ids(list_api_keys(t, "crm", {}), &v1::ApiKey::key_id), ElementsAre("live", "old", "revoked"));
    EXPECT_THAT(ids(list_api_keys(t, "erp", {}), &v1::ApiKey::key_id), IsEmpty());
    EXPECT_TRUE(find_api_key(t, "revoked")->key.has_revoke_time());
  });
  const auto live = as("platform", [](TenantTransaction& t) { return live_api_keys(t, kNow); });
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].key.key_id(), "live");
  EXPECT_EQ(live[0].key.tenant_id(), "acme");
  EXPECT_THAT(live[0].key.scopes(), ElementsAre(v1::API_SCOPE_CONTACTS_WRITE));
  EXPECT_EQ(live[0].digest, std::string("\0digest", 7));
}

TEST_F(IdentityStore, ChangesAreReadOnFromTheLast) {
  as("acme", [](TenantTransaction& t) {
    insert_change(t, ChangeKind::kUser, "li.na", 2, kNow);
    insert_change(t, ChangeKind::kSession, "s1", 0, kNow);
  });
  as("platform", [](TenantTransaction& t) { insert_change(t, ChangeKind::kKey, "k1", 0, kNow); });
  const auto read = [&](std::int64_t after) {
    return as("platform", [=](TenantTransaction& t) { return changes_after(t, after); });
  };
  const auto all = read(0);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, ChangeKind::kUser);
  EXPECT_EQ(all[0].tenant_id, "acme");
  EXPECT_EQ(all[0].id, "li.na");
  EXPECT_EQ(all[0].version, 2);
  EXPECT_EQ(all[1].kind, ChangeKind::kSession);
  EXPECT_EQ(all[2].kind, ChangeKind::kKey);
  EXPECT_EQ(read(all[1].number).size(), 1u);
  EXPECT_THAT(read(all[2].number), IsEmpty());
}

TEST_F(IdentityStore, ARequestIsAnsweredOnceAndForgottenAfterADay) {
  as("acme", [](TenantTransaction& t) {
    EXPECT_FALSE(store::find_request(t, "r1", "body"));
    EXPECT_TRUE(store::insert_request(t, "r1", "body", std::string("\0reply", 6), kNow));
    EXPECT_FALSE(store::insert_request(t, "r1", "other", "other", kNow));
    EXPECT_TRUE(store::find_request(t, "r1", "body")->same);
    EXPECT_FALSE(store::find_request(t, "r1", "other")->same);
    EXPECT_EQ(store::find_request(t, "r1", "body")->reply, std::string("\0reply", 6));
    clear_away(t, kNow + std::chrono::hours(23));
    EXPECT_TRUE(store::find_request(t, "r1", "body"));
    clear_away(t, kNow + std::chrono::hours(25));
    EXPECT_FALSE(store::find_request(t, "r1", "body"));
  });
}

TEST_F(IdentityStore, AuditSaysWhoDidWhat) {
  as("acme", [](TenantTransaction& t) {
    store::insert_audit(t, {"platform", "root", "UpdateUser", "r1"},
                        {{"user/li.na", "", R"({"display_name": "李娜"})"}, {"user/tom", "", "{}"}}, kNow);
    const auto page = list_audit(t, {"user/li.na", "root"}, {});
    ASSERT_EQ(page.items.size(), 1u);
    EXPECT_EQ(page.items[0].tenant_id(), "acme");
    EXPECT_EQ(page.items[0].before(), "");
    EXPECT_EQ(page.items[0].after(), R"({"display_name": "李娜"})");
    EXPECT_EQ(page.items[0].actor_tenant_id(), "platform");
    EXPECT_THAT(list_audit(t, {"", "tom"}, {}).items, IsEmpty());
    EXPECT_EQ(list_audit(t, {}, {0, 1}).more, true);
  });
}

TEST_F(IdentityStore, AuditIsFoundByTimeInEitherOrder) {
  as("acme", [](TenantTransaction& t) {
    for (int hour = 0; hour < 4; ++hour) {
      store::insert_audit(t, {"acme", "root", "Test", ""}, {{"hour/" + std::to_string(hour), "", "{}"}},
                          kNow + std::chrono::hours(hour));
    }
    const auto found = [&](AuditFilter filter, const PageRequest& page = {}) {
      return ids(list_audit(t, filter, page), &v1::AuditEntry::resource);
    };
    AuditFilter filter;
    filter.from = kNow + std::chrono::hours(1);
    filter.until = kNow + std::chrono::hours(3);
    EXPECT_THAT(found(filter), ElementsAre("hour/1", "hour/2"));
    filter.newest_first = true;
    EXPECT_THAT(found(filter), ElementsAre("hour/2", "hour/1"));
    const auto first = list_audit(t, filter, {0, 1});
    EXPECT_TRUE(first.more);
    EXPECT_THAT(found(filter, {first.last, 1}), ElementsAre("hour/1"));
  });
}

TEST_F(IdentityStore, SigningKeysAreThePlatforms) {
  const std::string bytes("\0\xff", 2);
  as("platform", [&](TenantTransaction& t) { insert_signing_key(t, {"kid", bytes, bytes, kNow}); });
  EXPECT_THAT(as("acme", [](TenantTransaction& t) { return lock_signing_keys(t); }), IsEmpty());
  as("platform", [&](TenantTransaction& t) {
    const auto keys = lock_signing_keys(t);
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys[0].public_key, bytes);
    EXPECT_EQ(keys[0].sealed_seed, bytes);
    EXPECT_EQ(keys[0].sign_time, kNow);
    delete_signing_key(t, "kid");
    EXPECT_THAT(lock_signing_keys(t), IsEmpty());
  });
}

}  // namespace
}  // namespace muster::identity
