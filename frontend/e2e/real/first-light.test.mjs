// A real server's trouble reaches a real mailbox and a live page: `noc`, its installer and agent, a real exim, a real
// SMTP server, Chromium. Needs root, because the installer makes a user and exim binds its queue. With
// NOC_TEST_PARTS=real it runs on two nodes, Kafka, QuestDB and MariaDB, and one node is killed in the middle of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Story } from './story.mjs';
import { freePort, run, until } from './system.mjs';

const HOST = 'e2e-mail-01';
/** Long enough for a slow machine to show the first step, kill a node and acknowledge before it. */
const SECOND_STEP_S = 30;

describe('first light', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const api = story.api.bind(story);
  let page;
  let mail;
  let screens;
  /** Mails about exim: another installed service of this host may be down, too. */
  const told = () => mail.mails.filter((m) => m.subject.includes('exim'));
  /** Every event that pusher-js was sent, as `channel event`. */
  const live = [];

  before(async () => {
    await story.begin();
    mail = await system.startMail();
    page = story.page;
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const { channel, event } = JSON.parse(payload);
        live.push(`${channel} ${event}`);
      }),
    );
    screens = process.env.NOC_SCREENS ?? join(system.folder, 'screens');
    mkdirSync(screens, { recursive: true });
  });

  after(() => story.end());

  const shot = (name) => page.screenshot({ path: join(screens, `real-${name}.png`) });

  let exim;
  const startExim = async () => {
    const pidFile = join(system.folder, `exim-${Date.now()}.pid`);
    exim = system.start('/usr/sbin/exim4', ['-bdf', '-oX', `127.0.0.1.${await freePort()}`, '-oP', pidFile], {
      name: 'exim4',
    });
    await until('exim4 to run', () => {
      assert.equal(exim.child.exitCode, null, `exim4 ended: ${exim.output()}`);
      return existsSync(pidFile);
    });
  };
  const stopExim = async () => {
    exim.child.kill('SIGTERM');
    await until('exim4 to end', () => exim.child.exitCode !== null || exim.child.signalCode !== null);
  };

  it('the first login must choose a password', async () => {
    await story.firstLogin();
    await shot('overview-empty');
  });

  it('the e-mail channel is set up, and its test arrives', async () => {
    await go('/settings/channels');
    await page
      .getByRole('button', { name: /E-?mail/i })
      .first()
      .click();
    await page.getByRole('switch', { name: 'Use this channel' }).setChecked(true, { force: true });
    await page.getByLabel('SMTP host').fill('127.0.0.1');
    await page.getByLabel('SMTP port').fill(String(mail.port));
    await page.getByLabel('Encryption').first().click();
    await page.getByRole('option', { name: /none/i }).click();
    await page.getByLabel('From address').fill('noc@hostseba.test');
    await page.getByLabel('From name').fill('HostSeba NOC');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/saved/).first().waitFor();
    await page.getByLabel('Send a test to').fill('tester@hostseba.test');
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.getByText('Accepted:').waitFor();
    await shot('channel-test');
    const test = await until('the test mail', () =>
      mail.mails.find((m) => m.recipients.includes('tester@hostseba.test')),
    );
    assert.match(test.subject, /test/i);
    mail.mails.length = 0;
  });

  it('a policy of two steps takes the critical ones', async () => {
    const step = (who, delay_seconds) => ({
      delay_seconds,
      channels: ['email'],
      targets: { external: [who] },
    });
    const policy = await api('POST', '/api/escalation-policies', {
      name: 'Mail servers',
      repeat: 0,
      steps: [step('first@hostseba.test', 0), step('second@hostseba.test', SECOND_STEP_S)],
    });
    await api('POST', '/api/alert-rules', {
      name: 'Dead services',
      scope: { all: true },
      condition: { type: 'detector', detector: 'service_down' },
      escalation_policy_id: policy.id,
    });
  });

  it('a host is added and turns green by itself', async () => {
    await startExim();
    await story.addHost(HOST);
    await shot('add-host-green');
  });

  it('no secret stands on a command line of this host', () => {
    const conf = readFileSync('/etc/hostseba-noc/agent.conf', 'utf8');
    const secret = /^AGENT_SECRET=(.+)$/m.exec(conf)[1];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let line = '';
      try {
        line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        continue; // It ended meanwhile.
      }
      assert.ok(!line.includes(secret), `process ${pid} shows the agent's secret`);
    }
  });

  it('the agent runs unprivileged and writes in its own folder alone', () => {
    const pid = readFileSync('/var/log/hostseba-noc/run/pid', 'utf8').trim();
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
    assert.equal(uid, run('id', ['-u', 'hostseba-noc']).trim());
    const owned = run('find', [
      '/etc',
      '/opt',
      '/var',
      '/usr',
      // What goes while it is looked at is not ours.
      '-ignore_readdir_race',
      '-xdev',
      '-user',
      'hostseba-noc',
      '-not',
      '-path',
      '/var/log/hostseba-noc*',
    ]);
    assert.equal(owned, '');
  });

  it('the charts are live', async () => {
    await page.getByRole('link', { name: 'Open server' }).click();
    await page.getByRole('heading', { name: new RegExp(HOST) }).waitFor();
    await page.locator('canvas').first().waitFor();
    // What was measured reaches the page by itself, and is kept.
    const id = Number(/servers\/(\d+)/.exec(page.url())[1]);
    const stored = async () => (await api('GET', `/api/servers/${id}/metrics?fields=cpu_pct`)).at_ms.length;
    const [heard, kept] = [live.length, await stored()];
    await until('live events of this server', () =>
      live.slice(heard).some((event) => event === `private-server.${id} metrics.received`),
    );
    await until('another stored point', async () => (await stored()) > kept);
    await shot('server-charts');
    await page.getByRole('tab', { name: /Services/ }).click();
    await page.getByText('exim', { exact: false }).first().waitFor();
    await shot('server-services');
  });

  it('a dead exim opens an incident, mails, and shows without reload', async () => {
    await go('/incidents');
    await page.getByText('ws: connected').waitFor();
    await page.evaluate(() => {
      window.notReloaded = true;
    });
    await stopExim();
    const row = page.getByRole('row', { name: new RegExp(`exim is down on ${HOST}`) });
    await row.waitFor({ timeout: 60_000 });
    const page1 = await until(
      'the first mail',
      () => told().find((m) => m.recipients.includes('first@hostseba.test')),
      60_000,
    );
    assert.equal(page1.subject, `🔴 [critical] exim is down on ${HOST}`);
    assert.match(page1.text, /sudo systemctl restart exim4/);
    assert.ok(page1.headers['x-noc-delivery'], 'it carries its delivery id');
    assert.equal(await page.evaluate(() => window.notReloaded), true);
    await shot('incident-open');
  });

  if (process.env.NOC_TEST_PARTS === 'real') {
    it('one of two nodes is killed, and the page goes on', async () => {
      await system.killNode(0);
      await page.getByText('ws: connected').waitFor({ timeout: 60_000 });
      assert.equal(await page.evaluate(() => window.notReloaded), true);
    });
  }

  it('acknowledging stops the second step', async () => {
    await page
      .getByRole('link', { name: new RegExp(`exim is down on ${HOST}`) })
      .first()
      .click();
    await page.getByRole('heading', { name: /exim is down/ }).waitFor();
    await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await page.getByRole('button', { name: 'Give back' }).waitFor();
    await shot('incident-acknowledged');
    const id = Number(/incidents\/(\d+)/.exec(page.url())[1]);
    const opened = Date.parse((await api('GET', `/api/incidents/${id}`)).opened_at);
    await until(
      'the second step to have been due',
      () => Date.now() > opened + (SECOND_STEP_S + 4) * 1000,
      60_000,
    );
    assert.deepEqual(
      told().flatMap((m) => m.recipients),
      ['first@hostseba.test'],
    );
  });

  it('exim comes back: resolved, and only who was told hears of it', async () => {
    await startExim();
    // A killed node's partitions are taken over once its lease of 15 s is over.
    await page.getByText(/No, over since/).waitFor({ timeout: 60_000 });
    const recovery = await until('the recovery', () => told()[1], 60_000);
    assert.deepEqual(recovery.recipients, ['first@hostseba.test']);
    assert.match(recovery.subject, new RegExp(`exim .*${HOST}`));
    assert.equal(told().length, 2, JSON.stringify(mail.mails.map((m) => [m.recipients, m.subject])));
    assert.equal(await page.evaluate(() => window.notReloaded), true, 'all of it without a reload');
    await shot('incident-resolved');
  });

  it('uninstalling leaves nothing behind', () => {
    run('/opt/hostseba-noc/uninstall.sh', []);
    for (const path of [
      '/opt/hostseba-noc',
      '/etc/hostseba-noc',
      '/var/log/hostseba-noc',
      '/etc/cron.d/hostseba-noc-agent',
      '/etc/systemd/system/hostseba-noc-agent.service',
    ]) {
      assert.ok(!existsSync(path), `${path} is still there`);
    }
    assert.notEqual(spawnSync('id', ['hostseba-noc']).status, 0, 'the user is still there');
  });

  story.nothingFailed();
});
