-- Assessments of members by themselves: instruments, consents, and what was answered, sealed.

-- What routes, certifies and ranks runs as muster_app, which may touch none of these tables. The one file that reads
-- them, src/academy/assessment_store.cc, takes on muster_assessor for that. Roles are the cluster's, not the
-- database's: another database may have made it.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muster_assessor') THEN
    CREATE ROLE muster_assessor NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT pg_has_role(current_user, 'muster_assessor', 'MEMBER') THEN
    EXECUTE format('GRANT muster_assessor TO %I', current_user);
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO muster_assessor', current_schema());
END
$$;

-- A questionnaire. Items are numbered by their place in the arrays.
CREATE TABLE instrument (
  instrument_id text COLLATE "C" NOT NULL,
  version int NOT NULL,
  purpose_version int NOT NULL,
  value_min int NOT NULL,                        -- values that can be answered
  value_max int NOT NULL,
  scale_ids text[] NOT NULL,
  item_scales text[] NOT NULL,                   -- for each item the scale that it counts for
  item_reversed boolean[] NOT NULL,              -- for each item: the most counts as the least
  PRIMARY KEY (instrument_id, version)
);
CREATE TABLE instrument_text (
  instrument_id text COLLATE "C" NOT NULL,
  version int NOT NULL,
  language text COLLATE "C" NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  notice text NOT NULL,
  source text NOT NULL,
  purpose text NOT NULL,
  labels text[] NOT NULL,                        -- of the values, from value_min on
  scale_titles text[] NOT NULL,
  scale_descriptions text[] NOT NULL,
  items text[] NOT NULL,
  PRIMARY KEY (instrument_id, version, language),
  FOREIGN KEY (instrument_id, version) REFERENCES instrument
);

-- The member's own key, sealed by the server's root key. Without it nothing of the member's can be read any more.
CREATE TABLE assessment_key (
  member_id text COLLATE "C" PRIMARY KEY REFERENCES member,
  sealed_key bytea NOT NULL
);

-- What a member has consented to stays known when it is withdrawn.
CREATE TABLE assessment_consent (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id text COLLATE "C" NOT NULL REFERENCES member,
  instrument_id text COLLATE "C" NOT NULL,
  purpose_version int NOT NULL,
  language text NOT NULL,
  consent_time timestamptz NOT NULL,
  withdraw_time timestamptz
);
CREATE INDEX assessment_consent_by_member ON assessment_consent (member_id);

