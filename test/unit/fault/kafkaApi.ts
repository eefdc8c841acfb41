import { ScriptedApi } from './api.ts';
import { kafkaObjects } from './scenes.ts';

/** With a Kafka of three brokers. */
export async function kafkaApi(): Promise<ScriptedApi> {
  const api = await ScriptedApi.start();
  const { pods, workloads, nodes, budgets, services } = kafkaObjects();
  for (const pod of pods) api.put('/api/v1/namespaces/data/pods', pod);
  for (const { workload } of workloads) api.put('/apis/apps/v1/namespaces/data/statefulsets', workload);
  for (const node of nodes) api.put('/api/v1/nodes', node);
  for (const budget of budgets) api.put('/apis/policy/v1/namespaces/data/poddisruptionbudgets', budget);
  for (const service of services) api.put('/api/v1/namespaces/data/services', service);
  return api;
}
