/** The eight tables of TPC-H as a column store keeps them: types of clause 1.4, sorted by their keys. */

export interface LoadColumn {
  readonly name: string;
  readonly type: 'key' | 'integer' | 'money' | 'text' | 'date';
}

export interface LoadTable {
  readonly name: string;
  /** Whole ranges of it are loaded at once. */
  readonly key: string;
  /** What the table is sorted by, the key first: a range of it is then found without reading the rest. */
  readonly order: readonly string[];
  readonly columns: readonly LoadColumn[];
}

/** `name:type` apart; keys are 64 bits wide, which scale factors over 300 need. */
function columns(text: string): readonly LoadColumn[] {
  const types: Readonly<Record<string, LoadColumn['type']>> = { k: 'key', i: 'integer', m: 'money', t: 'text', d: 'date' };
  return text.split(' ').map((one) => {
    const [name = '', type = ''] = one.split(':');
    return { name, type: types[type] ?? 'text' };
  });
}

export const tpchTables: readonly LoadTable[] = [
  { name: 'region', key: 'r_regionkey', order: ['r_regionkey'], columns: columns('r_regionkey:k r_name:t r_comment:t') },
  { name: 'nation', key: 'n_nationkey', order: ['n_nationkey'], columns: columns('n_nationkey:k n_name:t n_regionkey:k n_comment:t') },
  {
    name: 'supplier',
    key: 's_suppkey',
    order: ['s_suppkey'],
    columns: columns('s_suppkey:k s_name:t s_address:t s_nationkey:k s_phone:t s_acctbal:m s_comment:t'),
  },
  {
    name: 'customer',
    key: 'c_custkey',
    order: ['c_custkey'],
    columns: columns('c_custkey:k c_name:t c_address:t c_nationkey:k c_phone:t c_acctbal:m c_mktsegment:t c_comment:t'),
  },
  {
    name: 'part',
    key: 'p_partkey',
    order: ['p_partkey'],
    columns: columns('p_partkey:k p_name:t p_mfgr:t p_brand:t p_type:t p_size:i p_container:t p_retailprice:m p_comment:t'),
  },
  {
    name: 'partsupp',
    key: 'ps_partkey',
    order: ['ps_partkey', 'ps_suppkey'],
    columns: columns('ps_partkey:k ps_suppkey:k ps_availqty:i ps_supplycost:m ps_comment:t'),
  },
  {
    name: 'orders',
    key: 'o_orderkey',
    order: ['o_orderkey'],
    columns: columns(
      'o_orderkey:k o_custkey:k o_orderstatus:t o_totalprice:m o_orderdate:d o_orderpriority:t o_clerk:t o_shippriority:i o_comment:t',
    ),
  },
  {
    name: 'lineitem',
    key: 'l_orderkey',
    order: ['l_orderkey', 'l_linenumber'],
    columns: columns(
      'l_orderkey:k l_partkey:k l_suppkey:k l_linenumber:i l_quantity:m l_extendedprice:m l_discount:m l_tax:m l_returnflag:t ' +
        'l_linestatus:t l_shipdate:d l_commitdate:d l_receiptdate:d l_shipinstruct:t l_shipmode:t l_comment:t',
    ),
  },
];

/** Ranges of a table's key, the same for every load of the same data. */
export interface ChunkPlan {
  readonly table: LoadTable;
  readonly rows: number;
  readonly minKey: number;
  /** Keys a chunk spans. */
  readonly step: number;
  /** Rows of each chunk in the source. */
  readonly rowsOf: readonly number[];
}

/** About 60,000 rows are some megabytes: little is lost when a load is killed, and an insert is one part on the disk. */
export function rowsPerChunk(scale: number): number {
  return Math.round(Math.min(500_000, Math.max(60_000, 60_000 * scale)));
}
