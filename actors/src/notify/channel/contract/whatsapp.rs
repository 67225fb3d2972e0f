//! What all of WhatsApp's providers are sent alike, looked at as it arrived.

use super::cases::{AMPLE, http, is_accepted, loopback, to};
use super::server::{Heard, Server};
use super::subjects::{self, Subject, form_text, json_text};
use crate::notify::channel::chat::units;
use crate::notify::message::Message;
use serde_json::Value;

/// One way in which a message leaves.
struct Way {
    subject: Subject,
    template: Option<&'static str>,
    /// What people will read, of a request.
    text: fn(&Heard) -> String,
}

fn free(subject: Subject) -> Way {
    Way {
        text: subject.text,
        template: None,
        subject,
    }
}

fn cloud_template() -> Way {
    Way {
        subject: subjects::cloud_api(),
        template: Some("noc_alert"),
        text: |heard| json_text(heard, "/template/components/0/parameters/0/text"),
    }
}

fn twilio_template() -> Way {
    Way {
        subject: subjects::twilio(),
        template: Some("HX0123456789abcdef"),
        text: |heard| {
            let variables = form_text(heard, "ContentVariables");
            let variables: Value = serde_json::from_str(&variables).unwrap();
            variables["1"].as_str().unwrap().to_owned()
        },
    }
}

impl Way {
    /// What arrives of a message, and whether that is what is shown to whoever words it.
    async fn arrived(&self, message: &Message) -> (String, bool) {
        let server = Server::start(vec![(self.subject.success)()]).await;
        let channel = (self.subject.channel)(http(loopback(), AMPLE));
        let mut settings = (self.subject.settings)(&server.base());
        if let Some(template) = self.template {
            settings.set("template_name", template.into());
        }
        is_accepted(&channel.send(&settings, message).await);
        let text = (self.text)(&server.heard()[0]);
        let as_shown = channel.written(&settings, message).text == text;
        (text, as_shown)
    }
}

#[tokio::test]
async fn what_hosts_say_formats_nothing_and_the_command_is_what_it_is() {
    let mut wrong = Vec::new();
    for way in [
        free(subjects::cloud_api()),
        free(subjects::twilio()),
        free(subjects::waha()),
        cloud_template(),
        twilio_template(),
    ] {
        let mut told = to(&way.subject, "*down* _since_ ~now~ `ls`");
        let command = "ls *.log  | grep _x_ `a`";
        told.command = Some(command.to_owned());
        let (text, as_shown) = way.arrived(&told).await;
        told.body = Some(format!("Try: {command}\nand *wait*"));
        let (own_words, own_as_shown) = way.arrived(&told).await;
        let harmless = "Observed: \u{2217}down* \u{2cd}since_ \u{223c}now~ \u{2cb}ls\u{2cb}";
        let right = as_shown
            && own_as_shown
            && text.contains(harmless)
            && own_words.contains(&format!("Try: {command}"))
            && own_words.contains("and \u{2217}wait*");
        if !right {
            wrong.push((way.subject.provider, way.template, text, own_words));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_variable_leaves_room_for_the_text_of_its_template() {
    for way in [cloud_template(), twilio_template()] {
        let (text, as_shown) = way.arrived(&to(&way.subject, &"x".repeat(2_000))).await;
        assert!(as_shown, "{text}");
        let own = 200;
        assert_eq!(units(&text) + own, 1_024, "{text}");
        let channel = (way.subject.channel)(http(loopback(), AMPLE));
        let mut fields = channel.fields().iter();
        let field = fields.find(|field| field.name == "template_name").unwrap();
        let said = format!("may have {own} characters");
        assert!(field.help.contains(&said), "{}", field.help);
    }
}
