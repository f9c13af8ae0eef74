-- Alerts: rules by which metrics are watched, what was noticed, and what people did about it.
--
-- A tenant sees its own rows. The platform writes them, in the tenant's name. Rules and alerts are kept as messages;
-- the columns beside them are what is asked for.
CREATE TABLE alert_rule (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  rule_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  rule bytea NOT NULL,                           -- the whole, a muster.v1.AlertRule
  PRIMARY KEY (tenant_id, rule_id)
);
CREATE INDEX alert_rule_by_number ON alert_rule (number);

-- state, level: the numbers of muster.v1.AlertState and AlertLevel; level 0: the condition is over. living: not closed,
-- or not over. told_level: what receivers know; another than the level is to be told.
CREATE TABLE alert (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  number bigint GENERATED ALWAYS AS IDENTITY,
  rule_id text COLLATE "C" NOT NULL,             -- the rule may be gone
  row_tenant text COLLATE "C" NOT NULL,          -- of a queue; '': none
  row_id text COLLATE "C" NOT NULL,
  state smallint NOT NULL,
  level smallint NOT NULL,
  start_time timestamptz NOT NULL,
  living boolean NOT NULL,
  told_level smallint NOT NULL,
  told_time timestamptz,                         -- NULL: never
  revision bigint NOT NULL,
  alert bytea NOT NULL,                          -- the whole but its number, a muster.v1.Alert
  PRIMARY KEY (tenant_id, number)
);
CREATE UNIQUE INDEX alert_living ON alert (tenant_id, rule_id, row_tenant, row_id) WHERE living;
CREATE INDEX alert_by_number ON alert (number);
CREATE INDEX alert_by_revision ON alert (revision);
CREATE INDEX alert_untold ON alert (number) WHERE told_level <> level;
CREATE INDEX alert_by_rule ON alert (tenant_id, rule_id, number);
CREATE INDEX alert_over ON alert (start_time) WHERE NOT living;

CREATE TABLE alert_entry (
  tenant_id text COLLATE "C" NOT NULL,
  alert bigint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  entry bytea NOT NULL,                          -- a muster.v1.AlertEntry
  PRIMARY KEY (tenant_id, alert, number),
  FOREIGN KEY (tenant_id, alert) REFERENCES alert ON DELETE CASCADE
);

-- Numbers of changes. Who takes one holds the row until the change is committed, so they become visible in order.
CREATE TABLE alert_revision (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  rules bigint NOT NULL DEFAULT 1,
  alerts bigint NOT NULL DEFAULT 1
);
INSERT INTO alert_revision DEFAULT VALUES;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['alert_rule', 'alert', 'alert_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_rows ON %I FOR SELECT USING (tenant_id = (SELECT muster_tenant()))', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant() = ''platform''))', name);
  END LOOP;
END
$$;
ALTER TABLE alert_revision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_rows ON alert_revision USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_rule, alert TO muster_app;
GRANT SELECT, INSERT, DELETE ON alert_entry TO muster_app;
GRANT SELECT, UPDATE ON alert_revision TO muster_app;
