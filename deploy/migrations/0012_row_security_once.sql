-- Row security asks who the tenant is once for each statement: in a sub-select the function is called once, in the
-- condition itself it was called for each row.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenant', 'app_user', 'sign_in', 'refresh_token', 'api_key', 'identity_change',
                              'identity_request', 'signing_key', 'audit_entry'] LOOP
    EXECUTE format('ALTER POLICY own_rows ON %I USING (tenant_id = (SELECT muster_tenant()))', name);
  END LOOP;
END
$$;
ALTER POLICY platform_all ON tenant USING ((SELECT muster_tenant()) = 'platform');
ALTER POLICY platform_reads ON api_key USING ((SELECT muster_tenant()) = 'platform');
ALTER POLICY platform_reads ON identity_change USING ((SELECT muster_tenant()) = 'platform');
