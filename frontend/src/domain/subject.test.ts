import { describe, expect, it } from 'vitest';
import { subjectText } from './subject';

describe('what a decision is about', () => {
  it('names senders as people do', () => {
    expect(subjectText('outgoing_mail_abuse', 'login:a:b@shop.example')).toBe('Mailbox a:b@shop.example');
    expect(subjectText('mail_ramp', 'script:/home/x/mail.php')).toBe('Script /home/x/mail.php');
    expect(subjectText('mail_ramp', 'domain:shop.example')).toBe('Domain shop.example');
  });
  it('leaves out the id of a rule, and nothing else', () => {
    expect(subjectText('threshold', '7')).toBeNull();
    expect(subjectText('threshold', '7:/home')).toBe('/home');
    expect(subjectText('baseline', '12:/srv/3')).toBe('/srv/3');
    expect(subjectText('disk_bytes', '/7')).toBe('/7');
    expect(subjectText('cron_overdue', '7:15')).toBe('7:15');
  });
  it('knows the server itself', () => {
    expect(subjectText('server_down', '')).toBeNull();
  });
});
