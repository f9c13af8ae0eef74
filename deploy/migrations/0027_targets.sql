-- Targets of metrics, and composite scorecards.

-- A tenant sees those of its own row and queues; the platform writes them, in the tenant's name. dimension and
-- each_dimension: the numbers of muster.v1.KpiDimension; each_dimension 0: unset. Rows of metrics have no tables of
-- their own to refer to: what a target is for may come later, or be gone.
CREATE TABLE target (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
  dimension smallint NOT NULL,
  row_id text COLLATE "C" NOT NULL,
  metric_id text COLLATE "C" NOT NULL,
  each_dimension smallint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  value double precision NOT NULL,
  weekdays smallint[] NOT NULL,                  -- 1: Monday; empty: all
  display_name text NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, dimension, row_id, metric_id, each_dimension)
);
CREATE INDEX target_by_number ON target (number);
ALTER TABLE target ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON target FOR SELECT USING (tenant_id = (SELECT muster_tenant()));
CREATE POLICY platform_rows ON target USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT, INSERT, UPDATE, DELETE ON target TO muster_app;

-- definition: a muster.v1.Scorecard.
CREATE TABLE scorecard (
  scorecard_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  definition bytea NOT NULL
);
CREATE INDEX scorecard_by_number ON scorecard (number);
ALTER TABLE scorecard ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_rows ON scorecard USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT, INSERT, DELETE ON scorecard TO muster_app;
