-- Certificates that travel as Open Badges.

-- Keys that they are signed with. Public ones stay for good, so that what was signed can be checked for good.
CREATE TABLE badge_key (
  kid text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  public_key bytea NOT NULL,
  seed bytea,                                    -- sealed by the root key; NULL: signs no more
  create_time timestamptz NOT NULL
);
ALTER TABLE badge_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_rows ON badge_key USING ((SELECT muster_tenant()) = 'platform');
GRANT SELECT, INSERT, UPDATE (seed) ON badge_key TO muster_app;

-- Names the certificate to anyone who was shown it as a badge: 122 random bits.
ALTER TABLE certificate ADD credential_id uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX certificate_by_credential ON certificate (credential_id);
