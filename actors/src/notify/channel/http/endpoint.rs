//! Addresses as people configure them.

use super::PORTS;
use crate::notify::channel::{FieldErrors, Settings};
use crate::notify::outbound::{Outbound, OutboundError};
use reqwest::Url;

/// Reads an address: `http` or `https`, with a host. The error never repeats it.
pub(in crate::notify::channel) fn parse(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with https:// or http://");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host");
    }
    if url.fragment().is_some() {
        return Err("must not hold a #");
    }
    Ok(url)
}

/// Checks the address in `field`, and what is sure of its host and port before the name is looked up. `https` alone
/// where `encrypted`.
pub(in crate::notify::channel) fn check_url(
    errors: &mut FieldErrors,
    field: &str,
    settings: &Settings,
    outbound: &Outbound,
    encrypted: bool,
) -> Option<Url> {
    let url = match parse(settings.text(field)?) {
        Ok(url) => url,
        Err(wrong) => {
            errors.add(field, wrong);
            return None;
        }
    };
    if encrypted && url.scheme() != "https" {
        errors.add(field, "must begin with https://");
        return None;
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(0);
    if let Err(error @ (OutboundError::Refused { .. } | OutboundError::Port { .. })) =
        outbound.foresee(host, port, PORTS)
    {
        errors.add(field, error.to_string());
        return None;
    }
    Some(url)
}

/// Checks an address that others are made from.
pub(in crate::notify::channel) fn check_base(
    errors: &mut FieldErrors,
    field: &str,
    settings: &Settings,
    outbound: &Outbound,
) {
    if let Some(url) = check_url(errors, field, settings, outbound, false)
        && url.query().is_some()
    {
        errors.add(field, "must not hold a ?");
    }
}

/// `base` with a path more; each segment is escaped.
pub(in crate::notify::channel) fn join(mut base: Url, segments: &[&str]) -> Url {
    if let Ok(mut path) = base.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    base
}

/// `url` reached by way of `base`: its path and query, there.
pub(in crate::notify::channel) fn over(url: Url, base: Option<&str>) -> Result<Url, &'static str> {
    let Some(base) = base else { return Ok(url) };
    let mut via = parse(base)?;
    let path = format!("{}{}", via.path().trim_end_matches('/'), url.path());
    via.set_path(&path);
    via.set_query(url.query());
    Ok(via)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_read_and_none_is_repeated() {
        for text in [
            "",
            "hooks.test/x",
            "ftp://h/x",
            "file:///etc/passwd",
            "https:///",
            "https://h/#secret",
        ] {
            let error = parse(text).expect_err(text);
            assert!(!error.contains("secret"));
        }
        assert_eq!(
            parse(" https://h.test/a ").unwrap().as_str(),
            "https://h.test/a"
        );
    }

    #[test]
    fn segments_cannot_climb_out() {
        let base = parse("https://api.test/v/").unwrap();
        assert_eq!(
            join(base.clone(), &["bot1:A", "send"]).as_str(),
            "https://api.test/v/bot1:A/send"
        );
        assert_eq!(
            join(base, &["a/b", "?x"]).as_str(),
            "https://api.test/v/a%2Fb/%3Fx"
        );
    }

    #[test]
    fn a_base_takes_the_place_of_scheme_host_and_port() {
        let url = parse("https://discord.com/api/webhooks/1/t?thread_id=7").unwrap();
        let via = over(url.clone(), Some("http://127.0.0.1:81/p/")).unwrap();
        assert_eq!(
            via.as_str(),
            "http://127.0.0.1:81/p/api/webhooks/1/t?thread_id=7"
        );
        assert_eq!(over(url.clone(), None).unwrap(), url);
        assert!(over(url, Some("nowhere")).is_err());
    }

    #[test]
    fn addresses_inside_are_refused_by_the_form_in_every_notation() {
        for text in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest",
        ] {
            let mut settings = Settings::default();
            settings.set("url", text.into());
            let mut errors = FieldErrors::default();
            assert!(
                check_url(&mut errors, "url", &settings, &Outbound::default(), false).is_none()
            );
            assert!(
                errors.0["url"][0].contains("NOC_OUTBOUND_ALLOW"),
                "{text} {errors:?}"
            );
        }
    }
}
