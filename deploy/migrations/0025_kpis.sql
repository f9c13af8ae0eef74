-- History of metrics: what was counted in each quarter of an hour, by each dimension. Filled from the journal with the
-- other reporting tables, and emptied with them. Facts are numbered as in muster/kpi/facts.h; those that are 0 are left
-- out. A month is a partition: the writer makes it, and drops it when it has been kept for long enough.
CREATE TABLE kpi_interval (
  workspace text COLLATE "C" NOT NULL,
  dimension smallint NOT NULL,       -- as in muster/kpi/fold.h
  id text COLLATE "C" NOT NULL,
  second text COLLATE "C" NOT NULL,  -- the tenant of a queue, the queue beside a base
  start_time timestamptz NOT NULL,
  tenant_id text NOT NULL,           -- whose it is to see
  facts smallint[] NOT NULL,         -- rising
  amounts bigint[] NOT NULL,         -- of the facts, in their order
  restated_at timestamptz,           -- when something was counted after the interval was over
  PRIMARY KEY (workspace, dimension, start_time, id, second)
) PARTITION BY RANGE (start_time);
CREATE INDEX kpi_interval_by_id ON kpi_interval (workspace, dimension, id, start_time);
ALTER TABLE kpi_interval ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON kpi_interval FOR SELECT USING (tenant_id = (SELECT muster_tenant()));
CREATE POLICY platform_rows ON kpi_interval FOR SELECT USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT ON kpi_interval TO muster_app;

-- Up to where intervals are over and here. What came before is counted from the journal: the tables are filled anew.
ALTER TABLE projection ADD COLUMN kpis_until timestamptz NOT NULL DEFAULT '-infinity';
TRUNCATE contact, offer, agent_session;
UPDATE projection SET position = 0, last_contact = 0, last_offer = 0;

-- What became known of contacts afterwards.
CREATE TABLE contact_outcome (
  workspace text COLLATE "C" NOT NULL,
  contact bigint NOT NULL,
  outcome_id text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,            -- a muster.v1.ContactOutcomeKind
  value bigint NOT NULL,
  record_time timestamptz NOT NULL,
  PRIMARY KEY (workspace, contact, outcome_id)
);
ALTER TABLE contact_outcome ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON contact_outcome FOR SELECT
  USING (EXISTS (SELECT FROM contact c WHERE c.workspace = contact_outcome.workspace
                                         AND c.contact = contact_outcome.contact));
GRANT SELECT ON contact_outcome TO muster_app;
