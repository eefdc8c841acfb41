-- title: Important stock identification
-- stresses: The same join twice, once for each part and once for the limit in HAVING: work that can be shared.
-- parameters: nation = GERMANY, fraction = 0.0001 (the specification divides it by the scale factor; the built-in answers do not)
-- prefix: tpch-q11

select ps_partkey, sum(ps_supplycost * ps_availqty) as value
from partsupp, supplier, nation
where ps_suppkey = s_suppkey
  and s_nationkey = n_nationkey
  and n_name = 'GERMANY'
group by ps_partkey
having sum(ps_supplycost * ps_availqty) > (
  select sum(ps_supplycost * ps_availqty) * 0.0001
  from partsupp, supplier, nation
  where ps_suppkey = s_suppkey
    and s_nationkey = n_nationkey
    and n_name = 'GERMANY'
)
order by value desc;
