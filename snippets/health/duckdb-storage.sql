-- title: Storage and compression of a table, by column
-- shows: How each column is compressed and over how many blocks it lies.
-- parameters: table = lineitem
-- prefix: health-duckdb-storage
-- engines: duckdb

select
  column_name,
  any_value(segment_type) as stored_as,
  string_agg(distinct compression, ', ' order by compression) as compression,
  count(*) as segments,
  count(distinct block_id) as blocks,
  sum(count) as stored_values,
  bool_or(has_updates) as has_updates
from pragma_storage_info('lineitem')
where segment_type <> 'VALIDITY'
group by column_id, column_name
order by column_id;
