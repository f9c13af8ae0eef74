-- Lessons that are held at a time, who signs up for them and who was there.
ALTER TABLE lesson ADD COLUMN live boolean NOT NULL DEFAULT false;  -- completed by attending, in no other way

-- state: the number of muster.v1.LiveSessionState.
CREATE TABLE live_session (
  live_session_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  title text NOT NULL,
  description text NOT NULL,
  course_id text COLLATE "C" REFERENCES course,
  lesson_id text COLLATE "C" NOT NULL,           -- '': none. No reference: lessons are written anew
  host_id text COLLATE "C" NOT NULL REFERENCES member,
  start_time timestamptz NOT NULL,
  duration interval NOT NULL,
  time_zone text NOT NULL,
  capacity int NOT NULL,
  uri text NOT NULL,
  exam_id text COLLATE "C" REFERENCES exam,
  state smallint NOT NULL,
  state_reason text NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX live_session_by_number ON live_session (number);
CREATE INDEX live_session_by_start ON live_session (start_time, number);
CREATE INDEX live_session_by_course ON live_session (course_id, start_time, number);
CREATE INDEX live_session_by_exam ON live_session (exam_id);
CREATE INDEX live_session_by_host ON live_session (host_id);

-- state, attendance: the numbers of muster.v1.SignUpState and AttendanceState.
CREATE TABLE live_session_sign_up (
  live_session_id text COLLATE "C" NOT NULL REFERENCES live_session,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  number bigint GENERATED ALWAYS AS IDENTITY,    -- the order of signing up, in which places are given
  state smallint NOT NULL,
  sign_up_time timestamptz NOT NULL,
  attendance smallint NOT NULL,
  minutes int NOT NULL,
  PRIMARY KEY (live_session_id, member_id)
);
CREATE INDEX live_session_sign_up_by_number ON live_session_sign_up (live_session_id, number);
CREATE INDEX live_session_sign_up_by_member ON live_session_sign_up (member_id);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['live_session', 'live_session_sign_up'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON live_session TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON live_session_sign_up TO muster_app;
