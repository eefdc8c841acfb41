/**
 * Is a server there, and does it let us in? Step by step, so that a person sees which step fails: the name, the port, the
 * certificate, the password, or the engine behind them.
 */
import type { Reach, ServerTarget } from '../base/target.ts';

/** `reach` stands in place of `dns` and `tcp` for a server in a Kubernetes cluster. */
export type CheckStepName = 'reach' | 'dns' | 'tcp' | 'tls' | 'auth' | 'engine';

export interface CheckStep {
  readonly step: CheckStepName;
  readonly state: 'running' | 'ok' | 'failed' | 'skipped';
  /** One sentence without a full stop. */
  readonly text: string;
  readonly remedy?: string;
  readonly durationMs: number;
}

export interface CheckOptions {
  readonly reach: Reach;
  readonly password?: string;
  readonly signal: AbortSignal;
}

/** Each step first as `running`, then with its outcome; after the first one that failed the rest is `skipped`. Fails only with `cancelled`. */
export async function* checkServer(_target: ServerTarget, _options: CheckOptions): AsyncGenerator<CheckStep, void, undefined> {
  // The steps follow.
}
