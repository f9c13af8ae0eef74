-- Contacts are a tenant's: whose queue they wait in. Those of before are the platform's, as their queues are. They have
-- been read under row security since there are tiers; it is not forced on their owner, who fills them from the journal
-- by COPY, which PostgreSQL refuses under row security.
ALTER TABLE contact ADD COLUMN tenant_id text NOT NULL DEFAULT 'platform';
ALTER TABLE contact ALTER COLUMN tenant_id DROP DEFAULT;
CREATE INDEX contact_by_tenant ON contact (workspace, tenant_id, contact);
CREATE POLICY own_rows ON contact FOR SELECT USING (tenant_id = (SELECT muster_tenant()));
-- Offers are seen by whoever sees their contact.
CREATE POLICY own_rows ON offer FOR SELECT
  USING (EXISTS (SELECT FROM contact c WHERE c.workspace = offer.workspace AND c.contact = offer.contact));
