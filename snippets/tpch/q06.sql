-- title: Forecasting revenue change
-- stresses: A bare filtered scan: reading columns, skipping blocks, comparing dates and decimals; no join and one row.
-- parameters: date = 1994-01-01, discount = 0.06, quantity = 24
-- prefix: tpch-q06

select sum(l_extendedprice * l_discount) as revenue
from lineitem
where l_shipdate >= date '1994-01-01'
  and l_shipdate < date '1994-01-01' + interval '1' year
  and l_discount between 0.06 - 0.01 and 0.06 + 0.01
  and l_quantity < 24;
