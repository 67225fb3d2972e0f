// A host laid out as cPanel lays it: its version, licence, accounts, domains, databases, and mailboxes below the homes of
// accounts that are users of this host. cPanel itself is not in Debian.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { ACCOUNT, addUser } from './exim.mjs';
import { run } from './system.mjs';

const PROGRAM = '/usr/local/cpanel';
const STATE = '/var/cpanel';
const LISTS = ['/etc/trueuserdomains', '/etc/userdomains'];
const DAY_MS = 86_400_000;

/** Accounts by name: their domains, the main one first, and mailboxes of each. */
const ACCOUNTS = {
  [ACCOUNT.name]: { uid: ACCOUNT.uid, domains: { 'customer1.test': 3, 'addon.test': 1 } },
  cust2: { uid: ACCOUNT.uid + 1, domains: { 'customer2.test': 2 } },
  cust3: { uid: ACCOUNT.uid + 2, domains: { 'customer3.test': 0 }, suspended: true },
};
const DATABASES = { cust1_shop: 'cust1', cust1_blog: 'cust1', cust2_wp: 'cust2' };
const VERSION = '11.118.0.20';
const LICENCE_DAYS = 40;

const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);

/** What the dashboard is to show of it. */
export const SAYS = {
  version: VERSION,
  active: String(Object.values(ACCOUNTS).filter((a) => !a.suspended).length),
  suspended: String(Object.values(ACCOUNTS).filter((a) => a.suspended).length),
  mailboxes: String(sum(Object.values(ACCOUNTS).flatMap((a) => Object.values(a.domains)))),
  databases: String(Object.keys(DATABASES).length),
  domains: String(Object.values(ACCOUNTS).flatMap((a) => Object.keys(a.domains)).length),
  licence: 'active',
  daysLeft: LICENCE_DAYS,
};

/** Puts it there, on a host with the account of `exim.mjs`, until the system ends. */
export function layCpanel(system) {
  const theirs = [PROGRAM, STATE, ...LISTS].filter(existsSync);
  if (theirs.length > 0) throw new Error(`this host has a cPanel: ${theirs}`);
  system.onEnd(() => {
    for (const path of [PROGRAM, STATE, ...LISTS]) rmSync(path, { recursive: true, force: true });
  });

  for (const [name, { uid, domains }] of Object.entries(ACCOUNTS)) {
    const home = `/home/${name}`;
    if (name !== ACCOUNT.name) addUser(system, { name, uid });
    chmodSync(home, 0o711);
    for (const [domain, boxes] of Object.entries(domains)) {
      mkdirSync(`${home}/etc/${domain}`, { recursive: true });
      const box = (_, n) => `box${n}:x:${uid}:${uid}::${home}/mail/${domain}/box${n}:/sbin/nologin\n`;
      write(`${home}/etc/${domain}/passwd`, Array.from({ length: boxes }, box).join(''), 0o640);
    }
    run('chown', ['-R', `${name}:${name}`, `${home}/etc`]);
  }
  mkdirSync(`${STATE}/license_state`, { recursive: true, mode: 0o700 });
  mkdirSync(`${STATE}/suspended`);
  mkdirSync(`${STATE}/databases`);
  const each = Object.entries(ACCOUNTS);
  for (const [name] of each.filter(([, a]) => a.suspended)) write(`${STATE}/suspended/${name}`, '', 0o600);
  write(`${STATE}/databases/dbindex.db.json`, JSON.stringify({ MYSQL: DATABASES, PGSQL: {} }), 0o640);
  const line = (name) => (domain) => `${domain}: ${name}\n`;
  const main = each.map(([name, a]) => line(name)(Object.keys(a.domains)[0]));
  write(LISTS[0], main.join(''), 0o640);
  const all = each.flatMap(([name, a]) => Object.keys(a.domains).map(line(name)));
  write(LISTS[1], `*: nobody\n${all.join('')}`, 0o644);
  mkdirSync(PROGRAM, { mode: 0o711 });
  write(`${PROGRAM}/version`, `${VERSION}\n`, 0o644);
  const ends = Math.floor((Date.now() + LICENCE_DAYS * DAY_MS) / 1000);
  write(`${PROGRAM}/cpanel.lisc`, `products: cpanel\nlicense_expire_time: ${ends}\n`, 0o600);
  // The number that says what kind of licence it is: 4 is a paid one.
  symlinkSync('4', `${STATE}/license_state/state`);
}

function write(path, text, mode) {
  writeFileSync(path, text);
  chmodSync(path, mode);
}
