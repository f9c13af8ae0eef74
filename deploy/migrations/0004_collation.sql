-- Identifiers are compared byte by byte, whatever language the database sorts in: that is what they mean, and the
-- keys cost less.
-- The workspace, whose lock stops its owner, comes last.
ALTER TABLE contact
  ALTER COLUMN workspace TYPE text COLLATE "C",
  ALTER COLUMN queue_id TYPE text COLLATE "C",
  ALTER COLUMN agent_id TYPE text COLLATE "C";
ALTER TABLE offer
  ALTER COLUMN workspace TYPE text COLLATE "C",
  ALTER COLUMN agent_id TYPE text COLLATE "C";
ALTER TABLE agent_session
  ALTER COLUMN workspace TYPE text COLLATE "C",
  ALTER COLUMN agent_id TYPE text COLLATE "C";
ALTER TABLE projection ALTER COLUMN workspace TYPE text COLLATE "C";
ALTER TABLE snapshot ALTER COLUMN workspace TYPE text COLLATE "C";
-- PostgreSQL reads a CHECK's text anew for every append, and the engine's own check comes first.
ALTER TABLE journal
  DROP CONSTRAINT journal_check,
  ALTER COLUMN workspace TYPE text COLLATE "C";
ALTER TABLE workspace ALTER COLUMN id TYPE text COLLATE "C";
