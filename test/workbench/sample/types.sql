-- Exact values as the engine has them: nothing is rounded on the way to the grid.
SELECT 9223372036854775807 AS "largest BIGINT",
       170141183460469231731687303715884105727 AS "largest HUGEINT",
       12345678901234567890.0123456789::DECIMAL(38, 10) AS "DECIMAL(38, 10)",
       TIMESTAMPTZ '2026-03-29 01:30:00 Europe/Berlin' AS "with time zone",
       NULL AS "nothing",
       {'broker': 2, 'partitions': [0, 3, 7]} AS "nested";

-- What a scan reads and for how long: try Explain.
SELECT l_returnflag, l_linestatus, sum(l_quantity) AS quantity, avg(l_discount) AS discount
FROM lineitem
WHERE l_shipdate <= DATE '1998-09-02'
GROUP BY ALL
ORDER BY ALL;
