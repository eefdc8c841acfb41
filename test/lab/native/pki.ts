/** Certificates and kubeconfig files of a lab, made anew at each start and valid for a month. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { run } from '../../workbench/cache.mjs';
import type { NodePlace, Place } from './place.ts';

interface CertificatePlan {
  readonly name: string;
  /** "/O=system:masters/CN=admin" */
  readonly subject: string;
  readonly extensions: readonly string[];
}

const CLIENT = 'extendedKeyUsage=clientAuth';

export async function makePki(place: Place): Promise<void> {
  await mkdir(place.pki, { recursive: true, mode: 0o700 });
  await run('openssl', [...newKey(place, 'ca'), '-subj', '/CN=faultline-lab', '-addext', 'keyUsage=keyCertSign,cRLSign,digitalSignature']);
  await run('openssl', ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', join(place.pki, 'sa.key')]);
  await run('openssl', ['ec', '-in', join(place.pki, 'sa.key'), '-pubout', '-out', join(place.pki, 'sa.pub')]);
  const server = `https://${place.address}:${place.apiPort}`;
  await Promise.all([
    certificate(place, {
      name: 'apiserver',
      subject: '/CN=kube-apiserver',
      extensions: [
        `subjectAltName=IP:127.0.0.1,IP:${place.address},IP:${place.apiService},DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local`,
      ],
    }),
    certificate(place, { name: 'admin', subject: '/O=system:masters/CN=lab-admin', extensions: [CLIENT] }),
    certificate(place, { name: 'front-proxy', subject: '/CN=front-proxy', extensions: [CLIENT] }),
    ...place.nodes.flatMap((node) => [
      certificate(place, { name: node.name, subject: `/O=system:nodes/CN=system:node:${node.name}`, extensions: [CLIENT] }),
      certificate(place, {
        name: `kubelet-${node.name}`,
        subject: `/CN=${node.name}`,
        extensions: [`subjectAltName=IP:${node.address},DNS:${node.name}`],
      }),
    ]),
  ]);
  await kubeconfig(place, place.kubeconfig, server, 'admin');
  for (const node of place.nodes) await kubeconfig(place, nodeKubeconfig(place, node), server, node.name);
}

export function nodeKubeconfig(place: Place, node: NodePlace): string {
  return join(place.pki, `${node.name}.kubeconfig`);
}

/** Token of the engine for network policies, which is started on each node. */
export function policyToken(place: Place): string {
  return join(place.pki, 'kube-network-policies.token');
}

async function certificate(place: Place, plan: CertificatePlan): Promise<void> {
  await run('openssl', [
    ...newKey(place, plan.name),
    '-CA',
    join(place.pki, 'ca.crt'),
    '-CAkey',
    join(place.pki, 'ca.key'),
    '-subj',
    plan.subject,
    ...plan.extensions.flatMap((extension) => ['-addext', extension]),
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ]);
}

function newKey(place: Place, name: string): string[] {
  const files = ['-keyout', join(place.pki, `${name}.key`), '-out', join(place.pki, `${name}.crt`)];
  return ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', ...files];
}

async function kubeconfig(place: Place, path: string, server: string, user: string): Promise<void> {
  const name = `faultline-lab-${place.number}`;
  const file = (extension: string) => join(place.pki, `${user}.${extension}`);
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority': join(place.pki, 'ca.crt') } }],
    users: [{ name: user, user: { 'client-certificate': file('crt'), 'client-key': file('key') } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  });
  await writeFile(path, text, { mode: 0o600 });
}
