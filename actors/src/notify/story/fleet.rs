//! Stories of many servers, whose incidents find their groups.

use super::Story;
use crate::escalation::page_hold;
use crate::incident::actions::{ActionError, Actor};
use crate::incident::group;
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::{incident, server};
use noc_storage::relational::incidents::NewIncident;
use noc_storage::relational::{StoreError, incidents};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;

impl Story {
    /// A server with these tags.
    pub async fn server(&self, name: &str, tags: &[&str]) -> ServerId {
        let at = self.clock.now().to_datetime();
        let row = server::ActiveModel {
            name: Set(name.to_owned()),
            tags: Set(json!(tags)),
            status: Set("up".to_owned()),
            is_active: Set(true),
            changed_at: Set(at),
            created_at: Set(at),
            ..Default::default()
        };
        let row = row.insert(self.db().write()).await.unwrap();
        ServerId(u32::try_from(row.id).unwrap())
    }

    /// So many servers `<name>-00`, `<name>-01` ... with these tags.
    pub async fn servers(&self, name: &str, many: usize, tags: &[&str]) -> Vec<ServerId> {
        let mut all = Vec::new();
        for n in 0..many {
            all.push(self.server(&format!("{name}-{n:02}"), tags).await);
        }
        all
    }

    /// A detector finds something wrong with a server.
    pub async fn breaks(&self, server: ServerId, detector: &str, severity: Severity) -> i64 {
        self.breaks_by_rule(server, detector, None, severity).await
    }

    /// The same, where it is a rule's doing.
    pub async fn breaks_by_rule(
        &self,
        server: ServerId,
        detector: &str,
        rule: Option<i64>,
        severity: Severity,
    ) -> i64 {
        let now = self.clock.now();
        let name = server::Entity::find_by_id(i64::from(server.0));
        let name = name.one(self.db().write()).await.unwrap().unwrap().name;
        let new = NewIncident {
            detector: detector.to_owned(),
            server: Some(server),
            title: format!("exim is down on {name}"),
            server_name: name,
            subject: rule.map_or_else(|| "exim".to_owned(), |rule| rule.to_string()),
            severity,
            observed: None,
            expected: None,
            command: None,
            rule_id: rule,
            opened_at: now,
        };
        let hold = page_hold(severity).unwrap_or_default();
        let opened = self.db().transaction("test", |tx| {
            let new = new.clone();
            Box::pin(async move {
                let row = incidents::insert(tx, new).await?;
                group::arm(tx, &row, hold, now).await?;
                Ok(row.id)
            })
        });
        opened.await.map_err(|e: StoreError| e).unwrap()
    }

    /// Ada takes on the whole group of an incident.
    pub async fn acknowledges_group(&self, id: i64) -> Result<incident::Model, ActionError> {
        let actor = Actor {
            user_id: Some(1),
            name: "Ada".into(),
            ip: None,
            link: None,
        };
        let done = group::store(self.db(), id, &actor, self.clock.now()).await;
        done.map(|done| done.incident)
    }
}
