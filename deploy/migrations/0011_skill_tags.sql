-- What is known of members' skills, and the levels that come of it. They are the platform's, as members are.

-- input: the numbers of muster.v1.SkillInput.
CREATE TABLE evidence (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  skill_id text COLLATE "C" NOT NULL,            -- there may be no kind of tags for it yet
  input smallint NOT NULL,
  reference text COLLATE "C" NOT NULL,
  score smallint NOT NULL,
  sample_count int NOT NULL,
  evidence_time timestamptz NOT NULL,
  expire_time timestamptz,                       -- NULL: counts for good
  record_time timestamptz NOT NULL,
  actor text NOT NULL,
  UNIQUE (member_id, skill_id, input, reference)
);
CREATE INDEX evidence_by_time ON evidence (member_id, skill_id, input, evidence_time DESC, number DESC);

CREATE TABLE skill_tag_kind (
  skill_id text COLLATE "C" PRIMARY KEY REFERENCES managed_skill,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  version int NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX skill_tag_kind_by_number ON skill_tag_kind (number);
-- rules: a muster.v1.SkillTagRules.
CREATE TABLE skill_tag_version (
  skill_id text COLLATE "C" NOT NULL REFERENCES skill_tag_kind,
  version int NOT NULL,
  rules bytea NOT NULL,
  actor text NOT NULL,
  publish_time timestamptz NOT NULL,
  PRIMARY KEY (skill_id, version)
);

-- Of a member and a skill of which there is evidence. It is computed anew once due_time has come, and when its kind has
-- a newer version. explanation: a muster.v1.LevelExplanation.
CREATE TABLE skill_tag (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  skill_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  level smallint,                                -- NULL: the member does not have the skill
  retraining boolean NOT NULL DEFAULT false,
  version int NOT NULL DEFAULT 0,                -- of the rules that it was computed by; 0: it was not yet
  explanation bytea NOT NULL DEFAULT '',
  compute_time timestamptz,
  due_time timestamptz,                          -- NULL: time alone does not change it
  new_evidence boolean NOT NULL DEFAULT true,    -- since it was computed
  PRIMARY KEY (member_id, skill_id)
);
CREATE INDEX skill_tag_by_due_time ON skill_tag (due_time);
CREATE INDEX skill_tag_by_version ON skill_tag (skill_id, version);

-- cause: the numbers of muster.v1.LevelChangeCause.
CREATE TABLE skill_tag_transition (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  skill_id text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  from_level smallint,
  to_level smallint,
  version int NOT NULL,
  cause smallint NOT NULL,
  explanation bytea NOT NULL,
  transition_time timestamptz NOT NULL,
  PRIMARY KEY (member_id, skill_id, number)
);
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['skill_tag_version', 'skill_tag_transition'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_is_append_only BEFORE UPDATE OR DELETE ON %1$I
                    FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
    EXECUTE format('CREATE TRIGGER %1$s_is_not_emptied BEFORE TRUNCATE ON %1$I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  END LOOP;
END
$$;

CREATE TABLE industry (
  industry_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX industry_by_number ON industry (number);
CREATE TABLE industry_skill (
  industry_id text COLLATE "C" NOT NULL REFERENCES industry ON DELETE CASCADE,
  skill_id text COLLATE "C" NOT NULL REFERENCES managed_skill,
  weight smallint NOT NULL,
  PRIMARY KEY (industry_id, skill_id)
);
-- Who fits an industry best: those who have one of its skills.
CREATE INDEX granted_skill_by_skill ON granted_skill (skill_id, member_id);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['evidence', 'skill_tag_kind', 'skill_tag_version', 'skill_tag', 'skill_tag_transition',
                              'industry', 'industry_skill'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON evidence, skill_tag_kind, skill_tag TO muster_app;
GRANT SELECT, INSERT ON skill_tag_version, skill_tag_transition TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON industry, industry_skill TO muster_app;
