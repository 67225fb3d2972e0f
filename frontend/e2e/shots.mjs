// Every page in every state that has a look of its own. `npm run screens` takes a picture of each, `npm run e2e` checks
// each for accessibility and room; a test fails when a route of `src/routes.tsx` has none.
//   path     where it is
//   as       who looks; the admin when left out, null: nobody has signed in
//   world    `/mock/<world>` is asked for first
//   api      'held': questions stay unanswered; 'broken': they are answered by a 503
//   prepare  what is done on the page before the picture
//   bare     not inside the dashboard
const press = (name) => async (page) => page.getByRole('button', { name }).first().click();

const fillLogin = async (page, password) => {
  await page.getByLabel('E-mail').fill('admin@hostseba.com');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

const mint = (name, then) => async (page) => {
  await page.getByLabel('Server name').fill(name);
  await page.getByRole('button', { name: 'Create install command' }).click();
  await page.getByText(then).first().waitFor();
};

const choose = async (page, box, option) => {
  await page.getByRole('dialog').getByRole('combobox', { name: box }).first().click({ force: true });
  await page.getByRole('option', { name: option }).first().click();
};

const HOSTING = [
  'mail-queue',
  'top-senders',
  'mail-abuse',
  'backups',
  'disks',
  'mysql',
  'litespeed',
  'cpanel',
  'firewall',
  'crons',
];

export const SHOTS = [
  { name: 'login', path: '/login', as: null, bare: true },
  {
    name: 'login-refused',
    path: '/login',
    as: null,
    bare: true,
    prepare: async (page) => {
      await fillLogin(page, 'wrong');
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'login-locked',
    path: '/login',
    as: null,
    bare: true,
    prepare: async (page) => {
      await page.route('**/api/auth/login', (route) =>
        route.fulfill({
          status: 423,
          headers: { 'Retry-After': '900' },
          json: { error: 'locked', message: 'Locked.' },
        }),
      );
      await fillLogin(page, 'wrong again');
      await page.getByText(/Too many attempts/).waitFor();
    },
  },
  {
    name: 'session-ended',
    path: '/incidents?status=open',
    prepare: async (page) => {
      await page.evaluate(() => fetch('/mock/sign-out', { method: 'POST' }));
      await page.getByText('all', { exact: true }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    },
  },
  { name: 'first-password', path: '/change-password', as: 'first@hostseba.com', bare: true },
  {
    name: 'first-password-refused',
    path: '/change-password',
    as: 'first@hostseba.com',
    bare: true,
    prepare: async (page) => {
      await page.getByLabel('Current password', { exact: true }).fill('x');
      await page.getByLabel('New password', { exact: true }).fill('short');
      await page.getByLabel('New password again').fill('short');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('must have at least 12 characters').waitFor();
    },
  },

  { name: 'overview', path: '/' },
  { name: 'overview-quiet', path: '/', world: 'quiet' },
  { name: 'overview-empty', path: '/', world: 'empty' },
  { name: 'overview-viewer', path: '/', as: 'reader@hostseba.com' },
  { name: 'overview-loading', path: '/', api: 'held' },
  { name: 'overview-broken', path: '/', api: 'broken' },
  {
    name: 'overview-outdated',
    path: '/',
    prepare: async (page) => {
      await page.route('**/api/**', (route) => route.abort());
      // The page is looked at again after a while, which is when it asks.
      await page.evaluate(() => {
        globalThis.frozenTime.moveTo(Date.now() + 10_000);
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      });
      await page.getByText('cannot be reached').waitFor();
    },
  },
  { name: 'account-menu', path: '/', prepare: press('Account of Admin') },
  {
    name: 'menu',
    path: '/',
    // On a wide page the menu is always there.
    prepare: async (page) => (await page.evaluate(() => innerWidth)) < 768 && press('More')(page),
  },
  {
    name: 'search',
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('textbox', { name: 'Search servers and incidents' }).fill('web');
      await page.getByLabel('Results').waitFor();
    },
  },
  {
    name: 'search-nothing',
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('textbox', { name: 'Search servers and incidents' }).fill('nothing like this');
      await page.getByText('No server and no open incident').waitFor();
    },
  },
  { name: 'keyboard', path: '/', prepare: async (page) => page.keyboard.press('?') },

  { name: 'servers', path: '/servers' },
  {
    name: 'servers-filtered',
    path: '/servers?status=down,stale,unknown&q=web&tag=cpanel&sort=-load_per_core',
  },
  { name: 'servers-no-match', path: '/servers?q=nothing-like-this' },
  { name: 'servers-empty', path: '/servers', world: 'empty' },
  { name: 'servers-loading', path: '/servers', api: 'held' },
  { name: 'servers-broken', path: '/servers', api: 'broken' },

  { name: 'add-host', path: '/servers/new' },
  { name: 'add-host-refused', path: '/servers/new', prepare: mint('not a name', 'may hold letters') },
  { name: 'add-host-waiting', path: '/servers/new', prepare: mint('never-99.hostseba', 'Waiting for') },
  { name: 'add-host-registered', path: '/servers/new', prepare: mint('slow-99.hostseba', 'has registered') },
  { name: 'add-host-reporting', path: '/servers/new', prepare: mint('web-99.hostseba', 'is reporting') },
  { name: 'add-host-expired', path: '/servers/new', prepare: mint('late-99.hostseba', 'has expired') },
  { name: 'add-host-viewer', path: '/servers/new', as: 'reader@hostseba.com' },

  { name: 'server-charts', path: '/servers/3' },
  { name: 'server-charts-7d', path: '/servers/3?range=7d' },
  { name: 'server-charts-zoomed', path: '/servers/3?from=1778130000&to=1778133600' },
  { name: 'server-charts-nothing', path: '/servers/7' },
  { name: 'server-down', path: '/servers/2' },
  { name: 'server-off', path: '/servers/8' },
  { name: 'server-viewer', path: '/servers/3', as: 'reader@hostseba.com' },
  { name: 'server-loading', path: '/servers/3', api: 'held' },
  { name: 'server-broken', path: '/servers/3', api: 'broken' },
  { name: 'server-gone', path: '/servers/999' },
  { name: 'server-no-id', path: '/servers/abc' },
  { name: 'server-actions', path: '/servers/3', prepare: press('More actions') },
  { name: 'server-edit', path: '/servers/3', prepare: press('Edit') },
  {
    name: 'server-delete',
    path: '/servers/3',
    prepare: async (page) => {
      await press('More actions')(page);
      await page.getByRole('menuitem', { name: 'Delete server' }).click();
    },
  },
  { name: 'server-disks', path: '/servers/3/disks' },
  { name: 'server-disks-stale', path: '/servers/4/disks' },
  { name: 'server-disks-no-permission', path: '/servers/6/disks' },
  { name: 'server-disks-nothing', path: '/servers/7/disks' },
  { name: 'server-services', path: '/servers/1/services' },
  { name: 'server-services-stale', path: '/servers/4/services' },
  { name: 'server-mysql', path: '/servers/3/mysql' },
  { name: 'server-cpanel', path: '/servers/3/cpanel' },
  { name: 'server-litespeed', path: '/servers/3/litespeed' },
  { name: 'server-mail', path: '/servers/3/mail' },
  { name: 'server-firewall', path: '/servers/3/firewall' },
  { name: 'server-crons', path: '/servers/3/crons' },
  { name: 'server-backups', path: '/servers/3/backups' },
  { name: 'server-mysql-no-permission', path: '/servers/14/mysql' },
  { name: 'server-cpanel-not-installed', path: '/servers/12/cpanel' },
  { name: 'server-mail-stale', path: '/servers/2/mail' },
  { name: 'server-firewall-timeout', path: '/servers/4/firewall' },
  { name: 'server-firewall-nothing', path: '/servers/3/firewall?q=nobody-writes-this' },
  { name: 'server-backups-not-configured', path: '/servers/12/backups' },
  { name: 'server-mysql-loading', path: '/servers/3/mysql', api: 'held' },
  { name: 'agents', path: '/agents' },
  { name: 'agents-silent', path: '/agents?state=silent,never_reported' },
  { name: 'agents-nothing', path: '/agents?q=no-such-host' },
  { name: 'agents-loading', path: '/agents', api: 'held' },
  { name: 'agents-broken', path: '/agents', api: 'broken' },
  { name: 'server-why', path: '/servers/3/why' },
  { name: 'server-why-nothing-happened', path: '/servers/3/why?came=nothing&detector=outgoing_mail_abuse' },
  { name: 'server-why-none', path: '/servers/7/why' },
  { name: 'server-why-loading', path: '/servers/3/why', api: 'held' },
  { name: 'server-incidents', path: '/servers/3/incidents' },
  { name: 'server-incidents-none', path: '/servers/9/incidents' },

  { name: 'incidents', path: '/incidents' },
  {
    name: 'incidents-selected',
    path: '/incidents',
    prepare: async (page) => {
      await page
        .getByRole('checkbox', { name: /^Select .*silent/ })
        .first()
        .check();
    },
  },
  {
    name: 'incidents-filtered',
    path: '/incidents?status=all&severity=critical,high&detector=server_down&sort=-opened_at',
  },
  { name: 'incidents-no-match', path: '/incidents?q=nothing-like-this' },
  { name: 'incidents-none', path: '/incidents', world: 'quiet' },
  { name: 'incidents-viewer', path: '/incidents', as: 'reader@hostseba.com' },
  { name: 'incidents-loading', path: '/incidents', api: 'held' },
  { name: 'incidents-broken', path: '/incidents', api: 'broken' },
  { name: 'incident', path: '/incidents/42' },
  { name: 'incident-group', path: '/incidents/41' },
  {
    name: 'incident-group-taken',
    path: '/incidents/41',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Acknowledge all 2' }).click();
      await page.getByText('Admin has the whole of it').waitFor();
    },
  },
  {
    name: 'incident-docs',
    path: '/incidents/42',
    prepare: async (page) => {
      await page.getByText('What this detector looks for').click();
      await page.getByText('What it looks for').waitFor();
    },
  },
  { name: 'incident-charted', path: '/incidents/43' },
  { name: 'incident-acknowledged', path: '/incidents/44' },
  { name: 'incident-stale', path: '/incidents/45' },
  { name: 'incident-resolved', path: '/incidents/38' },
  {
    name: 'incident-noted',
    path: '/incidents/42',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
      await page.getByText('Acknowledged').first().waitFor();
      await page.getByLabel('Note').fill('Queue is full of one account’s mail.\nLooking at its scripts.');
    },
  },
  { name: 'incident-held', path: '/incidents/43' },
  { name: 'incident-snoozed', path: '/incidents/45' },
  { name: 'incident-asked', path: '/incidents/48' },
  { name: 'incident-snooze', path: '/incidents/42', prepare: press('Snooze') },
  {
    name: 'incident-snooze-until',
    path: '/incidents/42',
    prepare: async (page) => {
      await press('Snooze')(page);
      await page.getByRole('menuitem', { name: 'Until a time of my choice' }).click();
      await page.getByLabel('Until', { exact: true }).fill('2026-05-20T09:00');
      await page.getByRole('dialog').getByRole('button', { name: 'Snooze' }).click();
      await page.getByText('Must lie within the next 7 days').waitFor();
    },
  },
  { name: 'incident-escalate', path: '/incidents/42', prepare: press('Escalate now') },
  {
    name: 'incident-escalated-before',
    path: '/incidents/46',
    prepare: async (page) => {
      await press('Escalate now')(page);
      await page.getByRole('dialog').getByRole('button', { name: 'Escalate now' }).click();
      await page.getByText('A step fired meanwhile').waitFor();
    },
  },
  { name: 'incident-viewer', path: '/incidents/42', as: 'reader@hostseba.com' },
  { name: 'incident-loading', path: '/incidents/42', api: 'held' },
  { name: 'incident-broken', path: '/incidents/42', api: 'broken' },
  { name: 'incident-gone', path: '/incidents/999' },

  ...HOSTING.flatMap((page) => {
    const path = `/hosting/${page}`;
    const name = `hosting-${page}`;
    return [
      { name, path },
      { name: `${name}-empty`, path, world: 'empty' },
      { name: `${name}-loading`, path, api: 'held' },
      { name: `${name}-broken`, path, api: 'broken' },
      { name: `${name}-large`, path, world: 'large' },
      { name: `${name}-no-match`, path: `${path}?q=nothing-like-this` },
    ];
  }),
  { name: 'hosting-mail-queue-server', path: '/hosting/mail-queue?server=3' },
  {
    name: 'hosting-mail-queue-blind',
    path: '/hosting/mail-queue?state=no_permission,timeout,collector_error,no_data',
  },
  { name: 'hosting-mail-queue-sorted', path: '/hosting/mail-queue?sort=-oldest_age_s&tag=cpanel' },
  { name: 'hosting-top-senders-viewer', path: '/hosting/top-senders?kind=login', as: 'reader@hostseba.com' },
  { name: 'hosting-mail-abuse-case', path: '/hosting/mail-abuse?case=901' },
  { name: 'hosting-mail-abuse-script', path: '/hosting/mail-abuse?case=902&view=unreviewed' },
  { name: 'hosting-mail-abuse-closed', path: '/hosting/mail-abuse?view=closed&case=906' },
  { name: 'hosting-mail-abuse-gone', path: '/hosting/mail-abuse?case=999' },
  { name: 'hosting-mail-abuse-viewer', path: '/hosting/mail-abuse?case=901', as: 'reader@hostseba.com' },
  {
    name: 'hosting-mail-abuse-asked',
    path: '/hosting/mail-abuse?case=901',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'No abuse' }).click();
      await page.getByRole('textbox', { name: 'Note' }).fill('Their newsletter, announced last week.');
    },
  },
  { name: 'hosting-mail-abuse-allowances', path: '/hosting/mail-abuse?view=allowances' },
  { name: 'hosting-mail-abuse-allowances-none', path: '/hosting/mail-abuse?view=allowances', world: 'quiet' },
  { name: 'hosting-mysql-not-installed', path: '/hosting/mysql?state=not_installed,ok' },
  { name: 'hosting-backups-never', path: '/hosting/backups?state=never_good,stale' },
  { name: 'hosting-crons-unknown', path: '/hosting/crons?state=unknown,failed' },
  { name: 'hosting-firewall-blocked', path: '/hosting/firewall?ip=203.0.113.66&range=30d' },
  { name: 'hosting-firewall-let-in', path: '/hosting/firewall?ip=198.51.100.99&range=30d' },
  { name: 'hosting-firewall-unheard', path: '/hosting/firewall?ip=2001:db8::1&range=30d' },
  { name: 'hosting-firewall-no-address', path: '/hosting/firewall?ip=not-an-address&range=30d' },
  { name: 'hosting-firewall-quiet', path: '/hosting/firewall', world: 'quiet' },
  {
    name: 'hosting-firewall-country',
    path: '/hosting/firewall?country=BD&action=block,temp_block&source=lfd',
  },

  { name: 'maintenance', path: '/maintenance' },
  { name: 'maintenance-empty', path: '/maintenance', world: 'empty' },
  { name: 'maintenance-loading', path: '/maintenance', api: 'held' },
  { name: 'maintenance-broken', path: '/maintenance', api: 'broken' },
  { name: 'maintenance-viewer', path: '/maintenance?window=61', as: 'reader@hostseba.com' },
  { name: 'maintenance-start', path: '/maintenance', prepare: press('Start now') },
  { name: 'maintenance-new', path: '/maintenance?window=new&servers=3&hours=2' },
  { name: 'maintenance-weekly', path: '/maintenance?window=63' },
  {
    name: 'maintenance-preview',
    path: '/maintenance?window=64',
    prepare: async (page) => page.getByRole('region', { name: 'When it is' }).scrollIntoViewIfNeeded(),
  },
  {
    name: 'maintenance-refused',
    path: '/maintenance?window=new',
    prepare: async (page) => {
      await page.getByText('Weekly', { exact: true }).click();
      await page.getByRole('button', { name: 'Sun', exact: true }).click();
      await page.getByRole('button', { name: 'Create window' }).click();
      await page.getByText('choose a day').first().waitFor();
    },
  },
  { name: 'maintenance-end', path: '/maintenance', prepare: press('End now: Kernel updates') },
  { name: 'maintenance-end-recurring', path: '/maintenance', prepare: press('End now: cPanel updates') },
  {
    name: 'maintenance-delete',
    path: '/maintenance?window=61',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('button', { name: 'Delete window' }).waitFor();
    },
  },

  { name: 'channels', path: '/settings/channels' },
  { name: 'channels-loading', path: '/settings/channels', api: 'held' },
  { name: 'channels-broken', path: '/settings/channels', api: 'broken' },
  { name: 'channel', path: '/settings/channels?channel=email' },
  { name: 'channel-whatsapp', path: '/settings/channels?channel=whatsapp' },
  {
    name: 'channel-receipts',
    path: '/settings/channels?channel=whatsapp',
    prepare: async (page) => {
      await choose(page, 'Provider', 'waha');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('WhatsApp saved').waitFor();
      await page.getByRole('button', { name: 'Make an address' }).click();
      await page.getByRole('button', { name: 'Make a new address' }).scrollIntoViewIfNeeded();
    },
  },
  { name: 'channel-discord', path: '/settings/channels?channel=discord' },
  { name: 'channel-slack', path: '/settings/channels?channel=slack' },
  {
    name: 'channel-refused',
    path: '/settings/channels?channel=telegram',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'channel-tested',
    path: '/settings/channels?channel=webhook',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Send test' }).click();
      await page.getByText('Not sent').waitFor();
    },
  },
  { name: 'messages', path: '/settings/messages' },
  { name: 'messages-loading', path: '/settings/messages', api: 'held' },
  { name: 'messages-broken', path: '/settings/messages', api: 'broken' },
  {
    name: 'message',
    path: '/settings/messages?kind=problem',
    prepare: async (page) => page.getByRole('region', { name: 'Preview' }).locator('iframe').waitFor(),
  },
  {
    name: 'message-preview',
    path: '/settings/messages?kind=problem',
    prepare: async (page) => {
      const frame = page.getByRole('region', { name: 'Preview' }).locator('iframe');
      await frame.waitFor();
      await frame.scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'message-preview-chat',
    path: '/settings/messages?kind=recovery',
    prepare: async (page) => {
      const preview = page.getByRole('region', { name: 'Preview' });
      await preview.locator('iframe').waitFor();
      await preview.getByRole('combobox', { name: 'Shown as on' }).click();
      await page.getByRole('option', { name: 'Discord' }).click();
      await preview.getByText('of 2000').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'message-variables',
    path: '/settings/messages?kind=problem',
    prepare: async (page) => {
      await page.getByText('What may stand in there').click();
      await page.getByText('a coloured sign for the severity').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'message-refused',
    path: '/settings/messages?kind=problem',
    prepare: async (page) => {
      await page.getByRole('textbox', { name: 'Text' }).fill('Hello,\n{{ tite }}');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'message-operator', path: '/settings/messages?kind=recovery', as: 'operator@hostseba.com' },
  {
    name: 'message-reset',
    path: '/settings/messages?kind=recovery',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Reset', exact: true }).click();
      await page.getByRole('button', { name: 'Reset words' }).waitFor();
    },
  },
  { name: 'rules', path: '/settings/rules' },
  { name: 'rules-empty', path: '/settings/rules', world: 'empty' },
  { name: 'rules-loading', path: '/settings/rules', api: 'held' },
  { name: 'rules-broken', path: '/settings/rules', api: 'broken' },
  { name: 'rule-new', path: '/settings/rules', prepare: press('New rule') },
  {
    name: 'rule-refused',
    path: '/settings/rules',
    prepare: async (page) => {
      await press('New rule')(page);
      await page.getByRole('button', { name: 'Create rule' }).click();
      await page.getByText('choose a policy').first().waitFor();
    },
  },
  {
    name: 'rule',
    path: '/settings/rules',
    prepare: async (page) => page.getByText('CPU busy', { exact: true }).click(),
  },
  {
    name: 'rule-metrics',
    path: '/settings/rules',
    prepare: async (page) => {
      await press('New rule')(page);
      await page.getByRole('dialog').getByRole('combobox', { name: 'Metric' }).click();
      await page.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'rule-backtest',
    path: '/settings/rules?rule=4',
    prepare: async (page) => {
      await page.getByText('28 days', { exact: true }).click();
      await page.getByRole('button', { name: 'Run backtest' }).click();
      await page.getByText('Not everything was replayed').scrollIntoViewIfNeeded();
      await page.getByRole('region', { name: 'Backtest' }).getByRole('figure').waitFor();
    },
  },
  {
    name: 'rule-baseline',
    path: '/settings/rules?rule=new',
    prepare: async (page) => {
      await page.getByText('Baseline', { exact: true }).click();
      await page.getByRole('dialog').getByRole('combobox', { name: 'Metric' }).click();
      await page.getByRole('option', { name: 'CPU busy' }).click();
      await page.getByRole('region', { name: 'Backtest' }).getByRole('figure').waitFor();
      await page.getByRole('region', { name: 'Backtest' }).scrollIntoViewIfNeeded();
    },
  },
  { name: 'rule-detector', path: '/settings/rules?rule=new&detector=disk_bytes' },
  {
    name: 'rule-viewer',
    path: '/settings/rules',
    as: 'reader@hostseba.com',
    prepare: async (page) => page.getByText('CPU busy', { exact: true }).click(),
  },
  {
    name: 'rule-delete',
    path: '/settings/rules',
    prepare: async (page) => {
      await page.getByText('CPU busy', { exact: true }).click();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('button', { name: 'Delete rule' }).waitFor();
    },
  },
  { name: 'detectors', path: '/settings/detectors' },
  { name: 'detectors-loading', path: '/settings/detectors', api: 'held' },
  { name: 'detectors-broken', path: '/settings/detectors', api: 'broken' },
  {
    name: 'detector',
    path: '/settings/detectors?detector=disk_bytes',
    prepare: async (page) => page.getByText('What it looks for').waitFor(),
  },
  {
    name: 'detector-viewer',
    path: '/settings/detectors?detector=disk_bytes',
    as: 'reader@hostseba.com',
    prepare: async (page) => page.getByText('What it looks for').waitFor(),
  },
  { name: 'on-call', path: '/on-call' },
  { name: 'on-call-empty', path: '/on-call', world: 'empty' },
  { name: 'on-call-loading', path: '/on-call', api: 'held' },
  { name: 'on-call-broken', path: '/on-call', api: 'broken' },
  { name: 'on-call-viewer', path: '/on-call', as: 'reader@hostseba.com' },
  { name: 'on-call-new', path: '/on-call', prepare: press('New schedule') },
  { name: 'on-call-schedule', path: '/on-call', prepare: press('Edit First line') },
  {
    name: 'on-call-schedule-refused',
    path: '/on-call',
    prepare: async (page) => {
      await press('New schedule')(page);
      await page.getByLabel('Name').fill('Nights');
      await page.getByRole('button', { name: 'Create schedule' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'on-call-unreadable',
    path: '/on-call',
    prepare: press('Edit Written by a newer version'),
  },
  { name: 'on-call-stand-in', path: '/on-call', prepare: press('Stand in: First line') },
  {
    name: 'on-call-link',
    path: '/on-call',
    prepare: async (page) => {
      await press('iCal link: First line')(page);
      await page.getByRole('button', { name: 'Make a link' }).click();
      await page.getByText('Shown this once').waitFor();
    },
  },
  { name: 'escalation', path: '/settings/escalation' },
  { name: 'escalation-empty', path: '/settings/escalation', world: 'empty' },
  { name: 'escalation-loading', path: '/settings/escalation', api: 'held' },
  { name: 'escalation-broken', path: '/settings/escalation', api: 'broken' },
  { name: 'policy-new', path: '/settings/escalation', prepare: press('New policy') },
  { name: 'policy', path: '/settings/escalation', prepare: press('Edit Critical web servers') },
  {
    name: 'policy-refused',
    path: '/settings/escalation',
    prepare: async (page) => {
      await press('New policy')(page);
      await page.getByLabel('Name').fill('Nights');
      await page.getByRole('button', { name: 'Create policy' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'policy-people',
    path: '/settings/escalation',
    prepare: async (page) => {
      await press('Edit Critical web servers')(page);
      await choose(page, 'People', 'Night duty');
    },
  },
  { name: 'my-alerts', path: '/settings/my-alerts' },
  { name: 'my-alerts-viewer', path: '/settings/my-alerts', as: 'reader@hostseba.com' },
  { name: 'my-alerts-loading', path: '/settings/my-alerts', api: 'held' },
  { name: 'my-alerts-broken', path: '/settings/my-alerts', api: 'broken' },
  {
    name: 'my-alerts-code-wrong',
    path: '/settings/my-alerts',
    prepare: async (page) => {
      await page.getByLabel('Code for admin.at.home@example.com').fill('111111');
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText('4 tries left').first().waitFor();
    },
  },
  {
    name: 'my-alerts-adding',
    path: '/settings/my-alerts',
    prepare: async (page) => {
      await press('Add an address for WhatsApp')(page);
      await page.getByLabel('Telephone number').fill('12');
      await page.getByRole('button', { name: 'Send code' }).click();
      await page.getByText('is not a telephone number').waitFor();
    },
  },
  {
    name: 'my-alerts-all-off',
    path: '/settings/my-alerts',
    prepare: async (page) => {
      await page.getByRole('switch', { name: 'E-mail', exact: true }).click();
      await page.getByRole('switch', { name: 'WhatsApp' }).click();
      await page.getByText('every channel is off').waitFor();
    },
  },
  {
    name: 'my-alerts-refused',
    path: '/settings/my-alerts',
    prepare: async (page) => {
      await page.getByRole('switch', { name: 'E-mail', exact: true }).click();
      await page.getByRole('switch', { name: /One e-mail a day/ }).click();
      await page.getByRole('switch', { name: /Leave me alone/ }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').getByText('Not saved').waitFor();
    },
  },
  {
    name: 'policy-tried',
    path: '/settings/escalation',
    prepare: async (page) => {
      await press('Edit Critical web servers')(page);
      await page.getByRole('button', { name: 'Try it' }).click();
      await page.getByText(/^\d+ more$/).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'policy-tried-maintenance',
    path: '/settings/escalation',
    prepare: async (page) => {
      await press('Edit Critical web servers')(page);
      await page.getByRole('combobox', { name: 'On server' }).fill('web-11');
      await page.getByRole('option', { name: /^web-11/ }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Try it' }).click();
      await page.getByText('No longer held back').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'policy-tried-nobody',
    path: '/settings/escalation',
    prepare: async (page) => {
      await press('New policy')(page);
      await choose(page, 'Severity', 'low');
      await page.getByRole('button', { name: 'Try it' }).click();
      await page.getByText('pages nobody').scrollIntoViewIfNeeded();
    },
  },
  { name: 'deliveries', path: '/settings/deliveries' },
  {
    name: 'deliveries-filtered',
    path: '/settings/deliveries?status=failed,retrying&channel=email&incident_id=41',
  },
  {
    name: 'delivery-tries',
    path: '/settings/deliveries',
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /^Tries of the delivery/ })
        .first()
        .click();
      await page.getByText(/^(taken|not taken, tried again)$/).waitFor();
    },
  },
  { name: 'deliveries-none', path: '/settings/deliveries', world: 'quiet' },
  { name: 'deliveries-loading', path: '/settings/deliveries', api: 'held' },
  { name: 'deliveries-broken', path: '/settings/deliveries', api: 'broken' },
  { name: 'users', path: '/settings/users' },
  { name: 'users-loading', path: '/settings/users', api: 'held' },
  { name: 'users-broken', path: '/settings/users', api: 'broken' },
  { name: 'user-new', path: '/settings/users', prepare: press('New user') },
  {
    name: 'user',
    path: '/settings/users',
    prepare: async (page) => page.getByRole('main').getByText('Night duty').click(),
  },
  {
    name: 'user-created',
    path: '/settings/users',
    prepare: async (page) => {
      await press('New user')(page);
      await page.getByLabel('Name').fill('New Person');
      await page.getByLabel('E-mail').fill('new@hostseba.com');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('plum-otter-41-basin').waitFor();
    },
  },
  { name: 'wall', path: '/wall', bare: true },
  { name: 'wall-screen', path: '/wall#wall-1', as: null, bare: true },
  { name: 'wall-revoked', path: '/wall#wall-9', as: null, bare: true },
  { name: 'wall-lost-rack', path: '/wall', world: 'rack', bare: true },
  { name: 'wall-calm', path: '/wall', world: 'quiet', bare: true },
  { name: 'wall-empty', path: '/wall', world: 'empty', bare: true },
  {
    name: 'wall-late',
    path: '/wall',
    bare: true,
    prepare: async (page) => {
      await page.route('**/api/wall', async (route) => {
        const answer = await route.fetch();
        const body = await answer.json();
        const late = new Date(Date.parse(body.at) - 247_000).toISOString();
        await route.fulfill({ response: answer, json: { ...body, newest_report_at: late } });
      });
      await page.getByText('data is 4 min old').waitFor();
    },
  },
  { name: 'wall-loading', path: '/wall', api: 'held', bare: true },
  { name: 'wall-broken', path: '/wall', api: 'broken', bare: true },
  { name: 'wall-screens', path: '/settings/wall' },
  { name: 'wall-screens-none', path: '/settings/wall', world: 'quiet' },
  { name: 'wall-screens-refused', path: '/settings/wall', as: 'reader@hostseba.com' },
  { name: 'wall-screens-loading', path: '/settings/wall', api: 'held' },
  { name: 'wall-screens-broken', path: '/settings/wall', api: 'broken' },
  {
    name: 'wall-screen-made',
    path: '/settings/wall',
    prepare: async (page) => {
      await page.getByLabel('Which screen').fill('Kitchen');
      await press('Make a link')(page);
      await page.getByText('shown this once').waitFor();
    },
  },
  { name: 'wall-screen-revoke', path: '/settings/wall', prepare: press('Revoke Lobby') },
  { name: 'account', path: '/settings/account' },
  { name: 'account-broken', path: '/settings/account', api: 'broken' },
  { name: 'not-found', path: '/no-such-page' },
];
