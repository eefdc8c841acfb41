-- title: Extensions
-- shows: Which extensions are loaded or installed, their versions, and where they came from.
-- prefix: health-duckdb-extensions
-- engines: duckdb

select extension_name, loaded, installed, extension_version, install_mode, description
from duckdb_extensions()
where loaded or installed
order by extension_name;
