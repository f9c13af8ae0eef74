-- Versions of certificates that come into force a few holders at a time, who tenants' decisions are told by, and what
-- staff see of assessments.

-- Certificates of older versions end at end_time at the latest. It goes when all do.
CREATE TABLE certificate_ending (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind_id text COLLATE "C" NOT NULL REFERENCES certificate_kind,
  version int NOT NULL,
  end_time timestamptz NOT NULL,
  after_member text COLLATE "C" NOT NULL DEFAULT ''  -- holders up to this one are done
);
CREATE INDEX certificate_ending_by_kind ON certificate_ending (kind_id);
ALTER TABLE certificate_ending ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_rows ON certificate_ending USING ((SELECT muster_tenant() = 'platform'));
GRANT SELECT, INSERT, UPDATE (after_member), DELETE ON certificate_ending TO muster_app;

-- Whose user or key the actor of the last change is: its reason is told to that tenant, and to the platform. Not named
-- tenant_id, for the row is another's.
SELECT set_config('muster.tenant', 'platform', true);
ALTER TABLE vetting ADD actor_tenant text COLLATE "C" NOT NULL DEFAULT 'platform';
UPDATE vetting v SET actor_tenant = e.actor_tenant_id FROM audit_entry e
WHERE e.number = (SELECT max(number) FROM audit_entry
                  WHERE tenant_id = 'platform' AND resource = 'vetting/' || v.tenant_id || '/' || v.member_id);
ALTER TABLE vetting ALTER actor_tenant DROP DEFAULT;

-- What staff list: few of all.
CREATE INDEX assessment_released ON assessment (assessment_id) WHERE released;
-- What members who have left had released is not shown any more.
GRANT SELECT (member_id, state) ON member TO muster_assessor;
