// A rack is lost: forty hosts fall silent at once, and people get one message, not forty. The page and the screen on the
// wall follow without a reload; acknowledged, recovered, and explained by the delivery log. The real `noc`, a real SMTP
// server, Chromium; with NOC_TEST_PARTS=real on two nodes, Kafka, QuestDB and MariaDB.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Fleet } from './fleet.mjs';
import { Story } from './story.mjs';
import { until } from './system.mjs';

const RACK = 'rack:r7';
const PEOPLE = ['duty@hostseba.test', 'lead@hostseba.test'];
const LOST = 40;
const OTHERS = 60;
/** Silent after 120 s, and then no more go silent for a while: the rack is named, not its first hosts. */
const NOTICED_MS = 270_000;
const names = (stem, count) =>
  Array.from({ length: count }, (_, n) => `${stem}-${String(n + 1).padStart(2, '0')}`);

describe('a rack is lost', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  let page;
  let wall;
  let mail;
  let fleet;
  let rack;
  let incident;
  const told = (who) => mail.mails.filter((m) => m.recipients.includes(who));
  const cells = (state) => wall.getByRole('img', { name: new RegExp(`^r7-\\d\\d: ${state}`) });

  before(async () => {
    // Messages are put together as everywhere.
    await story.begin({ NOC_GROUP_WAIT_S: '30', NOC_STORM_MESSAGES: '10' });
    page = story.page;
    mail = await system.startMail();
    fleet = new Fleet(story, 10_000);
  });

  after(() => story.end());

  it('a hundred hosts report, forty of them in one rack', async () => {
    await story.firstLogin();
    await story.useMail(mail);
    const step = { delay_seconds: 0, channels: ['email'], targets: { external: PEOPLE } };
    const policy = await api('POST', '/api/escalation-policies', { name: 'Duty', repeat: 0, steps: [step] });
    await api('POST', '/api/alert-rules', {
      name: 'Everything',
      scope: { all: true },
      condition: { type: 'detector', detector: '*' },
      escalation_policy_id: policy.id,
    });
    rack = await fleet.enrol(names('r7', LOST), ['dc:dhk1', RACK]);
    await fleet.enrol(names('web', OTHERS), ['dc:dhk1']);
    await until('all of them to be up', async () => {
      return (await api('GET', '/api/servers?status=up&limit=1')).meta.total === LOST + OTHERS;
    });
  });

  it('a screen on the wall shows them by rack, without an account', async () => {
    await go('/settings/wall');
    await page.getByLabel('Which screen').fill('Operations room');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const url = await page.getByText(/\/wall#/).innerText();
    wall = await story.another();
    await wall.goto(url);
    await wall.getByText('Nothing is critical').waitFor();
    assert.equal(await cells('up').count(), LOST);
    await wall.getByRole('heading', { name: /^r7 40$/ }).waitFor();
    await story.mark(wall);
    // The token is all it shows: no session goes with it.
    const alone = await fetch(`${system.url}/api/wall`, {
      headers: { Authorization: `Bearer ${new URL(url).hash.slice(1)}` },
    });
    assert.equal(alone.status, 200);
  });

  it('the rack is lost: one incident, one message to each', async () => {
    await go('/incidents');
    await page.getByText('ws: connected').waitFor();
    await story.mark();
    for (const host of rack) host.die();
    const row = page.getByRole('row', { name: new RegExp(RACK) });
    await row.waitFor({ timeout: NOTICED_MS });
    const open = (await api('GET', '/api/incidents?detector=fleet_silent')).data;
    assert.deepEqual(
      open.map((one) => [one.subject, one.severity, one.status]),
      [[RACK, 'critical', 'open']],
    );
    incident = open[0].id;
    await until('a message to each', () => PEOPLE.every((who) => told(who).length > 0), 30_000);
    for (const who of PEOPLE) {
      const [message, ...more] = told(who);
      assert.match(message.subject, /\[critical\].*rack:r7/);
      assert.deepEqual(more, [], who);
    }
    await row.getByText('2/2').waitFor();
    await story.notReloaded();
  });

  it('the wall shows it by itself', async () => {
    const criticals = wall.getByRole('region', { name: 'Critical incidents' });
    await criticals.getByText(`Group of servers silent: ${RACK}`).waitFor();
    await until('the rack to look lost', async () => (await cells('up').count()) === 0);
    assert.equal(await wall.getByRole('img', { name: /^web-\d\d: up/ }).count(), OTHERS);
    await story.notReloaded(wall);
  });

  it('it is acknowledged by the link in the mail, and the page shows it by itself', async () => {
    const [message] = told(PEOPLE[0]);
    const link = /https?:\/\/[^\s<>"]+\/ack\/[^\s<>"]+/.exec(message.text)?.[0];
    assert.ok(link?.startsWith(`${system.url}/ack/`), message.text);
    await page
      .getByRole('link', { name: new RegExp(RACK) })
      .first()
      .click();
    await page.getByRole('heading', { name: new RegExp(RACK) }).waitFor();
    await story.mark();
    // Scanners of mail open every link: nothing comes of that.
    for (const method of ['GET', 'HEAD', 'GET']) await fetch(link, { method });
    assert.equal((await api('GET', `/api/incidents/${incident}`)).status, 'open');
    const phone = await story.another();
    await phone.setViewportSize({ width: 390, height: 844 });
    await phone.goto(link);
    await phone.getByText('Nobody has this yet').waitFor();
    await phone.getByRole('heading', { name: new RegExp(RACK) }).waitFor();
    await phone.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await phone.getByText('It is taken on').waitFor();
    await page.getByText('acknowledged', { exact: true }).first().waitFor();
    await page.getByText(`Acknowledged via link sent to ${PEOPLE[0]}.`).first().waitFor();
    await wall.getByText('taken').waitFor();
    await story.notReloaded();
    // The other one's link says so, and does nothing.
    const other = /https?:\/\/[^\s<>"]+\/ack\/[^\s<>"]+/.exec(told(PEOPLE[1])[0].text)?.[0];
    assert.notEqual(other, link);
    await phone.goto(other);
    await phone.getByText('Somebody has it').waitFor();
    assert.equal(await phone.getByRole('button').count(), 0);
    await phone.close();
  });

  it('each silence is explained', async () => {
    const silent = (await api('GET', '/api/incidents?detector=server_down&limit=200')).data;
    assert.ok(
      silent.every((one) => one.severity !== 'critical'),
      'no host of it pages by itself',
    );
    const [host] = rack;
    // Its own silence would count after 200 s.
    const held = async () => {
      const all = await api('GET', `/api/servers/${host.id}/decisions?detector=server_down`);
      return all.data.find(({ explanation }) => /its whole group is silent/.test(explanation));
    };
    await until('a decision that holds a host of it back', held, 150_000);
    await go(`/servers/${host.id}/why`);
    await page.getByText('its whole group is silent').first().waitFor();
    const log = (await api('GET', '/api/notification-deliveries?limit=200')).data;
    assert.deepEqual(log.map((row) => [row.incident_id, row.recipient, row.status]).sort(), [
      [incident, PEOPLE[0], 'sent'],
      [incident, PEOPLE[1], 'sent'],
    ]);
  });

  it('the rack returns: one recovery to each, and the log explains all of it', async () => {
    await go(`/incidents/${incident}`);
    await story.mark();
    await fleet.revive(rack);
    await page.getByText(/No, over since/).waitFor({ timeout: 120_000 });
    await until('the recoveries', () => PEOPLE.every((who) => told(who).length === 2), 30_000);
    await story.notReloaded();
    await wall.getByText('Nothing is critical').waitFor();
    await until('the rack to be up', async () => (await cells('up').count()) === LOST, 60_000);
    await story.notReloaded(wall);
    await go(`/settings/deliveries?incident_id=${incident}`);
    await page
      .getByRole('row', { name: /recovery/ })
      .first()
      .waitFor();
    const log = (await api('GET', '/api/notification-deliveries?limit=200')).data;
    assert.equal(log.length, 2 * PEOPLE.length, JSON.stringify(log));
    assert.ok(log.every((row) => row.incident_id === incident && row.status === 'sent'));
    assert.equal(mail.mails.length, log.length, 'nobody got what the log does not tell of');
    assert.deepEqual(fleet.failures, []);
  });

  story.nothingFailed();
});
