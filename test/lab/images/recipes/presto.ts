/**
 * Presto, laid out like its own image: the server in /opt/presto-server with its settings in etc/, started by /opt/entrypoint.sh. Put
 * together from the server's jars, since the whole distribution is 2 GB.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mavenArtifact } from '../../build/downloads.ts';
import { unzip } from '../../build/unpack.ts';
import { BASE } from '../debian.ts';
import { javaHome, jars, jre } from '../java.ts';
import { files, script, users } from '../layers.ts';
import type { ImageRecipe, LayerRecipe } from '../recipe.ts';

const VERSION = '0.296';
const HOME = 'opt/presto-server';
const TPCH_SHA256 = 'ab6a0370b5ada5dce228928a39955b7419481e49a3f3912ededebef4252d4ad4';

const tpch: LayerRecipe = {
  title: `Presto's plugin tpch`,
  key: `presto-tpch 1 ${TPCH_SHA256}`,
  build: async (folder, progress) => {
    const unpacked = `${folder}.plugin`;
    await unzip(await mavenArtifact(`com.facebook.presto:presto-tpch:${VERSION}`, TPCH_SHA256, progress, 'zip'), unpacked);
    const [top = ''] = await readdir(unpacked);
    await mkdir(join(folder, HOME, 'plugin'), { recursive: true });
    await rename(join(unpacked, top), join(folder, HOME, 'plugin/tpch'));
    await rm(unpacked, { recursive: true });
  },
};

const LAUNCHER = `#!/bin/bash
# launcher run [-Dname=value]…: becomes the server with the settings of etc/.
home=$(dirname "$(dirname "$(readlink -f "$0")")")
etc=$home/etc
if [ "$1" != run ]; then echo "Usage: launcher run [-Dname=value]..." >&2; exit 2; fi
shift
options=()
lines() { [ ! -e "$1" ] || grep -Ev '^[[:space:]]*(#|$)' "$1"; }
while IFS= read -r line; do options+=("$line"); done < <(lines "$etc/jvm.config")
while IFS= read -r line; do options+=("-D$line"); done < <(lines "$etc/node.properties" | sed -E 's/[[:space:]]*=[[:space:]]*/=/')
set_already() { lines "$etc/node.properties" | grep -q "^$1[[:space:]]*="; }
set_already node.environment || options+=(-Dnode.environment=lab)
set_already node.id || options+=("-Dnode.id=$HOSTNAME")
set_already node.data-dir || options+=(-Dnode.data-dir=/var/lib/presto/data)
set_already plugin.dir || options+=("-Dplugin.dir=$home/plugin")
[ ! -e "$etc/log.properties" ] || options+=("-Dlog.levels-file=$etc/log.properties")
# Its own defaults are paths below the folder that it is started in.
cd "$home" || exit 1
exec java "\${options[@]}" "-Dconfig=$etc/config.properties" "$@" -cp "$home/lib/*" com.facebook.presto.server.PrestoServer
`;

// A probe that is cut off leaves its query behind: unless that ends by itself, a slow server gets ever more of them.
const READY = `#!/bin/bash
# presto-ready [ADDRESS]: ends well when a query does. /v1/info says "started" seconds before any query can run.
ask() { curl -fsS -m 5 -H 'X-Presto-User: ready' -H 'X-Presto-Source: presto-ready' -H 'X-Presto-Session: query_max_run_time=5s' "$@"; }
address=\${1:-http://localhost:8080}
answer=$(ask -d 'SELECT 1' "$address/v1/statement") || exit 1
for _ in {1..100}; do
  if grep -q '"error"' <<< "$answer"; then grep -o '"errorName":"[^"]*"' <<< "$answer" >&2; exit 1; fi
  next=$(grep -o '"nextUri":"[^"]*"' <<< "$answer" | cut -d'"' -f4)
  if [ -z "$next" ]; then exit 0; fi
  answer=$(ask "$next") || { ask -X DELETE "$next" > /dev/null; exit 1; }
done
exit 1
`;

const JVM = `-server
-Xmx1G
-XX:+UseG1GC
-XX:+ExplicitGCInvokesConcurrent
-XX:+ExitOnOutOfMemoryError
-Djdk.attach.allowAttachSelf=true
--add-opens=java.base/java.io=ALL-UNNAMED
--add-opens=java.base/java.lang=ALL-UNNAMED
--add-opens=java.base/java.lang.ref=ALL-UNNAMED
--add-opens=java.base/java.lang.reflect=ALL-UNNAMED
--add-opens=java.base/java.net=ALL-UNNAMED
--add-opens=java.base/java.nio=ALL-UNNAMED
--add-opens=java.base/java.security=ALL-UNNAMED
--add-opens=java.base/java.text=ALL-UNNAMED
--add-opens=java.base/java.util=ALL-UNNAMED
--add-opens=java.base/java.util.concurrent=ALL-UNNAMED
--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED
--add-opens=java.base/java.util.regex=ALL-UNNAMED
`;

const CONFIG = `coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=8080
discovery-server.enabled=true
discovery.uri=http://localhost:8080
query.max-memory=512MB
query.max-memory-per-node=256MB
query.max-total-memory-per-node=384MB
`;

export const PRESTO: ImageRecipe = {
  short: 'presto',
  name: `docker.io/prestodb/presto:${VERSION}`,
  layers: [
    BASE,
    jre(17),
    jars('presto', `${HOME}/lib`),
    tpch,
    users([{ name: 'presto', uid: 1000, gid: 1000 }], { 'var/lib/presto/data': 'presto' }),
    files('settings of Presto', {
      'opt/entrypoint.sh': script(`#!/bin/bash\nexec /${HOME}/bin/launcher run "$@"\n`),
      'usr/local/bin/presto-ready': script(READY),
      [`${HOME}/bin/launcher`]: script(LAUNCHER),
      [`${HOME}/etc/jvm.config`]: JVM,
      [`${HOME}/etc/config.properties`]: CONFIG,
      [`${HOME}/etc/node.properties`]: `node.environment=docker\nnode.data-dir=/var/lib/presto/data\n`,
      [`${HOME}/etc/log.properties`]: 'com.facebook.presto=INFO\n',
      [`${HOME}/etc/catalog/tpch.properties`]: 'connector.name=tpch\ntpch.splits-per-node=4\n',
    }),
  ],
  config: {
    env: { JAVA_HOME: javaHome(17), PRESTO_HOME: `/${HOME}`, LANG: 'C.UTF-8' },
    entrypoint: ['/opt/entrypoint.sh'],
    ports: ['8080/tcp'],
  },
};
