/**
 * ClickHouse 18.16 from Debian: a whole server with its native protocol, replication, system tables and KILL QUERY, whose SQL is that of
 * 2018. Laid out like ClickHouse's own image. Configuration of that time has `<yandex>` where today's has `<clickhouse>`, and files that
 * are mounted must say so; users come from XML alone (CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT means nothing to it).
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE, debian } from '../debian.ts';
import { files, script, users } from '../layers.ts';
import type { ImageRecipe } from '../recipe.ts';

const SERVER_XML = `<yandex>
  <!-- A container is reached from outside, and its log is read from its output. -->
  <listen_host>::</listen_host>
  <listen_host>0.0.0.0</listen_host>
  <listen_try>1</listen_try>
  <logger>
    <level>information</level>
    <console>1</console>
  </logger>
</yandex>
`;

const CLIENT_XML = `<yandex>
  <history_file>/tmp/.clickhouse-client-history</history_file>
</yandex>
`;

const ENTRYPOINT = `#!/bin/bash
# ClickHouse's server as the environment says: CLICKHOUSE_USER, _PASSWORD, _DB, _CONFIG, _UID, _GID, _DO_NOT_CHOWN, and what lies in
# /docker-entrypoint-initdb.d. A command other than options is run in its place.
set -eo pipefail
shopt -s nullglob

config=\${CLICKHOUSE_CONFIG:-/etc/clickhouse-server/config.xml}
user=\${CLICKHOUSE_USER:-default}
password=$CLICKHOUSE_PASSWORD
[ -n "$CLICKHOUSE_PASSWORD_FILE" ] && password=$(cat "$CLICKHOUSE_PASSWORD_FILE")
data=/var/lib/clickhouse

as_clickhouse=()
if [ "$(id -u)" = 0 ] && [ "$CLICKHOUSE_RUN_AS_ROOT" != 1 ]; then
  uid=\${CLICKHOUSE_UID:-101}
  gid=\${CLICKHOUSE_GID:-101}
  as_clickhouse=(chroot "--userspec=$uid:$gid" --groups= /)
  mkdir -p $data /var/log/clickhouse-server
  if [ "$CLICKHOUSE_DO_NOT_CHOWN" != 1 ]; then
    for folder in $data /var/log/clickhouse-server; do
      [ "$(stat -c %u $folder)" = "$uid" ] || chown -R "$uid:$gid" $folder
    done
  fi
fi

if [ $# -gt 0 ] && [[ $1 != -* ]]; then exec "$@"; fi

xml() { sed -e 's/&/\\&amp;/g' -e 's/</\\&lt;/g' -e 's/>/\\&gt;/g' <<< "$1"; }
if [ "$user" != default ] || [ -n "$password" ]; then
  without=
  [ "$user" = default ] || without='<default remove="remove"/>'
  mkdir -p /etc/clickhouse-server/users.d
  cat > /etc/clickhouse-server/users.d/default-user.xml << END
<yandex><users>$without
  <$user>
    <password replace="replace">$(xml "$password")</password>
    <networks replace="replace"><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </$user>
</users></yandex>
END
fi

server=("\${as_clickhouse[@]}" clickhouse-server "--config-file=$config")
scripts=(/docker-entrypoint-initdb.d/*)
if [ -n "$CLICKHOUSE_DB" ] || [ \${#scripts[@]} -gt 0 ]; then
  # What asks over HTTP whether the server is ready is not to hear so before the database is complete.
  "\${server[@]}" -- --http_port=18123 > /dev/null &
  starting=$!
  client=(clickhouse-client --multiquery --host 127.0.0.1 -u "$user" --password "$password")
  tries=\${CLICKHOUSE_INIT_TIMEOUT:-1000}
  until "\${client[@]}" --query 'SELECT 1' > /dev/null 2>&1; do
    ((tries-- > 0)) || { echo 'ClickHouse did not start for its initialization.' >&2; exit 1; }
    sleep 0.1
  done
  [ -z "$CLICKHOUSE_DB" ] || "\${client[@]}" --query "CREATE DATABASE IF NOT EXISTS \\\`$CLICKHOUSE_DB\\\`"
  for file in "\${scripts[@]}"; do
    case $file in
      *.sql) echo "$0: $file"; "\${client[@]}" < "$file" ;;
      *.sql.gz) echo "$0: $file"; gzip -dc "$file" | "\${client[@]}" ;;
      *.sh) echo "$0: $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *) echo "$0: $file is left out" ;;
    esac
  done
  kill -TERM $starting
  wait $starting || true
fi

exec "\${server[@]}" "$@"
`;

/** The one program of other builds, by which scripts call the others. */
const MULTITOOL = `#!/bin/sh
case $1 in
  server | --server) shift; exec clickhouse-server "$@" ;;
  client | --client) shift; exec clickhouse-client "$@" ;;
  *) echo "This build has clickhouse server and clickhouse client." >&2; exit 1 ;;
esac
`;

export const CLICKHOUSE: ImageRecipe = {
  short: 'clickhouse',
  name: 'docker.io/clickhouse/clickhouse-server:18.16',
  aliases: ['docker.io/clickhouse/clickhouse-server:18.16.1'],
  layers: [
    BASE,
    debian(['clickhouse-server', 'clickhouse-client', 'tzdata'], {
      without: ['etc/init.d', 'lib/systemd', 'usr/lib/systemd', 'usr/share/perl5', 'usr/share/icu'],
      finish: async (folder) => {
        await mkdir(join(folder, 'usr/bin'), { recursive: true });
        await rename(join(folder, 'usr/sbin/clickhouse-server'), join(folder, 'usr/bin/clickhouse-server'));
      },
    }),
    users([{ name: 'clickhouse', uid: 101, gid: 101, home: '/var/lib/clickhouse' }], {
      'var/log/clickhouse-server': 'clickhouse',
      'etc/clickhouse-server/config.d': 'clickhouse',
      'etc/clickhouse-server/users.d': 'clickhouse',
    }),
    files('entry point', {
      'entrypoint.sh': script(ENTRYPOINT),
      'usr/bin/clickhouse': script(MULTITOOL),
      'etc/clickhouse-server/config.d/docker_related_config.xml': SERVER_XML,
      'etc/clickhouse-client/conf.d/history.xml': CLIENT_XML,
      'docker-entrypoint-initdb.d': { folder: true },
    }),
  ],
  config: {
    env: { CLICKHOUSE_CONFIG: '/etc/clickhouse-server/config.xml', TZ: 'UTC', LANG: 'C.UTF-8' },
    entrypoint: ['/entrypoint.sh'],
    ports: ['8123/tcp', '9000/tcp', '9009/tcp'],
    volumes: ['/var/lib/clickhouse'],
  },
};
