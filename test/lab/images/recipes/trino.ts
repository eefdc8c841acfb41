/**
 * Trino, laid out like its own image: the server in /usr/lib/trino, settings in /etc/trino, data in /data/trino, the command line as
 * `trino`. It starts alone without any settings, and with those that a chart mounts over /etc/trino.
 */
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../../workbench/cache.mjs';
import { mavenArtifact } from '../../build/downloads.ts';
import { untar, unzip } from '../../build/unpack.ts';
import { BASE } from '../debian.ts';
import { javaHome, jre } from '../java.ts';
import { files, script, users } from '../layers.ts';
import type { ImageRecipe, LayerRecipe } from '../recipe.ts';

const VERSION = '476';

/** Parts of Maven Central by artifact of io.trino. */
const SHA256 = {
  'trino-server-core': '0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158',
  'trino-tpch': 'd83467efe864b1e77013208c293835e197bc3135318c2895521c1efbb7f232bd',
  'trino-memory': 'bade81c52e2f7177a7b867aee1b10fae48fefda9c38f3ec6aeb006fdde5f0378',
  'trino-cli': 'fe4e9c7fb569cd67673afa1622945f6308e1e59bdb825419352b80887661757b',
} as const;

/** Plugins that the core does not bring: one with data, and one that can be written to. */
const PLUGINS = ['trino-tpch', 'trino-memory'] as const;
const LAUNCHER = process.arch === 'x64' ? 'linux-amd64' : `linux-${process.arch}`;

const server: LayerRecipe = {
  title: `Trino ${VERSION}`,
  key: JSON.stringify(['trino 1', VERSION, SHA256]),
  build: async (folder, progress) => {
    const home = join(folder, 'usr/lib/trino');
    await untar(await artifact('trino-server-core', 'tar.gz', progress), home, 1);
    // Launchers for other machines.
    for (const entry of await readdir(join(home, 'bin'), { withFileTypes: true }))
      if (entry.isDirectory() && entry.name !== LAUNCHER) await rm(join(home, 'bin', entry.name), { recursive: true });
    for (const name of PLUGINS) {
      const unpacked = `${folder}.plugin`;
      await unzip(await artifact(name, 'zip', progress), unpacked);
      await rename(join(unpacked, `${name}-${VERSION}`), join(home, 'plugin', name.replace('trino-', '')));
      await rm(unpacked, { recursive: true });
    }
    await mkdir(join(folder, 'usr/share/trino'), { recursive: true });
    await copyFile(await artifact('trino-cli', 'jar', progress), join(folder, 'usr/share/trino/trino-cli.jar'));
  },
};

function artifact(name: keyof typeof SHA256, type: string, progress: Progress): Promise<string> {
  const coordinate = `io.trino:${name}:${VERSION}${name === 'trino-cli' ? ':executable' : ''}`;
  return mavenArtifact(coordinate, SHA256[name], progress, type);
}

const RUN = `#!/bin/bash
# Becomes the server with the settings of /etc/trino; a node without an id takes the host's name.
set -e
options=(--etc-dir /etc/trino)
if ! grep -sq '^node.id' /etc/trino/node.properties; then options+=("-Dnode.id=$HOSTNAME"); fi
# Charts ask Java for a module that this small runtime does not have; Trino works without it.
if grep -sq '^--add-modules=jdk.incubator.vector' /etc/trino/jvm.config && ! java --list-modules | grep -q '^jdk.incubator.vector'; then
  grep -v '^--add-modules=jdk.incubator.vector' /etc/trino/jvm.config > /tmp/jvm.config
  options+=(--jvm-config /tmp/jvm.config)
fi
exec /usr/lib/trino/bin/launcher run "\${options[@]}" "$@"
`;

const HEALTH_CHECK = `#!/bin/bash
# Ends well when the server on this host has started.
setting() { sed -n "s/^$1 *= *//p" /etc/trino/config.properties | tail -n 1; }
if [ "$(setting http-server.http.enabled)" = false ]; then
  address=https://localhost:$(setting http-server.https.port)
else
  port=$(setting http-server.http.port)
  address=http://localhost:\${port:-8080}
fi
info=$(curl -fsSk -m 5 "$address/v1/info") || exit 1
grep -Eq '"starting": *false' <<< "$info"
`;

const JVM = `-server
-Xmx1G
-XX:+ExplicitGCInvokesConcurrent
-XX:+ExitOnOutOfMemoryError
-XX:-OmitStackTraceInFastThrow
-XX:ReservedCodeCacheSize=256M
-XX:PerMethodRecompilationCutoff=10000
-XX:PerBytecodeRecompilationCutoff=10000
-Djdk.attach.allowAttachSelf=true
-Djdk.nio.maxCachedBufferSize=2000000
-Dfile.encoding=UTF-8
-XX:+EnableDynamicAgentLoading
`;

const CONFIG = `coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=8080
discovery.uri=http://localhost:8080
catalog.management=\${ENV:CATALOG_MANAGEMENT}
query.max-memory=512MB
query.max-memory-per-node=256MB
`;

export const TRINO: ImageRecipe = {
  short: 'trino',
  name: `docker.io/trinodb/trino:${VERSION}`,
  layers: [
    BASE,
    jre(25),
    server,
    users([{ name: 'trino', uid: 1000, gid: 1000 }], { 'data/trino': 'trino' }),
    files(
      'settings of Trino',
      {
        'usr/lib/trino/bin/run-trino': script(RUN),
        'usr/lib/trino/bin/health-check': script(HEALTH_CHECK),
        'usr/bin/trino': script('#!/bin/bash\nexec java -jar /usr/share/trino/trino-cli.jar "$@"\n'),
        'etc/trino/jvm.config': JVM,
        'etc/trino/config.properties': CONFIG,
        'etc/trino/node.properties': 'node.environment=docker\nnode.data-dir=/data/trino\nplugin.dir=/usr/lib/trino/plugin\n',
        'etc/trino/log.properties': 'io.trino=INFO\n',
        'etc/trino/catalog/tpch.properties': 'connector.name=tpch\ntpch.splits-per-node=4\n',
        'etc/trino/catalog/memory.properties': 'connector.name=memory\n',
      },
      [{ path: 'etc/trino', uid: 1000, gid: 1000 }],
    ),
  ],
  config: {
    user: 'trino:trino',
    env: { JAVA_HOME: javaHome(25), LANG: 'C.UTF-8', CATALOG_MANAGEMENT: 'static' },
    cmd: ['/usr/lib/trino/bin/run-trino'],
    ports: ['8080/tcp'],
  },
};
