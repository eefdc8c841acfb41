/** What a recovery page may start outside of it, each call checked. No `vscode` import. */
import type { Log } from '../../log.ts';
import { checkedCalls } from '../checked.ts';
import type { JournalWindow, PanelFacts } from '../histogram/protocol.ts';
import { recoveryCalls, type RecoveryHostApi } from './protocol.ts';

/** For the run that the panel shows. */
export interface RecoveryActions {
  stop(run: string): Promise<void>;
  /** Ends what is broken now, before its time. */
  heal(run: string): Promise<void>;
  export(run: string, format: 'html' | 'md' | 'junit' | 'json'): Promise<void>;
  savePicture(run: string, format: 'svg' | 'png', bytes: Uint8Array): Promise<void>;
  openSpec(run: string): Promise<void>;
  runAgain(run: string): Promise<void>;
  copyText(text: string): Promise<void>;
  openLog(): void;
}

export interface RecoveryCallParts {
  readonly actions: RecoveryActions;
  readonly log: Log;
  facts(): PanelFacts;
  read(offset: number): Promise<JournalWindow>;
  openLatency(): Promise<void>;
}

export function recoveryCallsOf(run: string, { actions, log, facts, read, openLatency }: RecoveryCallParts): RecoveryHostApi {
  const api: RecoveryHostApi = {
    ready: async () => facts(),
    read: (_side, offset) => read(offset),
    heal: () => actions.heal(run),
    stop: () => actions.stop(run),
    export: (format) => actions.export(run, format),
    savePicture: (format, text) => actions.savePicture(run, format, Buffer.from(text, format === 'svg' ? 'utf8' : 'base64')),
    openSpec: () => actions.openSpec(run),
    openLatency,
    runAgain: () => actions.runAgain(run),
    copyText: (text) => actions.copyText(text),
    openLog: async () => actions.openLog(),
  };
  return checkedCalls(api, recoveryCalls, 'recovery page', log);
}
