import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { helperClient, type HelperClient, type HelperPipe } from '../../../../src/fault/helper/client.ts';

const HELLO = { event: 'hello', t: 1, version: 'x', pid: 7, kernel: '6', arch: 'amd64', netns: 'net:[1]', hostname: 'h', capabilities: [] };

interface Asked {
  readonly id: number;
  readonly do: string;
  readonly notAfter?: number;
}

/** A program at the other end, whose clock is a minute behind. */
class Program implements HelperPipe {
  readonly asked: Asked[] = [];
  readonly #closed = Promise.withResolvers<FaultlineError | undefined>();
  readonly closed = this.#closed.promise;
  #listener: ((line: string) => void) | undefined;
  answer: (asked: Asked) => object | undefined;
  nowMs = 100_000;

  constructor(answer: (asked: Asked) => object | undefined) {
    this.answer = answer;
  }

  send(line: string): void {
    const asked = JSON.parse(line) as Asked;
    this.asked.push(asked);
    const answer = asked.do === 'beat' ? { ok: { t: this.nowMs - 60_000 } } : this.answer(asked);
    if (answer !== undefined) this.say({ id: asked.id, t: this.nowMs - 60_000, ...answer });
  }

  listen(onLine: (line: string) => void): void {
    this.#listener = onLine;
    this.say(HELLO);
  }

  say(message: object): void {
    this.#listener?.(JSON.stringify(message));
  }

  terminate(error?: FaultlineError): void {
    this.#closed.resolve(error);
  }

  client(): Promise<HelperClient> {
    const clock = { monotonicMs: () => this.nowMs, wallMs: () => 0 };
    return helperClient(this, { clock, what: 'The helper', name: 'x', signal: new AbortController().signal });
  }
}

describe('the conversation with a helper', () => {
  it('tells it on its own clock until when an order holds', async () => {
    const applied = { from: 1, to: 2, proof: { proven: false, text: '' } };
    const program = new Program(({ do: what }) => {
      if (what === 'bye') program.terminate();
      return what === 'go' ? { ok: applied } : { ok: {} };
    });
    const client = await program.client();
    assert.deepEqual(await client.go(5000, 3000), applied);
    assert.equal(program.asked.find((asked) => asked.do === 'go')?.notAfter, 43_000);
    assert.deepEqual([client.clock()?.offsetMs, client.clock()?.errorMs], [60_000, 0]);
    await client.close();
    assert.equal(program.asked.at(-1)?.do, 'bye');
  });

  it('gives its no in our words, with the reason', async () => {
    const program = new Program(() => ({ error: { code: 'kernel', text: 'this kernel lacks it' } }));
    const client = await program.client();
    await assert.rejects(client.check(), (error) => {
      assert.ok(FaultlineError.is(error, 'unsupported'));
      assert.deepEqual(error.facts, { what: 'The helper refused', meaning: 'this kernel lacks it', code: 'kernel' });
      return true;
    });
    program.terminate();
  });

  it('ends what waits for an answer when the connection does, and says whether it had left', async () => {
    const program = new Program(() => undefined);
    const client = await program.client();
    const waiting = client.heal();
    program.terminate(new FaultlineError('unreachable', { what: 'the cable is out' }));
    await assert.rejects(waiting, /cable is out/);
    assert.deepEqual(await client.ended, { kind: 'lost', text: 'the cable is out.' });
    await assert.rejects(client.proof(), { name: 'FaultlineError' });

    const other = new Program(() => undefined);
    const second = await other.client();
    other.say({ event: 'leaving', t: 1, why: 'it was told to end' });
    other.terminate();
    assert.deepEqual(await second.ended, { kind: 'left', text: 'it was told to end' });
  });

  it('passes on what it says by itself, and does not stumble over what is not known here', async () => {
    const program = new Program(() => ({ ok: {} }));
    const client = await program.client();
    const heard: string[] = [];
    client.said.listen(({ event }) => heard.push(event));
    program.say({ event: 'sings' });
    program.say({ event: 'drained', t: 5, closedByUs: 0 });
    assert.deepEqual(heard, ['drained']);
    program.terminate();
  });

  it('takes an answer that is not what was agreed on for a failure', async () => {
    const program = new Program(() => ({ ok: { proven: 'yes' } }));
    const client = await program.client();
    await assert.rejects(client.proof(), /otherwise than agreed/);
    program.terminate();
  });
});
