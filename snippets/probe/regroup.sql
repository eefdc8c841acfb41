-- title: Grouping by a key of many values
-- stresses: One group a customer: on a cluster all workers exchange rows, so one slow or lost worker is felt.
-- prefix: probe-regroup

select count(*) as customers, sum(orders_placed) as orders_placed, max(orders_placed) as most
from (
  select o_custkey, count(*) as orders_placed
  from orders
  group by o_custkey
) as by_customer;
