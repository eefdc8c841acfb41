/**
 * Tests under another kernel than this machine's, for what this one may not have: Debian's own for virtual machines, in one, on this
 * machine's files. Needs root.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { goArch } from '../../lab/build/go.ts';
import { readReport, type Report } from '../../reporter.ts';
import { ensureApt } from '../../workbench/apt.mjs';
import { cached, Progress } from '../../workbench/cache.mjs';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
/** All of it is computed, ten times as slow: the processor's help (KVM) fails inside of other virtual machines. */
const LIMIT_MS = 600_000;

/** What brings this machine's files into that one. */
const OF_FILES = ['virtio_pci', 'virtiofs'];

interface Kernel {
  readonly image: string;
  /** With /lib/modules. */
  readonly files: string;
}

/** Runs the tests of a file where these modules of the kernel are loaded; fails with all that was printed when there is no report. */
export async function underOtherKernel(file: string, modules: readonly string[]): Promise<Report> {
  await ensureApt(['qemu-system-x86', 'busybox-static', 'cpio', 'kmod'], new Progress('lines'));
  const kernel = await debianKernel();
  const folder = mkdtempSync(join(tmpdir(), 'faultline-kernel-'));
  const socket = join(folder, 'files');
  const files = spawn('/usr/lib/qemu/virtiofsd', [`--socket-path=${socket}`, '-o', 'source=/', '-o', 'sandbox=chroot', '-f'], {
    stdio: 'ignore',
  });
  try {
    const report = join(folder, 'report.json');
    while (!existsSync(socket) && files.exitCode === null) await pause(20);
    const first = await firstFiles(kernel, folder, modules, `${process.execPath} test/mocha.ts ${file} ${report} 60000`);
    const { stdout } = await run('qemu-system-x86_64', machine(kernel.image, first, socket), { timeout: LIMIT_MS, killSignal: 'SIGKILL' });
    try {
      return readReport(report);
    } catch (error) {
      throw new Error(stdout, { cause: error });
    }
  } finally {
    files.kill('SIGKILL');
    if (files.exitCode === null && files.signalCode === null) await once(files, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

const machine = (image: string, first: string, socket: string): readonly string[] => [
  ...['-accel', 'tcg', '-smp', '2', '-cpu', 'max', '-m', '1G', '-nographic', '-no-reboot', '-nodefaults', '-serial', 'stdio'],
  ...['-object', 'memory-backend-memfd,id=memory,size=1G,share=on', '-machine', 'q35,memory-backend=memory'],
  ...['-chardev', `socket,id=files,path=${socket}`, '-device', 'vhost-user-fs-pci,chardev=files,tag=files'],
  ...['-kernel', image, '-initrd', first, '-append', 'console=ttyS0 quiet panic=-1'],
];

/** Fetched once. It is not installed: no machine starts with it. */
async function debianKernel(): Promise<Kernel> {
  const { stdout } = await run('apt-cache', ['depends', `linux-image-cloud-${goArch()}`]);
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error('Debian’s kernel for virtual machines is not in the package lists: apt-get update');
  const files = await cached(name, 'ready', async (partial) => {
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], { cwd: partial });
    const [file = ''] = globSync(join(partial, '*.deb'));
    await run('dpkg-deb', ['-x', file, partial]);
    rmSync(file);
    await run('depmod', ['-b', partial, versionOf(partial)]);
    writeFileSync(join(partial, 'ready'), '');
  });
  return { files, image: globSync(join(files, 'boot/vmlinuz-*'))[0] ?? '' };
}

const versionOf = (files: string): string => globSync('*', { cwd: join(files, 'lib/modules') })[0] ?? '';

/** The first files of that machine: a shell that loads modules, and goes over to this machine's files. Gives their archive. */
async function firstFiles(kernel: Kernel, folder: string, modules: readonly string[], command: string): Promise<string> {
  const files = join(folder, 'first');
  for (const name of ['bin', 'proc', 'sys', 'host']) mkdirSync(join(files, name), { recursive: true });
  cpSync('/bin/busybox', join(files, 'bin/busybox'));
  cpSync(join(kernel.files, 'lib/modules'), join(files, 'lib/modules'), { recursive: true });
  // What is mounted there is seen in that machine alone.
  const then = join(folder, 'then');
  writeFileSync(
    then,
    `mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
export HOME='${process.env['HOME'] ?? '/root'}' PATH='${process.env['PATH'] ?? ''}'
ip link set lo up
cd '${root}' && ${command}
`,
  );
  writeFileSync(
    join(files, 'init'),
    `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox modprobe -a ${[...OF_FILES, ...modules].join(' ')}
/bin/busybox mount -t virtiofs files /host
/bin/busybox chroot /host /bin/sh '${then}'
/bin/busybox poweroff -f
`,
    { mode: 0o755 },
  );
  const archive = join(folder, 'first.cpio');
  await run('sh', ['-c', `find . | cpio --quiet -o -H newc > '${archive}'`], { cwd: files });
  return archive;
}
