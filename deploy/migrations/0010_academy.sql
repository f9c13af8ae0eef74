-- The academy: courses, what members have learnt, questions, exams and attempts. They are the platform's, as members
-- are.

-- track, state: the numbers of muster.v1.CourseTrack and CourseState.
CREATE TABLE course (
  course_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,    -- the order of creation, for paging; as in the tables below
  display_name text NOT NULL,
  description text NOT NULL,
  track smallint NOT NULL,
  industry text NOT NULL,
  for_tenant text COLLATE "C" REFERENCES tenant (tenant_id),
  in_order boolean NOT NULL,
  skill_id text COLLATE "C" NOT NULL,            -- '': none
  state smallint NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX course_by_number ON course (number);

CREATE TABLE lesson (
  course_id text COLLATE "C" NOT NULL REFERENCES course,
  lesson_id text COLLATE "C" NOT NULL,
  place smallint NOT NULL,                       -- in the course, from 0
  title text NOT NULL,
  body text NOT NULL,
  uri text NOT NULL,
  duration interval NOT NULL,                    -- 0: not told
  PRIMARY KEY (course_id, lesson_id)
);

CREATE TABLE course_prerequisite (
  course_id text COLLATE "C" NOT NULL REFERENCES course,
  prerequisite_id text COLLATE "C" NOT NULL REFERENCES course,
  PRIMARY KEY (course_id, prerequisite_id)
);
CREATE INDEX course_prerequisite_by_prerequisite ON course_prerequisite (prerequisite_id);

CREATE TABLE enrollment (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  course_id text COLLATE "C" NOT NULL REFERENCES course,
  number bigint GENERATED ALWAYS AS IDENTITY,
  enroll_time timestamptz NOT NULL,
  complete_time timestamptz,                     -- NULL: not yet; once there it stays
  PRIMARY KEY (member_id, course_id)
);
CREATE INDEX enrollment_by_number ON enrollment (number);
CREATE INDEX enrollment_by_course ON enrollment (course_id, number);

-- No reference to lesson: what was learnt stays known when the course is written anew.
CREATE TABLE lesson_completion (
  member_id text COLLATE "C" NOT NULL,
  course_id text COLLATE "C" NOT NULL,
  lesson_id text COLLATE "C" NOT NULL,
  complete_time timestamptz NOT NULL,
  PRIMARY KEY (member_id, course_id, lesson_id),
  FOREIGN KEY (member_id, course_id) REFERENCES enrollment
);

CREATE TABLE question_bank (
  bank_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  create_time timestamptz NOT NULL
);
CREATE INDEX question_bank_by_number ON question_bank (number);

CREATE TABLE question (
  question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bank_id text COLLATE "C" NOT NULL REFERENCES question_bank,
  version int NOT NULL,                          -- the newest
  retire_time timestamptz
);
CREATE INDEX question_by_bank ON question (bank_id, question_id);

-- Never changed: attempts stay with the version that they drew. kind, keyword_rule: the numbers of
-- muster.v1.QuestionKind and KeywordRule.
CREATE TABLE question_version (
  question_id bigint NOT NULL REFERENCES question,
  version int NOT NULL,
  kind smallint NOT NULL,
  body text NOT NULL,
  option_ids text[] NOT NULL,
  option_texts text[] NOT NULL,
  right_ids text[] NOT NULL,
  keyword_groups text[] NOT NULL,                -- the keywords of each, one a line
  keyword_rule smallint NOT NULL,
  points smallint NOT NULL,
  PRIMARY KEY (question_id, version)
);

CREATE TABLE exam (
  exam_id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  display_name text NOT NULL,
  course_id text COLLATE "C" UNIQUE REFERENCES course,
  bank_ids text[] NOT NULL,                      -- a section each
  question_counts int[] NOT NULL,
  time_limit interval NOT NULL,
  pass_mark smallint NOT NULL,
  attempt_limit smallint NOT NULL,
  retry_delay interval NOT NULL,
  keep_question_order boolean NOT NULL,
  keep_option_order boolean NOT NULL,
  state smallint NOT NULL,                       -- the number of muster.v1.ExamState
  create_time timestamptz NOT NULL
);
CREATE INDEX exam_by_number ON exam (number);

-- What the paper was, seed, question_ids and question_versions tell for good.
CREATE TABLE exam_attempt (
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exam_id text COLLATE "C" NOT NULL REFERENCES exam,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  seed text NOT NULL,                            -- 256 random bits in hex
  question_ids bigint[] NOT NULL,                -- in the order of the paper
  question_versions int[] NOT NULL,
  keep_option_order boolean NOT NULL,
  pass_mark smallint NOT NULL,
  start_time timestamptz NOT NULL,
  deadline timestamptz NOT NULL,
  finish_time timestamptz,                       -- NULL: under way, or to be scored since the deadline
  timed_out boolean NOT NULL DEFAULT false,
  score smallint NOT NULL DEFAULT 0,
  passed boolean NOT NULL DEFAULT false,
  rights text NOT NULL DEFAULT ''                -- once scored: for each question 1 if right, else 0
);
-- One at a time, over all exams.
CREATE UNIQUE INDEX exam_attempt_under_way ON exam_attempt (member_id) WHERE finish_time IS NULL;
CREATE INDEX exam_attempt_overdue ON exam_attempt (deadline) WHERE finish_time IS NULL;
CREATE INDEX exam_attempt_by_member ON exam_attempt (member_id, exam_id, attempt_id);
CREATE INDEX exam_attempt_by_exam ON exam_attempt (exam_id, attempt_id);

CREATE TABLE exam_answer (
  attempt_id bigint NOT NULL REFERENCES exam_attempt,
  number smallint NOT NULL,                      -- of the question in the paper, from 1
  option_ids text[] NOT NULL,                    -- of the paper
  body text NOT NULL,
  PRIMARY KEY (attempt_id, number)
);

-- Attempts that began before the last one of these do not count.
CREATE TABLE exam_reset (
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  exam_id text COLLATE "C" NOT NULL REFERENCES exam,
  number bigint GENERATED ALWAYS AS IDENTITY,
  reset_time timestamptz NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  PRIMARY KEY (member_id, exam_id, number)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['course', 'lesson', 'course_prerequisite', 'enrollment', 'lesson_completion',
                              'question_bank', 'question', 'question_version', 'exam', 'exam_attempt', 'exam_answer',
                              'exam_reset'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON course, enrollment, question_bank, question, exam, exam_attempt TO muster_app;
GRANT SELECT, INSERT, DELETE ON lesson, course_prerequisite TO muster_app;
GRANT SELECT, INSERT ON lesson_completion, question_version, exam_reset TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON exam_answer TO muster_app;
