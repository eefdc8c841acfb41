/**
 * Node, under the names of the official image's small variant: what probes and healers run in. Like that image it takes options and
 * scripts for `node`, and anything else that is on the path as a command of its own.
 */
import { BASE } from '../debian.ts';
import { files, script, users } from '../layers.ts';
import { NODE_PROGRAM } from '../node.ts';
import type { ImageRecipe } from '../recipe.ts';

const ENTRYPOINT = `#!/bin/sh
set -e
# "-e CODE", "/app/main.js": for node.
case "\${1-}" in
  -* | *.js | *.mjs | *.cjs | *.ts) set -- node "$@" ;;
  *) [ -n "$(command -v "\${1:-node}")" ] || set -- node "$@" ;;
esac
exec "$@"
`;

export const NODE: ImageRecipe = {
  short: 'node',
  name: 'docker.io/library/node:24-slim',
  aliases: ['docker.io/library/node:24', 'docker.io/library/node:24.21.0-slim'],
  layers: [
    BASE,
    NODE_PROGRAM,
    users([{ name: 'node', uid: 1000, gid: 1000 }]),
    files('entry point', { 'usr/local/bin/docker-entrypoint.sh': script(ENTRYPOINT) }),
  ],
  config: { entrypoint: ['docker-entrypoint.sh'], cmd: ['node'] },
};
