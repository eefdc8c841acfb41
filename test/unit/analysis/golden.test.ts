/** Journals and what is read from them. `FAULTLINE_REWRITE_GOLDEN=1` writes the expected files anew: then read the difference. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { RunProjection } from '../../../src/analysis/run.ts';
import { JournalText } from '../../../src/journal/parse.ts';

const folder = join(import.meta.dirname, 'golden');
const rewrite = process.env['FAULTLINE_REWRITE_GOLDEN'] === '1';

const journals = {
  'closed-passed': ['ended', { statement: 3 }],
  'open-wrong-answer': ['ended', { fromMs: 12_000, toMs: 16_000 }],
  'fast-interrupted': ['interrupted', { statement: 1 }],
  'two-arms-aborted': ['ended', { arm: 1 }],
} as const;

describe('a journal that was kept', () => {
  let zone: string | undefined;
  before(() => {
    zone = process.env['TZ'];
    process.env['TZ'] = 'UTC';
  });
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  for (const [name, [state, selection]] of Object.entries(journals)) {
    it(`shows what it always showed: ${name}`, async () => {
      const journal = new JournalText();
      const events = [...journal.push(await readFile(join(folder, `${name}.ndjson`), 'utf8')), ...journal.end()];
      assert.ok(journal.header);
      const run = new RunProjection(journal.header);
      for (const event of events) run.add(event);
      // The plan is the journal's own first line: written once more it would only be in the way of reading a difference.
      const { plan, environment, ...view } = run.view(state, journal.skippedLines);
      assert.deepEqual([plan, environment], [journal.header.plan, journal.header.environment]);
      const { curves, ...latency } = run.latency(selection);
      const everyTwentieth = curves.response.filter((_, i) => i % 20 === 0);
      const shown: unknown = JSON.parse(JSON.stringify({ view, latency, curve: everyTwentieth, overTime: run.overTime(selection) }));
      const path = join(folder, `${name}.json`);
      if (rewrite) await writeFile(path, await format(JSON.stringify(shown), { parser: 'json', printWidth: 140 }));
      assert.deepEqual(shown, JSON.parse(await readFile(path, 'utf8')));
    });
  }
});
