#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <pqxx/pqxx>
#include <vector>

#include "muster/base/random.h"
#include "muster/store/connection.h"
#include "muster/store/migrations.h"
#include "muster/store/tenant_pool.h"
#include "postgres_fixture.h"

/// Tenants are isolated by PostgreSQL itself: what services forget, row security refuses. Each of the ways in which
/// that is known to go wrong is tried here.
namespace muster::store {
namespace {

/// Tables that are a tenant's: those with a tenant_id.
constexpr const char* kTenantTables =
    "(SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped"
    " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace) tenant_table";

/// A statement that makes a user; `names` are its tenant_id and user_id.
std::string insert_user(const std::string& names) {
  return "INSERT INTO app_user (tenant_id, user_id, display_name, password_hash, roles, agent_id, state, version,"
         " create_time, update_time) SELECT " +
         names + ", '', '', '{}'::smallint[], '', 1, 1, now(), now()";
}

class Tenancy : public ::testing::Test {
 protected:
  Tenancy() {
    apply_migrations(database);
    for (const char* tenant : {"acme", "globex"}) make_tenant(tenant, 3);
  }

  /// A tenant with so many users.
  void make_tenant(const std::string& tenant, int users) {
    const std::string quoted = "'" + tenant + "'";
    run("INSERT INTO tenant VALUES (" + quoted + ", DEFAULT, '', 1, now(), now())");
    run(insert_user(quoted + ", 'user-' || i") + " FROM generate_series(1, " + std::to_string(users) + ") i");
    run("INSERT INTO audit_entry VALUES (" + quoted + ", DEFAULT, now(), '', '', '', '', '', NULL, NULL)");
  }

  std::string run(const std::string& sql) { return cluster.execute(database, sql); }
  /// The names in the first column, in one text.
  std::string names(const std::string& sql) {
    return run("SELECT coalesce(string_agg(x::text, ', '), '') FROM (" + sql + ") found(x)");
  }
  TenantPool pool(std::size_t threads = 1) { return TenantPool({.connection = database, .threads = threads}); }
  static int count(pqxx::transaction_base& sql, const std::string& from) {
    return sql.exec1("SELECT count(*) FROM " + from)[0].as<int>();
  }

