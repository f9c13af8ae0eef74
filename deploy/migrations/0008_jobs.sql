-- When work that is due from time to time was last done (store/jobs.h). Whoever does it holds the row.
CREATE TABLE job_run (
  name text COLLATE "C" PRIMARY KEY,
  done_time timestamptz                          -- NULL: never
);
ALTER TABLE job_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_rows ON job_run USING ((SELECT muster_tenant()) = 'platform');
GRANT SELECT, INSERT, UPDATE ON job_run TO muster_app;
