/** What is used of `trino-client`. A chunk of its own: of a CommonJS package that is imported dynamically only `default` would be left. */
export { BasicAuth, Trino } from 'trino-client';
