/**
 * What a run does to cut a pod off, in a process that can be killed: KUBECONFIG NAMESPACE POD UID IMAGE. It says "cut" when it is, and
 * waits for its end.
 */
import { helperInjectors } from '../../../src/fault/inject/helper.ts';
import { helperProgram } from '../../../src/fault/helper/binary.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { connectionFor } from '../../lab/use/connection.ts';
import { loadKubeconfig } from '../../lab/use/api.ts';
import { injection } from './kit.ts';

const [kubeconfig = '', namespace = '', name = '', uid = '', image = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const connection = await connectionFor(loadKubeconfig(kubeconfig, namespace), signal);
const cut = helperInjectors({ image, program: helperProgram(), clock: systemClock }).find(({ kind }) => kind === 'networkCut');
const target = { kind: 'pod', namespace, name, uid, container: 'main' } as const;
const fault = await cut?.prepare(injection(connection, { kind: 'networkCut', direction: 'both' }, target), signal);
await fault?.apply({ deadlineMs: Date.now() + 30_000 }, signal);
process.stdout.write('cut\n');
await new Promise(() => setInterval(() => undefined, 1000));
