-- title: Heartbeat
-- stresses: Parsing, planning and reading one tiny table: it fails when the engine can't read data, not only when it is gone.
-- prefix: probe-heartbeat

select count(*) as regions, min(r_name) as first_name, max(r_name) as last_name
from region
where r_regionkey >= 0;
