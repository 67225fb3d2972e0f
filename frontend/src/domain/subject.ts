import { senderTitle } from './abuse';
import { isOfRules } from './kind';

/**
 * What an incident or a decision is about, in words: `Mailbox info@shop.example` of `login:info@shop.example`, `/home`
 * of a rule's `7:/home`. `null`: the server itself.
 */
export function subjectText(detector: string, subject: string): string | null {
  const plain = isOfRules(detector) ? subject.replace(/^\d+(:|$)/, '') : subject;
  const sender = /^(login|script|domain):(.+)$/s.exec(plain);
  if (sender)
    return senderTitle({ sender: sender[1] as 'login' | 'script' | 'domain', name: sender[2] ?? '' });
  return plain || null;
}
