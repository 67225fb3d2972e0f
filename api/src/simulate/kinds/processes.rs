//! `processes`: a service is there unless trouble took it; another start is another main process.

use super::View;
use crate::simulate::host::What;
use noc_pipeline::payload::{Processes, Service};

pub(super) fn measure(view: &View<'_>) -> Processes {
    let installed = view.host.stack.services.iter().enumerate();
    let absent = view.host.stack.absent.iter();
    Processes {
        services: installed
            .map(|(n, (name, unit))| installed_service(view, n, name, unit))
            .chain(absent.map(|name| absent_service(name)))
            .collect(),
    }
}

fn installed_service(view: &View<'_>, n: usize, name: &str, unit: &str) -> Service {
    let noise = view.host.noise;
    let running = view.host.is_running(name, view.faults, view.at);
    let start = view
        .host
        .service_start(name, view.faults, view.at)
        .0
        .cast_unsigned();
    let pids = 1 + noise.bits(What::Pids.nth(n), view.minute() / 7) % 24;
    Service {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        installed: true,
        enabled: true,
        running,
        pids: Some(if running { pids } else { 0 }),
        main_pid: running.then(|| 700 + noise.bits(What::MainPid.nth(n), start) % 4_000_000),
    }
}

fn absent_service(name: &str) -> Service {
    Service {
        name: name.to_owned(),
        unit: None,
        installed: false,
        enabled: false,
        running: false,
        pids: Some(0),
        main_pid: None,
    }
}
