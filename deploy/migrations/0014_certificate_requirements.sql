-- What a kind of certificates asks for before one is issued.
ALTER TABLE certificate_kind
  ADD exam_ids text[] NOT NULL DEFAULT '{}',
  ADD course_ids text[] NOT NULL DEFAULT '{}',
  ADD tier_min smallint NOT NULL DEFAULT 0,
  ADD automatic boolean NOT NULL DEFAULT false;
