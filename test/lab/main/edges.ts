/** What every command of the lab has in common. */
import { InvalidArgumentError, Option } from 'commander';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import type { RunningLab } from '../lab.ts';
import { status } from '../ways.ts';
import type { Talk } from '../ways/way.ts';

export interface Edges {
  readonly progress: Progress;
  readonly talk: Talk;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  /** To stdout. */
  readonly print: (text: string) => void;
  /** To stderr. */
  readonly complain: (text: string) => void;
}

export interface Outcome {
  code: number;
}

export function labOption(): Option {
  return new Option('--lab <number>', 'which lab, 0 to 9: labs of different numbers can be up at the same time')
    .default(Number(process.env['FAULTLINE_LAB'] ?? '0'))
    .argParser((text) => {
      if (!/^\d$/.test(text)) throw new InvalidArgumentError('A lab has a number from 0 to 9.');
      return Number(text);
    });
}

/** The lab, or what to do about that it is not up. */
export async function running(number: number): Promise<RunningLab> {
  const { lab, state } = await status(number);
  if (lab !== undefined) return lab;
  throw new SetupError(
    `Lab ${number} is ${state === 'down' ? 'down' : `not up (${state})`}. Bring it up: npm run lab -- up --lab ${number}`,
  );
}
