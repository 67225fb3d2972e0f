//! Mail: who sends too much, and who only seems to.

use super::entry::{Anomaly, Weekday};
use super::plan::Planner;
use super::seen::{Alone, Who};
use super::verdict::{Case, FIVES, Verdict};
use crate::simulate::calendar::{DAY_MS, HOUR_MS};
use crate::simulate::fault::{Fault, FaultKind, MailBurst, Newsletter, NewsletterDay};
use crate::simulate::host::names;
use crate::simulate::kinds::email_stats::newsletter_start;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// What the rule asks for at least: recipients in an hour, and times the usual.
pub(super) const FLOOR: f64 = 100.0;
pub(super) const TIMES: f64 = 5.0;
/// Recipients in an hour that make a case with evidence critical.
const MANY: f64 = 1_000.0;
/// Newsletters of a kind until the pattern is known.
const LEARNED_AFTER: usize = 2;

impl Planner<'_> {
    pub(super) fn mail(&mut self, case: &Case<'_>, what: &Anomaly) {
        let login = self.chooser.bits();
        match what {
            Anomaly::HackedMailbox {
                recipients_per_hour,
                ramp,
                domains,
                addresses,
                countries,
                failures,
                by_day,
            } => {
                let burst = MailBurst {
                    login,
                    by_script: false,
                    per_hour: f64::from(*recipients_per_hour),
                    ramp: self.scaled(*ramp),
                    domains: *domains,
                    addresses: *addresses,
                    countries: *countries,
                    failures: *failures,
                    by_day: *by_day,
                };
                self.burst(case, burst);
            }
            Anomaly::ScriptSpam {
                recipients_per_hour,
                failures,
            } => {
                let burst = MailBurst {
                    login,
                    by_script: true,
                    per_hour: f64::from(*recipients_per_hour),
                    ramp: Duration::ZERO,
                    domains: 0,
                    addresses: 0,
                    countries: 0,
                    failures: *failures,
                    by_day: false,
                };
                self.burst(case, burst);
            }
            Anomaly::Newsletter {
                recipients,
                weekday,
                day_of_month,
                hour,
                minutes,
            } => {
                let on = match (weekday, day_of_month) {
                    (None, Some(day)) => NewsletterDay::Monthly((*day).clamp(1, 28)),
                    (weekday, _) => NewsletterDay::Weekly(weekday.unwrap_or(Weekday::Tue) as u8),
                };
                let letter = Newsletter {
                    login,
                    on,
                    minute_of_day: (hour * 60).min(1_439),
                    minutes: *minutes,
                    recipients: *recipients,
                };
                self.newsletter(case, letter);
            }
            _ => {}
        }
    }

    fn burst(&mut self, case: &Case<'_>, burst: MailBurst) {
        let host = case.host;
        let Some((_, sender)) = host.mail.login(burst.login) else {
            return;
        };
        let Some(domain) = host.mail.domain_of(sender) else {
            return;
        };
        let subject = if burst.by_script {
            names::planted_script(host.noise, &domain.account)
        } else {
            sender.name.clone()
        };
        let forged = burst.domains > 0;
        let mut subjects = vec![subject.clone()];
        let mut who = vec![if burst.by_script {
            Who::Script(&subject)
        } else {
            Who::Login(&subject)
        }];
        if forged {
            subjects.extend(
                (0..burst.domains.min(10)).map(|n| names::forged_domain(host.noise, n.into())),
            );
        } else {
            subjects.push(domain.name.clone());
            who.push(Who::Domain(&domain.name));
        }
        let slow = burst.ramp >= Duration::from_secs(86_400);
        let until = case
            .until
            .or(self.stage.end)
            .unwrap_or(UnixMs(case.from.0 + 28 * DAY_MS));
        let fault = [Fault {
            server: host.n,
            from: case.from,
            until: case.until,
            kind: FaultKind::MailBurst(burst.clone()),
        }];
        let alone = Alone {
            host,
            fault: &fault,
        };
        let breaks = alone.mail_breaks(&who, case.from, until);
        let ramps = who
            .first()
            .filter(|_| slow)
            .and_then(|who| alone.mail_ramps(*who, case.from, until));
        // At the end of an hour of full height, or of what there is.
        let height = case.from.plus(burst.ramp).hour().0 + 2 * HOUR_MS - 60_000;
        let at_height = UnixMs(height.min(until.0 - 60_000));
        let evident = burst.by_script || forged || alone.evident(&subject, at_height);
        let severity = match (evident, burst.per_hour >= MANY) {
            (true, true) => "critical",
            (true, false) => "high",
            (false, _) => "medium",
        };
        let within = if slow {
            Duration::from_secs(3 * 86_400)
        } else {
            FIVES
        };
        let also: &[&str] = &["mail_queue_spike", "mail_ramp"];
        let verdict = match breaks.into_iter().chain(ramps).min() {
            Some(onset) => Verdict::incident("outgoing_mail_abuse", severity, within)
                .after(onset.since(case.from)),
            // Too little to be told from what is usual there.
            None => Verdict::quiet("outgoing_mail_abuse").either(),
        };
        self.fault(case, FaultKind::MailBurst(burst));
        self.truth(
            case,
            Verdict {
                subjects,
                ..verdict.or(also)
            },
        );
    }

    /// A line for each time it is sent: the first ones are unknown to everybody, the later ones are not.
    fn newsletter(&mut self, case: &Case<'_>, letter: Newsletter) {
        let Some((_, sender)) = case.host.mail.login(letter.login) else {
            return;
        };
        let subjects: Vec<String> = std::iter::once(sender.name.clone())
            .chain(
                case.host
                    .mail
                    .domain_of(sender)
                    .map(|domain| domain.name.clone()),
            )
            .collect();
        let end = case
            .until
            .or(self.stage.end)
            .unwrap_or(UnixMs(case.from.0 + 28 * DAY_MS));
        let length = i64::from(letter.minutes) * 60_000;
        let mut sent = Vec::new();
        let mut at = newsletter_start(case.host, &letter, UnixMs(end.0 - 1));
        while at >= case.from {
            sent.push(at);
            at = newsletter_start(case.host, &letter, UnixMs(at.0 - 1));
        }
        sent.reverse();
        let weekly = matches!(letter.on, NewsletterDay::Weekly(_));
        self.fault(case, FaultKind::Newsletter(letter));
        for (n, from) in sent.into_iter().enumerate() {
            let quiet = Verdict::quiet("outgoing_mail_abuse").or(&["mail_ramp"]);
            let known = weekly && n >= LEARNED_AFTER;
            let verdict = if known { quiet } else { quiet.either() };
            let this = Case {
                from,
                until: Some(UnixMs(from.0 + length)),
                ..*case
            };
            self.truth(
                &this,
                Verdict {
                    subjects: subjects.clone(),
                    ..verdict
                },
            );
        }
    }
}
