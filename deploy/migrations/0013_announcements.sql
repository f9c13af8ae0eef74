-- Announcements of new policies, and what keeps skills from who has not acknowledged them.

-- Of a skill that has requirements, an agent has it only if the member is cleared for each of them.
CREATE TABLE skill_requirement (
  cause text COLLATE "C" PRIMARY KEY,            -- such as 'announcement:refunds-2026'
  skill_id text COLLATE "C" NOT NULL REFERENCES managed_skill
);
CREATE INDEX skill_requirement_by_skill ON skill_requirement (skill_id);
-- May be there before the requirement is.
CREATE TABLE skill_clearance (
  cause text COLLATE "C" NOT NULL,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  PRIMARY KEY (cause, member_id)
);

-- state: the number of muster.v1.AnnouncementState.
CREATE TABLE announcement (
  announcement_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  title text NOT NULL,
  body text NOT NULL,
  skill_id text COLLATE "C" NOT NULL REFERENCES managed_skill,
  effective_time timestamptz NOT NULL,
  deadline timestamptz,
  question text NOT NULL,
  option_ids text[] NOT NULL,
  option_texts text[] NOT NULL,
  right_id text NOT NULL,
  explanation text NOT NULL,
  state smallint NOT NULL,
  in_force boolean NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX announcement_by_number ON announcement (number);
CREATE INDEX announcement_by_skill ON announcement (skill_id, number);
CREATE INDEX announcement_to_come ON announcement (effective_time) WHERE state = 2 AND NOT in_force;

CREATE TABLE announcement_answer (
  announcement_id text COLLATE "C" NOT NULL REFERENCES announcement,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  wrong_answers int NOT NULL,
  acknowledge_time timestamptz,                  -- NULL: not yet
  PRIMARY KEY (announcement_id, member_id)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['skill_requirement', 'skill_clearance', 'announcement', 'announcement_answer'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, DELETE ON skill_requirement, skill_clearance TO muster_app;
GRANT SELECT, INSERT, UPDATE ON announcement, announcement_answer TO muster_app;
