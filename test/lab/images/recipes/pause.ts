/** What holds a pod's namespaces open: it waits, buries orphans, and leaves at once when it is told to. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { run } from '../../../workbench/cache.mjs';
import type { ImageRecipe } from '../recipe.ts';

const SOURCE = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			os.Exit(0)
		}
		for {
			// One signal may stand for several children.
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 && err != syscall.EINTR {
				break
			}
		}
	}
}
`;

async function build(folder: string): Promise<void> {
  const source = `${folder}.source`;
  await mkdir(source, { recursive: true });
  try {
    await writeFile(join(source, 'main.go'), SOURCE);
    await writeFile(join(source, 'go.mod'), 'module pause\n\ngo 1.21\n');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' };
    await run('go', ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid=', '-o', join(folder, 'pause')], {
      cwd: source,
      env,
    });
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

export const PAUSE: ImageRecipe = {
  short: 'pause',
  name: 'lab.invalid/pause:1',
  layers: [{ title: 'pause', key: `pause 1 ${createHash('sha256').update(SOURCE).digest('hex')}`, build }],
  // One thread of its own is enough, and less memory for each pod.
  config: { entrypoint: ['/pause'], user: '65535:65535', env: { GOMAXPROCS: '1' } },
};
