/**
 * node test/lab/build/pins/pin.ts [NAME…] (companions, kubernetes-1.34, minio, …): writes `<name>/go.mod` and `<name>/go.sum` beside it anew, after a
 * version in `versions.ts` was changed. They are kept in the repository because the tidying would cost each first build a minute and
 * hundreds of modules that only tests of others need. Go's checksum database vouches for each sum when it is written.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { Progress } from '../../../workbench/cache.mjs';
import { COMPANIONS, GO, GO_PROGRAMS, KUBERNETES } from '../../versions.ts';
import { BUILD_ENV } from '../go.ts';
import { KUBERNETES_PACKAGES } from '../programs.ts';
import { goToolchain } from '../toolchain.ts';

type Go = (...args: readonly string[]) => Promise<string>;

interface Target {
  readonly name: string;
  /** The commands whose needs are pinned. */
  readonly packages: readonly string[];
  /** What go.mod says before it is tidied. */
  readonly requirements: (go: Go) => Promise<readonly string[]>;
}

const downloaded = v.object({ GoMod: v.string() });
const moduleFile = v.object({
  Go: v.string(),
  Replace: v.array(v.object({ Old: v.object({ Path: v.string() }), New: v.object({ Path: v.string() }) })),
});

const TARGETS: readonly Target[] = [
  {
    name: 'companions',
    packages: Object.values(COMPANIONS).map(({ package: path }) => path),
    requirements: async () => [
      `go ${GO.oldest}`,
      ...Object.values(COMPANIONS).map(({ module, version }) => `require ${module} ${version}`),
    ],
  },
  ...Object.entries(GO_PROGRAMS).map(([name, { module, package: path, version }]) => ({
    name,
    packages: [path],
    requirements: async () => [`go ${GO.oldest}`, `require ${module} ${version}`],
  })),
  ...Object.entries(KUBERNETES).map(([minor, version]) => ({
    name: `kubernetes-${minor}`,
    packages: KUBERNETES_PACKAGES,
    requirements: async (go: Go) => {
      const { GoMod } = v.parse(downloaded, JSON.parse(await go('mod', 'download', '-json', `k8s.io/kubernetes@${version}`)));
      const { Go: language, Replace } = v.parse(moduleFile, JSON.parse(await go('mod', 'edit', '-json', GoMod)));
      // In their own repository these modules are folders; published they have the same numbers after v0.
      const staging = Replace.filter(({ New }) => New.Path.startsWith('./staging/')).map(({ Old }) => Old.Path);
      const replaced = staging.map((path) => `replace ${path} => ${path} v0${version.replace(/^v1/, '')}`);
      // Its own Go version, since that chooses how the runtime behaves.
      return [`go ${language}`, `require k8s.io/kubernetes ${version}`, ...replaced];
    },
  })),
];

async function pin({ name, packages, requirements }: Target, program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-pin-'));
  const go: Go = async (...args) => {
    const options = { cwd: folder, env: { ...process.env, ...BUILD_ENV }, maxBuffer: 64 * 1024 * 1024 };
    return (await promisify(execFile)(program, args, options)).stdout;
  };
  try {
    writeFileSync(join(folder, 'go.mod'), `module lab\n\n${(await requirements(go)).join('\n')}\n`);
    const imports = packages.map((path) => `\t_ "${path}"`);
    writeFileSync(join(folder, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport (\n${imports.join('\n')}\n)\n`);
    const target = join(import.meta.dirname, name);
    mkdirSync(target, { recursive: true });
    // What stays at its version is held to the sum that it had.
    if (existsSync(join(target, 'go.sum'))) copyFileSync(join(target, 'go.sum'), join(folder, 'go.sum'));
    await go('mod', 'tidy');
    for (const file of ['go.mod', 'go.sum']) copyFileSync(join(folder, file), join(target, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const progress = new Progress('lines');
const program = await goToolchain(progress);
const wanted = process.argv.slice(2);
for (const target of TARGETS) {
  if (wanted.length === 0 || wanted.includes(target.name)) await progress.step(`Pinning ${target.name}`, () => pin(target, program));
}
