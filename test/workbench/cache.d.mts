import type { SpawnOptions } from 'node:child_process';

export const NODE_VERSION: string;
export function cacheDir(): string;
export class SetupError extends Error {}
export function withLock<T>(name: string, action: () => Promise<T>, onWait?: () => void): Promise<T>;
export function cached(name: string, marker: string, build: (folder: string) => Promise<void>): Promise<string>;
export function nodeEnv(nodeFolder: string, extra?: Record<string, string>): Record<string, string>;
export class Progress {
  constructor(mode: 'lines' | 'terminal');
  step<T>(label: string, action: (say: (detail: string) => void) => Promise<T>): Promise<T>;
}
export function run(command: string, args: readonly string[], options?: SpawnOptions): Promise<string>;
export function pinnedNode(version: string, progress: Progress): Promise<string>;
