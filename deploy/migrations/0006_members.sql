-- Members: the people who serve, and the bases and teams that they belong to. They are the platform's: its
-- transactions alone see them. Who asks is looked up once a statement, not once a row.

CREATE TABLE base (
  base_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,    -- the order of creation, for paging; as in the tables below
  display_name text NOT NULL,
  time_zone text NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX base_by_number ON base (number);

CREATE TABLE team (
  team_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  base_id text COLLATE "C" NOT NULL REFERENCES base,
  coach_id text COLLATE "C",                     -- a member
  member_limit smallint NOT NULL,
  create_time timestamptz NOT NULL,
  UNIQUE (team_id, base_id)
);
CREATE INDEX team_by_number ON team (number);
CREATE INDEX team_by_base ON team (base_id, number);

-- engagement_type, state, returns_to: the numbers of muster.v1.EngagementType and MemberState.
CREATE TABLE member (
  member_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  engagement_type smallint NOT NULL,
  base_id text COLLATE "C" REFERENCES base,
  team_id text COLLATE "C",
  languages text[] NOT NULL,
  time_zone text NOT NULL,
  state smallint NOT NULL,
  state_time timestamptz NOT NULL,
  state_reason text NOT NULL,
  returns_to smallint NOT NULL,                  -- from PAUSED and SUSPENDED; otherwise 0
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  -- What people look for, in one case: to fold it anew in each search takes four times as long.
  search_text text NOT NULL GENERATED ALWAYS AS (lower(member_id || E'\n' || display_name)) STORED,
  -- A member's team is one of the member's base.
  FOREIGN KEY (team_id, base_id) REFERENCES team (team_id, base_id),
  CHECK (team_id IS NULL OR base_id IS NOT NULL)
);
CREATE INDEX member_by_number ON member (number);
CREATE INDEX member_by_state ON member (state, number);
CREATE INDEX member_by_base ON member (base_id, number);
CREATE INDEX member_by_team ON member (team_id, number);
ALTER TABLE team ADD FOREIGN KEY (coach_id) REFERENCES member;
CREATE INDEX team_by_coach ON team (coach_id);

CREATE TABLE member_transition (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  number bigint GENERATED ALWAYS AS IDENTITY,
  from_state smallint NOT NULL,                  -- 0: was created
  to_state smallint NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  transition_time timestamptz NOT NULL,
  PRIMARY KEY (member_id, number)
);
CREATE TRIGGER member_transition_is_append_only BEFORE UPDATE OR DELETE ON member_transition
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER member_transition_is_not_emptied BEFORE TRUNCATE ON member_transition
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Members of whom the engine is yet to be told, written with what it is to be told. It is told how they are then, so
-- that many changes of one are one.
CREATE TABLE roster_change (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id text COLLATE "C" NOT NULL
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['base', 'team', 'member', 'member_transition', 'roster_change'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON base, team TO muster_app;
GRANT SELECT, INSERT, UPDATE ON member TO muster_app;
GRANT SELECT, INSERT ON member_transition TO muster_app;
GRANT SELECT, INSERT, DELETE ON roster_change TO muster_app;
