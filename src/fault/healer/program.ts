/**
 * What a healer runs, in a stock image with Node and nothing else: it looks at the object until its mark's deadline is over, and sets the
 * field back only where that is still ours. Before that it rehearses it, and says by a file that it could. It asks again for as long as the
 * API does not answer. Plain JavaScript: it is never bundled.
 */
export const healerProgram = `
const fs = require('node:fs');
const { env } = process;
const folder = env.FAULTLINE_ACCOUNT || '/var/run/secrets/kubernetes.io/serviceaccount';
const server = env.FAULTLINE_SERVER || 'https://' + (env.KUBERNETES_SERVICE_HOST.includes(':') ? '[' + env.KUBERNETES_SERVICE_HOST + ']' : env.KUBERNETES_SERVICE_HOST) + ':' + env.KUBERNETES_SERVICE_PORT;
const { request } = require(server.startsWith('https') ? 'node:https' : 'node:http');
const read = (name) => { try { return fs.readFileSync(folder + '/' + name, 'utf8'); } catch { return ''; } };
const again = Number(env.FAULTLINE_AGAIN_MS || 2000);
const mark = 'faultline.dev/undo';
const field = env.FAULTLINE_FIELD;

function ask(method, body, query) {
  return new Promise((resolve, reject) => {
    const sent = request(server + env.FAULTLINE_PATH + (method === 'PATCH' ? '?fieldManager=faultline' + (query || '') : ''), {
      method,
      ca: read('ca.crt') || undefined,
      timeout: 10000,
      // The token is renewed in its file.
      headers: { authorization: 'Bearer ' + read('token').trim(), ...(body ? { 'content-type': 'application/merge-patch+json' } : {}) },
    }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part)).on('error', reject);
      answer.on('end', () => { try { resolve({ status: answer.statusCode, body: JSON.parse(text || '{}'), date: Date.parse(answer.headers.date) }); } catch (error) { reject(error); } });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

/** It reaches the object and may change it: whoever waits for it may begin. */
async function rehearse() {
  const { status } = await ask('PATCH', { metadata: { uid: env.FAULTLINE_UID } }, '&dryRun=All');
  if (status !== 200) throw new Error('it may not change the object: status ' + status);
  fs.writeFileSync(env.FAULTLINE_READY, '');
  console.log('ready');
}

function valueOf({ spec = {} }) {
  return field === 'replicas' ? (spec.replicas === undefined ? 1 : spec.replicas) : spec[field] === true;
}

/** Returns the object as it is afterwards. One that is gone meanwhile is found gone by the next look. */
async function write({ metadata: { uid, resourceVersion } }, { metadata, spec }) {
  const { status, body } = await ask('PATCH', { metadata: { ...metadata, uid, resourceVersion }, ...(spec && { spec }) });
  if (status !== 200) throw new Error('status ' + status);
  return body;
}

/**
 * By the API server's clock, in whose time the deadline is, or that of its node, which may be wrong: by its own watch it was applied
 * between two looks, and is over neither earlier nor later.
 */
function isOver(deadlineMs, forMs, date) {
  const isPast = (date || Date.now()) >= deadlineMs;
  if (forMs === undefined) return isPast;
  const now = performance.now();
  if (unmarkedAt !== undefined && now < unmarkedAt + forMs) return false;
  return isPast || now >= markedAt + forMs;
}

/** true: there is nothing left to do. */
async function look() {
  const askedAt = performance.now();
  const { status, body, date } = await ask('GET');
  if (status === 404 || (status === 200 && body.metadata.uid !== env.FAULTLINE_UID)) return true;
  if (status !== 200) throw new Error('status ' + status);
  const { annotations = {} } = body.metadata;
  const found = annotations[mark] && JSON.parse(annotations[mark]);
  const isMarked = found && found.run === env.FAULTLINE_RUN;
  if (isMarked) {
    markedAt ??= performance.now();
    const deadlineMs = Date.parse(annotations['faultline.dev/deadline']);
    known = { undo: found, deadlineMs, generation: body.metadata.generation };
  } else if (known === undefined) {
    unmarkedAt = askedAt;
    return askedAt > Number(env.FAULTLINE_WITHIN_MS);
  } else {
    // Somebody has taken its mark away alone, unless the object was changed twice since: to another value and to ours again.
    const isOurs = !found && valueOf(body) === known.undo.ours && body.metadata.generation - known.generation < 2;
    if (!isOurs) return true;
  }
  const { undo, deadlineMs } = known;
  if (!isOver(deadlineMs, undo.forMs, date)) return false;
  let last = body;
  if (valueOf(body) === undo.ours && undo.ours !== undo.original) {
    last = await write(body, { spec: { [field]: undo.original === false ? null : undo.original } });
    // The mark stays: it is looked at again, and whoever sweeps finds it.
    if (valueOf(last) !== undo.original) throw new Error('set back to ' + undo.original + ', and is ' + valueOf(last) + ': a webhook alters it');
    console.log('healed');
  } else if (valueOf(body) !== undo.original) console.log('left as somebody else has set it');
  if (isMarked) await write(last, { metadata: { annotations: { 'faultline.dev/run': null, 'faultline.dev/deadline': null, [mark]: null } } });
  return true;
}

/** Monotonic: the last look before it was applied, and the first one after. */
let unmarkedAt, markedAt;
/** As the newest look that found the mark has read it. */
let known;
process.on('SIGTERM', () => process.exit(0));
(async () => {
  for (;;) {
    try { if (!fs.existsSync(env.FAULTLINE_READY)) await rehearse(); } catch (error) { console.log(String(error && error.message)); }
    try { if (await look()) return; } catch (error) { console.log(String(error && error.message)); }
    await new Promise((resolve) => setTimeout(resolve, again));
  }
})();
`;
