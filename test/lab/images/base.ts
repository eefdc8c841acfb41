/** What the lowest layer of most images holds, and what the scripts of its packages would have done. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../workbench/cache.mjs';

/** What the layer `BASE` holds, with all that these depend on. */
export const BASE_PACKAGES: readonly string[] = [
  'bash',
  'busybox',
  'ca-certificates',
  'coreutils',
  'curl',
  'grep',
  'libstdc++6',
  'sed',
  'tini',
  'zlib1g',
];

export async function finishBase(folder: string): Promise<void> {
  await writeSystemFiles(folder);
  await bundleCertificates(folder);
  await linkIfFree(folder, 'usr/bin/awk', 'mawk');
  await linkIfFree(folder, 'usr/bin/which', 'which.debianutils');
  await linkApplets(folder);
}

/** Users, names and folders that any program expects. */
export async function writeSystemFiles(folder: string): Promise<void> {
  await mkdir(join(folder, 'etc'), { recursive: true });
  const { passwd, group } = accounts([]);
  await writeFile(join(folder, 'etc/passwd'), passwd);
  await writeFile(join(folder, 'etc/group'), group);
  await writeFile(join(folder, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n');
  for (const path of ['root', 'home', 'run', 'proc', 'sys', 'dev', 'var/lib', 'var/log', 'var/cache'])
    await mkdir(join(folder, path), { recursive: true });
  for (const path of ['tmp', 'var/tmp']) {
    await mkdir(join(folder, path), { recursive: true });
    await chmod(join(folder, path), 0o1777);
  }
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Default: /home/NAME */
  readonly home?: string;
  /** Default: NAME */
  readonly group?: string;
}

/** /etc/passwd and /etc/group with these accounts beside those that every image has. */
export function accounts(more: readonly Account[]): { readonly passwd: string; readonly group: string } {
  const all: readonly Account[] = [
    { name: 'root', uid: 0, gid: 0, home: '/root' },
    { name: 'daemon', uid: 1, gid: 1, home: '/usr/sbin' },
    ...more,
    { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent', group: 'nogroup' },
  ];
  const shell = (account: Account) => (account.uid === 0 || more.includes(account) ? '/bin/sh' : '/usr/sbin/nologin');
  const passwd = all.map((one) => `${one.name}:x:${one.uid}:${one.gid}::${one.home ?? `/home/${one.name}`}:${shell(one)}\n`);
  const groups = new Map(all.map((one) => [one.gid, one.group ?? one.name]));
  return { passwd: passwd.join(''), group: [...groups].map(([gid, name]) => `${name}:x:${gid}:\n`).join('') };
}

async function bundleCertificates(folder: string): Promise<void> {
  const source = join(folder, 'usr/share/ca-certificates/mozilla');
  const texts = await Promise.all((await readdir(source)).sort().map((name) => readFile(join(source, name), 'utf8')));
  await mkdir(join(folder, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(folder, 'etc/ssl/certs/ca-certificates.crt'), texts.map((text) => `${text.trimEnd()}\n`).join(''));
  await mkdir(join(folder, 'usr/lib/ssl'), { recursive: true });
  await linkIfFree(folder, 'usr/lib/ssl/cert.pem', '/etc/ssl/certs/ca-certificates.crt');
}

/** A link for every applet of busybox whose name is free: `ps`, `wget`, `vi` and so on, where no package brings the real thing. */
export async function linkApplets(folder: string): Promise<void> {
  for (const path of (await applets(folder)).split('\n')) {
    const place = path.trim().replace(/^(usr\/)?/, 'usr/');
    if (!/^usr\/s?bin\/[^/]+$/.test(place)) continue;
    const name = place.slice(place.lastIndexOf('/') + 1);
    if (name === 'wget') await putWget(folder);
    const taken = ['usr/bin', 'usr/sbin'].some((bin) => existsSync(join(folder, bin, name)));
    if (!taken) await linkIfFree(folder, place, '/bin/busybox');
  }
}

/** Debian's busybox 1.35 ends with a fault at `wget -T`, which probes use everywhere: here the limit comes from outside, for the whole. */
const WGET = `#!/bin/sh
limit=
left=$#
while [ "$left" -gt 0 ]; do
  option=$1
  shift
  left=$((left - 1))
  case $option in
    -T | --timeout) limit=$1; shift; left=$((left - 1)) ;;
    -T*) limit=\${option#-T} ;;
    --timeout=*) limit=\${option#--timeout=} ;;
    -qT) limit=$1; shift; left=$((left - 1)); set -- "$@" -q ;;
    *) set -- "$@" "$option" ;;
  esac
done
[ -n "$limit" ] || exec /bin/busybox wget "$@"
/bin/busybox timeout "$limit" /bin/busybox wget "$@"
code=$?
case $code in 124 | 143) echo 'wget: download timed out' >&2; exit 1 ;; esac
exit $code
`;

async function putWget(folder: string): Promise<void> {
  const path = join(folder, 'usr/bin/wget');
  await writeFile(path, WGET);
  await chmod(path, 0o755);
}

/** "usr/bin/wget" lines. Asked with the image's own loader, since this machine may have another libc, or no right to chroot. */
async function applets(folder: string): Promise<string> {
  const name = (await readdir(join(folder, 'usr/lib'))).find((entry) => entry.endsWith('-linux-gnu')) ?? '';
  const libraries = join(folder, 'usr/lib', name);
  const loader = (await readdir(libraries)).find((entry) => entry.startsWith('ld-linux'));
  if (loader === undefined) throw new Error(`No libc in ${folder}.`);
  return run(join(libraries, loader), ['--library-path', libraries, join(folder, 'usr/bin/busybox'), '--list-full']);
}

/** The link, where nothing has that name yet. */
export async function linkIfFree(folder: string, path: string, target: string): Promise<void> {
  const link = join(folder, path);
  await mkdir(dirname(link), { recursive: true });
  await symlink(target, link).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
}
