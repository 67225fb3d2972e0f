import { capitalised } from './words';

/** Kinds of reports by the names that people know them by, and by heads that fit above a narrow cell. */
const KINDS: Record<string, { name: string; head: string }> = {
  metrics: { name: 'Host', head: 'Host' },
  processes: { name: 'Services', head: 'Svc' },
  disks: { name: 'Disks', head: 'Disk' },
  mysql: { name: 'MySQL', head: 'SQL' },
  litespeed: { name: 'LiteSpeed', head: 'LS' },
  cpanel: { name: 'cPanel', head: 'cP' },
  'mail-queue': { name: 'Mail queue', head: 'Mail' },
  'email-stats': { name: 'Senders', head: 'Sent' },
  firewall: { name: 'Firewall', head: 'FW' },
  crons: { name: 'Cron jobs', head: 'Cron' },
  backups: { name: 'Backups', head: 'Bkp' },
  inventory: { name: 'Inventory', head: 'Inv' },
};

/** Whether the pages show this kind; the others are the pipeline's own. */
export const isShownKind = (kind: string): boolean => kind in KINDS;

/** `Mail queue` of `mail-queue`; a kind that this page does not know goes by its key. */
export const kindName = (kind: string): string => KINDS[kind]?.name ?? kind;

export const kindHead = (kind: string): string => KINDS[kind]?.head ?? kind;

/** What rules on metrics open incidents by; the catalogue does not list them. */
const OF_RULES: Record<string, string> = { threshold: 'Threshold rule', baseline: 'Baseline rule' };

export const isOfRules = (detector: string): boolean => detector in OF_RULES;

/** `Service down` of `service_down`: a detector as people call it, where the catalogue has no name for it. */
export const detectorName = (key: string): string => OF_RULES[key] ?? capitalised(key.replaceAll('_', ' '));
