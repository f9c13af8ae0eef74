-- Vetting: which members a tenant lets serve it, and the certificates that rest on it.

-- A tenant sees its own rows. The platform writes them, in the tenant's name, because in the same transaction it
-- issues and suspends certificates. state: the numbers of muster.v1.VettingState; that of one whose time is over stays
-- APPROVED until its certificates are suspended.
CREATE TABLE vetting (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenant CHECK (tenant_id <> 'platform'),
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,                    -- the member's, as the tenant was last shown it
  state smallint NOT NULL,
  reason text NOT NULL,
  actor text COLLATE "C" NOT NULL,
  propose_time timestamptz NOT NULL,
  decide_time timestamptz,                       -- NULL: not decided
  expire_time timestamptz,                       -- NULL: for good
  PRIMARY KEY (tenant_id, member_id)
);
CREATE INDEX vetting_by_number ON vetting (number);
CREATE INDEX vetting_by_tenant ON vetting (tenant_id, number);
CREATE INDEX vetting_by_member ON vetting (member_id, number);
CREATE INDEX vetting_by_end ON vetting (expire_time) WHERE state = 2;

ALTER TABLE vetting ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON vetting FOR SELECT USING (tenant_id = (SELECT muster_tenant()));
CREATE POLICY platform_all ON vetting USING ((SELECT muster_tenant()) = 'platform');
GRANT SELECT, INSERT, UPDATE ON vetting TO muster_app;

-- Not named tenant_id, for these rows are the platform's. NULL: none is asked for.
ALTER TABLE certificate_kind ADD vetting_tenant text COLLATE "C" REFERENCES tenant;
-- unvetted: suspended because the vetting that it rests on is over.
ALTER TABLE certificate
  ADD vetting_tenant text COLLATE "C" REFERENCES tenant,
  ADD unvetted boolean NOT NULL DEFAULT false;
CREATE INDEX certificate_by_vetting ON certificate (vetting_tenant, member_id)
  WHERE vetting_tenant IS NOT NULL AND revoke_time IS NULL AND supersede_time IS NULL;
