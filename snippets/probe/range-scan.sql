-- title: Scan of one week of lineitem
-- stresses: Reading three columns of lineitem, with a date range that lets an engine skip blocks if it has statistics.
-- parameters: date = 1996-01-01, 7 days
-- prefix: probe-range-scan

select count(*) as lines, sum(l_quantity) as quantity, sum(l_extendedprice) as price
from lineitem
where l_shipdate >= date '1996-01-01'
  and l_shipdate < date '1996-01-01' + interval '7' day;
