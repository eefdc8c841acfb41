/** MinIO, built from its Go module, with the entry point that charts call by its path. `mc` is another image and not there. */
import { BASE } from '../debian.ts';
import { goProgram } from '../go.ts';
import { files, script } from '../layers.ts';
import type { ImageRecipe } from '../recipe.ts';
import { GO_PROGRAMS } from '../../versions.ts';

/** MinIO names a build by its commit's time: v0.0.0-20260212201848-… is DEVELOPMENT.2026-02-12T20-18-48Z. */
function tagOf(version: string): string {
  const time = /-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-/.exec(version);
  if (time === null) throw new Error(`${version} names no commit of MinIO.`);
  const [, year, month, day, hour, minute, second] = time;
  return `DEVELOPMENT.${year}-${month}-${day}T${hour}-${minute}-${second}Z`;
}

const ENTRYPOINT = `#!/bin/sh
# MinIO with the arguments, whether or not they begin with its name; secrets may come from files.
case $1 in minio | '') ;; *) set -- minio "$@" ;; esac
secret() {
  eval "file=\\$$1_FILE"
  [ -z "$file" ] && return
  case $file in /*) ;; *) file=/run/secrets/$file ;; esac
  [ -f "$file" ] && export "$1=$(cat "$file")"
}
for name in MINIO_ACCESS_KEY MINIO_SECRET_KEY MINIO_ROOT_USER MINIO_ROOT_PASSWORD MINIO_KMS_SECRET_KEY; do secret "$name"; done
if [ -n "$MINIO_CONFIG_ENV_FILE" ] && [ -f "$MINIO_CONFIG_ENV_FILE" ]; then . "$MINIO_CONFIG_ENV_FILE"; fi
if [ -n "$MINIO_USERNAME" ] && [ "$(id -u)" = 0 ]; then
  exec chroot --userspec="\${MINIO_UID:-$MINIO_USERNAME}:\${MINIO_GID:-$MINIO_GROUPNAME}" / "$@"
fi
exec "$@"
`;

const TAG = tagOf(GO_PROGRAMS.minio.version);

export const MINIO: ImageRecipe = {
  short: 'minio',
  name: `docker.io/minio/minio:${TAG}`,
  aliases: [`quay.io/minio/minio:${TAG}`, 'docker.io/minio/minio:latest', 'quay.io/minio/minio:latest'],
  layers: [
    BASE,
    goProgram('usr/bin/minio', 'minio'),
    files('entry point', {
      'usr/bin/docker-entrypoint.sh': script(ENTRYPOINT),
      // Where older images had it, and some charts still look.
      'opt/bin/minio': { link: '/usr/bin/minio' },
      // Anybody's: pods choose the user.
      data: { folder: true, mode: 0o777 },
    }),
  ],
  config: {
    env: {
      MINIO_UPDATE: 'off',
      MINIO_CONFIG_ENV_FILE: 'config.env',
      PATH: '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    },
    entrypoint: ['/usr/bin/docker-entrypoint.sh'],
    cmd: ['minio'],
    ports: ['9000/tcp'],
    volumes: ['/data'],
  },
};
