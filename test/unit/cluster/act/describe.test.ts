import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { describeObject } from '../../../../src/cluster/act/describe.ts';
import { looksSecret, shownArguments, withoutSecrets } from '../../../../src/cluster/act/describe/secrets.ts';
import type { KubeEvent } from '../../../../src/cluster/objects.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function event(reason: string, lastTimestamp: string, more: Partial<KubeEvent> = {}): KubeEvent {
  return { metadata: { name: reason }, type: 'Normal', reason, message: `${reason} happened`, lastTimestamp, ...more };
}

describe('a description', () => {
  it('of a crashed pod says how it ended, what it wants, how it is probed, and what happened, newest last', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'trino-0', namespace: 'analytics', creationTimestamp: '2026-11-21T11:00:00Z', labels: { app: 'trino' } },
      spec: {
        nodeName: 'n1',
        containers: [
          {
            name: 'trino',
            image: 'trino:476',
            args: ['--fast', '--password', 'hunter2', '--token=hunter2', 'run API_KEY=hunter2 x'],
            resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } },
            livenessProbe: { httpGet: { path: '/v1/info', port: 8080 }, periodSeconds: 5, failureThreshold: 3 },
            env: [
              { name: 'PLAIN', value: 'seen' },
              { name: 'AWS_SECRET_ACCESS_KEY', value: 'hunter2' },
              { name: 'FROM', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
            ],
          },
        ],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-trino-0' } }],
      },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: '2026-11-21T11:59:00Z' }],
        containerStatuses: [
          {
            name: 'trino',
            ready: false,
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-21T11:58:00Z' } },
          },
        ],
      },
    };
    const events = [
      event('Newest', '2026-11-21T11:59:30Z', { count: 5, firstTimestamp: '2026-11-21T11:30:00Z', type: 'Warning' }),
      event('Oldest', '2026-11-21T11:00:00Z'),
    ];
    assert.equal(
      describeObject(pod, events, NOW),
      `Name:             trino-0
Namespace:        analytics
Kind:             Pod, v1
Created:          2026-11-21T11:00:00Z, 60m ago
Labels:           app=trino
Status:           Running
Node:             n1

Conditions:
  TYPE   STATUS  SINCE  REASON
  Ready  False   60s    ContainersNotReady

Containers:
  trino:
    Image:        trino:476
    State:        waiting: CrashLoopBackOff
    Last state:   ended with exit code 137 (OOMKilled), 2m ago
    Ready:        false
    Restarts:     2
    Arguments:    --fast --password (not shown: it looks like a secret) --token=(not shown: it looks like a secret) run API_KEY=… x
    Requests:     cpu 500m, memory 1Gi
    Limits:       memory 1Gi
    Liveness:     http-get :8080/v1/info, every 5 s, 3 times
    Environment:  PLAIN=seen
                  AWS_SECRET_ACCESS_KEY=(not shown: it looks like a secret)
                  FROM ← secret s, key k

Volumes:
  NAME  WHAT
  data  persistentVolumeClaim data-trino-0

Events:
  AGE  TYPE     REASON  TIMES     MESSAGE
  60m  Normal   Oldest  1         Oldest happened
  30s  Warning  Newest  5 in 30m  Newest happened
`,
    );
  });

  it('of an autoscaler gives each metric now and wanted, and why it can’t scale', () => {
    const hpa = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h', namespace: 'n' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'trino-worker' },
        minReplicas: 2,
        maxReplicas: 6,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
          { type: 'Pods', pods: { metric: { name: 'queued' }, target: { type: 'AverageValue', averageValue: '5' } } },
        ],
      },
      status: {
        currentReplicas: 2,
        desiredReplicas: 3,
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 82, averageValue: '410m' } } }],
        conditions: [{ type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas', message: 'at most 6' }],
      },
    };
    const text = describeObject(hpa, 'forbidden', NOW);
    assert.match(text, /Scales: +Deployment trino-worker\nReplicas: +2 now, 3 wanted, from 2 to 6/);
    assert.match(text, /cpu +82 % \(410m\) +70 %\n +queued +unknown +5\n/);
    assert.match(text, /ScalingLimited +True +TooManyReplicas: at most 6/);
    assert.match(text, /list events is missing/);
  });

  it('of a secret, and of any other object, holds no secret', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'Opaque', data: { user: 'aHVudGVyMg==' } };
    const text = describeObject(secret, [], NOW);
    assert.match(text, /user +7 B/);
    assert.doesNotMatch(text, /aHVudGVyMg|hunter2/);
    const custom = {
      apiVersion: 'x/v1',
      kind: 'Thing',
      metadata: { name: 't', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"hunter2"}', note: 'kept' } },
      spec: {
        users: [{ name: 'DB_PASSWORD', value: 'hunter2' }],
        url: 'jdbc://me:hunter2@db',
        nested: { clientSecret: 'hunter2', size: 3 },
      },
    };
    const other = describeObject(custom, [], NOW);
    assert.doesNotMatch(other, /hunter2/);
    assert.match(other, /note: kept/);
    assert.match(other, /size: 3/);
  });

  it('tells what looks like a secret from what does not', () => {
    for (const [name, value] of [
      ['PASSWORD', 'x'],
      ['X', 'https://me:pw@host'],
      ['X', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x'],
      ['X', 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY'],
      ['sasl_jaas_config', 'x'],
    ] as const)
      assert.ok(looksSecret(name, value), `${name}=${value}`);
    for (const [name, value] of [
      ['COLOUR', 'green'],
      ['JAVA_OPTS', '-Xmx400m -XX:+UseG1GC'],
      ['BROKERS', 'kafka-0.kafka:9092,kafka-1.kafka:9092'],
      ['PASSWORD', ''],
      ['PASSWORD_FILE', '/run/secrets/db'],
      ['secretName', 'trino-tls'],
    ] as const)
      assert.ok(!looksSecret(name, value), `${name}=${value}`);
    assert.deepEqual(shownArguments(['--user', 'me', '-Dx.secret=y']).slice(0, 2), ['--user', 'me']);
    assert.deepEqual(withoutSecrets({ list: [{ token: 'x' }, 'plain'] }), {
      list: [{ token: '(not shown: it looks like a secret)' }, 'plain'],
    });
  });
});
