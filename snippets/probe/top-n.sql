-- title: Ten most expensive orders
-- stresses: Reading a whole column of orders and keeping the ten largest values, without sorting all of them.
-- prefix: probe-top-n

select o_orderkey, o_totalprice, o_orderdate
from orders
order by o_totalprice desc, o_orderkey
limit 10;
