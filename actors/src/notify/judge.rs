//! Is it still true? Asked right before each send and each retry; a message that is no longer true is not sent, and
//! its row says why.

use super::message::Kind;

/// What the row, its incident and its execution say at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What the message would say.
    pub kind: Kind,
    /// Whether the channel is switched on.
    pub channel_enabled: bool,
    /// Whoever sent it by hand went away without an answer.
    pub abandoned: bool,
    /// Where the hand-off stands; `None` for messages about none.
    pub handoff: Option<HandoffFacts>,
    /// Whether a channel other than this one does not work.
    pub others_fail: bool,
    /// Where the incident stands; `None` for messages without one.
    pub incident: Option<IncidentFacts>,
}

/// Where a hand-off stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandoffFacts {
    /// Somebody else is on duty by now, or nobody who can be told.
    pub over: bool,
}

/// Where the incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentFacts {
    /// It is over.
    pub resolved: bool,
    /// Somebody has taken it on.
    pub acknowledged: bool,
    /// The policy has started again since the row was written.
    pub superseded: bool,
    /// The row's step is only for unacknowledged incidents.
    pub only_if_unacknowledged: bool,
    /// Why its escalation stands still, if it does.
    pub held: Option<&'static str>,
    /// People are working on it.
    pub maintenance: bool,
}

