-- title: Running configuration
-- shows: Every setting with its value now and what it does. Values that could be secrets are blanked.
-- prefix: health-duckdb-settings
-- engines: duckdb

select
  name,
  case
    when value <> '' and regexp_matches(name, 'secret|password|token|access_key|_key_id') then '(hidden)'
    else value
  end as value,
  scope,
  description
from duckdb_settings()
order by name;
