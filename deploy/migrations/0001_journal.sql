-- The journal: who may write a workspace's history, the history itself, and snapshots that bound its replay.

-- One row per workspace. `epoch` fences: an append names the epoch and the next_seq it believes in, and changes
-- nothing when either is wrong. Expiry of the lease is judged by this server's clock only.
-- No index but the key, and half of the page kept free: every update stays on its page without touching the key's
-- index (HOT), and old versions are pruned by the updates that follow, not by vacuum.
CREATE TABLE workspace (
  id text PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  next_seq bigint NOT NULL DEFAULT 1,
  owner text NOT NULL DEFAULT '',
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  create_time timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- One row per batch of events: one commit, one row, whatever the batch holds. `payload` is a
-- muster.journal.v1.EventBatch. Rows come only from the append, which has just updated the workspace's row, so a
-- foreign key would check nothing new.
CREATE TABLE journal (
  workspace text NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
  epoch bigint NOT NULL,
  append_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  payload bytea NOT NULL,
  PRIMARY KEY (workspace, first_seq)
) WITH (toast_tuple_target = 8160);
-- No compression on the way in: it costs more time than it saves.
ALTER TABLE journal ALTER COLUMN payload SET STORAGE EXTERNAL;

-- `payload` is a muster.journal.v1.Snapshot: the state after event last_seq, whose hash is state_hash.
CREATE TABLE snapshot (
  workspace text NOT NULL,
  last_seq bigint NOT NULL,
  epoch bigint NOT NULL,
  state_hash bigint NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  payload bytea NOT NULL,
  PRIMARY KEY (workspace, last_seq)
);
ALTER TABLE snapshot ALTER COLUMN payload SET STORAGE EXTERNAL;
