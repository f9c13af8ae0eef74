-- The reporting tables: what the journal says, laid out for SQL. They follow the journal, may be a moment behind it,
-- and can be emptied and filled again from it at any time. Nothing in dispatch reads them.

-- Up to where the tables hold the journal. It moves in the same transaction as the rows.
CREATE TABLE projection (
  workspace text PRIMARY KEY,
  position bigint NOT NULL DEFAULT 0
);

-- state, channel: the numbers of muster.v1.ContactState and muster.v1.Channel. Times are those of the engine.
CREATE TABLE contact (
  workspace text NOT NULL,
  contact bigint NOT NULL,
  queue_id text NOT NULL,
  channel smallint NOT NULL,
  state smallint NOT NULL,
  priority smallint NOT NULL,
  refusals int NOT NULL,
  customer_ref text NOT NULL,
  agent_id text NOT NULL,        -- who holds it or held it last; '' for nobody
  create_time timestamptz NOT NULL,
  queue_time timestamptz NOT NULL,
  answer_time timestamptz,
  end_time timestamptz,
  disposition text NOT NULL,
  end_reason text NOT NULL,
  message bytea NOT NULL,        -- the whole contact, a muster.v1.Contact
  PRIMARY KEY (workspace, contact)
) WITH (fillfactor = 80);
CREATE INDEX contact_by_queue ON contact (workspace, queue_id, contact);
CREATE INDEX contact_by_agent ON contact (workspace, agent_id, contact) WHERE agent_id <> '';

-- state: the numbers of muster.v1.OfferState.
CREATE TABLE offer (
  workspace text NOT NULL,
  contact bigint NOT NULL,
  offer bigint NOT NULL,
  agent_id text NOT NULL,
  state smallint NOT NULL,
  offer_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  end_time timestamptz,
  reason text NOT NULL,
  explanation bytea NOT NULL,    -- a muster.v1.OfferExplanation
  PRIMARY KEY (workspace, contact, offer)
) WITH (fillfactor = 80);

CREATE TABLE agent_session (
  workspace text NOT NULL,
  session bigint NOT NULL,
  agent_id text NOT NULL,
  open_time timestamptz NOT NULL,
  lost_count int NOT NULL,       -- how often its stream was lost
  end_time timestamptz,
  end_reason text NOT NULL,
  PRIMARY KEY (workspace, session)
);
CREATE INDEX agent_session_by_agent ON agent_session (workspace, agent_id, session);
