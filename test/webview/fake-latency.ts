/**
 * A host inside the latency page: it answers what the page calls over the same channel the extension host uses, reads journals from
 * the test (`readJournal`), and keeps count of what it was asked. A test reaches it as `fakeLatency`.
 */
import { connect, type Remote } from '../../src/base/rpc.ts';
import type { LatencyHostApi, LatencyPageApi } from '../../src/ui/panels/histogram/protocol.ts';
import type { JournalWindow, PanelFacts } from '../../src/ui/panels/journal.ts';
import { fakeChannel } from './fake-channel.ts';

export interface FakeLatency {
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
  changed(facts: PanelFacts): Promise<void>;
  /** Rejects calls of this name. */
  failing: Record<string, string>;
}

declare global {
  interface Window {
    fakeLatency: FakeLatency;
    /** Set by the test before the page's own script. */
    latencyFacts?: PanelFacts;
    readJournal?: (side: string, offset: number) => Promise<JournalWindow>;
  }
}

let facts = window.latencyFacts;

async function answer<T>(name: string, args: readonly unknown[], value: () => T | Promise<T>): Promise<T> {
  fake.calls.push({ name, args });
  const failure = fake.failing[name];
  if (failure !== undefined) throw new Error(failure);
  return value();
}

const host: LatencyHostApi = {
  ready: () =>
    answer('ready', [], () => {
      if (facts === undefined) throw new Error('the test gave no facts');
      return facts;
    }),
  read: (side, offset) =>
    answer('read', [side, offset], () => {
      if (window.readJournal === undefined) throw new Error('the test gave no journal');
      return window.readJournal(side, offset);
    }),
  stop: () => answer('stop', [], () => undefined),
  compare: () => answer('compare', [], () => undefined),
  endCompare: () => answer('endCompare', [], () => undefined),
  export: (format) => answer('export', [format], () => undefined),
  openSpec: () => answer('openSpec', [], () => undefined),
  openStatement: (index) => answer('openStatement', [index], () => undefined),
  runAgain: () => answer('runAgain', [], () => undefined),
  copyText: (text) => answer('copyText', [text], () => undefined),
  openLog: () => answer('openLog', [], () => undefined),
};

const page: Remote<LatencyPageApi, LatencyHostApi> = connect<LatencyPageApi, LatencyHostApi>(fakeChannel('latency-page-state'), host);

const fake: FakeLatency = {
  calls: [],
  changed: async (next) => {
    facts = next;
    await page.changed(next);
  },
  failing: {},
};
window.fakeLatency = fake;
