/** Every image of the lab. One line for a new one. */
import type { ImageRecipe } from './recipe.ts';
import { BUSYBOX } from './recipes/busybox.ts';
import { CLICKHOUSE_MODERN } from './recipes/clickhouse-modern.ts';
import { CLICKHOUSE } from './recipes/clickhouse.ts';
import { FAULT_TOOLS } from './recipes/fault-tools.ts';
import { KAFKA } from './recipes/kafka.ts';
import { KUBE_STATE_METRICS } from './recipes/kube-state-metrics.ts';
import { MINIO } from './recipes/minio.ts';
import { NODE } from './recipes/node.ts';
import { PAUSE } from './recipes/pause.ts';
import { PRESTO } from './recipes/presto.ts';
import { ALERTMANAGER, NODE_EXPORTER, PROMETHEUS } from './recipes/prometheus.ts';
import { SPARK } from './recipes/spark.ts';
import { TRINO } from './recipes/trino.ts';

export const RECIPES: readonly ImageRecipe[] = [
  PAUSE,
  BUSYBOX,
  NODE,
  FAULT_TOOLS,
  KAFKA,
  TRINO,
  PRESTO,
  CLICKHOUSE,
  CLICKHOUSE_MODERN,
  MINIO,
  PROMETHEUS,
  ALERTMANAGER,
  NODE_EXPORTER,
  KUBE_STATE_METRICS,
  SPARK,
];
