-- The highest numbers in the reporting tables: rows above them are new and go in by COPY, the others are updates.
ALTER TABLE projection
  ADD COLUMN last_contact bigint NOT NULL DEFAULT 0,
  ADD COLUMN last_offer bigint NOT NULL DEFAULT 0;
UPDATE projection p SET
  last_contact = (SELECT coalesce(max(contact), 0) FROM contact c WHERE c.workspace = p.workspace),
  last_offer = (SELECT coalesce(max(offer), 0) FROM offer o WHERE o.workspace = p.workspace);
