//! `litespeed`: requests follow the crowd; how many of them the cache answers is the host's own.

use super::View;
use super::counter::count;
use crate::simulate::fault::FaultKind;
use crate::simulate::host::What;
use crate::simulate::noise::{real, round2, whole};
use noc_pipeline::payload::Litespeed;

pub(super) fn measure(view: &View<'_>) -> Option<Litespeed> {
    let host = view.host;
    let version = host.stack.web_server.filter(|_| host.has_service("lsws"))?;
    // A stopped server leaves its last report behind.
    let stopped = view.faults.iter().find(|fault| {
        fault.lasts(view.at)
            && matches!(&fault.kind, FaultKind::ServiceDown { service } if service == "lsws")
    });
    let mut seen = *view;
    if let Some(fault) = stopped {
        seen.at = noc_pipeline::clock::UnixMs(fault.from.0 - 5_000);
    }
    let age = view.at.since(seen.at).as_secs()
        + host.noise.choose(What::Web.nth(0), view.minute(), 8) as u64;
    Some(running(&seen, version, age))
}

fn running(view: &View<'_>, version: &str, report_age_s: u64) -> Litespeed {
    let host = view.host;
    let noise = host.noise;
    let draw = |n: u64, low: f64, high: f64| noise.between(What::Web.id(), n, low, high);
    let start = host.service_start("lsws", view.faults, view.at);
    let mean = draw(1, 12.0, 140.0);
    let jitter = noise.drift(What::Web.nth(1), view.at.0, 120_000);
    let per_s = mean * host.crowd.rate(view.at) * (0.9 + 0.2 * jitter);
    let (still, public, private) = (draw(2, 0.45, 0.6), draw(3, 0.84, 0.92), draw(4, 0.02, 0.05));
    let requests = count(view, What::Web.nth(2), mean * 3_600.0, start);
    // While the cache is cold, four of five answers have to be made anew.
    let cold: f64 = view
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::CacheCold && fault.from < view.at)
        .map(|fault| {
            let (from, to) = (
                fault.from.max(start),
                fault.until.map_or(view.at, |until| until.min(view.at)),
            );
            if to > from {
                host.crowd.hours(from, to)
            } else {
                0.0
            }
        })
        .sum();
    let dynamic = real(requests) * (1.0 - still);
    let lost = cold * mean * 3_600.0 * (1.0 - still) * 0.8;
    let max_connections = 10_000;
    Litespeed {
        version: version.to_owned(),
        connections: Some(whole(per_s * draw(5, 1.5, 4.0)).min(max_connections)),
        max_connections: Some(max_connections),
        requests_per_s: Some(round2(per_s)),
        bytes_in_per_s: Some(round2(per_s * 1_100.0)),
        bytes_out_per_s: Some(round2(per_s * draw(6, 14_000.0, 40_000.0))),
        requests_total: Some(requests),
        static_hits_total: Some(whole((real(requests) * still).floor())),
        public_hits_total: Some(whole(((dynamic - lost) * public).floor())),
        private_hits_total: Some(whole(((dynamic - lost) * private).floor())),
        vhosts: Some(host.accounts),
        report_age_s: Some(report_age_s),
    }
}