  testing::PostgresCluster& cluster = testing::PostgresCluster::instance();
  std::string database = cluster.create_database();
};

// --- the four pitfalls, and what else the catalogue can tell ---

TEST_F(Tenancy, RowSecurityIsForcedOnEveryTableWithATenant) {
  EXPECT_EQ(names(std::string("SELECT relname FROM ") + kTenantTables +
                  " WHERE NOT relrowsecurity OR NOT relforcerowsecurity ORDER BY relname"),
            "contact, kpi_interval")
      << "their owner fills them by COPY, which row security would forbid; they are read as muster_app";
  EXPECT_EQ(
      names(
          "SELECT relname FROM pg_class WHERE relname IN ('contact', 'offer', 'kpi_interval') AND NOT relrowsecurity"),
      "");
  EXPECT_GE(std::stoi(run(std::string("SELECT count(*) FROM ") + kTenantTables)), 9);
}

TEST_F(Tenancy, EveryTableWithATenantHasAPolicyAboutIt) {
  EXPECT_EQ(names(std::string("SELECT relname FROM ") + kTenantTables +
                  " WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = tenant_table.oid"
                  " AND pg_get_expr(p.polqual, p.polrelid) = "
                  "'(tenant_id = ( SELECT muster_tenant() AS muster_tenant))')"),
            "");
}

TEST_F(Tenancy, PoliciesAskForTheTenantOnceAStatement) {
  EXPECT_EQ(names("SELECT polrelid::regclass FROM pg_policy WHERE replace(replace(pg_get_expr(polqual, polrelid),"
                  " '( SELECT muster_tenant() AS muster_tenant)', ''),"
                  " '( SELECT (muster_tenant() = ''platform''::text))', '') LIKE '%muster_tenant%'"),
            "");
}

TEST_F(Tenancy, TheOwnerIsNoExceptionToRowSecurity) {
  // The owner is a superuser, whom nothing stops, only where musterd keeps a cluster of its own.
  run("CREATE ROLE some_owner; ALTER TABLE app_user OWNER TO some_owner");
  const std::string seen = "SET ROLE some_owner; SELECT count(*) FROM app_user";
  EXPECT_EQ(run(seen), "0");
  run("ALTER TABLE app_user NO FORCE ROW LEVEL SECURITY");
  EXPECT_EQ(run(seen), "6") << "without FORCE the owner sees all: this is the pitfall";
}

TEST_F(Tenancy, ContactsAreReadAsTheirTenantOnlyAndByThePlatform) {
  for (const auto& [tenant, contact] : {std::pair<std::string, std::string>{"acme", "1"}, {"globex", "2"}}) {
    run("INSERT INTO contact VALUES ('main', " + contact +
        ", 'calls', 1, 2, 0, 0, '', '', now(), now(), NULL, NULL, '', '', '', '" + tenant + "')");
    run("INSERT INTO offer VALUES ('main', " + contact + ", 1, 'mei', 1, now(), now(), NULL, '', '')");
  }
  auto tenants = pool();
  for (const std::string table : {"contact", "offer"}) {
    const auto seen = [&](const std::string& tenant) {
      return tenants.submit(tenant, [&](TenantTransaction& t) { return count(t.sql(), table); }).get();
    };
    EXPECT_EQ(seen("acme"), 1) << table;
    EXPECT_EQ(seen("globex"), 1) << table;
    EXPECT_EQ(seen("initech"), 0) << table;
    EXPECT_EQ(seen("platform"), 2) << table;
  }
  EXPECT_THROW(tenants.submit("acme", [](TenantTransaction& t) { t.sql().exec0("DELETE FROM contact"); }).get(),
               pqxx::insufficient_privilege);
}

TEST_F(Tenancy, SnapshotSeesOneMomentAndChangesNothing) {
  Connection connection(database, std::chrono::seconds(10), kTenantRole);
  TenantTransaction snapshot(connection.get(), "acme", TenantTransaction::Kind::kSnapshot);
  EXPECT_EQ(count(snapshot.sql(), "app_user"), 3);
  run(insert_user("'acme', 'late'"));
  EXPECT_EQ(count(snapshot.sql(), "app_user"), 3);
  EXPECT_THROW(snapshot.sql().exec0("DELETE FROM app_user"), pqxx::sql_error);
}

TEST_F(Tenancy, TheRoleOfTransactionsCannotGoRoundRowSecurity) {
  EXPECT_EQ(run("SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcanlogin FROM pg_roles"
                " WHERE rolname = 'muster_app'"),
            "f");
  EXPECT_EQ(run("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = 'muster_app'"), "0");
  EXPECT_EQ(run("SELECT count(*) FROM pg_auth_members WHERE member = 'muster_app'::regrole"), "0");
  auto tenants = pool();
  EXPECT_EQ(tenants
                .submit("acme",
                        [](TenantTransaction& t) { return t.sql().exec1("SELECT current_user")[0].as<std::string>(); })
                .get(),
            "muster_app");
}

TEST_F(Tenancy, NothingIsLeftOnTheConnectionForTheNextTransaction) {
  Connection connection(database, std::chrono::seconds(10), kTenantRole);
  {
    pqxx::work plain(connection.get());
    plain.exec("SET muster.tenant = 'acme'");
    plain.commit();
  }
  {
    pqxx::work next(connection.get());
    EXPECT_EQ(count(next, "app_user"), 3) << "a plain SET is left behind: this is the pitfall";
    next.exec("RESET muster.tenant");
    next.commit();
  }
  {
    TenantTransaction acme(connection.get(), "acme");
    EXPECT_EQ(count(acme.sql(), "app_user"), 3);
    acme.commit();
  }
  pqxx::work next(connection.get());
  EXPECT_EQ(count(next, "app_user"), 0);
}

TEST_F(Tenancy, AnEarlierTransactionsTenantLeavesAnEmptyOneWhichIsNobody) {
  Connection connection(database, std::chrono::seconds(10), kTenantRole);
  {
    TenantTransaction acme(connection.get(), "acme");
    acme.commit();
  }
  pqxx::work next(connection.get());
  const auto row = next.exec1("SELECT current_setting('muster.tenant', true), muster_tenant() IS NULL");
  EXPECT_FALSE(row[0].is_null()) << "it is '' and not NULL: this is the pitfall";
  EXPECT_TRUE(row[1].as<bool>());
  for (const char* table : {"tenant", "app_user", "audit_entry"}) EXPECT_EQ(count(next, table), 0) << table;
}

TEST_F(Tenancy, ATransactionThatFailsLeavesNothingEither) {
  Connection connection(database, std::chrono::seconds(10), kTenantRole);
  {
    TenantTransaction acme(connection.get(), "acme");
    EXPECT_THROW(acme.sql().exec("SELECT nonsense"), pqxx::failure);
  }
  TenantTransaction globex(connection.get(), "globex");
  EXPECT_EQ(count(globex.sql(), "app_user WHERE tenant_id = 'acme'"), 0);
  EXPECT_EQ(count(globex.sql(), "app_user"), 3);
}

TEST_F(Tenancy, EveryUniqueIndexBeginsWithTheTenant) {
  EXPECT_EQ(
      names(std::string("SELECT indexrelid::regclass FROM pg_index JOIN ") + kTenantTables +
            " ON indrelid = tenant_table.oid JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = indkey[0]"
            " WHERE indisunique AND a.attname <> 'tenant_id' ORDER BY indexrelid::regclass::text"),
      "contact_pkey, kpi_interval_pkey")
      << "the one has numbers that the server gives, the other the tenant in its key";
  auto tenants = pool();
  tenants.submit("globex", [](TenantTransaction& t) { t.sql().exec(insert_user("'globex', 'li.na'")); }).get();
  EXPECT_NO_THROW(tenants
                      .submit("acme",
                              [](TenantTransaction& t) {
                                t.sql().exec(
                                    "INSERT INTO app_user VALUES ('acme', 'li.na', DEFAULT, '', '', '{}', '', 1, 1, "
                                    "now(), now(), NULL)");
                              })
                      .get())
      << "that globex has a li.na is no business of acme's";
}

TEST_F(Tenancy, EveryViewAsksAsItsReader) {
  const std::string loose =
      "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace"
      " AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=%', false)";
  EXPECT_EQ(names(loose), "");
  run("CREATE VIEW loose AS SELECT * FROM app_user; CREATE VIEW strict WITH (security_invoker = on) AS SELECT * FROM"
      " app_user; GRANT SELECT ON loose, strict TO muster_app");
  auto tenants = pool();
  const auto seen = [&](const std::string& view) {
    return tenants.submit("acme", [=](TenantTransaction& t) { return count(t.sql(), view); }).get();
  };
  EXPECT_EQ(seen("loose"), 6) << "a view of a privileged owner shows all: this is the pitfall";
  EXPECT_EQ(seen("strict"), 3);
  EXPECT_EQ(names(loose), "loose");
}

TEST_F(Tenancy, TheOwnerNeedNotBeASuperuser) {
  for (const std::string name : {"maker", "member"}) {
    run("CREATE ROLE " + name + (name == "maker" ? " LOGIN CREATEROLE" : " LOGIN IN ROLE muster_app, muster_assessor"));
    const std::string own = cluster.create_database() + " user=" + name;
    cluster.execute(own.substr(0, own.rfind(' ')), "ALTER SCHEMA public OWNER TO " + name);
    apply_migrations(own);
    EXPECT_EQ(cluster.execute(own, "SELECT count(*) FROM tenant"), "0");
    TenantPool tenants({.connection = own, .threads = 1});
    EXPECT_EQ(tenants.submit("platform", [](TenantTransaction& t) { return count(t.sql(), "tenant"); }).get(), 1);
  }
}

// --- what a tenant can do ---

TEST_F(Tenancy, ATransactionNeedsATenant) {
  auto tenants = pool();
  EXPECT_THROW(tenants.submit("", [](TenantTransaction&) {}).get(), std::invalid_argument);
}

TEST_F(Tenancy, ATenantCannotWriteAnothersRows) {
  auto tenants = pool();
  const auto affected = [&](const std::string& sql) {
    return tenants.submit("acme", [=](TenantTransaction& t) { return t.sql().exec(sql).affected_rows(); }).get();
  };
  EXPECT_EQ(affected("UPDATE app_user SET display_name = 'x' WHERE tenant_id = 'globex'"), 0u);
  EXPECT_EQ(affected("DELETE FROM identity_change"), 0u);
  EXPECT_EQ(affected("UPDATE tenant SET state = 1"), 0u) << "the platform alone lets tenants in";
  EXPECT_THROW(affected("UPDATE app_user SET tenant_id = 'globex'"), pqxx::failure);
  EXPECT_THROW(affected(insert_user("'globex', 'x'")), pqxx::failure);
  EXPECT_THROW(affected("INSERT INTO tenant VALUES ('evil', DEFAULT, '', 1, now(), now())"), pqxx::failure);
}

TEST_F(Tenancy, ATenantSeesItselfAndThePlatformSeesTenants) {
  auto tenants = pool();
  const auto seen = [&](const std::string& tenant, const std::string& table) {
    return tenants.submit(tenant, [=](TenantTransaction& t) { return count(t.sql(), table); }).get();
  };
  EXPECT_EQ(seen("acme", "tenant"), 1);
  EXPECT_EQ(seen("platform", "tenant"), 3);
  EXPECT_EQ(seen("platform", "app_user"), 0) << "whoever looks after tenants does not see into them";
  EXPECT_EQ(seen("acme", "signing_key"), 0);
}

TEST_F(Tenancy, AuditIsNeitherChangedNorDeletedByAnyone) {
  auto tenants = pool();
  for (const char* sql : {"UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"}) {
    EXPECT_THROW(tenants.submit("acme", [=](TenantTransaction& t) { t.sql().exec(sql); }).get(), pqxx::failure) << sql;
    EXPECT_THROW(run(sql), std::runtime_error) << sql << ", by the owner";
  }
  EXPECT_EQ(run("SELECT count(*) FROM audit_entry"), "2");
}

/// Requests of many tenants, mixed over a few connections, some of which fail in the middle. MUSTER_TENANT_REQUESTS
/// says how many.
TEST_F(Tenancy, MixedRequestsOverPooledConnectionsSeeNoWrongRow) {
  constexpr int kTenants = 20;
  const char* asked = std::getenv("MUSTER_TENANT_REQUESTS");
  const int requests = asked ? std::atoi(asked) : 20'000;
  for (int i = 0; i < kTenants; ++i) make_tenant("tenant-" + std::to_string(i), i);
  auto tenants = pool(4);
  Random random(20'260);
  std::atomic<int> wrong{0}, right{0};
  int failed = 0;
  std::vector<std::future<void>> pending;
  for (int i = 0; i < requests; ++i) {
    const int number = static_cast<int>(random.below(kTenants));
    const bool fails = random.below(10) == 0;
    pending.push_back(tenants.submit("tenant-" + std::to_string(number), [&, number, fails](TenantTransaction& t) {
      const auto rows = t.sql().exec("SELECT tenant_id FROM app_user");
      bool good = static_cast<int>(rows.size()) == number;
      for (const auto& row : rows) good = good && row[0].as<std::string>() == t.tenant();
      ++(good ? right : wrong);
      if (fails) t.sql().exec("SELECT nonsense");
    }));
    if (pending.size() < 200 && i + 1 < requests) continue;
    for (auto& each : pending) {
      try {
        each.get();
      } catch (const pqxx::failure&) {
        ++failed;
      }
    }
    pending.clear();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(right, requests);
  EXPECT_GT(failed, 0);
  RecordProperty("requests", requests);
}

}  // namespace
}  // namespace muster::store
