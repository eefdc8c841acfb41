/**
 * node test/lab/build/kubernetes/pin.ts [1.33|1.34]: writes `<minor>/go.mod` and `<minor>/go.sum` beside it anew, after a version in
 * `versions.ts` was changed. They are kept in the repository because the tidying would cost each first build minutes: it fetches what
 * the tests of all modules need.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { Progress } from '../../../workbench/cache.mjs';
import { KUBERNETES } from '../../versions.ts';
import type { KubernetesMinor } from '../../versions.ts';
import { BUILD_ENV } from '../go.ts';
import { KUBERNETES_PACKAGES } from '../programs.ts';
import { goToolchain } from '../toolchain.ts';

const downloaded = v.object({ GoMod: v.string() });
const requirements = v.object({
  Go: v.string(),
  Replace: v.array(v.object({ Old: v.object({ Path: v.string() }), New: v.object({ Path: v.string() }) })),
});

async function pin(go: string, minor: KubernetesMinor): Promise<void> {
  const version = KUBERNETES[minor];
  const folder = mkdtempSync(join(tmpdir(), 'faultline-pin-'));
  const run = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, ...BUILD_ENV };
    return (await promisify(execFile)(go, args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 })).stdout;
  };
  try {
    const { GoMod } = v.parse(downloaded, JSON.parse(await run('mod', 'download', '-json', `k8s.io/kubernetes@${version}`)));
    const { Go, Replace } = v.parse(requirements, JSON.parse(await run('mod', 'edit', '-json', GoMod)));
    // In their own repository these modules are folders; published they have the same numbers after v0.
    const staging = Replace.filter(({ New }) => New.Path.startsWith('./staging/')).map(({ Old }) => Old.Path);
    const replaced = staging.map((path) => `replace ${path} => ${path} v0${version.replace(/^v1/, '')}`);
    writeFileSync(join(folder, 'go.mod'), `module lab\n\ngo ${Go}\n\nrequire k8s.io/kubernetes ${version}\n\n${replaced.join('\n')}\n`);
    const imports = KUBERNETES_PACKAGES.map((path) => `\t_ "${path}"`);
    writeFileSync(join(folder, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport (\n${imports.join('\n')}\n)\n`);
    await run('mod', 'tidy');
    const target = join(import.meta.dirname, minor);
    mkdirSync(target, { recursive: true });
    for (const file of ['go.mod', 'go.sum']) copyFileSync(join(folder, file), join(target, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isMinor(text: string): text is KubernetesMinor {
  return Object.hasOwn(KUBERNETES, text);
}

const progress = new Progress('lines');
const go = await goToolchain(progress);
const wanted = process.argv.slice(2);
for (const minor of Object.keys(KUBERNETES).filter(isMinor)) {
  if (wanted.length === 0 || wanted.includes(minor)) await progress.step(`Pinning ${KUBERNETES[minor]}`, () => pin(go, minor));
}
