/** The lab that tests share. */
import { Progress, SetupError } from '../../workbench/cache.mjs';
import type { Profile, RunningLab } from '../lab.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import { down, status, up } from '../ways.ts';

/** Number of the lab that `npm test` brought up for all of its processes. */
export const LAB_VARIABLE = 'FAULTLINE_LAB';
/** Set where other test files run at the same time. */
export const BESIDE_VARIABLE = 'FAULTLINE_TESTS_BESIDE';

const SIZE: Readonly<Record<Profile, number>> = { api: 0, node: 1, cluster: 2 };

/** Finds it, or brings lab 0 up and leaves it up: the next test file needs it too. */
export async function runningLab(profile: Profile): Promise<RunningLab> {
  const given = process.env[LAB_VARIABLE];
  const number = Number(given ?? '0');
  const { state, lab } = await status(number);
  if (state === 'up' && lab !== undefined) {
    if (SIZE[lab.profile] >= SIZE[profile]) return lab;
    throw new SetupError(
      `Lab ${number} is up with profile ${lab.profile}; these tests need ${profile}. ` +
        `First: npm run lab -- down --lab ${number} && npm run lab -- up --lab ${number} --profile ${profile}`,
    );
  }
  if (given !== undefined) throw new SetupError(`${LAB_VARIABLE} says lab ${number}, which is ${state}: npm run lab -- up --lab ${number}`);
  return up({ number, profile, kubernetes: DEFAULT_MINOR, images: 'all' }, new Progress('lines'));
}

/** Brings one up that is nobody else's; what an interrupted run left of it is cleared away first. */
export async function ownLab(number: number, profile: Profile): Promise<RunningLab> {
  const progress = new Progress('lines');
  await down(number, progress);
  return up({ number, profile, kubernetes: DEFAULT_MINOR, images: 'all' }, progress);
}
