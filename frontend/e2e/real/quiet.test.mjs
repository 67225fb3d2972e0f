// Quiet on purpose: a maintenance window keeps an incident from paging and says so, its end tells what is still wrong,
// a snooze puts the next step off, and a person fires it by hand. The real `noc`, a real SMTP server, Chromium; with
// NOC_TEST_PARTS=real on two nodes, Kafka, QuestDB and MariaDB.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Fleet } from './fleet.mjs';
import { Story } from './story.mjs';
import { until } from './system.mjs';

const HOST = 'e2e-quiet-01';
const TITLE = `exim is down on ${HOST}`;
/** So long a result must be fresh before what a window held back goes on. */
const SETTLED_MS = 120_000;

describe('quiet on purpose', { timeout: 420_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  let page;
  let mail;
  let host;
  let fleet;
  let incident;
  let endedAt;
  /** Every mail about it, with when it came. */
  const mails = [];
  const to = (who) => mails.filter((m) => m.recipients.includes(`${who}@hostseba.test`));
  const read = () => api('GET', `/api/incidents/${incident}`);
  const fact = (name) =>
    page
      .locator('dl > div')
      .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
      .locator('dd')
      .first();

  before(async () => {
    await story.begin();
    page = story.page;
    mail = await system.startMail();
    const take = mail.mails.push.bind(mail.mails);
    mail.mails.push = (...taken) => {
      mails.push(...taken.filter((m) => m.subject.includes('exim')).map((m) => ({ ...m, at: Date.now() })));
      return take(...taken);
    };
    fleet = new Fleet(story);
  });

  after(() => story.end());

  it('mail, a policy of two steps and a host are set up', async () => {
    await story.firstLogin();
    await story.useMail(mail);
    const step = (who, delay_seconds) => ({
      delay_seconds,
      channels: ['email'],
      targets: { external: [`${who}@hostseba.test`] },
    });
    const policy = await api('POST', '/api/escalation-policies', {
      name: 'Mail servers',
      repeat: 0,
      steps: [step('first', 0), step('second', 1800)],
    });
    await api('POST', '/api/alert-rules', {
      name: 'Dead services',
      scope: { all: true },
      condition: { type: 'detector', detector: 'service_down' },
      escalation_policy_id: policy.id,
    });
    [host] = await fleet.enrol([HOST]);
    await host.tellServices({ exim: true });
  });

  it('a window for the host is made from its page', async () => {
    await go(`/servers/${host.id}`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Maintenance…' }).click();
    const editor = page.getByRole('dialog', { name: 'New maintenance window' });
    assert.equal(await editor.getByLabel('Name').inputValue(), `Maintenance of ${HOST}`);
    await editor.getByRole('button', { name: 'Now, for 1 h' }).click();
    await editor.getByRole('button', { name: 'Create window' }).click();
    await page.getByText('Maintenance is under way').waitFor();
  });

  it('an incident within it pages nobody, and its page says why', async () => {
    await go('/incidents');
    await page.getByText('ws: connected').waitFor();
    await story.mark();
    await host.tellServices({ exim: false });
    const row = page.getByRole('row', { name: new RegExp(TITLE) });
    await row.waitFor({ timeout: 60_000 });
    await row.getByText('held: maintenance').waitFor();
    await page.getByRole('link', { name: TITLE }).first().click();
    await page.getByRole('heading', { name: TITLE }).waitFor();
    await page.getByRole('note').getByText('Held back for maintenance').waitFor();
    await page.getByText(`Held back: maintenance (Maintenance of ${HOST})`).first().waitFor();
    await page.getByText('Nobody was told yet.').waitFor();
    assert.match(await fact('Next step').innerText(), /held: maintenance.*step 1 of 2.*one outside address/s);
    await story.notReloaded();
    incident = Number(/incidents\/(\d+)/.exec(page.url())[1]);
  });

  it('the window ends, and what is still wrong is told once', async () => {
    await go('/maintenance');
    await page.getByRole('button', { name: `End now: Maintenance of ${HOST}` }).click();
    endedAt = Date.now();
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('Ended: what is still wrong').waitFor();
    await go(`/incidents/${incident}`);
    await story.mark();
    const told = await until('the notice', () => mails[0], SETTLED_MS + 90_000);
    assert.deepEqual(told.recipients, ['first@hostseba.test']);
    assert.equal(told.subject, `🔴 [critical] ${TITLE}`);
    // Nothing came in the window, nor before the result was fresh; a second for the clocks.
    assert.ok(told.at >= endedAt + SETTLED_MS - 1000, `${told.at - endedAt} ms after its end`);
    const delivery = page.getByRole('row', { name: /first@hostseba\.test/ });
    await delivery.getByText('sent', { exact: true }).waitFor();
    await page.getByText('1 of 1 message accepted by their channels').waitFor();
    await story.notReloaded();
    assert.equal(mails.length, 1);
  });

  it('a snooze puts the next step off, and waking lets it go on', async () => {
    await until('the second step to be on its way', async () =>
      /^\d+:\d\d .*step 2 of 2/s.test(await fact('Next step').innerText()),
    );
    await page.getByRole('button', { name: 'Snooze', exact: true }).click();
    await page.getByRole('menuitem', { name: /^30 minutes/ }).click();
    const notice = page.getByRole('note').filter({ hasText: 'nobody is told before, unless it gets worse' });
    await notice.waitFor();
    await until('the policy to be held', async () => (await read()).escalation?.held_for === 'snoozed');
    await fact('Next step').getByText('snoozed').first().waitFor();
    await notice.getByRole('button', { name: 'Wake' }).click();
    await notice.waitFor({ state: 'detached' });
    await page.getByText('Administrator ended the snooze').waitFor();
    await until('the policy to go on', async () => {
      const next = (await read()).escalation;
      return next?.state === 'armed' && next.due_at !== null && next.held_for === null;
    });
    await until('a countdown', async () => /^\d+:\d\d /.test(await fact('Next step').innerText()));
    assert.equal(mails.length, 1, 'neither tells anybody');
  });

  it('the next step is fired by hand', async () => {
    await page.getByRole('button', { name: 'Escalate now' }).click();
    const question = page.getByRole('dialog', { name: 'Fire the next step now?' });
    await question.getByText('step 2 of 2').waitFor();
    await question.getByRole('button', { name: 'Escalate now' }).click();
    await page.getByText('Administrator had the next step fire at once').waitFor();
    await until('the second step', () => to('second')[0], 30_000);
    await page.getByRole('row', { name: /second@hostseba\.test/ }).waitFor();
    assert.equal(mails.length, 2);
    await story.notReloaded();
  });

  it('it is over, and exactly who was told hears of it', async () => {
    await host.tellServices({ exim: true });
    await page.getByText(/No, over since/).waitFor({ timeout: 60_000 });
    await until('the recoveries', () => to('first').length === 2 && to('second').length === 2, 30_000);
    assert.equal(mails.length, 4);
    await go(`/settings/deliveries?incident_id=${incident}`);
    await page
      .getByRole('row', { name: /second@hostseba\.test/ })
      .first()
      .waitFor();
    const log = (await api('GET', `/api/notification-deliveries?incident_id=${incident}`)).data;
    assert.deepEqual(
      log.map((row) => [row.kind, row.recipient, row.status]).sort(),
      ['first', 'second']
        .flatMap((who) => ['problem', 'recovery'].map((kind) => [kind, `${who}@hostseba.test`, 'sent']))
        .sort(),
    );
    assert.deepEqual(fleet.failures, []);
  });

  story.nothingFailed();
});
