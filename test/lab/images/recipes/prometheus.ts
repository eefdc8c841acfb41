/**
 * Prometheus, Alertmanager and node-exporter: Debian's programs under the paths and users of their projects' own images, whose names
 * differ from Debian's. They have their interfaces for programs and no pages: Debian builds only the classic ones, on 230 MB of libraries.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE, debian } from '../debian.ts';
import { files } from '../layers.ts';
import type { ImageRecipe, LayerRecipe, Owner } from '../recipe.ts';

const PAGES = ['fonts', 'fonts-glyphicons', 'javascript', 'nodejs', 'sass'].map((name) => `usr/share/${name}`);

const NOBODY = { uid: 65534, gid: 65534 } as const;

/** The package's programs by their path in it and in the image; of its other files only those that programs read. */
function programsOf(name: string, moves: Readonly<Record<string, string>>): LayerRecipe {
  return debian([name], {
    without: ['etc/init.d', 'etc/default', 'etc/logrotate.d', 'etc/prometheus', 'usr/lib/systemd', 'lib/systemd', 'var', ...PAGES],
    finish: async (folder) => {
      for (const [from, to] of Object.entries(moves)) {
        await mkdir(join(folder, to, '..'), { recursive: true });
        if (from !== to) await rename(join(folder, from), join(folder, to));
      }
      await rm(join(folder, 'usr/lib/systemd'), { recursive: true, force: true });
    },
  });
}

const owned = (...paths: string[]): Owner[] => paths.map((path) => ({ path, ...NOBODY }));

const PROMETHEUS_YML = `global:
  scrape_interval: 15s
  evaluation_interval: 15s

scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ['localhost:9090']
`;

export const PROMETHEUS: ImageRecipe = {
  short: 'prometheus',
  name: 'quay.io/prometheus/prometheus:v2.42.0',
  aliases: ['docker.io/prom/prometheus:v2.42.0'],
  layers: [
    BASE,
    programsOf('prometheus', { 'usr/bin/prometheus': 'usr/bin/prometheus' }),
    files(
      'prometheus.yml',
      {
        'etc/prometheus/prometheus.yml': PROMETHEUS_YML,
        'etc/prometheus/consoles': { folder: true },
        'etc/prometheus/console_libraries': { folder: true },
        prometheus: { folder: true },
      },
      owned('etc/prometheus', 'prometheus'),
    ),
  ],
  config: {
    user: 'nobody',
    workdir: '/prometheus',
    entrypoint: ['/bin/prometheus'],
    cmd: [
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      '--web.console.libraries=/etc/prometheus/console_libraries',
      '--web.console.templates=/etc/prometheus/consoles',
    ],
    ports: ['9090/tcp'],
    volumes: ['/prometheus'],
  },
};

const ALERTMANAGER_YML = `route:
  receiver: nobody
  group_by: [alertname]

receivers:
  - name: nobody
`;

export const ALERTMANAGER: ImageRecipe = {
  short: 'alertmanager',
  name: 'quay.io/prometheus/alertmanager:v0.25.0',
  aliases: ['docker.io/prom/alertmanager:v0.25.0'],
  layers: [
    BASE,
    programsOf('prometheus-alertmanager', { 'usr/bin/prometheus-alertmanager': 'usr/bin/alertmanager' }),
    files(
      'alertmanager.yml',
      { 'etc/alertmanager/alertmanager.yml': ALERTMANAGER_YML, alertmanager: { folder: true } },
      owned('etc/alertmanager', 'alertmanager'),
    ),
  ],
  config: {
    user: 'nobody',
    workdir: '/alertmanager',
    entrypoint: ['/bin/alertmanager'],
    cmd: ['--config.file=/etc/alertmanager/alertmanager.yml', '--storage.path=/alertmanager'],
    ports: ['9093/tcp'],
    volumes: ['/alertmanager'],
  },
};

export const NODE_EXPORTER: ImageRecipe = {
  short: 'node-exporter',
  name: 'quay.io/prometheus/node-exporter:v1.5.0',
  aliases: ['docker.io/prom/node-exporter:v1.5.0'],
  layers: [BASE, programsOf('prometheus-node-exporter', { 'usr/bin/prometheus-node-exporter': 'usr/bin/node_exporter' })],
  config: { user: 'nobody', entrypoint: ['/bin/node_exporter'], ports: ['9100/tcp'] },
};
