/** Helm as it is on PATH: found once, its version asked once, and how to get it where there is none. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface HelmProgram {
  /** Absolute path. */
  readonly path: string;
  /** `4.2.4` */
  readonly version: string;
  readonly major: 3 | 4;
}

const ANSWER_LIMIT_MS = 15_000;

/** A program that a person named, asked for its version. Fails: `notFound`, and as `findHelm`. */
export async function helmAt(path: string, env: Environment): Promise<HelmProgram> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    const remedy = t('Correct the setting {0}, or empty it to take “helm” on PATH.', 'faultline.helm.path');
    const facts = { what: t('There is no program {0}', path), remedy, setting: 'faultline.helm.path' };
    throw new FaultlineError('notFound', facts, error);
  }
  return { path, ...parseVersion(await askVersion(path, env), path) };
}

/** `setting`: of who has one that names the program. Fails: `notFound` with how to get it, `unsupported` for Helm 2, `engine` for a program that is no Helm. */
export async function findHelm(env: Environment, platform: NodeJS.Platform = process.platform, setting?: string): Promise<HelmProgram> {
  const path = await onPath(env, platform);
  if (path === undefined) {
    throw new FaultlineError('notFound', {
      what: t('Helm is not there: no program “helm” on PATH'),
      meaning: t('Charts are deployed with Helm 3 or 4'),
      remedy:
        setting === undefined
          ? howToGetIt(platform)
          : t('Name the program in the setting {0}, which takes effect at once. {1}', setting, howToGetIt(platform)),
      ...(setting === undefined ? {} : { setting }),
    });
  }
  return { path, ...parseVersion(await askVersion(path, env), path) };
}

/** Ends without a full stop. */
export function howToGetIt(platform: NodeJS.Platform): string {
  const again = t('then try again; an editor has to be started anew to see a changed PATH');
  if (platform === 'darwin') return t('Install it with “brew install helm”, {0}', again);
  if (platform === 'win32') return t('Install it with “winget install Helm.Helm” (or “choco install kubernetes-helm”), {0}', again);
  if (platform === 'linux') {
    const where = 'https://helm.sh/docs/intro/install/';
    return t('Unpack a release from {0} into a folder on PATH, {1}', where, again);
  }
  return t('Install it from {0}, {1}', 'https://helm.sh/docs/intro/install/', again);
}

/** `v4.2.4`, `v3.20.2+gabc`; Helm 2 says `Client: v2.17.0`. */
export function parseVersion(text: string, path: string): { readonly version: string; readonly major: 3 | 4 } {
  const [, version = '', major] = /v?((\d+)\.\d+(?:\.\d+)?(?:-[\w.]+)?)/.exec(text) ?? [];
  if (major === '3' || major === '4') return { version, major: major === '3' ? 3 : 4 };
  if (major === undefined) {
    const meaning = text.trim().split('\n')[0] ?? '';
    throw new FaultlineError('engine', {
      what: t('{0} did not say which Helm it is', path),
      meaning: meaning || t('It said nothing.'),
      remedy: isItHelm(path),
    });
  }
  throw new FaultlineError('unsupported', {
    what: t('{0} is Helm {1}', path, version),
    meaning: t('Charts are deployed with Helm 3 or 4'),
    remedy: howToGetIt(process.platform),
  });
}

async function onPath(env: Environment, platform: NodeJS.Platform): Promise<string | undefined> {
  const names = platform === 'win32' ? ['helm.exe'] : ['helm'];
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) {
      const path = join(folder, name);
      try {
        await access(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

async function askVersion(path: string, env: Environment): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['version', '--template', '{{.Version}}'], {
      env: { ...env },
      timeout: ANSWER_LIMIT_MS,
    });
    return stdout;
  } catch (error) {
    throw new FaultlineError('engine', { what: t('{0} could not be run', path), meaning: whyOf(error), remedy: isItHelm(path) }, error);
  }
}

function isItHelm(path: string): string {
  return t('See what “{0} version” says in a terminal: it has to be Helm 3 or 4.', path);
}

/** Its own words, where it had any. */
function whyOf(error: unknown): string {
  const facts: object = typeof error === 'object' && error !== null ? error : {};
  if (Reflect.get(facts, 'killed') === true) return t('It did not answer within {0} s and was ended.', ANSWER_LIMIT_MS / 1000);
  const said = String(Reflect.get(facts, 'stderr') ?? '').trim();
  return (said === '' ? (error instanceof Error ? error.message : String(error)) : said).split('\n')[0] ?? '';
}
