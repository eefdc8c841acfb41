/** What making a plan of a spec needs beside its text, and where what is wrong is told. */
import type { SpecPath } from './document.ts';
import type { LibraryStatements } from './tpch.ts';

export type Report = (path: SpecPath, message: string, remedy?: string, severity?: 'warning') => void;

export interface PlanFacts {
  readonly folder: string;
  readonly readsFiles: boolean;
  /** Absolute paths: where contexts are looked for that a spec names without their file. */
  readonly kubeconfigs: readonly string[];
  readonly library: LibraryStatements;
  readonly report: Report;
}
