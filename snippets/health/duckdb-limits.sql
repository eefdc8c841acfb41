-- title: Version, limits and switches
-- shows: How much memory, how many threads and how much temporary disk the engine may take.
-- prefix: health-duckdb-limits
-- engines: duckdb

select
  version() as version,
  (select platform from pragma_platform()) as platform,
  current_setting('threads') as threads,
  current_setting('memory_limit') as memory_limit,
  current_setting('temp_directory') as temporary_folder,
  current_setting('max_temp_directory_size') as temporary_limit,
  current_setting('enable_external_access') as external_access,
  current_setting('autoinstall_known_extensions') as installs_extensions,
  current_setting('TimeZone') as time_zone;
