// Who is called: an operator makes a schedule, somebody stands in and is the one who is paged, and a calendar program
// reads it all by a link until that is revoked. The real `noc`, a real SMTP server, Chromium; with NOC_TEST_PARTS=real on
// two nodes, Kafka, QuestDB and MariaDB.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Fleet } from './fleet.mjs';
import { Story } from './story.mjs';
import { until } from './system.mjs';

/** The browser's zone, where it is always six hours later than UTC. */
const ZONE_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;
const local = (ms) => new Date(ms + ZONE_MS).toISOString();
/** Whoever comes on duty is looked for twice a minute. */
const TOLD_MS = 60_000;

const PEOPLE = {
  lead: ['Shift lead', 'lead@hostseba.test', 'operator'],
  night: ['Night shift', 'night@hostseba.test', 'oncall'],
  cover: ['Cover', 'cover@hostseba.test', 'oncall'],
};

describe('on call', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  const passwords = {};
  let page;
  let mail;
  let fleet;
  let link;
  const panel = () => page.getByRole('region', { name: 'Nights', exact: true });
  /** Mails to one of them. */
  const told = (who, what) =>
    mail.mails.filter((m) => m.recipients.includes(PEOPLE[who][1]) && what.test(m.subject));
  const onDuty = async (who) => {
    await panel().locator('dl dd').first().getByText(PEOPLE[who][0]).waitFor();
    const current = (await api('GET', '/api/on-call/current')).data[0];
    assert.equal(current.user?.name, PEOPLE[who][0]);
  };
  const choose = async (dialog, box, option) => {
    await dialog.getByRole('combobox', { name: box }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };

  before(async () => {
    await story.begin();
    page = story.page;
    mail = await system.startMail();
    fleet = new Fleet(story);
  });

  after(() => story.end());

  it('an admin sets up mail and accounts, and an operator signs in', async () => {
    await story.firstLogin();
    await story.useMail(mail);
    for (const who of Object.keys(PEOPLE)) passwords[who] = await story.account(...PEOPLE[who]);
    await fleet.enrol(['e2e-duty-01']);
    await api('POST', '/api/auth/logout');
    await story.firstLogin(PEOPLE.lead[1], passwords.lead);
  });

  it('a schedule is made, and says who is on duty', async () => {
    await go('/on-call');
    await page.getByText('No schedules yet').waitFor();
    await page.getByRole('button', { name: 'New schedule' }).click();
    const editor = page.getByRole('dialog', { name: 'New schedule' });
    await editor.getByLabel('Name').fill('Nights');
    // Hands over in three days, so that it is the first one's turn whenever this runs.
    const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' });
    const name = weekday.format(new Date(local(Date.now() + 3 * DAY_MS)));
    await choose(editor, 'Hands over on', `${name}s`);
    await editor.getByLabel('First turn begins on').fill(local(Date.now() - DAY_MS).slice(0, 10));
    for (const who of ['night', 'lead']) await choose(editor, 'Add a person', PEOPLE[who][0]);
    await editor.getByRole('button', { name: 'Create schedule' }).click();
    await page.getByText('Schedule created').waitFor();
    await onDuty('night');
    await until('the night shift to be told', () => told('night', /You are on call: Nights/)[0], TOLD_MS);
  });

  it('somebody stands in from now on, and is told', async () => {
    await page.getByRole('button', { name: 'Stand in: Nights' }).click();
    const editor = page.getByRole('dialog', { name: 'Stand in: Nights' });
    await choose(editor, 'Who is on duty', PEOPLE.cover[0]);
    await editor.getByLabel('From').fill(local(Date.now() - 120_000).slice(0, 16));
    await editor.getByLabel('Until').fill(local(Date.now() + 3 * 3_600_000).slice(0, 16));
    await editor.getByRole('button', { name: 'Put on duty' }).click();
    await page.getByText('Cover stands in').first().waitFor();
    await onDuty('cover');
    await panel().getByText('for whoever’s turn it is').waitFor();
    await until('the stand-in to be told', () => told('cover', /You are on call: Nights/)[0], TOLD_MS);
  });

  it('the stand-in is who is paged', async () => {
    const [host] = fleet.hosts;
    await host.tellServices({ exim: true });
    await host.tellServices({ exim: false });
    await until('the page', () => told('cover', /exim is down on e2e-duty-01/)[0], 60_000);
    await host.tellServices({ exim: true });
    await until('the recovery', () => told('cover', /exim .*e2e-duty-01/).length === 2, 60_000);
    for (const who of ['night', 'lead']) assert.deepEqual(told(who, /exim/), []);
  });

  it('a calendar program reads the schedule by a link', async () => {
    await page.getByRole('button', { name: 'iCal link: Nights' }).click();
    await page.getByRole('button', { name: 'Make a link' }).click();
    link = await page.getByText(/\.ics\?token=/).innerText();
    // No browser, no cookie.
    const answer = await fetch(link);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/calendar/);
    const text = await answer.text();
    const lines = text.split('\r\n');
    assert.equal(lines.at(-1), '', 'each line ends');
    for (const line of lines) assert.ok(Buffer.byteLength(line) <= 75, line);
    const calendar = text.replaceAll(/\r\n[ \t]/g, '').split('\r\n');
    assert.deepEqual([calendar[0], calendar.at(-2)], ['BEGIN:VCALENDAR', 'END:VCALENDAR']);
    const count = (line) => calendar.filter((one) => one === line).length;
    assert.ok(count('BEGIN:VEVENT') > 10, 'a year of turns');
    assert.equal(count('BEGIN:VEVENT'), count('END:VEVENT'));
    for (const who of ['cover', 'night', 'lead'])
      assert.ok(count(`SUMMARY:On call: ${PEOPLE[who][0]} (Nights)`) > 0, PEOPLE[who][0]);
    const wrong = await fetch(`${link.slice(0, -1)}${link.endsWith('x') ? 'y' : 'x'}`);
    assert.equal(wrong.status, 404);
  });

  it('revoked, the link shows nothing any more', async () => {
    const dialog = page.getByRole('dialog', { name: 'iCal link: Nights' });
    await dialog.getByText('made').waitFor();
    await dialog.getByRole('button', { name: /^Revoke link/ }).click();
    await page.getByText('Link revoked').waitFor();
    const gone = await fetch(link);
    assert.equal(gone.status, 404);
    assert.ok(!(await gone.text()).includes('VEVENT'));
    await dialog.getByRole('button', { name: 'Close' }).click();
  });

  it('the stand-in steps back, and the rotation goes on', async () => {
    await panel().getByRole('button', { name: 'Delete: Cover stands in' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Back to the rotation').waitFor();
    await onDuty('night');
    const calls = () => told('night', /You are on call: Nights/).length;
    await until('the night shift to be told again', () => calls() === 2, TOLD_MS);
    assert.deepEqual(fleet.failures, []);
  });

  story.nothingFailed();
});
