//! `firewall`: strangers knock all day, each for a moment; trouble is one who stays.

use super::View;
use crate::simulate::calendar::MINUTE_MS;
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::{What, names};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Firewall;
use noc_pipeline::payload::firewall::{FirewallAction, FirewallEvent, FirewallSource};

/// A log reader that was away tells no more than the last day.
const LONGEST_MS: i64 = 24 * 60 * MINUTE_MS;
/// As many as a report keeps.
const MOST: usize = 2_000;
/// Addresses of one attacker, all of one network of 256.
const OF_ONE_ATTACKER: u64 = 3;

/// Events after `since` and up to now.
pub(super) fn measure(view: &View<'_>, since: UnixMs) -> Firewall {
    let since = since.max(UnixMs(view.at.0 - LONGEST_MS));
    let mut events = Vec::new();
    for minute in since.0.div_euclid(MINUTE_MS)..=view.at.0.div_euclid(MINUTE_MS) {
        usual(view, minute, &mut events);
        for fault in view.faults {
            attack(view, fault, minute, &mut events);
        }
    }
    events.retain(|event: &FirewallEvent| event.at > since && event.at <= view.at);
    events.sort_by_key(|event| event.at);
    let omitted = events.len().saturating_sub(MOST);
    events.drain(..omitted);
    for event in &mut events {
        event.at = view.clock(event.at);
    }
    Firewall {
        events,
        omitted: (omitted > 0).then_some(omitted as u64),
    }
}

fn usual(view: &View<'_>, minute: i64, events: &mut Vec<FirewallEvent>) {
    let noise = view.host.noise;
    let mean = noise.between(What::Firewall.id(), 0, 0.08, 0.5);
    let step = minute.cast_unsigned();
    for n in 0..noise.events(What::Firewall.nth(0), step, mean) {
        let bits = noise.bits(What::FirewallEvent.id(), step << 8 | n);
        let at = UnixMs(minute * MINUTE_MS + (bits % 60) as i64 * 1_000);
        events.push(event(view, at, bits));
    }
}

fn event(view: &View<'_>, at: UnixMs, bits: u64) -> FirewallEvent {
    let country = names::country_of(bits);
    let ip = if bits.is_multiple_of(23) {
        names::stranger_v6(bits >> 20).to_string()
    } else {
        names::stranger(bits >> 20).to_string()
    };
    let panel = view.host.stack.panel.is_some();
    let (source, action, ports, reason): (_, _, &[u16], String) = match (bits >> 8) % 10 {
        0..=2 if panel => (
            FirewallSource::Lfd,
            FirewallAction::Block,
            &[],
            format!(
                "(sshd) Failed SSH login from {ip} ({country}): 5 in the last 3600 secs [LF_SSHD]"
            ),
        ),
        3 if panel => (
            FirewallSource::Csf,
            FirewallAction::TempBlock,
            &[],
            format!(
                "*Port Scan* detected from {ip} ({country}). 11 hits in the last 182 seconds [PS_LIMIT]"
            ),
        ),
        4 if panel => (
            FirewallSource::Lfd,
            FirewallAction::Unblock,
            &[],
            format!("Incoming IP {ip} temporary block removed"),
        ),
        5 if panel => (
            FirewallSource::Lfd,
            FirewallAction::BruteForce,
            &[465, 587],
            format!(
                "(smtpauth) Failed SMTP AUTH login from {ip} ({country}): 5 in the last 3600 secs [LF_SMTPAUTH]"
            ),
        ),
        6 | 7 if view.host.stack.web_server.is_some() => (
            FirewallSource::ModSecurity,
            FirewallAction::ModSecurity,
            &[443],
            format!(
                "id {}: Inbound Anomaly Score Exceeded",
                920_000 + bits % 30_000
            ),
        ),
        8 => (
            FirewallSource::Fail2ban,
            FirewallAction::Block,
            &[22],
            "sshd".to_owned(),
        ),
        _ => (
            FirewallSource::Fail2ban,
            FirewallAction::LoginFailure,
            &[22],
            format!("sshd: Failed password for invalid user from {ip}"),
        ),
    };
    FirewallEvent {
        at,
        source,
        action,
        ip,
        ports: ports.to_vec(),
        country: (source != FirewallSource::Fail2ban).then(|| country.to_owned()),
        user: None,
        reason,
    }
}

fn attack(view: &View<'_>, fault: &Fault, minute: i64, events: &mut Vec<FirewallEvent>) {
    let FaultKind::BruteForce {
        per_minute,
        attacker,
    } = fault.kind
    else {
        return;
    };
    let starts = minute * MINUTE_MS;
    if fault.from.0 >= starts + MINUTE_MS || fault.until.is_some_and(|until| until.0 <= starts) {
        return;
    }
    let panel = view.host.stack.panel.is_some();
    let source = if panel {
        FirewallSource::Lfd
    } else {
        FirewallSource::Fail2ban
    };
    let country = names::country_of(attacker);
    for n in 0..u64::from(per_minute) {
        let at = UnixMs(starts + (n * 60 / u64::from(per_minute)) as i64 * 1_000);
        if !fault.lasts(at) {
            continue;
        }
        // Neighbours in one network take turns.
        let ip =
            names::stranger(attacker & !0xff | (attacker + n % OF_ONE_ATTACKER) & 0xff).to_string();
        let mailbox = view
            .host
            .mail
            .login(n + minute.cast_unsigned())
            .map(|(_, sender)| sender.name.clone());
        let user = mailbox.unwrap_or_else(|| format!("user{}", n % 9));
        events.push(FirewallEvent {
            at,
            source,
            action: FirewallAction::BruteForce,
            reason: format!(
                "(smtpauth) Failed SMTP AUTH login from {ip} ({country}) as {user}, try {n}"
            ),
            ip,
            ports: vec![465, 587],
            country: Some(country.to_owned()),
            user: Some(user),
        });
    }
}
