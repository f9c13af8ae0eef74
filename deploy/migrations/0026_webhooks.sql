-- Webhooks: addresses of tenants to which events are posted, and what became of each.

-- The platform writes these rows, in the tenant's name; the tenant sees them.
CREATE TABLE webhook (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  webhook_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  url text NOT NULL,
  enabled boolean NOT NULL,
  secret bytea NOT NULL,                         -- sealed by the root key
  old_secret bytea,                              -- likewise; signs, too, until its end
  old_secret_end timestamptz,
  create_time timestamptz NOT NULL,
  last_success_time timestamptz,                 -- NULL: nothing was delivered yet
  last_error text NOT NULL DEFAULT '',           -- '': the last attempt did not fail
  PRIMARY KEY (tenant_id, webhook_id)
);
CREATE INDEX webhook_by_number ON webhook (number);
CREATE INDEX webhook_by_tenant ON webhook (tenant_id, number);

-- An outbox: written in the transaction that the event is of, and worked off by whichever server claims the row. A
-- claim that is over was of a server that is gone. state: the numbers of muster.v1.DeliveryState.
CREATE TABLE webhook_delivery (
  tenant_id text COLLATE "C" NOT NULL,
  delivery_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  webhook_id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  body text NOT NULL,
  state smallint NOT NULL DEFAULT 1,
  attempts int NOT NULL DEFAULT 0,               -- begun; tells the claims of a row apart
  last_status int NOT NULL DEFAULT 0,            -- 0: no answer yet
  last_error text NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL,
  next_attempt_time timestamptz NOT NULL,
  claimed_until timestamptz,                     -- NULL: nobody's
  end_time timestamptz,                          -- NULL: pending
  PRIMARY KEY (tenant_id, delivery_id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhook ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_by_number ON webhook_delivery (number);
CREATE INDEX webhook_delivery_by_tenant ON webhook_delivery (tenant_id, number);
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (tenant_id, webhook_id, state, number);
CREATE INDEX webhook_delivery_by_turn ON webhook_delivery (tenant_id, webhook_id, next_attempt_time, number)
  WHERE state = 1;
CREATE INDEX webhook_delivery_by_time ON webhook_delivery (next_attempt_time) WHERE state = 1;
CREATE INDEX webhook_delivery_by_end ON webhook_delivery (state, end_time) WHERE state <> 1;

ALTER TABLE webhook ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON webhook FOR SELECT USING (tenant_id = (SELECT muster_tenant()));
CREATE POLICY platform_all ON webhook USING ((SELECT muster_tenant() = 'platform'));
-- A tenant's transaction may send, too.
CREATE POLICY own_rows ON webhook_delivery USING (tenant_id = (SELECT muster_tenant()));
CREATE POLICY platform_all ON webhook_delivery USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook, webhook_delivery TO muster_app;
