-- title: Temporary files
-- shows: Files that the engine spills into while a statement does not fit in memory. No rows: nothing has spilled.
-- prefix: health-duckdb-temporary-files
-- engines: duckdb

select path, size as size_bytes, format_bytes(size) as size
from duckdb_temporary_files()
order by size desc, path;
