//! The page behind a link: one file, no script, both themes, as wide as a telephone.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, RETRY_AFTER,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;
use std::time::Duration;

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");

/// How a page is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something is wrong.
    Bad,
    /// It is done.
    Good,
    /// There is nothing to do.
    Quiet,
}

/// What a page says.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub status: StatusCode,
    pub tone: Tone,
    /// One or two words above the headline.
    pub mark: String,
    pub title: String,
    pub lead: String,
    pub facts: Vec<(&'static str, String)>,
    /// What pressing it does; `None`: there is nothing to press.
    pub button: Option<&'static str>,
    /// What pressing a second one does, for all of its group.
    pub all: Option<String>,
    /// The incident in the dashboard.
    pub link: Option<String>,
    pub retry_after: Option<Duration>,
}

impl Page {
    /// A page about no incident.
    pub fn plain(status: StatusCode, title: &str, lead: &str) -> Self {
        Self {
            status,
            tone: Tone::Quiet,
            mark: "HostSeba NOC".to_owned(),
            title: title.to_owned(),
            lead: lead.to_owned(),
            facts: Vec::new(),
            button: None,
            all: None,
            link: None,
            retry_after: None,
        }
    }

    /// Every wrong link, whatever is wrong with it.
    pub fn unknown() -> Self {
        let lead =
            "It may have been cut off on its way. Open the newest message, or the dashboard.";
        Self::plain(StatusCode::NOT_FOUND, "This link is not known", lead)
    }

    /// The answer.
    pub fn answer(&self) -> HttpResponse {
        let html = match self.html() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "page not written");
                return HttpResponse::InternalServerError().finish();
            }
        };
        let mut answer = HttpResponse::build(self.status);
        answer
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((
                HeaderName::from_static("x-robots-tag"),
                "noindex, nofollow, noarchive",
            ))
            .insert_header((CONTENT_SECURITY_POLICY, policy()));
        if let Some(after) = self.retry_after {
            answer.insert_header((RETRY_AFTER, after.as_secs().max(1)));
        }
        answer.body(html)
    }

    fn html(&self) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?;
        environment.set_syntax(syntax);
        environment.add_template("page.html", HTML)?;
        let tone = match self.tone {
            Tone::Bad => "bad",
            Tone::Good => "good",
            Tone::Quiet => "quiet",
        };
        let facts: Vec<_> = self
            .facts
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
            .collect();
        environment.get_template("page.html")?.render(context! {
            css => CSS,
            tone => tone,
            mark => self.mark.as_str(),
            title => self.title.as_str(),
            lead => self.lead.as_str(),
            facts => facts,
            button => self.button,
            all => self.all.as_deref(),
            link => self.link.as_deref(),
        })
    }
}

/// Nothing is loaded but the icon that browsers ask for, nothing runs, and the form leads back here: the one style is named
/// by its sum.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let sum = STANDARD.encode(Sha256::digest(CSS.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{sum}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_text_and_the_style_is_the_one_that_the_policy_names() {
        let page = Page {
            title: "<script>alert(1)</script>".to_owned(),
            facts: vec![("Observed", "\"><img src=x onerror=alert(1)>".to_owned())],
            ..Page::unknown()
        };
        let html = page.html().unwrap();
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{html}"
        );
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        assert_eq!(style, CSS, "not a byte differs");
        assert!(
            !html.contains("style="),
            "no inline style, which the policy would refuse"
        );
    }
}
