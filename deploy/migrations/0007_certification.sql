-- Certificates, and the skills that members have by them. They are the platform's, as members are.

-- Skills that follow members: of these the agent has what granted_skill says, whatever else an operator sets.
CREATE TABLE managed_skill (
  skill_id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL                -- what grants it, such as 'certificate:billing'
);
CREATE TABLE granted_skill (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  skill_id text COLLATE "C" NOT NULL REFERENCES managed_skill,
  level smallint NOT NULL,
  expire_time timestamptz,                       -- NULL: for good
  PRIMARY KEY (member_id, skill_id)
);

CREATE TABLE certificate_kind (
  kind_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  skill_id text COLLATE "C" NOT NULL UNIQUE REFERENCES managed_skill,
  validity interval NOT NULL,
  version int NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX certificate_kind_by_number ON certificate_kind (number);

-- What time alone makes of a certificate, EXPIRING and EXPIRED, is not stored.
CREATE TABLE certificate (
  certificate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind_id text COLLATE "C" NOT NULL REFERENCES certificate_kind,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  version int NOT NULL,
  level smallint NOT NULL,
  issue_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  suspend_time timestamptz,
  revoke_time timestamptz,
  supersede_time timestamptz,
  reason text NOT NULL                           -- of the suspension or revocation
);
-- Of one kind a member has one that counts.
CREATE UNIQUE INDEX certificate_in_force ON certificate (kind_id, member_id)
  WHERE revoke_time IS NULL AND supersede_time IS NULL;
CREATE INDEX certificate_by_member ON certificate (member_id, certificate_id);
CREATE INDEX certificate_by_kind ON certificate (kind_id, certificate_id);
CREATE INDEX certificate_by_end ON certificate (expire_time) WHERE revoke_time IS NULL AND supersede_time IS NULL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['managed_skill', 'granted_skill', 'certificate_kind', 'certificate'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT ON managed_skill TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON granted_skill TO muster_app;
GRANT SELECT, INSERT, UPDATE ON certificate_kind, certificate TO muster_app;
