-- title: Tables with their rows
-- shows: Each table with the rows the engine expects in it, its columns, indexes and keys.
-- prefix: health-duckdb-tables
-- engines: duckdb

select
  database_name,
  schema_name,
  table_name,
  estimated_size as rows_expected,
  column_count as columns,
  index_count as indexes,
  has_primary_key
from duckdb_tables()
where not internal
order by estimated_size desc, database_name, schema_name, table_name;
