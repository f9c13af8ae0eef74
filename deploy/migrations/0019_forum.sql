-- Questions that members and staff ask about courses and skills, and the answers.

-- What others know a member by.
CREATE TABLE forum_author (
  member_id text COLLATE "C" PRIMARY KEY REFERENCES member,
  alias text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE forum_question (
  forum_question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author_id text COLLATE "C" REFERENCES forum_author,  -- NULL: staff
  actor text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  course_id text COLLATE "C" REFERENCES course,
  skill_id text COLLATE "C" NOT NULL,                  -- '': none
  accepted_answer_id bigint,
  hidden boolean NOT NULL DEFAULT false,
  hide_reason text NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL,
  search_text text NOT NULL GENERATED ALWAYS AS (lower(title || E'\n' || body)) STORED
);
CREATE INDEX forum_question_by_author ON forum_question (author_id, create_time);
CREATE INDEX forum_question_by_course ON forum_question (course_id, forum_question_id);
CREATE INDEX forum_question_by_skill ON forum_question (skill_id, forum_question_id);

CREATE TABLE forum_answer (
  forum_answer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  forum_question_id bigint NOT NULL REFERENCES forum_question,
  author_id text COLLATE "C" REFERENCES forum_author,  -- NULL: staff
  actor text NOT NULL,
  body text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  hidden boolean NOT NULL DEFAULT false,
  hide_reason text NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL,
  UNIQUE (forum_question_id, forum_answer_id)
);
CREATE INDEX forum_answer_by_author ON forum_answer (author_id, create_time);
-- One at most, and one of its own answers.
ALTER TABLE forum_question ADD FOREIGN KEY (forum_question_id, accepted_answer_id)
  REFERENCES forum_answer (forum_question_id, forum_answer_id);

CREATE TABLE forum_vote (
  forum_answer_id bigint NOT NULL REFERENCES forum_answer,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  PRIMARY KEY (forum_answer_id, member_id)
);
CREATE INDEX forum_vote_by_member ON forum_vote (member_id);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['forum_author', 'forum_question', 'forum_answer', 'forum_vote'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT, INSERT ON forum_author TO muster_app;
GRANT SELECT, INSERT, UPDATE ON forum_question, forum_answer TO muster_app;
GRANT SELECT, INSERT, DELETE ON forum_vote TO muster_app;
