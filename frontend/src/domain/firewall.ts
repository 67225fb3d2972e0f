/** Actions of a firewall's log, those that turn somebody away first. */
export const FIREWALL_ACTIONS = [
  'block',
  'temp_block',
  'unblock',
  'brute_force',
  'port_scan',
  'scanner',
  'mod_security',
  'login_failure',
] as const;

/** Whose log it stands in. */
export const FIREWALL_SOURCES = ['lfd', 'csf', 'modsecurity', 'fail2ban'] as const;

/** How far the log is looked back. */
export const LOG_RANGES = ['1h', '24h', '7d', '30d'] as const;
export type LogRange = (typeof LOG_RANGES)[number];

const HOURS: Record<LogRange, number> = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };

/** `24 h`: a range in a sentence. */
export const rangeWords = (range: LogRange): string => range.replace(/\D/, ' $&');

/** Where a range that ends now begins. */
export const rangeStart = (range: LogRange, nowMs: number): string =>
  new Date(nowMs - HOURS[range] * 3_600_000).toISOString();

/** Whether a text is an address that the server will take: no range, no name. */
export function isAddress(text: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').every((part) => Number(part) <= 255);
  // The browser's own reading of an IPv6 host.
  return /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) && URL.canParse(`http://[${text}]/`);
}

export interface BlockFacts {
  source: string;
  action: string;
  ip: string;
}

/**
 * What to type on the host to let an address in again; `null` where that is not certain. The address comes out of a log
 * that attackers write to, so only what can be nothing but an address is put into a command.
 */
export function unblockCommand({ source, action, ip }: BlockFacts): string | null {
  if (!/^[0-9A-Fa-f]{1,4}[0-9A-Fa-f:.]*(\/\d{1,3})?$/.test(ip)) return null;
  if (source === 'fail2ban') return `sudo fail2ban-client unban ${ip}`;
  if (source !== 'lfd' && source !== 'csf') return null;
  return `sudo csf ${action === 'temp_block' ? '-tr' : '-dr'} ${ip}`;
}

export interface Verdict {
  tone: 'blocked' | 'open' | 'unheard' | 'unknown';
  text: string;
}

const servers = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'server' : 'servers'}`;

/** The answer to "is this address blocked", which is never a plain no while a firewall cannot be read. */
export function verdict(report: {
  blocked_on: number;
  unknown_servers: number;
  servers: unknown[];
  looked_back_h: number;
}): Verdict {
  const { blocked_on, unknown_servers } = report;
  if (blocked_on > 0) return { tone: 'blocked', text: `Blocked on ${servers(blocked_on)}` };
  const days = Math.round(report.looked_back_h / 24);
  const known =
    report.servers.length > 0
      ? 'Not blocked by the firewalls whose logs name it'
      : `In no firewall’s log of the last ${days} days`;
  return unknown_servers > 0
    ? { tone: 'unknown', text: `${known}, but ${servers(unknown_servers)} cannot tell` }
    : { tone: report.servers.length > 0 ? 'open' : 'unheard', text: known };
}