/// Whether to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Still true.
    Send,
    /// Somebody's decision made it pointless.
    Cancel(&'static str),
    /// Time made it untrue.
    Expire(&'static str),
    /// It would be true, but is held back.
    Suppress(&'static str),
    /// Not now: look again later.
    PutOff(&'static str),
}

/// Decides.
#[must_use]
pub fn judge(facts: &Facts) -> Judgement {
    if facts.kind == Kind::Test {
        // Somebody waited for its answer; once the lease has ended nobody does.
        return if facts.abandoned {
            Judgement::Expire("the test was interrupted before its result was known")
        } else {
            Judgement::Send
        };
    }
    if facts.kind == Kind::Canary {
        return over_channel(facts);
    }
    if facts.kind == Kind::Handoff {
        return match facts.handoff {
            None => Judgement::Expire("the schedule no longer exists, or cannot be read"),
            Some(HandoffFacts { over: true }) => {
                Judgement::Expire("somebody else is on call by now")
            }
            Some(_) => over_channel(facts),
        };
    }
    if facts.kind == Kind::Notice {
        return if !facts.others_fail {
            Judgement::Expire("the channels worked again before this was sent")
        } else if facts.channel_enabled {
            Judgement::Send
        } else {
            Judgement::Suppress("the channel is switched off")
        };
    }
    let Some(incident) = facts.incident else {
        return Judgement::Expire("the incident no longer exists");
    };
    match facts.kind {
        Kind::Recovery if !incident.resolved => {
            return Judgement::Cancel("the incident opened again before this was sent");
        }
        Kind::Problem | Kind::Reminder if incident.resolved => {
            return Judgement::Expire("the incident was resolved before this was sent");
        }
        Kind::Problem | Kind::Reminder if incident.superseded => {
            return Judgement::Cancel("superseded: the escalation started again");
        }
        Kind::Problem | Kind::Reminder
            if incident.acknowledged && incident.only_if_unacknowledged =>
        {
            return Judgement::Cancel("the incident was acknowledged before this was sent");
        }
        Kind::StillOnIt if incident.resolved || !incident.acknowledged => {
            return Judgement::Expire("nobody has it any more");
        }
        _ => {}
    }
    match (facts.kind, incident.held) {
        (Kind::Problem | Kind::Reminder | Kind::StillOnIt, Some(why)) => {
            return Judgement::PutOff(why);
        }
        // Whoever was told before the window hears after it that all is well.
        (Kind::Recovery, _) if incident.maintenance => {
            return Judgement::PutOff("held back during maintenance");
        }
        _ => {}
    }
    over_channel(facts)
}

fn over_channel(facts: &Facts) -> Judgement {
    if facts.channel_enabled {
        Judgement::Send
    } else {
        Judgement::Suppress("the channel is switched off")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: IncidentFacts = IncidentFacts {
        resolved: false,
        acknowledged: false,
        superseded: false,
        only_if_unacknowledged: true,
        held: None,
        maintenance: false,
    };

    fn of(kind: Kind, incident: IncidentFacts) -> Judgement {
        judge(&Facts {
            kind,
            channel_enabled: true,
            abandoned: false,
            handoff: None,
            others_fail: false,
            incident: Some(incident),
        })
    }

    #[test]
    fn a_problem_is_sent_only_while_it_is_true() {
        assert_eq!(of(Kind::Problem, OPEN), Judgement::Send);
        let resolved = IncidentFacts {
            resolved: true,
            ..OPEN
        };
        assert!(matches!(of(Kind::Problem, resolved), Judgement::Expire(_)));
        let superseded = IncidentFacts {
            superseded: true,
            ..OPEN
        };
        assert!(matches!(
            of(Kind::Reminder, superseded),
            Judgement::Cancel(_)
        ));
        let acknowledged = IncidentFacts {
            acknowledged: true,
            ..OPEN
        };
        assert!(matches!(
            of(Kind::Problem, acknowledged),
            Judgement::Cancel(_)
        ));
        let unconditional = IncidentFacts {
            only_if_unacknowledged: false,
            ..acknowledged
        };
        assert_eq!(of(Kind::Problem, unconditional), Judgement::Send);
    }

    #[test]
    fn what_is_held_waits_but_is_not_kept_when_it_is_no_longer_true() {
        let held = IncidentFacts {
            held: Some("held back while it is snoozed"),
            ..OPEN
        };
        assert!(matches!(of(Kind::Problem, held), Judgement::PutOff(_)));
        let over = IncidentFacts {
            resolved: true,
            ..held
        };
        assert!(matches!(of(Kind::Problem, over), Judgement::Expire(_)));
        assert_eq!(of(Kind::Recovery, over), Judgement::Send);
        let worked_on = IncidentFacts {
            maintenance: true,
            ..over
        };
        assert!(matches!(
            of(Kind::Recovery, worked_on),
            Judgement::PutOff(_)
        ));
    }

    #[test]
    fn only_who_has_it_is_asked_whether_they_are_still_on_it() {
        let acknowledged = IncidentFacts {
            acknowledged: true,
            ..OPEN
        };
        assert_eq!(of(Kind::StillOnIt, acknowledged), Judgement::Send);
        assert!(matches!(of(Kind::StillOnIt, OPEN), Judgement::Expire(_)));
    }

    #[test]
    fn a_recovery_is_sent_whatever_was_acknowledged_but_not_once_it_opened_again() {
        let over = IncidentFacts {
            resolved: true,
            acknowledged: true,
            superseded: true,
            ..OPEN
        };
        assert_eq!(of(Kind::Recovery, over), Judgement::Send);
        assert!(matches!(of(Kind::Recovery, OPEN), Judgement::Cancel(_)));
    }

    #[test]
    fn nothing_leaves_over_a_channel_that_is_off_but_a_test() {
        let off = Facts {
            kind: Kind::Problem,
            channel_enabled: false,
            abandoned: false,
            handoff: None,
            others_fail: false,
            incident: Some(OPEN),
        };
        assert!(matches!(judge(&off), Judgement::Suppress(_)));
        let test = Facts {
            kind: Kind::Test,
            channel_enabled: false,
            abandoned: false,
            handoff: None,
            others_fail: false,
            incident: None,
        };
        assert_eq!(judge(&test), Judgement::Send);
        let abandoned = Facts {
            abandoned: true,
            ..test
        };
        assert!(matches!(judge(&abandoned), Judgement::Expire(_)));
    }

    #[test]
    fn a_hand_off_is_told_while_it_is_the_last_one() {
        let of = |handoff, channel_enabled| {
            judge(&Facts {
                kind: Kind::Handoff,
                channel_enabled,
                abandoned: false,
                incident: None,
                handoff,
                others_fail: false,
            })
        };
        let current = Some(HandoffFacts { over: false });
        assert_eq!(of(current, true), Judgement::Send);
        assert!(matches!(of(current, false), Judgement::Suppress(_)));
        let over = Some(HandoffFacts { over: true });
        assert!(matches!(of(over, true), Judgement::Expire(_)));
        assert!(matches!(of(None, true), Judgement::Expire(_)));
    }

    #[test]
    fn that_another_channel_fails_is_said_while_it_does() {
        let notice = Facts {
            kind: Kind::Notice,
            channel_enabled: true,
            abandoned: false,
            handoff: None,
            others_fail: true,
            incident: None,
        };
        assert_eq!(judge(&notice), Judgement::Send);
        let over = Facts {
            others_fail: false,
            ..notice
        };
        assert!(matches!(judge(&over), Judgement::Expire(_)));
        let off = Facts {
            channel_enabled: false,
            ..notice
        };
        assert!(matches!(judge(&off), Judgement::Suppress(_)));
    }
}
