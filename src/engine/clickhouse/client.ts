/** What is used of `@clickhouse/client`. A chunk of its own: of a CommonJS package that is imported dynamically only `default` would be left. */
export { ClickHouseLogLevel, createClient } from '@clickhouse/client';
