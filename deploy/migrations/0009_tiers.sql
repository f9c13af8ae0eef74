-- Tiers: ranks with rights, which members reach by what they do month by month.

CREATE TABLE tier (
  level smallint PRIMARY KEY CHECK (level BETWEEN 0 AND 6),
  display_name text NOT NULL,
  chat_limit smallint NOT NULL,
  priority smallint NOT NULL,
  early_access interval NOT NULL,
  contacts int NOT NULL,                         -- the bar; 0, or NULL, is not asked
  quality smallint NOT NULL,
  satisfaction smallint NOT NULL,
  missed_percent smallint
);
INSERT INTO tier VALUES
  (0, 'T0', 1, 0, '0', 0, 0, 0, NULL),
  (1, 'T1', 2, 0, '0', 20, 70, 70, 20),
  (2, 'T2', 2, 20, '12 hours', 80, 75, 75, 15),
  (3, 'T3', 3, 40, '24 hours', 160, 80, 80, 12),
  (4, 'T4', 3, 60, '48 hours', 240, 85, 85, 10),
  (5, 'T5', 4, 80, '72 hours', 320, 88, 88, 8),
  (6, 'T6', 4, 100, '168 hours', 400, 90, 90, 5);

-- Whoever serves already begins in tier 1.
SELECT set_config('muster.tenant', 'platform', true);
ALTER TABLE member ADD tier smallint NOT NULL DEFAULT 0 REFERENCES tier,
                   ADD tier_time timestamptz;
UPDATE member SET tier = 1, tier_time = now() WHERE state IN (5, 6, 7, 8);
CREATE INDEX member_by_tier ON member (tier, number);
INSERT INTO managed_skill VALUES ('member-tier', 'tiers');

-- decision, appeal_state: the numbers of muster.v1.TierDecision and TierAppealState.
CREATE TABLE tier_review (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  month text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  decision smallint NOT NULL,
  appeal_state smallint NOT NULL,
  review bytea NOT NULL,                         -- the whole, a muster.v1.TierReview
  PRIMARY KEY (member_id, month)
);
CREATE INDEX tier_review_by_number ON tier_review (number);
CREATE INDEX tier_review_by_appeal ON tier_review (number) WHERE appeal_state = 1;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tier', 'tier_review'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
  -- What members did is in the reporting tables. Their owner, who writes them, is not held to this.
  FOREACH name IN ARRAY ARRAY['contact', 'offer'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, UPDATE ON tier TO muster_app;
GRANT SELECT, INSERT, UPDATE ON tier_review TO muster_app;
GRANT SELECT ON contact, offer TO muster_app;
CREATE INDEX contact_by_agent_and_end ON contact (agent_id, end_time) WHERE agent_id <> '';
CREATE INDEX offer_by_agent_and_time ON offer (agent_id, offer_time);
