-- title: Attached databases and their sizes
-- shows: Each database with its file, whether it is read-only, and how much of the file is free.
-- prefix: health-duckdb-databases
-- engines: duckdb

select
  d.database_name,
  d.type,
  d.readonly as read_only,
  d.path,
  s.used_blocks * s.block_size as used_bytes,
  s.free_blocks * s.block_size as free_bytes,
  s.database_size as file_size,
  s.wal_size as write_ahead_log
from duckdb_databases() as d
left join pragma_database_size() as s on s.database_name = d.database_name
where not d.internal
order by used_bytes desc nulls last, d.database_name;
