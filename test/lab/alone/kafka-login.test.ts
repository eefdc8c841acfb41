import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import { Person } from '../../e2e/person.ts';
import { Workbench } from '../../e2e/workbench.ts';
import { guardedKafka, users, type GuardedKafka } from '../use/kafka-guarded.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';

const root = join(import.meta.dirname, '..', '..', '..');

describe('a Kafka that wants a login, in the workbench', function () {
  this.timeout(300_000);
  // Each step begins where the one before it ended.
  this.bail(true);
  let lab: TestLab;
  let kafka: GuardedKafka;
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    lab = await useLab({ profile: 'node' });
    kafka = await guardedKafka(lab, 1);
    workbench = await Workbench.open({ extension: root, height: 1200, env: { KUBECONFIG: lab.kubeconfig } });
    person = new Person(workbench);
    await workbench.showContainer('Faultline');
    // Rows that come above it would move it away from the click.
    await row('TPC-H 0.01').waitFor();
    await row(lab.api.config.currentContext).filter({ hasText: 'not contacted' }).click();
    await row(/^Nodes/).waitFor();
  });
  after(async () => {
    await workbench?.close();
    await kafka?.remove();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    const pictures = join(root, '.test', 'lab');
    await mkdir(pictures, { recursive: true });
    await workbench?.screenshot(join(pictures, `${this.currentTest.title.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}.png`));
  });

  const row = (text: string | RegExp): Locator => workbench.view('Clusters').locator('.monaco-list-row').filter({ hasText: text });
  /** Other tests' may be there too. */
  const ours = (): Locator => row(lab.namespace).filter({ hasText: 'Kafka 4.1.1' });
  const question = (text: string): Locator => workbench.page.locator('.quick-input-widget:visible').getByText(text);

  async function typed(user: string, password: string): Promise<void> {
    await question('User').waitFor();
    await workbench.answer(user);
    await question(`Password of ${user}`).waitFor();
    await workbench.answer(password);
  }

  it('says so in its row, whose button asks for user and password', async () => {
    await ours().filter({ hasText: 'login wanted' }).waitFor();
    await ours().hover();
    await ours().getByRole('button', { name: 'Log In to Kafka…' }).click();
    // A tree that is being drawn anew passes no item: then it is asked for.
    const which = question('Log in to which Kafka?');
    const listeners = workbench.page.getByPlaceholder('Which listener?');
    await which.or(listeners).first().waitFor();
    if (await which.isVisible()) await workbench.pick(`${lab.namespace}/kafka`);
    await workbench.pick('LOGIN');
    await typed('ann', 'wrong');
    await person.notification(/Kafka refused the login of ann with SCRAM-SHA-512.*Check user and password/).waitFor();
    await ours().filter({ hasText: 'login refused' }).waitFor();
  });

  it('lets in who gives the right password and the authority’s file: brokers and topics are shown', async () => {
    await workbench.runCommand('Faultline: Log In to Kafka…');
    await workbench.pick(`${lab.namespace}/kafka`);
    await workbench.pick('LOCKED');
    await workbench.pick('SCRAM-SHA-512');
    await typed('ann', users.ann);
    await workbench.pick('A PEM file…');
    await workbench.chooseFile(kafka.caFile);
    await person.notification(/is asked with this login from now on/).waitFor();
    await ours().filter({ hasNotText: 'login' }).click();
    await row(/broker 0healthy · controller · \d+ leaders/).waitFor();
  });

  it('is asked without one again when the login is forgotten', async () => {
    await person.rowMenu(ours(), 'Forget Login');
    await ours().filter({ hasText: 'login wanted' }).waitFor();
  });
});
