-- A file of the workspace that the tests of the extension host open.
SELECT 42 AS answer;
