// A hacked mailbox is told while it sends: a host whose mail was as usual for a week, then a real exim that hands out its
// mail, the real agent that reads its log, and in Chromium the case that explains itself, the incident and the mail, the
// decisions about it, and what another rule would have made of it. Runs on one node with everything in it, and with
// NOC_TEST_PARTS=real on two nodes, Kafka, QuestDB and MariaDB.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { Exim, recipients } from './exim.mjs';
import { Story } from './story.mjs';
import { until } from './system.mjs';

const HOST = 'e2e-abuse-01';
const HACKED = 'info@customer1.test';
const CLUB = 'sales@customer2.test';
const CALM = 'info@customer2.test';
const SCRIPT = '/home/cust1/public_html';
const HOUR_MS = 3_600_000;
const WEEK_HOURS = 7 * 24;
/** The agent reads the log every 10 s here, and every 50 s while its host is busy. */
const TOLD_MS = 70_000;

/** Recipients of an hour of a mailbox, so many hours before the running one: about the same each day. */
const usual = (login, ago) => ({ [HACKED]: 10, [CLUB]: 7, [CALM]: 8 })[login] + (Math.ceil(ago / 24) % 3);
/** The middle of those of this hour on seven days. */
const middle = (login) => {
  const days = [1, 2, 3, 4, 5, 6, 7].map((day) => usual(login, day * 24));
  return days.sort((a, b) => a - b)[3];
};

