-- title: Secrets, by name only
-- shows: Which secrets the engine holds and for what, never their values. No rows: it holds none.
-- prefix: health-duckdb-secrets
-- engines: duckdb

select name, type, provider, persistent, storage, scope
from duckdb_secrets()
order by name;
