-- title: Point look-up of one order
-- stresses: Finding one row of orders by its key and reading all of its columns; mostly latency, hardly any work.
-- parameters: orderkey = 7 (there at every scale factor)
-- prefix: probe-point-lookup

select *
from orders
where o_orderkey = 7;
