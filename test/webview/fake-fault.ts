/** A host inside the page of a fault: it shows what the test gives it, and keeps what it was asked. A test reaches it as `fakeFault`. */
import { connect, type Remote } from '../../src/base/rpc.ts';
import type { FaultHostApi, FaultPageApi, PageState } from '../../src/ui/panels/fault/protocol.ts';
import { fakeChannel } from './fake-channel.ts';

export interface FakeFault {
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
  show(state: PageState): Promise<void>;
}

declare global {
  interface Window {
    fakeFault: FakeFault;
    /** Set by the test before the page's own script. */
    faultState?: PageState;
  }
}

const state = window.faultState;
const answer = async <T>(name: string, args: readonly unknown[], value: T): Promise<T> => {
  fake.calls.push({ name, args });
  return value;
};

const host: FaultHostApi = {
  ready: async () => {
    if (state === undefined) throw new Error('the test gave no state');
    return answer('ready', [], state);
  },
  change: (values) => answer('change', [values], undefined),
  look: () => answer('look', [], undefined),
  confirm: (confirmation) => answer('confirm', [confirmation], false),
  cancel: () => answer('cancel', [], undefined),
  saveSpec: () => answer('saveSpec', [], undefined),
  openSpec: () => answer('openSpec', [], undefined),
  copyText: (text) => answer('copyText', [text], undefined),
  openLog: () => answer('openLog', [], undefined),
};

const page: Remote<FaultPageApi, FaultHostApi> = connect<FaultPageApi, FaultHostApi>(fakeChannel('fault-page-state'), host);

const fake: FakeFault = {
  calls: [],
  show: async (next) => {
    await page.show(next);
  },
};
window.fakeFault = fake;
