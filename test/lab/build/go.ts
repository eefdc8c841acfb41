/** The Go command, with what it is at told line by line: a build of minutes must not look like one that hangs. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupError } from '../../workbench/cache.mjs';

/**
 * What every build is made with; part of the key of what it gives. Without cgo no C compiler is needed, and the programs run in any
 * image, whatever its libc.
 */
export const BUILD_ENV = { CGO_ENABLED: '0', GOOS: 'linux', GOFLAGS: '-trimpath', GOWORK: 'off', GOTOOLCHAIN: 'local' } as const;
export const LINK_FLAGS = '-s -w';

export type GoArch = 'amd64' | 'arm64';

/** Go's name for this machine's processor. Throws SetupError where the lab's programs don't run. */
export function goArch(platform: string = process.platform, arch: string = process.arch): GoArch {
  if (platform === 'linux' && arch === 'x64') return 'amd64';
  if (platform === 'linux' && arch === 'arm64') return 'arm64';
  throw new SetupError(
    `The lab's own programs run on Linux with an x64 or arm64 processor, and this is ${platform} on ${arch}. ` +
      'Use Docker with kind, or give the lab a kubeconfig.',
  );
}

export interface GoCommand {
  /** Path of the program. */
  readonly go: string;
  readonly args: readonly string[];
  /** Folder to run in. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs Go to its end. `say` hears of what it downloads and compiles. Throws SetupError with the last of what it printed. */
export function runGo({ go, args, folder, env = {} }: GoCommand, say: (detail: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(go, args, {
      cwd: folder,
      env: { ...process.env, ...BUILD_ENV, GOARCH: goArch(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    const told: string[] = [];
    const activity = new Activity();
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const detail = activity.hear(line);
      if (detail === undefined) told.push(line);
      else say(detail);
    });
    child.once('error', (error) => reject(new SetupError(`${go} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output.join(''));
      const how = `"go ${args.join(' ')}" ended with ${signal ?? `code ${code}`}.`;
      const offline = told.some((line) => /dial tcp|no such host|i\/o timeout|connection refused/.test(line));
      const advice = offline ? '\nGo needs the module proxy (GOPROXY) once; what has arrived is kept, so run this again.' : '';
      reject(new SetupError(`${told.slice(-30).join('\n')}\n\n${how}${advice}`));
    });
  });
}

/** Makes a short word of each line that Go prints while it works: `go: downloading MODULE VERSION`, or with -v a package's name. */
export class Activity {
  private downloads = 0;
  private packages = 0;

  /** undefined: the line is no progress, but something to be read. */
  hear(line: string): string | undefined {
    const [, module] = /^go: downloading (\S+ \S+)$/.exec(line) ?? [];
    if (module !== undefined) return `module ${++this.downloads}, ${module}`;
    if (/^[\w.-]+(\/[\w.~+-]+)*$/.test(line)) return `package ${++this.packages}, ${line}`;
    return undefined;
  }
}