describe('mail abuse', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  let page;
  let overview;
  let exim;
  let mail;
  let ruleId;
  /** Begins when the first mail of the hack is handed in. */
  let began;
  const told = () => mail.mails.filter((m) => m.recipients.includes('duty@hostseba.test'));
  const marked = (shown) => shown.evaluate(() => window.notReloaded === true);
  const detail = () => page.getByRole('region', { name: /^Case \d+$/ });
  /** An incident among those that nobody is on. */
  const incidentOf = (name) =>
    overview
      .getByRole('region', { name: 'Nobody is on it yet' })
      .getByRole('link', { name: new RegExp(`${name} on ${HOST} mailed [\\d,]+ recipients`) });
  const fact = (name) =>
    detail()
      .locator('dl > div')
      .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
      .locator('dd');

  before(async () => {
    // What is sent and decided here is of one hour.
    await until('an hour that goes on', () => new Date().getUTCMinutes() < 57, 200_000);
    await story.begin();
    page = story.page;
    mail = await system.startMail();
    exim = await Exim.start(system);
  });

  after(() => story.end());

  it('mail and the policy are set up, and a host reports', async () => {
    await story.firstLogin();
    await api('PUT', '/api/notification-channels/email', {
      enabled: true,
      settings: {
        host: '127.0.0.1',
        port: mail.port,
        encryption: 'none',
        from_address: 'noc@hostseba.test',
        from_name: 'HostSeba NOC',
      },
    });
    const step = { delay_seconds: 0, channels: ['email'], targets: { external: ['duty@hostseba.test'] } };
    const policy = await api('POST', '/api/escalation-policies', { name: 'Abuse', repeat: 0, steps: [step] });
    const rule = await api('POST', '/api/alert-rules', {
      name: 'Hacked mailboxes',
      scope: { all: true },
      condition: { type: 'detector', detector: 'outgoing_mail_abuse' },
      escalation_policy_id: policy.id,
    });
    ruleId = rule.id;
    await story.addHost(HOST, '--groups yes');
  });

  it('its mail was at its usual level for a week', async () => {
    // As its agent would have sent it from its spool: finished hours, told late.
    const conf = readFileSync('/etc/hostseba-noc/agent.conf', 'utf8');
    const [id, secret] = ['SERVER_ID', 'AGENT_SECRET'].map(
      (name) => new RegExp(`^${name}=(.+)$`, 'm').exec(conf)[1],
    );
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const at = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
    const boot_id = randomUUID();
    const payloads = Array.from({ length: WEEK_HOURS }, (_, n) => {
      const ago = WEEK_HOURS - n;
      const logins = [HACKED, CLUB, CALM].map((login) => ({
        login,
        account: null,
        messages: 5,
        recipients: usual(login, ago),
        failures: 0,
        ips: ['192.0.2.10'],
        countries: null,
        domains: [login.split('@')[1]],
      }));
      const domain = (name) => ({
        domain: name,
        messages: 5,
        recipients: logins.filter((l) => l.domains[0] === name).reduce((sum, l) => sum + l.recipients, 0),
        deferred: 0,
        bounced: 0,
      });
      return {
        kind: 'email-stats',
        v: 1,
        boot_id,
        seq: n + 1,
        observed_at: at(hour - (ago - 1) * HOUR_MS + 60_000),
        sent_at: at(Date.now()),
        hour: at(hour - ago * HOUR_MS),
        complete: true,
        domains: ['customer1.test', 'customer2.test'].map(domain),
        logins,
        scripts: [],
      };
    });
    const answer = await fetch(`${system.url}/api/agent/batch`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${id}.${secret}` },
      body: JSON.stringify({ payloads }),
    });
    assert.equal(answer.status, 202);
    const { accepted, rejected } = await answer.json();
    assert.deepEqual([accepted, rejected], [WEEK_HOURS, undefined]);
    const senders = async () => (await api('GET', '/api/hosting/top-senders')).data;
    const known = await until('a day of it to be known', async () => {
      const hacked = (await senders()).find((row) => row.login === HACKED);
      return hacked?.hours.filter((n) => n !== null).length === 23 && hacked;
    });
    assert.equal(known.recipients_1h, 0);
    assert.deepEqual((await api('GET', '/api/hosting/mail-abuse')).data, [], 'nothing of it is a case');
  });

  it('a mailbox is hacked, and its case shows while the hour runs, without reload', async () => {
    overview = await story.another();
    await overview.goto(system.url);
    await overview.getByRole('heading', { name: 'Overview' }).waitFor();
    await go('/hosting/mail-abuse');
    await page.getByText('Nothing waits for review').waitFor();
    for (const shown of [page, overview]) {
      await shown.getByText('ws: connected').waitFor();
      await shown.evaluate(() => {
        window.notReloaded = true;
      });
    }
    began = Date.now();
    // Spam in 12 messages from six addresses, a fifth of it to addresses that are gone.
    const spam = Array.from({ length: 10 }, (_, n) => ({
      login: HACKED,
      to: recipients(100, 'ok.test', `a${n}x`),
      address: `127.0.0.${2 + (n % 6)}`,
    }));
    const gone = ['b', 'c'].map((of) => ({ login: HACKED, to: recipients(120, 'fail.test', of) }));
    await exim.send([
      ...spam,
      ...gone,
      { login: CLUB, to: recipients(150, 'ok.test') },
      { login: CALM, to: recipients(60, 'ok.test') },
    ]);
    await exim.script(recipients(520, 'ok.test'));
    assert.deepEqual(exim.saysOf(HACKED), { messages: 12, recipients: 1240, failures: 240, addresses: 7 });
    assert.equal(exim.takenFrom(HACKED), 1000);

    const row = { Severity: 'critical', Recipients: '1,240', 'x expected': '113x', Review: 'not reviewed' };
    await story.rowShows(
      'Mail Abuse',
      HACKED,
      { ...row, Sender: `Mailbox ${HACKED}`, Server: HOST },
      TOLD_MS,
    );
    console.log(`told ${((Date.now() - began) / 1000).toFixed(1)} s after the first mail`);
    await story.rowShows('Mail Abuse', CLUB, { Severity: 'medium', Recipients: '150' });
    await story.rowShows('Mail Abuse', SCRIPT, { Severity: 'high', Recipients: '520' });
    assert.equal(await story.row('Mail Abuse', CALM), null, '60 recipients are no case');
    const cases = await api('GET', '/api/hosting/mail-abuse');
    assert.equal(cases.data.length, 3, 'a domain is part of the case of who sends for it');
    await overview.getByRole('link', { name: '3 cases are not reviewed' }).waitFor();
    await overview.getByRole('link', { name: 'Mail Abuse 3 not reviewed' }).waitFor();
    await incidentOf(HACKED).waitFor();
    for (const shown of [page, overview]) assert.ok(await marked(shown));
  });

  it('a mail tells of it', async () => {
    const [first] = await until('the mail', () => told().length > 0 && told(), 60_000);
    assert.match(
      first.subject,
      new RegExp(`\\[critical\\] Mailbox ${HACKED} on ${HOST} mailed [\\d,]+ recipients in an hour`),
    );
    assert.match(first.text, /in the hour from \d\d:00 UTC so far/);
    assert.equal(told().length, 1, 'the others are no page yet');
  });

  it('the case explains itself', async () => {
    await page.getByRole('table', { name: 'Mail Abuse' }).getByText(`Mailbox ${HACKED}`).click();
    await detail().getByText(`Mailbox ${HACKED}`).waitFor();
    const usually = middle(HACKED);
    await detail()
      .getByText(`1,240 recipients, ${Math.round(1240 / usually)}x as many as expected`)
      .waitFor();
    const signs = await detail()
      .getByRole('list', { name: /^What makes it worse/ })
      .getByRole('listitem')
      .allInnerTexts();
    assert.deepEqual(signs, [
      '240 of 1,240 recipients failed or were deferred',
      'logged in from 7 addresses in the hour',
    ]);
    const facts = {
      Server: HOST,
      Expected: `${usually} recipients: usual in this hour of the day, by the last 7 days`,
      Messages: '12',
      Failed: '240 recipients, 19 %',
      'Sender domains': 'customer1.test 1,240',
    };
    for (const [name, text] of Object.entries(facts))
      assert.equal((await fact(name).innerText()).replace(/\s+/g, ' '), text, name);
    const addresses = await fact('Addresses').getByRole('link').allInnerTexts();
    assert.deepEqual(
      addresses.sort(),
      [1, 2, 3, 4, 5, 6, 7].map((n) => `127.0.0.${n}`),
    );
    await detail().getByRole('button', { name: 'Copy command' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(command, `sudo exigrep -l '${HACKED}' /var/log/exim_mainlog | tail -n 200`);
  });

  it('the rule is changed, and its backtest shows what would differ before it is saved', async () => {
    await go(`/settings/rules?rule=${ruleId}`);
    const editor = page.getByRole('dialog');
    await editor.getByRole('textbox', { name: /^Floor/ }).fill('40');
    const trial = page.getByRole('region', { name: 'Backtest' });
    await trial.getByRole('button', { name: 'Run backtest' }).click();
    await trial.getByText('It would have opened 4 incidents on 1 of 1 server.').waitFor();
    await trial
      .getByText('Against the rule in force: 1 only by the new one, 0 only by the one in force, 3 by both.')
      .waitFor();
    const incidents = trial.getByRole('list', { name: 'Incidents it would have opened' });
    await incidents.getByText(`Mailbox ${CALM}`).waitFor();
    await incidents.getByText(/^60 recipients in 1 message in the hour/).waitFor();
    const stored = (await api('GET', '/api/alert-rules')).data.find((rule) => rule.id === ruleId);
    assert.equal(stored.version, 1, 'nothing is saved');
    await editor.getByRole('button', { name: 'Cancel' }).click();
  });

  it('the cases are decided by keys, with notes', async () => {
    const all = (await api('GET', '/api/hosting/mail-abuse')).data;
    const idOf = (name) => all.find((row) => row.name === name).id;
    const open = async (name) => {
      await go(`/hosting/mail-abuse?case=${idOf(name)}`);
      await detail().getByText(name).first().waitFor();
    };
    const decide = async (key, button, note, becomes) => {
      await page.keyboard.press(key);
      await page.getByRole('textbox', { name: 'Note' }).fill(note);
      await page.getByRole('button', { name: button, exact: true }).click();
      await detail().getByText(`Administrator: ${becomes}`).waitFor();
      await detail().getByText(note).waitFor();
    };
    await open(HACKED);
    await page.keyboard.press('1');
    await detail().getByText('Administrator: being looked at').waitFor();
    await overview.getByRole('link', { name: '2 cases are not reviewed' }).waitFor();
    await decide('2', 'I suspended it', 'Password changed, queue emptied.', 'suspended by an operator');
    await open(SCRIPT);
    await decide('3', 'It is over', 'The plug-in is gone.', 'cleared');
    await open(CLUB);
    await decide('4', 'No abuse', 'Their newsletter.', 'no abuse');
    for (const name of [HACKED, CLUB, SCRIPT]) await incidentOf(name).waitFor({ state: 'detached' });
    assert.equal(await overview.getByText(/cases? (is|are) not reviewed/).count(), 0);
    assert.ok(await marked(overview), 'all of it without a reload');

    const hacked = await api('GET', `/api/hosting/mail-abuse/${idOf(HACKED)}`);
    assert.deepEqual(
      hacked.history.map((step) => [step.from, step.to, step.note, step.by.name]),
      [
        ['detected', 'acknowledged', '', 'Administrator'],
        ['acknowledged', 'suspended_by_op', 'Password changed, queue emptied.', 'Administrator'],
      ],
    );
    const incident = await api('GET', `/api/incidents/${hacked.incident_id}`);
    assert.deepEqual([incident.status, incident.detector], ['resolved', 'outgoing_mail_abuse']);
    await until('the recovery', () => told().length === 2);
    await page.getByText('Allowances', { exact: true }).click();
    await story.rowShows('Mail allowances', CLUB, { Sender: `Mailbox ${CLUB}`, 'May mail an hour': '180' });
  });

  it('what it mails after that is a new case', async () => {
    await go('/hosting/mail-abuse');
    await page.getByText('Nothing waits for review').waitFor();
    await exim.send([
      { login: HACKED, to: recipients(130, 'ok.test', 'again') },
      // Within what it may now.
      { login: CLUB, to: recipients(20, 'ok.test', 'again') },
    ]);
    await story.rowShows('Mail Abuse', HACKED, { Review: 'not reviewed' }, TOLD_MS);
    const open = (await api('GET', '/api/hosting/mail-abuse?status=detected')).data;
    assert.deepEqual(
      open.map((row) => row.name),
      [HACKED],
    );
  });

  story.nothingFailed();
});
