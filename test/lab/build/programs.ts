/**
 * The lab's programs, built from Go modules once and kept under `<cacheDir>/lab/programs/<name>-<version>-<hash of what it is built
 * from>`. Go checks the modules by the go.sum files in `pins`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { COMPANIONS, GO_PROGRAMS, KUBERNETES } from '../versions.ts';
import type { KubernetesMinor } from '../versions.ts';
import { BUILD_ENV, goArch, LINK_FLAGS, runGo } from './go.ts';
import { goToolchain } from './toolchain.ts';

/** Built together: they share nearly all of their packages. */
const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'] as const;

/** The commands as Go packages; `pins/pin.ts` pins what they need. */
export const KUBERNETES_PACKAGES: readonly string[] = KUBERNETES_PROGRAMS.map((name) => `k8s.io/kubernetes/cmd/${name}`);

type KubernetesProgram = (typeof KUBERNETES_PROGRAMS)[number];
type CompanionProgram = keyof typeof COMPANIONS;
type ModuleProgram = keyof typeof GO_PROGRAMS;
export type ProgramName = KubernetesProgram | CompanionProgram | ModuleProgram;

/** What one build makes. */
interface Unit {
  /** Under `<cacheDir>/lab/programs`. */
  readonly folder: string;
  /** "Kubernetes v1.34.4" */
  readonly label: string;
  readonly programs: readonly ProgramName[];
  build(go: string, folder: string, say: (detail: string) => void): Promise<void>;
}

/** Path of a program; the first time it is built, in minutes. Throws SetupError when it can't be. */
export async function program(name: ProgramName, minor: KubernetesMinor, progress: Progress): Promise<string> {
  const unit = unitOf(name, minor);
  // The last one that is put there tells that all are.
  const marker = unit.programs.at(-1) ?? name;
  const folder = await cached(join('lab', 'programs', unit.folder), marker, async (partial) => {
    const go = await goToolchain(progress);
    await progress.step(`Building ${unit.label}`, (say) => unit.build(go, partial, say));
  });
  return join(folder, name);
}

/** Paths of several, built one after another: each build takes all processors. */
export async function programs(
  names: readonly ProgramName[],
  minor: KubernetesMinor,
  progress: Progress,
): Promise<ReadonlyMap<ProgramName, string>> {
  const paths = new Map<ProgramName, string>();
  for (const name of names) paths.set(name, await program(name, minor, progress));
  return paths;
}

/** Every name that there is, for a build of everything. */
export function programNames(): readonly ProgramName[] {
  return [...KUBERNETES_PROGRAMS, ...Object.keys(COMPANIONS).filter(isCompanion), ...Object.keys(GO_PROGRAMS).filter(isModuleProgram)];
}

/** Name of the cache folder; another one as soon as anything that the program is built from or with is another. */
export function cacheName(name: ProgramName, minor: KubernetesMinor): string {
  return unitOf(name, minor).folder;
}

function unitOf(name: ProgramName, minor: KubernetesMinor): Unit {
  if (isModuleProgram(name)) return moduleUnit(name);
  if (isCompanion(name)) return companionUnit(name);
  return kubernetesUnit(minor);
}

function isCompanion(name: string): name is CompanionProgram {
  return Object.hasOwn(COMPANIONS, name);
}

function isModuleProgram(name: string): name is ModuleProgram {
  return Object.hasOwn(GO_PROGRAMS, name);
}

function moduleUnit(name: ModuleProgram): Unit {
  const { package: path, version, ...rest } = GO_PROGRAMS[name];
  const variables = Object.entries('variables' in rest ? rest.variables : {});
  const linkFlags = [LINK_FLAGS, ...variables.map(([variable, value]) => `-X ${variable}=${value}`)].join(' ');
  return pinnedUnit({ name, version, label: name, pins: name, programs: [name], packages: [path], linkFlags });
}

function companionUnit(name: CompanionProgram): Unit {
  const { package: path, version } = COMPANIONS[name];
  return pinnedUnit({ name, version, label: name, pins: 'companions', programs: [name], packages: [path], linkFlags: LINK_FLAGS });
}

function kubernetesUnit(minor: KubernetesMinor): Unit {
  const version = KUBERNETES[minor];
  return pinnedUnit({
    name: 'kubernetes',
    version,
    label: 'Kubernetes',
    pins: `kubernetes-${minor}`,
    programs: KUBERNETES_PROGRAMS,
    packages: KUBERNETES_PACKAGES,
    linkFlags: `${LINK_FLAGS} ${versionFlags(version)}`,
  });
}

interface Pinned {
  readonly name: string;
  readonly version: string;
  readonly label: string;
  /** Folder under `pins`. */
  readonly pins: string;
  readonly programs: readonly ProgramName[];
  /** Several are named as the programs are. */
  readonly packages: readonly string[];
  readonly linkFlags: string;
}

function pinnedUnit({ name, version, label, pins, programs: made, packages, linkFlags }: Pinned): Unit {
  const args = ['build', '-v', '-ldflags', linkFlags];
  const files = ['go.mod', 'go.sum'].map((file) => ({ file, text: readFileSync(join(import.meta.dirname, 'pins', pins, file), 'utf8') }));
  return {
    folder: `${name}-${version}-${keyOf([...packages, version, ...args, ...files.map(({ text }) => text)])}`,
    label: `${label} ${version}`,
    programs: made,
    async build(go, folder, say) {
      for (const { file, text } of files) await writeFile(join(folder, file), text);
      // Several are named by Go, as their packages are.
      const output = made.length === 1 ? join(folder, name) : `${folder}/`;
      await runGo({ go, args: [...args, '-o', output, ...packages], folder }, say);
    },
  };
}

/** Kubernetes tells its version by variables that its own build sets; clients read the two numbers. */
function versionFlags(version: string): string {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap((where) => Object.entries(values).map(([name, value]) => `-X ${where}.${name}=${value}`))
    .join(' ');
}

function keyOf(parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([parts, BUILD_ENV, goArch()]));
  return hash.digest('hex').slice(0, 10);
}
