//! Whether a message about an incident reaches its person now: a plain function, asked right before it leaves.
//!
//! In this order: an address that is theirs no longer; the daily digest, which takes the place of e-mail about what is
//! not critical; quiet hours, which what is critical pierces unless they say otherwise. Whoever is on duty has neither.
//! A recovery is never dropped: it waits for the end of quiet hours. Whoever is asked whether they are still on something
//! is asked at once, not in the digest: without an answer it is taken from them.

use super::preferences::Preferences;
use super::quiet::clock_time;
use super::{EMAIL, people::Unreachable};
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::quiet_holds::Held;

/// Of a message that a summary stands for.
const OVER: &str = "held back by quiet hours that are over: in their summary, if it was still open";

/// What is known of whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Why it is sent.
    pub kind: Kind,
    /// Over which channel.
    pub channel: &'a str,
    /// As it is now.
    pub severity: Severity,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether the message's address is the one they are told at now.
    pub address: Result<(), Unreachable>,
    /// `None`: they never saved any.
    pub preferences: Option<&'a Preferences>,
    /// Whether they are on duty by any schedule.
    pub on_duty: bool,
    /// Whether this message is held back already.
    pub held: Held,
}

/// What to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may go.
    Send,
    /// Never to this address; says why.
    Never(&'static str),
    /// In the next daily digest; says so.
    Digest(String),
    /// In the summary at the end of quiet hours; says so.
    Hold(String),
    /// Not before this.
    Later(UnixMs, String),
}

