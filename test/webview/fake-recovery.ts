/**
 * A host inside the recovery page: it answers what the page calls over the same channel the extension host uses, reads journals from
 * the test (`readJournal`), and keeps count of what it was asked. A test reaches it as `fakeRecovery`.
 */
import { connect, type Remote } from '../../src/base/rpc.ts';
import type { PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import type { RecoveryHostApi, RecoveryPageApi } from '../../src/ui/panels/timeline/protocol.ts';
import { fakeChannel } from './fake-channel.ts';

export interface FakeRecovery {
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
  changed(facts: PanelFacts): Promise<void>;
  /** Rejects calls of this name. */
  failing: Record<string, string>;
}

declare global {
  interface Window {
    fakeRecovery: FakeRecovery;
    /** Set by the test before the page's own script. */
    recoveryFacts?: PanelFacts;
  }
}

let facts = window.recoveryFacts;

async function answer<T>(name: string, args: readonly unknown[], value: () => T | Promise<T>): Promise<T> {
  fake.calls.push({ name, args });
  const failure = fake.failing[name];
  if (failure !== undefined) throw new Error(failure);
  return value();
}

const nothing = (): undefined => undefined;

const host: RecoveryHostApi = {
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
  heal: () => answer('heal', [], nothing),
  stop: () => answer('stop', [], nothing),
  export: (format) => answer('export', [format], nothing),
  savePicture: (format, text) => answer('savePicture', [format, text], nothing),
  openSpec: () => answer('openSpec', [], nothing),
  openLatency: () => answer('openLatency', [], nothing),
  runAgain: () => answer('runAgain', [], nothing),
  copyText: (text) => answer('copyText', [text], nothing),
  openLog: () => answer('openLog', [], nothing),
};

const page: Remote<RecoveryPageApi, RecoveryHostApi> = connect<RecoveryPageApi, RecoveryHostApi>(fakeChannel('recovery-page-state'), host);

const fake: FakeRecovery = {
  calls: [],
  changed: async (next) => {
    facts = next;
    await page.changed(next);
  },
  failing: {},
};
window.fakeRecovery = fake;
