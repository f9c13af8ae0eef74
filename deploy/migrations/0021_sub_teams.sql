-- Sub-teams: micro-agencies that members lead. Who leads or is in one changes only while that member's row is locked.

CREATE TABLE sub_team (
  leader_id text COLLATE "C" PRIMARY KEY REFERENCES member,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX sub_team_by_number ON sub_team (number);

CREATE TABLE sub_team_member (
  member_id text COLLATE "C" PRIMARY KEY REFERENCES member,  -- who is in one is in no other
  leader_id text COLLATE "C" NOT NULL REFERENCES sub_team,
  join_time timestamptz NOT NULL
);
CREATE INDEX sub_team_member_by_leader ON sub_team_member (leader_id);

-- One that has ended counts no more; it goes with its sub-team, or when it is made anew.
CREATE TABLE sub_team_invitation (
  leader_id text COLLATE "C" NOT NULL REFERENCES sub_team ON DELETE CASCADE,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  number bigint GENERATED ALWAYS AS IDENTITY,
  end_time timestamptz NOT NULL,
  PRIMARY KEY (leader_id, member_id)
);
CREATE INDEX sub_team_invitation_by_member ON sub_team_invitation (member_id);

-- kind: the numbers of muster.v1.SubTeamChangeKind. No references: whoever ends a sub-team does not lock those in it.
CREATE TABLE sub_team_change (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  leader_id text COLLATE "C" NOT NULL,
  member_id text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  change_time timestamptz NOT NULL
);
CREATE INDEX sub_team_change_by_leader ON sub_team_change (leader_id, number);
CREATE INDEX sub_team_change_by_member ON sub_team_change (member_id, number);
CREATE TRIGGER sub_team_change_is_append_only BEFORE UPDATE OR DELETE ON sub_team_change
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sub_team_change_is_not_emptied BEFORE TRUNCATE ON sub_team_change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['sub_team', 'sub_team_member', 'sub_team_invitation', 'sub_team_change'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, DELETE ON sub_team, sub_team_member TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sub_team_invitation TO muster_app;
GRANT SELECT, INSERT ON sub_team_change TO muster_app;