/// Decides.
#[must_use]
pub fn decide(facts: &Facts<'_>, now: UnixMs) -> Verdict {
    if !facts.active {
        return Verdict::Never("the account is switched off or gone");
    }
    match facts.address {
        Ok(()) => {}
        Err(Unreachable::Off) => return Verdict::Never("they switched this channel off"),
        Err(Unreachable::NoAddress | Unreachable::NotPersonal) => {
            return Verdict::Never("the address is no longer theirs, or no longer the one in use");
        }
    }
    let Some(preferences) = facts.preferences else {
        return Verdict::Send;
    };
    let quiet = preferences.quiet;
    let until = quiet.until(now).map(|end| {
        let (from, to) = (clock_time(quiet.start), clock_time(quiet.end));
        (end, format!("quiet hours, {from} to {to} {}", quiet.zone))
    });
    match facts.held {
        Held::No => {}
        Held::Waits => {
            let why = until.map_or_else(|| "quiet hours".to_owned(), |(_, why)| why);
            return Verdict::Hold(why);
        }
        // Whoever held it back died before its row said so.
        Held::Released => return Verdict::Never(OVER),
    }
    if facts.on_duty {
        return Verdict::Send;
    }
    let recovery = facts.kind == Kind::Recovery;
    let question = facts.kind == Kind::StillOnIt;
    let critical = facts.severity == Severity::Critical;
    if preferences.digest && facts.channel == EMAIL && !critical && !recovery && !question {
        let at = clock_time(preferences.digest_minute);
        return Verdict::Digest(format!("in the daily digest at {at} {}", quiet.zone));
    }
    match until {
        Some(_) if critical && !quiet.block_critical => Verdict::Send,
        Some((end, why)) if recovery => Verdict::Later(end, why),
        Some((_, why)) => Verdict::Hold(why),
        None => Verdict::Send,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::personal::quiet::QuietHours;
    use chrono_tz::Tz::Asia__Dhaka as DHAKA;

    /// 23:00 in Dhaka.
    const NIGHT: UnixMs = UnixMs(1_778_173_200_000);
    /// 12:00 there.
    const NOON: UnixMs = UnixMs(1_778_133_600_000);

    fn preferences(change: impl FnOnce(&mut Preferences)) -> Preferences {
        let mut preferences = Preferences {
            quiet: QuietHours {
                start: 22 * 60,
                end: 7 * 60,
                zone: DHAKA,
                block_critical: false,
            },
            ..Preferences::unsaved(DHAKA)
        };
        change(&mut preferences);
        preferences
    }

    fn facts(preferences: &Preferences, severity: Severity) -> Facts<'_> {
        Facts {
            kind: Kind::Problem,
            channel: "email",
            severity,
            active: true,
            address: Ok(()),
            preferences: Some(preferences),
            on_duty: false,
            held: Held::No,
        }
    }

    fn name(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Send => "send",
            Verdict::Never(_) => "never",
            Verdict::Digest(_) => "digest",
            Verdict::Hold(_) => "hold",
            Verdict::Later(..) => "later",
        }
    }

    #[test]
    fn quiet_hours_hold_back_and_critical_pierces_unless_they_say_otherwise() {
        let plain = preferences(|_| ());
        let night = |facts: &Facts<'_>| decide(facts, NIGHT);
        let high = facts(&plain, Severity::High);
        assert_eq!(
            night(&high),
            Verdict::Hold("quiet hours, 22:00 to 07:00 Asia/Dhaka".to_owned())
        );
        assert_eq!(decide(&high, NOON), Verdict::Send);
        assert_eq!(night(&facts(&plain, Severity::Critical)), Verdict::Send);
        let deaf = preferences(|p| p.quiet.block_critical = true);
        assert_eq!(name(&night(&facts(&deaf, Severity::Critical))), "hold");
        let on_duty = Facts {
            on_duty: true,
            ..high.clone()
        };
        assert_eq!(night(&on_duty), Verdict::Send);
        let unsaved = Facts {
            preferences: None,
            ..high.clone()
        };
        assert_eq!(night(&unsaved), Verdict::Send);
        // Once it is held it stays so, also where the hours were changed meanwhile.
        let held = Facts {
            held: Held::Waits,
            ..high.clone()
        };
        assert_eq!(name(&decide(&held, NOON)), "hold");
        let released = Facts {
            held: Held::Released,
            ..high
        };
        assert_eq!(decide(&released, NOON), Verdict::Never(OVER));
    }

    #[test]
    fn a_recovery_waits_for_the_end_and_a_critical_one_does_not() {
        let plain = preferences(|_| ());
        let over = |severity| Facts {
            kind: Kind::Recovery,
            ..facts(&plain, severity)
        };
        // 07:00 in Dhaka.
        let morning = UnixMs(1_778_202_000_000);
        assert!(
            matches!(decide(&over(Severity::High), NIGHT), Verdict::Later(at, _) if at == morning)
        );
        assert_eq!(decide(&over(Severity::Critical), NIGHT), Verdict::Send);
    }

    #[test]
    fn the_digest_takes_the_place_of_mail_about_what_is_not_critical() {
        let daily = preferences(|p| p.digest = true);
        let high = facts(&daily, Severity::High);
        let expected = Verdict::Digest("in the daily digest at 09:00 Asia/Dhaka".to_owned());
        assert_eq!(decide(&high, NOON), expected);
        assert_eq!(decide(&high, NIGHT), expected, "no summary by mail as well");
        assert_eq!(
            decide(&facts(&daily, Severity::Critical), NOON),
            Verdict::Send
        );
        let phone = Facts {
            channel: "whatsapp",
            ..high.clone()
        };
        assert_eq!(decide(&phone, NOON), Verdict::Send);
        assert_eq!(name(&decide(&phone, NIGHT)), "hold");
        let on_duty = Facts {
            on_duty: true,
            ..high.clone()
        };
        assert_eq!(decide(&on_duty, NOON), Verdict::Send);
        let over = Facts {
            kind: Kind::Recovery,
            ..high
        };
        assert_eq!(decide(&over, NOON), Verdict::Send, "they were told");
    }

    #[test]
    fn nothing_goes_to_an_account_or_an_address_that_is_no_longer_used() {
        let plain = preferences(|_| ());
        let critical = facts(&plain, Severity::Critical);
        let off = Facts {
            active: false,
            ..critical.clone()
        };
        assert_eq!(name(&decide(&off, NOON)), "never");
        for why in [Unreachable::Off, Unreachable::NoAddress] {
            let elsewhere = Facts {
                address: Err(why),
                ..critical.clone()
            };
            assert_eq!(name(&decide(&elsewhere, NOON)), "never");
        }
    }
}
