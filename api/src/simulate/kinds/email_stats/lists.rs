//! From counts to the three lists of a report.

use super::extra::Extra;
use super::{Count, Span};
use crate::simulate::host::{Sender, What, names};
use crate::simulate::kinds::View;
use chrono_tz::Tz;
use noc_pipeline::payload::email_stats::{DomainStats, LoginStats, ScriptStats};
use noc_pipeline::payload::{Distinct, EmailStats};
use std::collections::BTreeMap;

pub(super) fn build(
    view: &View<'_>,
    span: Span,
    complete: bool,
    least: u64,
    counts: &[Count],
    extras: &[Extra],
) -> EmailStats {
    let mut report = EmailStats {
        hour: span.hour,
        complete,
        domains: domains(view, counts, extras),
        logins: Vec::new(),
        scripts: Vec::new(),
        addresses: Vec::new(),
    };
    for (n, (sender, own)) in view.host.mail.senders.iter().zip(counts).enumerate() {
        let by_login: Vec<&Extra> = extras
            .iter()
            .filter(|extra| extra.sender == n && extra.script.is_none())
            .collect();
        let mut count = *own;
        for extra in &by_login {
            count.add(extra.count);
        }
        if count.recipients < least {
            continue;
        }
        if sender.is_script {
            report
                .scripts
                .push(script(view, sender, &sender.name, count));
        } else {
            report.logins.push(login(view, n, sender, count, &by_login));
        }
    }
    for extra in extras
        .iter()
        .filter(|extra| extra.count.recipients >= least)
    {
        if let (Some(path), Some(sender)) =
            (&extra.script, view.host.mail.senders.get(extra.sender))
        {
            report.scripts.push(script(view, sender, path, extra.count));
        }
    }
    report
        .domains
        .retain(|domain| domain.recipients >= Some(least));
    report
        .domains
        .sort_by_key(|domain| std::cmp::Reverse(domain.recipients));
    report
        .logins
        .sort_by_key(|login| std::cmp::Reverse(login.recipients));
    report
        .scripts
        .sort_by_key(|script| std::cmp::Reverse(script.recipients));
    report
}

fn domains(view: &View<'_>, counts: &[Count], extras: &[Extra]) -> Vec<DomainStats> {
    let mail = &view.host.mail;
    let mut own = vec![Count::default(); mail.domains.len()];
    for (sender, count) in mail.senders.iter().zip(counts) {
        if let Some(sum) = own.get_mut(sender.domain) {
            sum.add(*count);
        }
    }
    let mut forged: BTreeMap<&str, Count> = BTreeMap::new();
    for extra in extras {
        let domain = mail
            .senders
            .get(extra.sender)
            .and_then(|sender| own.get_mut(sender.domain));
        match (domain, extra.forged.len()) {
            (Some(sum), 0) => sum.add(extra.count),
            _ => {
                for (n, name) in extra.forged.iter().enumerate() {
                    forged.entry(name).or_default().add(nth_part(
                        extra.count,
                        n,
                        extra.forged.len(),
                    ));
                }
            }
        }
    }
    let own = mail
        .domains
        .iter()
        .map(|domain| domain.name.as_str())
        .zip(own);
    own.chain(forged)
        .map(|(name, count)| domain(name, count))
        .collect()
}

/// The n-th of `of` parts that add up to the whole.
fn nth_part(count: Count, n: usize, of: usize) -> Count {
    let (n, of) = (n as u64, (of as u64).max(1));
    let part = |all: u64| (all * (n + 1)) / of - (all * n) / of;
    Count {
        messages: part(count.messages),
        recipients: part(count.recipients),
        deferred: part(count.deferred),
        bounced: part(count.bounced),
    }
}

fn domain(name: &str, count: Count) -> DomainStats {
    DomainStats {
        domain: name.to_owned(),
        messages: Some(count.messages),
        recipients: Some(count.recipients),
        deferred: Some(count.deferred),
        bounced: Some(count.bounced),
    }
}

fn script(view: &View<'_>, sender: &Sender, path: &str, count: Count) -> ScriptStats {
    ScriptStats {
        path: path.to_owned(),
        account: view
            .host
            .mail
            .domain_of(sender)
            .map(|domain| domain.account.clone()),
        messages: Some(count.messages),
        recipients: Some(count.recipients),
    }
}

fn login(
    view: &View<'_>,
    n: usize,
    sender: &Sender,
    count: Count,
    extras: &[&Extra],
) -> LoginStats {
    let own = view.host.mail.domain_of(sender);
    let at_home =
        (0..sender.addresses as u64).map(|k| view.host.noise.bits(What::Mail.nth(n), k + 1_000));
    let mut addresses: Vec<String> = at_home
        .map(|bits| names::stranger(bits).to_string())
        .collect();
    let mut countries = vec![home(view.host.zone.tz).to_owned()];
    let mut domains: Vec<String> = own.map(|domain| domain.name.clone()).into_iter().collect();
    for extra in extras {
        addresses.extend(extra.addresses.iter().cloned());
        countries.extend(extra.countries.iter().cloned());
        domains.extend(extra.forged.iter().cloned());
    }
    LoginStats {
        login: sender.name.clone(),
        account: own.map(|domain| domain.account.clone()),
        messages: Some(count.messages),
        recipients: Some(count.recipients),
        failures: Some(count.deferred + count.bounced),
        ips: Some(Distinct::named(addresses)),
        countries: Some(Distinct::named(countries)),
        domains: Some(Distinct::named(domains)),
        auth_failures: Some(0),
    }
}

/// Where customers of a zone are.
fn home(tz: Tz) -> &'static str {
    match tz {
        Tz::Europe__Berlin => "DE",
        Tz::America__New_York | Tz::UTC => "US",
        Tz::Asia__Singapore => "SG",
        _ => "BD",
    }
}
