/** What holds a pod's namespaces open: it waits, buries orphans, and leaves at once when it is told to. */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../../workbench/cache.mjs';
import { LINK_FLAGS, runGo } from '../../build/go.ts';
import { goFromWheel } from '../../build/toolchain.ts';
import { GO } from '../../versions.ts';
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

const FLAGS = ['-buildvcs=false', `-ldflags=${LINK_FLAGS} -buildid=`];

async function build(folder: string, progress: Progress): Promise<void> {
  const source = `${folder}.source`;
  await mkdir(source, { recursive: true });
  try {
    await writeFile(join(source, 'main.go'), SOURCE);
    await writeFile(join(source, 'go.mod'), 'module pause\n\ngo 1.21\n');
    const args = ['build', ...FLAGS, '-o', join(folder, 'pause')];
    await runGo({ go: await goFromWheel(progress), args, folder: source }, () => undefined);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

export const PAUSE: ImageRecipe = {
  short: 'pause',
  name: 'lab.invalid/pause:1',
  layers: [
    {
      title: 'pause',
      // What another Go makes of it is another image.
      key: `pause 1 ${createHash('sha256')
        .update(JSON.stringify([SOURCE, FLAGS, GO.wheel.version]))
        .digest('hex')}`,
      build,
    },
  ],
  // One thread of its own is enough, and less memory for each pod.
  config: { entrypoint: ['/pause'], user: '65535:65535', env: { GOMAXPROCS: '1' } },
};
