-- title: Memory by purpose
-- shows: Which part of the engine holds memory or temporary disk now, largest first, beside the limit.
-- prefix: health-duckdb-memory
-- engines: duckdb

select
  tag as purpose,
  memory_usage_bytes,
  format_bytes(memory_usage_bytes) as memory,
  temporary_storage_bytes,
  current_setting('memory_limit') as memory_limit
from duckdb_memory()
order by memory_usage_bytes desc, temporary_storage_bytes desc, tag;
