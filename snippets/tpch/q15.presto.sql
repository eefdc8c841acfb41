-- Presto's tpch connector has prices as floating point: a sum that two plans add up in another order is not equal to itself. As decimals it is.
with revenue as (
  select l_suppkey as supplier_no,
    sum(cast(l_extendedprice as decimal(15, 2)) * (1 - cast(l_discount as decimal(15, 2)))) as total_revenue
  from lineitem
  where l_shipdate >= date '1996-01-01'
    and l_shipdate < date '1996-01-01' + interval '3' month
  group by l_suppkey
)
select s_suppkey, s_name, s_address, s_phone, total_revenue
from supplier, revenue
where s_suppkey = supplier_no
  and total_revenue = (select max(total_revenue) from revenue)
order by s_suppkey;
