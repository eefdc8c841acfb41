/**
 * Runs whose whole reading was kept: figures, lanes, sentences. `FAULTLINE_REWRITE_GOLDEN=1` writes the expected files anew: then read
 * the difference.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { format } from 'prettier';
import { recoveryJson } from '../../../../src/analysis/recovery/show/json.ts';
import { keyNumbers } from '../../../../src/analysis/recovery/show/words.ts';
import type { Lane } from '../../../../src/analysis/recovery/view.ts';
import { scripts } from './scripts.ts';
import { viewOf } from './simulator.ts';

const folder = join(import.meta.dirname, 'golden');
const rewrite = process.env['FAULTLINE_REWRITE_GOLDEN'] === '1';

function read({ name, of, sum, total, end, endText }: Lane): string {
  return `${name} of ${of}: ${sum}${total === '' ? '' : ` = ${total}`} (${end}: ${endText})`;
}

describe('a recovery that was kept', () => {
  for (const [name, script] of Object.entries(scripts)) {
    it(`reads as it always did: ${name}`, async () => {
      const view = viewOf(script);
      const { pods, redundancy, lanes } = view;
      const shown: unknown = JSON.parse(
        JSON.stringify({
          ...recoveryJson(view),
          numbers: keyNumbers(view).map(
            ({ title, value, error, below, met }) => `${title}: ${[value, error].join(' ').trim()} | ${below} | ${met}`,
          ),
          lanes: [lanes.client, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)].map(read),
          pairs: pods.map(
            (pod) =>
              `${pod.name}: ${pod.inPlace ? 'in place' : pod.replacement === null ? 'none' : `${pod.replacement.name} by ${pod.replacement.pairedBy}`}`,
          ),
          stories: view.vantages.map(({ story }) => story),
          milestones: view.milestones.map(({ of, at, text }) => `${at} ${of}: ${text}`),
          predictions: view.predictions.map(({ text }) => text),
          faults: view.faults.map(({ title, state }) => `${title}: ${state}`),
        }),
      );
      const path = join(folder, `${name}.json`);
      if (rewrite) {
        await mkdir(folder, { recursive: true });
        await writeFile(path, await format(JSON.stringify(shown), { parser: 'json', printWidth: 140 }));
      }
      assert.deepEqual(shown, JSON.parse(await readFile(path, 'utf8')));
    });
  }
});
