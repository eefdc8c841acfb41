// What the workbench of npm start has to be told of the labs of this machine, so that Deploy… works in it without a word:
// the extension host takes its PATH from a login shell, where no `eval "$(npm run -s lab -- env)"` was typed.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';

const LOOK_EVERY_MS = 2000;
const Settings = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));
const texts = v.array(v.string());

export interface LabFacts {
  /** Of the labs that are up. */
  readonly kubeconfigs: readonly string[];
  /** The lab's Helm, where PATH has none and it was built. */
  readonly helm?: string;
}

/** `labs`: the folder `lab` of the cache. `helmFolder`: see `builtHelmFolder`. */
export function labFacts(labs: string, helmFolder: () => string | undefined): LabFacts {
  const kubeconfigs = globSync(['state-*/kubeconfig', 'way-*/kubeconfig'], { cwd: labs })
    .sort()
    .map((file) => join(labs, file));
  const folder = helmFolder();
  return { kubeconfigs, ...(folder === undefined ? {} : { helm: join(folder, 'helm') }) };
}

/** With the labs that there are now, and without those that are gone; what a person set stays. */
export function withLabs(
  settings: Readonly<Record<string, unknown>>,
  labs: string,
  { kubeconfigs, helm }: LabFacts,
): Record<string, unknown> {
  const isOurs = (path: unknown): boolean => typeof path === 'string' && !relative(labs, path).startsWith('..');
  const listed = settings['faultline.kubeconfigs'];
  const own = v.is(texts, listed) ? listed.filter((path) => !isOurs(path)) : [];
  const named = settings['faultline.helm.path'];
  const { 'faultline.kubeconfigs': _, 'faultline.helm.path': __, ...rest } = settings;
  const all = [...own, ...kubeconfigs];
  const program = named === undefined || named === '' || isOurs(named) ? helm : named;
  return {
    ...rest,
    // A value that is no list is the person's to mend.
    ...(listed !== undefined && !v.is(texts, listed)
      ? { 'faultline.kubeconfigs': listed }
      : all.length === 0
        ? {}
        : { 'faultline.kubeconfigs': all }),
    ...(program === undefined ? {} : { 'faultline.helm.path': program }),
  };
}

export interface FollowOptions {
  readonly labs: string;
  /** `settings.json` of the machine, which the workbench reads as it changes. */
  readonly file: string;
  readonly helmFolder: () => string | undefined;
  /** Called once, when a lab is up and there is no Helm of ours; it may find one on PATH. */
  readonly bringHelm: () => void;
}

/** Tells the workbench now and whenever a lab comes or goes. Answers what ends it. */
export function followLabs({ labs, file, helmFolder, bringHelm }: FollowOptions): () => void {
  let brought = false;
  const look = (): void => {
    const facts = labFacts(labs, helmFolder);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
    const parsed = v.safeParse(Settings, text);
    // A file with comments in it is the person's alone.
    if (parsed.success) {
      const told = JSON.stringify(withLabs(parsed.output, labs, facts), null, 2);
      if (told !== text || !existsSync(file)) writeFileSync(file, told);
    }
    if (facts.kubeconfigs.length > 0 && facts.helm === undefined && !brought) {
      brought = true;
      bringHelm();
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return () => clearInterval(timer);
}
