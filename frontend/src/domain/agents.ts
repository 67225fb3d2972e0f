import { kindName } from './kind';
import { count } from './units';

/** How an agent stands, worst first: the order of the filter. */
export const AGENT_STATES = [
  'silent',
  'never_reported',
  'degraded',
  'not_enrolled',
  'healthy',
  'disabled',
] as const;

export type AgentState = (typeof AGENT_STATES)[number];

export const AGENT_TEXT: Record<AgentState, string> = {
  silent: 'silent',
  never_reported: 'never reported',
  degraded: 'degraded',
  not_enrolled: 'not enrolled',
  healthy: 'healthy',
  disabled: 'switched off',
};

/** Clocks agree within two seconds; beyond five minutes our own time is used instead. */
export function skewText(ms: number | null): string {
  if (ms === null) return '–';
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 2) return 'in step';
  const amount =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`;
  return `${amount} ${ms > 0 ? 'behind' : 'ahead'}`;
}

/** What waits on a host, in words; nothing where nothing waits. */
export function spoolText(spool: { files: number | null; lost_total: number | null }): string {
  if (spool.files === null) return '–';
  const waits =
    spool.files === 0 ? 'empty' : `${count(spool.files)} ${spool.files === 1 ? 'tick waits' : 'ticks wait'}`;
  return spool.lost_total ? `${waits}, ${count(spool.lost_total)} lost` : waits;
}

/** `Mail queue: may not be read` of `mail-queue may not be read`: a kind by the name of its page. */
export const reasonText = (reason: string): string =>
  reason.replace(
    /^([a-z-]+) (?=may not be read|answers nonsense|does not answer)/,
    (_, kind: string) => `${kindName(kind)}: `,
  );
