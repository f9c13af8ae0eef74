-- Identity: tenants, their users and keys, sign-ins, and the audit of every change of them.
--
-- A tenant's rows are seen by that tenant alone. Transactions run as muster_app, which owns nothing and cannot go
-- round row security, and say for whom they are by SET LOCAL muster.tenant (store/tenant_pool.h). A setting that is
-- missing, or was one of an earlier transaction and is '' now, is nobody. Row security is forced on the owner, too;
-- later migrations that touch these rows must set muster.tenant. Every unique index begins with tenant_id: one that
-- did not would tell a tenant what others have. tests/integration/tenancy_test.cc tries all of this.

-- Roles are the cluster's, not the database's: another database may have made it.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muster_app') THEN
    CREATE ROLE muster_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT pg_has_role(current_user, 'muster_app', 'MEMBER') THEN
    EXECUTE format('GRANT muster_app TO %I', current_user);
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO muster_app', current_schema());
END
$$;

-- The tenant of this transaction; NULL: none.
CREATE FUNCTION muster_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('muster.tenant', true), '') $$;

-- state: the numbers of muster.v1.TenantState.
CREATE TABLE tenant (
  tenant_id text COLLATE "C" PRIMARY KEY CHECK (tenant_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  number bigint GENERATED ALWAYS AS IDENTITY,    -- the order of creation, for paging; as in the tables below
  display_name text NOT NULL,
  state smallint NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);
CREATE INDEX tenant_by_number ON tenant (number);
-- Who runs Muster. Of its transactions alone it is said below what more they see.
INSERT INTO tenant VALUES ('platform', DEFAULT, 'Platform', 1, now(), now());

-- state, roles: the numbers of muster.v1.UserState and Role.
CREATE TABLE app_user (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  user_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  password_hash text NOT NULL,                   -- '': no password
  roles smallint[] NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  state smallint NOT NULL,
  version bigint NOT NULL,                       -- rises when tokens of before are to be refused
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  sign_in_time timestamptz,
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX app_user_by_number ON app_user (tenant_id, number);

-- A sign-in. It ends by itself at expire_time.
CREATE TABLE sign_in (
  tenant_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  newest bigint NOT NULL,                        -- generation of the newest refresh token
  create_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  revoke_time timestamptz,
  PRIMARY KEY (tenant_id, session_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES app_user
);
CREATE INDEX sign_in_by_user ON sign_in (tenant_id, user_id);
CREATE INDEX sign_in_by_end ON sign_in (tenant_id, expire_time);

-- Its refresh tokens, spent ones too, so that it shows when one is used again.
CREATE TABLE refresh_token (
  tenant_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  digest bytea NOT NULL,
  spent_by text NOT NULL,                        -- request_id of the call that spent it; '': not spent
  PRIMARY KEY (tenant_id, session_id, generation),
  FOREIGN KEY (tenant_id, session_id) REFERENCES sign_in ON DELETE CASCADE
);

-- scopes: the numbers of muster.v1.ApiScope.
CREATE TABLE api_key (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  key_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  client_id text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  scopes smallint[] NOT NULL,
  create_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  revoke_time timestamptz,
  PRIMARY KEY (tenant_id, key_id)
);
CREATE INDEX api_key_by_number ON api_key (tenant_id, number);
CREATE INDEX api_key_by_client ON api_key (tenant_id, client_id);

-- What was changed that running servers must know of at once: they read on from the last number that they saw.
-- kind: 'user' (id, and the version from which on tokens are good), 'session', 'key', 'tenant'.
CREATE TABLE identity_change (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  number bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  change_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, number)
);
CREATE INDEX identity_change_by_number ON identity_change (number);

-- Answered requests, so that one that is repeated has one effect and the same reply, sealed by the root key.
CREATE TABLE identity_request (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  request_id text COLLATE "C" NOT NULL,
  fingerprint bytea NOT NULL,
  reply bytea NOT NULL,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX identity_request_by_time ON identity_request (tenant_id, create_time);

-- The platform's keys for tokens. `seed` is sealed by the root key.
CREATE TABLE signing_key (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant CHECK (tenant_id = 'platform'),
  kid text COLLATE "C" NOT NULL,
  public_key bytea NOT NULL,
  seed bytea NOT NULL,
  sign_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kid)
);

-- before, after: the resource as JSON, without secrets.
CREATE TABLE audit_entry (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  number bigint GENERATED ALWAYS AS IDENTITY,
  audit_time timestamptz NOT NULL,
  actor_tenant_id text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  action text NOT NULL,
  resource text COLLATE "C" NOT NULL,
  request_id text NOT NULL,
  before jsonb,
  after jsonb,
  PRIMARY KEY (tenant_id, number)
);
CREATE INDEX audit_entry_by_resource ON audit_entry (tenant_id, resource, number);
CREATE INDEX audit_entry_by_actor ON audit_entry (tenant_id, actor, number);

-- What was done stays written, whoever asks: muster_app has no right to change it, and its owner is stopped here.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION '% is append-only', tg_table_name; END $$;
CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_is_not_emptied BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['app_user', 'sign_in', 'refresh_token', 'api_key', 'identity_change', 'identity_request',
                              'signing_key', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = muster_tenant())', name);
  END LOOP;
END
$$;
-- The platform looks after tenants, and servers learn of everybody's keys and changes in its name.
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON tenant FOR SELECT USING (tenant_id = muster_tenant());
CREATE POLICY platform_all ON tenant USING (muster_tenant() = 'platform');
CREATE POLICY platform_reads ON api_key FOR SELECT USING (muster_tenant() = 'platform');
CREATE POLICY platform_reads ON identity_change FOR SELECT USING (muster_tenant() = 'platform');

GRANT SELECT, INSERT, UPDATE ON tenant, app_user, sign_in, refresh_token, api_key TO muster_app;
GRANT SELECT, INSERT ON identity_change, identity_request, signing_key, audit_entry TO muster_app;
-- What has had its time is cleared away.
GRANT DELETE ON sign_in, refresh_token, identity_change, identity_request, signing_key TO muster_app;
