import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { LoginAsker } from '../../../src/ui/session/kafkaLoginDialog.ts';
import { askSqlLogin } from '../../../src/ui/session/sqlLoginDialog.ts';

const secret = { user: 'app', namespace: 'shop', secret: 'clickhouse-auth', key: 'password' };

/** Answers in turn; a choice by its label. */
function person(...answers: (string | undefined)[]) {
  const asked: string[] = [];
  const next = (question: string): string | undefined => {
    asked.push(question);
    return answers.shift();
  };
  const asker: Pick<LoginAsker, 'choose' | 'text' | 'password'> = {
    choose: async (question, choices) => {
      const answer = next(`${question} ${choices.map(({ label }) => label).join(' | ')}`);
      return choices.find(({ label }) => label === answer);
    },
    text: async (question, value) => next(`${question} (${value})`),
    password: async (question) => next(question),
  };
  return { asked, asker };
}

describe('the login to a SQL server', () => {
  it('offers the Secret that its release has, and takes user and password from it', async () => {
    const { asked, asker } = person('Secret clickhouse-auth');
    const read = async (): Promise<string> => 'geheim';
    assert.deepEqual(await askSqlLogin({ user: 'default', secret, read }, asker), { user: 'app', password: 'geheim' });
    assert.deepEqual(asked, ['Log in with what? Secret clickhouse-auth | User and password…']);
  });

  it('is typed where a person wants it so, or there is no Secret; Esc ends it', async () => {
    const read = (): Promise<string> => assert.fail('it was not asked for');
    const own = person('User and password…', ' ann ', 'p w ');
    assert.deepEqual(await askSqlLogin({ user: 'default', secret, read }, own.asker), { user: 'ann', password: 'p w ' });
    const none = person('', 'x');
    assert.deepEqual(await askSqlLogin({ user: 'default', read }, none.asker), { user: 'default', password: 'x' });
    assert.match(none.asked[0] ?? '', /^User \(default\)/);
    await assert.rejects(askSqlLogin({ user: 'default', secret, read }, person(undefined).asker), (error) =>
      FaultlineError.is(error, 'cancelled'),
    );
  });
});
