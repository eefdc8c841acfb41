-- Click "Run" above a statement, or put the cursor in it and press Ctrl+Enter.
-- The embedded engine runs it on TPC-H data of scale factor 0.01, which is made at the first run.

-- 1. Revenue a month. Sums of DECIMAL columns are exact, to the last digit; "Explain" shows where the time goes.
select
  cast(date_trunc('month', l_shipdate) as date) as ship_month,
  count(*) as lines,
  sum(l_extendedprice * (1 - l_discount)) as revenue,
  sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as charged
from lineitem
group by ship_month
order by ship_month;

-- 2. Values that other tools like to bend: numbers past 2^53, NULL beside an empty text, time zones, text as it is.
select
  9223372036854775807 as largest_bigint,
  170141183460469231731687303715884105727 as largest_hugeint,
  cast('0.10' as decimal(38, 20)) as a_tenth,
  null as nothing,
  '' as empty_text,
  '  two spaces before' as indented,
  timestamptz '2026-03-01 14:31:07.123456+01' as moment,
  '<script>alert(1)</script>' as just_text;

-- 3. Nested values open on a click: each nation with its customers' largest orders.
select
  n_name as nation,
  count(distinct c_custkey) as customers,
  list({ 'order': o_orderkey, 'price': o_totalprice, 'placed': o_orderdate } order by o_totalprice desc)[1:5] as largest_orders,
  map { 'smallest': min(o_totalprice), 'largest': max(o_totalprice) } as prices
from nation
join customer on c_nationkey = n_nationkey
left join orders on o_custkey = c_custkey
group by n_name
order by n_name;

-- 4. Every line item: 60,175 rows to scroll, sort and filter.
select *
from lineitem;

-- 5. A mistake on purpose: run it. The wrong name is underlined, and the message proposes the right one.
select c_name, c_naem
from customer
limit 10;
