// Mail stops on every host of a rack: people get one message at once and one that puts the rest together, whoever looks
// sees it without a reload, one button takes all of it on, and the log explains each message. The real `noc`, a real SMTP
// server, Chromium; with NOC_TEST_PARTS=real on two nodes, Kafka, QuestDB and MariaDB.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Fleet } from './fleet.mjs';
import { Story } from './story.mjs';
import { until } from './system.mjs';

const PEOPLE = ['duty@hostseba.test', 'lead@hostseba.test'];
const HOSTS = 20;
const NAMES = Array.from({ length: HOSTS + 1 }, (_, n) => `m3-${String(n + 1).padStart(2, '0')}`);
/** Longer than all of them need to fail, on a slow machine too. */
const GROUP_WAIT_S = 60;
const LEFT_MS = (GROUP_WAIT_S + 60) * 1000;

describe('mail stops across a rack', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  let page;
  let phone;
  let mail;
  let fleet;
  let hosts;
  let last;
  const told = (who) => mail.mails.filter((m) => m.recipients.includes(who));
  const tell = (some, running) => Promise.all(some.map((host) => host.tellServices({ exim: running })));
  const incidents = async () => (await api('GET', '/api/incidents?detector=service_down&limit=200')).data;
  const deliveries = async () => (await api('GET', '/api/notification-deliveries?limit=200')).data;
  const titled = (shown, n, what) => shown.getByRole('heading', { name: `${n} together: ${what}` });

  before(async () => {
    await story.begin({ NOC_GROUP_WAIT_S: String(GROUP_WAIT_S), NOC_STORM_MESSAGES: '10' });
    page = story.page;
    mail = await system.startMail();
    fleet = new Fleet(story);
  });

  after(() => story.end());

  it('hosts of one rack deliver mail', async () => {
    await story.firstLogin();
    await story.useMail(mail);
    const step = { delay_seconds: 0, channels: ['email'], targets: { external: PEOPLE } };
    const policy = await api('POST', '/api/escalation-policies', { name: 'Duty', repeat: 0, steps: [step] });
    await api('POST', '/api/alert-rules', {
      name: 'Dead services',
      scope: { all: true },
      condition: { type: 'detector', detector: 'service_down' },
      escalation_policy_id: policy.id,
    });
    hosts = await fleet.enrol(NAMES, ['dc:dhk1', 'rack:m3']);
    last = hosts.at(-1);
    await tell(hosts, true);
  });

  it('it stops on all but one, and the list shows them as one trouble', async () => {
    await go('/incidents');
    await page.getByText('ws: connected').waitFor();
    await story.mark();
    await tell(hosts.slice(0, HOSTS), false);
    await page.getByText(`${HOSTS} together`).first().waitFor({ timeout: 60_000 });
    assert.equal((await incidents()).length, HOSTS);
    await story.notReloaded();
  });

  it('each is told at most twice, and the log says which message told of what', async () => {
    const sent = async () => {
      const log = await deliveries();
      return log.length === HOSTS * PEOPLE.length && log.every((row) => row.status === 'sent') && log;
    };
    const log = await until('everything to have left', sent, LEFT_MS);
    for (const who of PEOPLE) {
      const mails = told(who);
      assert.ok(mails.length <= 2, `${who}: ${mails.map((m) => m.subject).join('\n')}`);
      assert.match(mails.at(-1).subject, /^🔴 \[critical\] \d+ incidents: Service down in rack m3$/);
      const rows = log.filter((row) => row.recipient === who);
      const withOthers = rows.filter((row) =>
        /^sent (as one message with|together with)/.test(row.reason ?? ''),
      );
      assert.ok(withOthers.length >= HOSTS - 1, JSON.stringify(rows));
    }
    await go('/settings/deliveries');
    await page
      .getByText(/^sent as one message with \d+ others$/)
      .first()
      .waitFor();
  });

  it('one button takes all of it on, and another page that is open shows it', async () => {
    const [one, other] = await incidents();
    phone = await story.another();
    await phone.goto(`${system.url}/incidents/${other.id}`);
    await titled(phone, HOSTS, 'Service down in rack m3').waitFor();
    await phone.getByText(`${HOSTS} open`).waitFor();
    await phone.getByText('ws: connected').waitFor();
    await story.mark(phone);
    await go(`/incidents/${one.id}`);
    await page.getByRole('button', { name: `Acknowledge all ${HOSTS}` }).click();
    await page.getByText(`${HOSTS} acknowledged`).waitFor();
    await phone.getByText(`${HOSTS} acknowledged`).waitFor();
    await phone.getByText(/has the whole of it/).waitFor();
    await story.notReloaded(phone);
    assert.ok((await incidents()).every((incident) => incident.status === 'acknowledged'));
  });

  it('who joins is taken on as well, and nobody is told', async () => {
    const before = (await deliveries()).length;
    await tell([last], false);
    await titled(phone, HOSTS + 1, 'Service down in rack m3').waitFor({ timeout: 60_000 });
    await story.notReloaded(phone);
    assert.ok((await incidents()).every((incident) => incident.status === 'acknowledged'));
    assert.equal((await deliveries()).length, before);
  });

  it('mail runs again: recoveries go to those who were told, at once', async () => {
    const before = Object.fromEntries(PEOPLE.map((who) => [who, told(who).length]));
    await tell(hosts, true);
    await until(
      'the end of all',
      async () => (await incidents()).every((incident) => incident.status === 'resolved'),
      60_000,
    );
    const recoveries = async () => {
      const log = (await deliveries()).filter((row) => row.kind === 'recovery');
      return log.length === HOSTS * PEOPLE.length && log.every((row) => row.status === 'sent') && log;
    };
    const log = await until('the recoveries', recoveries, 60_000);
    const pairs = (rows) => rows.map((row) => `${row.incident_id} ${row.recipient}`).sort();
    const problems = (await deliveries()).filter((row) => row.kind === 'problem');
    assert.deepEqual(pairs(log), pairs(problems));
    for (const who of PEOPLE) assert.ok(told(who).length > before[who]);
    assert.deepEqual(fleet.failures, []);
  });

  story.nothingFailed();
});
