-- What reviews of tiers look at beside the members' own rows; and the floor hears of the tiers that members began in.
GRANT SELECT ON workspace, projection TO muster_app;
CREATE INDEX evidence_by_member_and_time ON evidence (member_id, evidence_time);
SELECT set_config('muster.tenant', 'platform', true);
INSERT INTO roster_change (member_id) SELECT member_id FROM member WHERE tier > 0 AND state <> 10 ORDER BY number;
