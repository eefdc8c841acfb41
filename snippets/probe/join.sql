-- title: Join of one week of orders with their lines
-- stresses: A hash join with a small build side: on a cluster the rows of two tables must meet on one worker.
-- parameters: date = 1996-01-01, 7 days
-- prefix: probe-join

select o_orderpriority, count(*) as lines, sum(l_extendedprice) as price
from orders
join lineitem on l_orderkey = o_orderkey
where o_orderdate >= date '1996-01-01'
  and o_orderdate < date '1996-01-01' + interval '7' day
group by o_orderpriority
order by o_orderpriority;
