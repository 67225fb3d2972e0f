// What hosting programs say arrives on their pages: a real exim with its queue and log, MariaDB, cron, the log of lfd, the
// reports of LiteSpeed, cPanel's files, a backup's hook; read by the real agent, looked at in Chromium. LiteSpeed, lfd,
// cPanel and JetBackup are not in Debian: their files are written as they write them. Needs root, like the installer.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { layCpanel, SAYS } from './cpanel.mjs';
import { ACCOUNT, Exim, recipients } from './exim.mjs';
import { Story } from './story.mjs';
import { run, until } from './system.mjs';

const HOST = 'e2e-hosting-01';
const HOSTING = '/opt/hostseba-noc/agent-hosting.sh';
const LFD = '/var/log/lfd.log';
const LSHTTPD = '/tmp/lshttpd';
const CRON = '/etc/cron.d/noc-e2e';
const SHOP = 'info@customer1.test';
const CLUB = 'sales@customer2.test';
const SCRIPT = '/home/cust1/public_html';
const MONITOR = { user: 'monitor_ro', password: 'only-looks' };

describe('hosting', { timeout: 600_000 }, () => {
  const story = new Story();
  const { system } = story;
  const it = story.part.bind(story);
  const go = story.go.bind(story);
  const ours = { lfd: !existsSync(LFD), lshttpd: !existsSync(LSHTTPD) };
  let page;
  let id;
  let socket;
  let exim;

  before(async () => {
    await story.begin();
    page = story.page;
  });

  after(async () => {
    rmSync(CRON, { force: true });
    if (ours.lfd) rmSync(LFD, { force: true });
    if (ours.lshttpd) rmSync(LSHTTPD, { recursive: true, force: true });
    for (const message of queued()) run('/usr/sbin/exim4', ['-Mrm', message]);
    await story.end();
  });

  /** The tab's facts by name, as they stand on the page. */
  const fact = (name) =>
    page
      .locator('dl > div')
      .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
      .locator('dd');
  const shows = async (name, value) =>
    until(`${name} = ${value}`, async () => (await fact(name).first().innerText()).includes(value), 60_000);
  const queued = () =>
    run('/usr/sbin/exim4', ['-bp'])
      .split('\n')
      .map((line) => /^\s*\S+\s+\S+\s+(\S{16,23}) <.*@noc-e2e\.example>/.exec(line)?.[1])
      .filter(Boolean);
  const sql = (text) => run('mariadb', ['--no-defaults', '-uroot', `-S${socket}`, '-BNe', text]).trim();

  it('programs of a hosting server run on this host', async () => {
    for (let n = 0; n < 3; n += 1) {
      run('/usr/sbin/exim4', ['-odq', '-f', `shop${n}@noc-e2e.example`, 'someone@remote.invalid'], {
        input: `Subject: ${n}\n\nhello\n`,
      });
    }
    const [first] = queued();
    assert.ok(first, 'exim queues');
    run('/usr/sbin/exim4', ['-Mf', first]);

    const data = join(system.folder, 'mariadb');
    socket = join(system.folder, 'mariadb.sock');
    mkdirSync(data);
    run('mariadb-install-db', [
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
    ]);
    chmodSync(system.folder, 0o755);
    system.start(
      'mariadbd',
      [
        '--no-defaults',
        '--user=root',
        `--datadir=${data}`,
        `--socket=${socket}`,
        '--skip-networking',
        '--max-connections=77',
      ],
      { name: 'mariadbd' },
    );
    await until('mariadb to answer', () => sql('SELECT 1') === '1');
    chmodSync(socket, 0o777);
    sql(
      `CREATE USER ${MONITOR.user}@localhost IDENTIFIED BY '${MONITOR.password}'; ` +
        `GRANT PROCESS, REPLICATION CLIENT, SHOW VIEW, SLAVE MONITOR ON *.* TO ${MONITOR.user}@localhost`,
    );

    await handMailIn();
    if (ours.lshttpd) mkdirSync(LSHTTPD);
    report(41.5, 1200);
    if (ours.lfd) writeFileSync(LFD, '', { mode: 0o644 });
    writeFileSync(CRON, '17 3 * * * root /usr/local/bin/noc-e2e-job --password=hunter2 --all\n');
  });

  /** Two mailboxes, one of which is used from two places and has old addresses in its list, and a customer's script. */
  const handMailIn = async () => {
    // What is counted is of one hour: mail that is handed in at its end would be of two.
    await until('an hour that goes on', () => new Date().getUTCMinutes() < 58, 150_000);
    exim = await Exim.start(system);
    const shop = recipients(60, 'ok.test');
    await exim.send([
      { login: SHOP, to: [...shop, ...recipients(6, 'fail.test')] },
      { login: SHOP, to: recipients(9, 'ok.test', 'late'), address: '127.0.0.7' },
      { login: CLUB, to: recipients(120, 'ok.test') },
    ]);
    await exim.script(recipients(80, 'ok.test'));
  };

  /** What LiteSpeed writes every ten seconds. */
  const report = (rate, requests) => {
    const file = join(LSHTTPD, '.rtreport');
    writeFileSync(
      file,
      `VERSION: LiteSpeed Web Server/Enterprise/6.3.4\nUPTIME: 2 days 01:02:03\n` +
        `BPS_IN: 12, BPS_OUT: 340, SSL_BPS_IN: 3, SSL_BPS_OUT: 60\n` +
        `MAXCONN: 10000, MAXSSL_CONN: 5000, PLAINCONN: 12, AVAILCONN: 9988, IDLECONN: 2, SSLCONN: 31, AVAILSSL: 4969\n` +
        `REQ_RATE []: REQ_PROCESSING: 2, REQ_PER_SEC: ${rate}, TOT_REQS: ${requests}, PUB_CACHE_HITS_PER_SEC: 1.0, ` +
        `TOTAL_PUB_CACHE_HITS: 300, PRIVATE_CACHE_HITS_PER_SEC: 0.0, TOTAL_PRIVATE_CACHE_HITS: 10, STATIC_HITS_PER_SEC: 5.0, TOTAL_STATIC_HITS: 600\n` +
        `REQ_RATE [shop.example]: REQ_PROCESSING: 2, REQ_PER_SEC: ${rate}, TOT_REQS: ${requests}\n` +
        `BLOCKED_IP: \nEOF\n`,
    );
    chmodSync(file, 0o644);
    utimesSync(file, new Date(), new Date());
  };

  it('the agent is installed and reads them', async () => {
    await story.firstLogin();
    await story.addHost(HOST, '--counts yes --groups yes');
    const [server] = (await story.api('GET', '/api/servers')).data;
    id = server.id;

    const home = '/home/hostseba-noc';
    mkdirSync(home, { recursive: true });
    const [uid, gid] = ['-u', '-g'].map((of) => Number(run('id', [of, 'hostseba-noc'])));
    const conf = join(home, '.my.cnf');
    writeFileSync(conf, `[client]\nuser=${MONITOR.user}\npassword=${MONITOR.password}\nsocket=${socket}\n`, {
      mode: 0o600,
    });
    for (const path of [home, conf]) chownSync(path, uid, gid);
    // No timers here: root's counts are made as its timer would.
    run(HOSTING, ['counts']);
  });

  it('what is not on this host is not called broken', async () => {
    await go(`/servers/${id}/cpanel`);
    await page.getByText('not installed').first().waitFor({ timeout: 60_000 });
  });

  it('cPanel is what its files say', async () => {
    layCpanel(system);
    run(HOSTING, ['counts']);
    // It begins anew, so that the hour between two reports need not pass: that of the others has not, either.
    story.upgradeAgent();
    await shows('Version', SAYS.version);
    await shows('Accounts', SAYS.active);
    await shows('Suspended', SAYS.suspended);
    await shows('Mailboxes', SAYS.mailboxes);
    await shows('Databases', SAYS.databases);
    await shows('Domains', SAYS.domains);
    const licence = (await fact('Licence').innerText()).replace(/\s+/g, ' ');
    assert.match(licence, new RegExp(`^${SAYS.licence} ${SAYS.daysLeft} d left `));
    await go('/hosting/cpanel');
    await story.rowShows('cPanel', HOST, {
      Licence: licence,
      Accounts: SAYS.active,
      Suspended: SAYS.suspended,
      Mailboxes: SAYS.mailboxes,
      Databases: SAYS.databases,
      Domains: SAYS.domains,
      Version: SAYS.version,
    });
  });

  it('the mail queue is what exim says it is', async () => {
    await go(`/servers/${id}/mail`);
    const total = run('/usr/sbin/exim4', ['-bpc']).trim();
    const frozen = String(run('/usr/sbin/exim4', ['-bp']).split('*** frozen ***').length - 1);
    await shows('In queue', total);
    await shows('Frozen', frozen);
    await shows('Bounces 1 h', String(exim.failed()));
    await go('/hosting/mail-queue');
    await page.getByRole('row', { name: new RegExp(HOST) }).waitFor();
  });

  it('the database server is what MariaDB says it is', async () => {
    await go(`/servers/${id}/mysql`);
    await shows('Version', sql('SELECT VERSION()'));
    await shows('Connections', `of ${sql('SELECT @@max_connections')}`);
    await shows('Replication', 'none');
  });

  it('the web server is what LiteSpeed reports', async () => {
    const alive = setInterval(() => report(41.5, 1200 + (Math.floor(Date.now() / 1000) % 1000)), 2_000);
    try {
      await go(`/servers/${id}/litespeed`);
      await shows('State', 'running');
      await shows('Requests/s', '41.5');
      await shows('Connections', '43 of 10,000');
    } finally {
      clearInterval(alive);
    }
  });

  it('a line of lfd is on the page, and its text is text', async () => {
    const now = new Date();
    const stamp = `${now.toLocaleString('en-US', { month: 'short' })} ${String(now.getDate()).padStart(2)} ${now.toTimeString().slice(0, 8)}`;
    writeFileSync(
      LFD,
      `${stamp} web01 lfd[812]: (sshd) Failed SSH login from 203.0.113.77 (BD/Bangladesh/<b>host</b>): 5 in the last 3600 secs - *Blocked in csf* [LF_SSHD]\n`,
      { flag: 'a' },
    );
    await go(`/servers/${id}/firewall`);
    await page.getByText('203.0.113.77').first().waitFor({ timeout: 60_000 });
    assert.equal(await page.locator('b', { hasText: 'host' }).count(), 0);
    await go('/hosting/firewall?ip=203.0.113.77&range=30d');
    await page.getByText(HOST).first().waitFor();
  });

  it('cron jobs arrive without their secrets', async () => {
    await go(`/servers/${id}/crons`);
    await page.getByText('/usr/local/bin/noc-e2e-job').first().waitFor({ timeout: 90_000 });
    assert.ok(!(await page.content()).includes('hunter2'));
  });

  it('a backup told by its hook is a row', async () => {
    run(HOSTING, ['report-backup', 'jetbackup', 'nightly accounts', 'partial', '2 of 40 accounts failed']);
    await go(`/servers/${id}/backups`);
    await until(
      'the run',
      async () => {
        await page.reload();
        await page.getByRole('heading', { level: 1 }).waitFor();
        return (await page.getByText('2 of 40 accounts failed').count()) > 0;
      },
      60_000,
    );
    await go('/hosting/backups');
    await page.getByText(HOST).first().waitFor();
  });

  it('the top senders are those that exim names, with their numbers', async () => {
    await go(`/servers/${id}/mail`);
    const spark = (n) => `Recipients of the last 24 hours: at most ${n}, newest ${n}, 23 of 24 not reported`;
    for (const [sender, account, by] of [
      [SHOP, ACCOUNT.name, SHOP],
      [CLUB, 'cust2', CLUB],
      [SCRIPT, ACCOUNT.name, ACCOUNT.name],
    ]) {
      const said = exim.saysOf(by);
      const isScript = sender === SCRIPT;
      await story.rowShows('Top senders of this host', sender, {
        Account: account,
        'Login or script': sender,
        'Recipients 1 h': String(said.recipients),
        '24 h': String(said.recipients),
        'x expected': 'learning',
        Failures: isScript ? '–' : `${Math.round((said.failures * 100) / said.recipients)} %`,
        Addresses: isScript ? '–' : String(said.addresses),
        'Last 24 h': spark(said.recipients),
      });
      if (!isScript) assert.equal(exim.takenFrom(sender), said.recipients - said.failures);
    }
    assert.deepEqual(exim.saysOf(SHOP), { messages: 2, recipients: 75, failures: 6, addresses: 2 });
    const onTab = await Promise.all(
      [SHOP, CLUB, SCRIPT].map((sender) => story.row('Top senders of this host', sender)),
    );
    await page.getByRole('link', { name: 'All senders of this host' }).click();
    await page.getByRole('heading', { level: 1, name: 'Top Senders' }).waitFor();
    for (const row of onTab)
      await story.rowShows('Top Senders', row['Login or script'], { ...row, Server: HOST });
    await go('/hosting/top-senders');
    const senders = page.getByRole('table', { name: 'Top Senders' }).locator('tbody tr td:nth-child(2)');
    await senders.nth(2).waitFor();
    assert.deepEqual(await senders.allInnerTexts(), [CLUB, SCRIPT, SHOP], 'most in this hour first');
  });

  it('the agent says that it reads them', async () => {
    await go('/agents');
    const row = page.getByRole('row', { name: new RegExp(HOST) });
    await row.waitFor();
    await row.getByRole('img', { name: /^MySQL: Reported on time/ }).waitFor({ timeout: 60_000 });
    await row.getByRole('img', { name: /^cPanel: Reported on time/ }).waitFor();
  });

  story.nothingFailed();
});
