/** kubectl on the lab's cluster: of the lab's own Kubernetes, whatever the machine has. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { Progress } from '../../workbench/cache.mjs';
import { SetupError } from '../../workbench/cache.mjs';
import { program } from '../build/programs.ts';
import type { RunningLab } from '../lab.ts';
import { DEFAULT_MINOR, KUBERNETES } from '../versions.ts';
import type { KubernetesMinor } from '../versions.ts';
import { machine } from '../ways/probes.ts';

/** Folder of the kubectl that was built; undefined where the one on the path serves. */
export async function kubectlFolder(lab: RunningLab, progress: Progress): Promise<string | undefined> {
  const command = await kubectlPath(lab, progress);
  return command === 'kubectl' ? undefined : dirname(command);
}

/** Its exit code. */
export async function kubectl(lab: RunningLab, args: readonly string[], progress: Progress): Promise<number> {
  const command = await kubectlPath(lab, progress);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: lab.kubeconfig } });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`kubectl could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function kubectlPath({ way, kubernetes }: RunningLab, progress: Progress): Promise<string> {
  // Where programs are not built anyhow, minutes are not spent on one that is there.
  if (way !== 'native' && machine.has('kubectl')) return Promise.resolve('kubectl');
  const built = (Object.keys(KUBERNETES) as KubernetesMinor[]).find((minor) => KUBERNETES[minor] === kubernetes);
  return program('kubectl', built ?? DEFAULT_MINOR, progress);
}
