-- Faultline: run a statement with Ctrl+Enter, or click Run above it. The data set is TPC-H at scale factor 0.01.

-- Ten customers with the largest orders.
SELECT c_name, count(*) AS orders, sum(o_totalprice) AS total
FROM customer
JOIN orders ON o_custkey = c_custkey
GROUP BY c_name
ORDER BY total DESC
LIMIT 10;

-- Every line item: 60,175 rows to scroll, sort and filter.
SELECT * FROM lineitem;

-- A mistake, to see where it is shown and what is suggested.
SELECT c_naem FROM customer;