-- state: the number of muster.v1.AssessmentState. answers, result: muster.v1.Assessment with these alone, sealed by the
-- member's key.
CREATE TABLE assessment (
  assessment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id text COLLATE "C" NOT NULL REFERENCES assessment_key,
  instrument_id text COLLATE "C" NOT NULL,
  version int NOT NULL,
  purpose_version int NOT NULL,
  state smallint NOT NULL,
  start_time timestamptz NOT NULL,
  finish_time timestamptz,
  released boolean NOT NULL,
  answers_delete_time timestamptz NOT NULL,
  answers bytea,                                 -- NULL: none yet, or deleted
  result bytea,                                  -- NULL: not finished
  FOREIGN KEY (instrument_id, version) REFERENCES instrument
);
CREATE INDEX assessment_by_member ON assessment (member_id, assessment_id);
CREATE INDEX assessment_with_answers ON assessment (answers_delete_time) WHERE answers IS NOT NULL OR state = 1;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['instrument', 'instrument_text', 'assessment_key', 'assessment_consent',
                              'assessment'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY platform_rows ON %I USING ((SELECT muster_tenant()) = ''platform'')', name);
  END LOOP;
END
$$;
GRANT SELECT ON instrument, instrument_text TO muster_assessor;
GRANT SELECT, INSERT, DELETE ON assessment_key TO muster_assessor;
GRANT SELECT, INSERT, UPDATE ON assessment_consent TO muster_assessor;
GRANT SELECT, INSERT, UPDATE, DELETE ON assessment TO muster_assessor;

-- Interests after Holland's six types. The items were written for Muster.
SELECT set_config('muster.tenant', 'platform', true);
INSERT INTO instrument (instrument_id, version, purpose_version, value_min, value_max, scale_ids, item_scales,
  item_reversed)
SELECT 'interests', 1, 1, 0, 4, s.ids, array_agg(s.ids[1 + (n - 1) % 6] ORDER BY n), array_agg(false)
FROM generate_series(1, 30) AS n,
  (SELECT ARRAY['realistic', 'investigative', 'artistic', 'social', 'enterprising', 'conventional']
     AS ids) AS s
GROUP BY s.ids;
INSERT INTO instrument_text (instrument_id, version, language, title, description, notice, source, purpose, labels,
  scale_titles, scale_descriptions, items)
VALUES ('interests', 1, 'en',
  'Work interests',
  'Thirty activities: how much would you like each? It takes five minutes. There is no right and wrong.',
  'This is advice for yourself. Nobody is hired, trained, routed, ranked or paid by it.',
  'Written for Muster, after the six types of interests that J. L. Holland described; no items of any '
  'published questionnaire. Apache-2.0. It has not been normed: compare your own sums with each other, '
  'not with those of others.',
  'Your answers serve to show you your own interests. They and the result are encrypted with a key that '
  'is yours alone on this server. Nobody else sees the answers; staff see the result only while you '
  'release it. Answers are deleted after 90 days, and everything at once when you withdraw. It is '
  'voluntary: nothing follows from taking part, or from not taking part.',
  ARRAY['Dislike it a lot',
        'Dislike it',
        'Do not mind',
        'Like it',
        'Like it a lot'],
  ARRAY['Realistic',
        'Investigative',
        'Artistic',
        'Social',
        'Enterprising',
        'Conventional'],
  ARRAY['Works with hands, tools, machines or outdoors.',
        'Observes, asks why, and works problems out.',
        'Makes things of one''s own: words, pictures, sounds.',
        'Helps, teaches and listens to people.',
        'Persuades, sells, leads and takes chances.',
        'Keeps things in order, by rules and with care.'],
  ARRAY['Mend a chair that wobbles',
        'Read how a disease spreads',
        'Write a short story',
        'Calm somebody who is upset',
        'Talk customers into trying something new',
        'Sort papers so that everybody finds them',
        'Find out why a household appliance does not start',
        'Compare figures until a pattern shows',
        'Choose colours for a room',
        'Explain homework to a child',
        'Lead a small team to a target',
        'Check a list of sums for mistakes',
        'Put up a shelf',
        'Take apart an argument to see whether it holds',
        'Take photographs that tell something',
        'Listen to a friend''s worries',
        'Bargain over a price',
        'Keep a record of every step of a job',
        'Look after plants or animals',
        'Try several ways to solve a puzzle',
        'Make up a tune or a rhyme',
        'Show a new colleague around',
        'Start a small business of one''s own',
        'Fill in forms exactly',
        'Drive a van with parcels through the town',
        'Look up the facts behind a rumour',
        'Design a poster for a festival',
        'Help at a neighbourhood event',
        'Speak for a group in a meeting',
        'Plan a day by the clock and keep to it']);
INSERT INTO instrument_text (instrument_id, version, language, title, description, notice, source, purpose, labels,
  scale_titles, scale_descriptions, items)
VALUES ('interests', 1, 'zh',
  '职业兴趣',
  '三十项活动：您有多喜欢？约需五分钟，没有对错之分。',
  '结果仅供您本人参考，不用于录用、培训、派单、评级或报酬。',
  '题目由 Muster 自行编写，参照 J. L. Holland 的六种兴趣类型，未使用任何已出版问卷的题目。Apache-2.0。未建立常模：请只比较自己的各项得分，不要与他人比较。',
  '您的作答仅用于向您展示自己的兴趣。作答和结果以您在本服务器上专属的密钥加密。其他人看不到作'
  '答；只有在您公开期间，工作人员才能看到结果。作答在 90 天后删除；您撤回同意时，全部内容'
  '立即删除。参加与否完全自愿，不会带来任何影响。',
  ARRAY['很不喜欢',
        '不喜欢',
        '无所谓',
        '喜欢',
        '很喜欢'],
  ARRAY['实际型',
        '研究型',
        '艺术型',
        '社会型',
        '企业型',
        '常规型'],
  ARRAY['喜欢动手，与工具、机器打交道，或在户外工作。',
        '喜欢观察、追问原因、钻研问题。',
        '喜欢用文字、图像、声音创作。',
        '喜欢帮助、教导和倾听他人。',
        '喜欢说服、销售、带领他人，敢于尝试。',
        '喜欢有条理、按规则、细致地做事。'],
  ARRAY['修好一把摇晃的椅子',
        '了解一种疾病如何传播',
        '写一篇短故事',
        '安抚情绪激动的人',
        '说服顾客尝试新东西',
        '整理资料，方便大家查找',
        '查明家用电器为什么开不了机',
        '对比数据，直到看出规律',
        '为房间搭配颜色',
        '给孩子讲解作业',
        '带领小团队达成目标',
        '核对账目中的错误',
        '装一个置物架',
        '推敲一个论点是否成立',
        '拍一组有内容的照片',
        '倾听朋友的烦恼',
        '讨价还价',
        '把工作的每一步记录下来',
        '照料植物或动物',
        '用多种办法解一道难题',
        '编一段旋律或顺口溜',
        '带新同事熟悉环境',
        '自己做点小生意',
        '准确无误地填写表格',
        '开车在城里送包裹',
        '查证一条传言背后的事实',
        '为节日设计海报',
        '在社区活动中帮忙',
        '在会议上代表小组发言',
        '按时间安排一天并照做']);
