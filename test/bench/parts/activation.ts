/**
 * How long our activation takes (loading the module, and `activate`), against the reference extension in the same extension host.
 * Each extension host is fresh and measures both; which goes first changes every time, since the first one also pays for the
 * workbench's own first steps.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchWorkbench } from '../host/workbench.ts';
import { measure } from '../part.ts';
import { referenceBytes, referenceId, writeReference } from '../reference/generate.ts';
import { median, percentile } from '../table.ts';

const hosts = 8;
const limit = 1.5;
const ours = 'faultline.faultline';

await measure(async ({ scratch, extension, progress }) => {
  const path = join(extension, 'package.json');
  const text = await readFile(path, 'utf8');
  const manifest = JSON.parse(text) as { contributes: { commands: unknown[] } };
  const reference = join(scratch, 'reference');
  await writeReference(reference, manifest.contributes.commands.length);
  // Activated when the probe asks, and not when the window has started.
  await writeFile(path, JSON.stringify({ ...manifest, activationEvents: [] }));
  const workbench = await BenchWorkbench.start({ scratch, installed: [extension, reference] });
  const times = new Map<string, number[]>([ours, referenceId].map((id) => [id, []]));
  try {
    // The first host finds nothing in any cache, and is not counted.
    for (let host = -1; host < hosts; host++) {
      const window = await workbench.open();
      const took = await window.probe.activate(host % 2 === 0 ? [ours, referenceId] : [referenceId, ours]);
      await window.close();
      progress(`activation ${host + 1}/${hosts}: ${took.map(({ id, tookMs }) => `${id} ${tookMs.toFixed(0)} ms`).join(', ')}`);
      if (host >= 0) for (const { id, tookMs } of took) times.get(id)?.push(tookMs);
    }
  } finally {
    await workbench.stop();
    await writeFile(path, text);
  }
  const own = times.get(ours) ?? [];
  const peer = times.get(referenceId) ?? [];
  const value = median(own.map((took, i) => took / (peer[i] ?? Number.NaN)));
  const range = (values: readonly number[]): string => `${percentile(values, 0.25).toFixed(0)} to ${percentile(values, 0.75).toFixed(0)}`;
  return [
    {
      name: 'activation in the extension host (load + activate)',
      measured: `${value.toFixed(2)} × (${median(own).toFixed(0)} ms, ${range(own)})`,
      against: `reference of ${referenceBytes / 1000} kB ${median(peer).toFixed(0)} ms, ${range(peer)}, n = ${own.length} hosts`,
      limit: `≤ ${limit.toFixed(2)} ×`,
      ok: value <= limit,
    },
  ];
});
