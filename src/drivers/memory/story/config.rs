//! The config that goes with the story: its connections, declared events, categories and dead-letter queues.

use std::time::Duration;

use super::Story;
use crate::config::model::{
    Action, CategoryRule, Consumer, Context, DeadLetterPair, DeadLetterRules, DeadLetters, ErrorAnalysis, Event, Expect, Field, PubSub,
    Severity, Subscriber, Subscription, TypeWord,
};
use crate::config::profile::{BrokerKind, Profile};

impl Story {
    /// The story's context, `demo`: read-only at the start, as production is.
    pub fn context() -> Context {
        let connection = |name: &str| Profile { name: name.into(), context: "demo".into(), kind: BrokerKind::Memory, ..Profile::default() };
        Context {
            name: "demo".into(),
            color: Some("magenta".into()),
            writes_for: Duration::from_secs(30 * 60),
            connections: ["kafka-main", "rabbit-eu", "amq-1", "sqs-eu"].map(connection).into(),
            events: events(),
            consumers: consumers(),
            pub_sub: vec![audience()],
            dead_letters: dead_letters(),
            ..Context::default()
        }
    }
}

fn field(spec: &str) -> Field {
    let (name, kind) = spec.split_once(':').unwrap_or((spec, "string"));
    let optional = kind.ends_with('?');
    let expect = match kind.trim_end_matches('?') {
        "uuid" => TypeWord::Uuid,
        "integer" => TypeWord::Integer,
        "number" => TypeWord::Number,
        "object" => TypeWord::Object,
        "timestamp" => TypeWord::Timestamp,
        "string" => TypeWord::String,
        constant => return Field { name: name.into(), expect: Expect::Constant(constant.into()) },
    };
    Field { name: name.into(), expect: Expect::Type { word: expect, optional } }
}

fn event(family: &str, name: &str, event_type: &str, source: &str, payload: &[&str]) -> Event {
    let source = format!("source:{source}");
    let metadata = [source.as_str(), "correlation_id:uuid", "causation_id:uuid", "timestamp:timestamp"];
    Event {
        family: family.into(),
        name: name.into(),
        event_type: event_type.into(),
        version: "1.0".into(),
        payload: payload.iter().map(|f| field(f)).collect(),
        metadata: metadata.iter().map(|f| field(f)).collect(),
    }
}

fn events() -> Vec<Event> {
    let api = "hypnoscript-api";
    vec![
        event(
            "OrderEvents",
            "OrderUpdated",
            "order.updated",
            "shop-api",
            &[
                "order_id:uuid",
                "customer",
                "gateway",
                "total:number",
                "items:integer",
                "tax_class:string?",
                "city",
                "note:string?",
                "created_at:timestamp",
            ],
        ),
        event(
            "ScriptEvents",
            "ScriptCreated",
            "script.created",
            api,
            &["script_id:uuid", "name", "created_by:uuid", "created_at:timestamp", "metadata:object"],
        ),
        event(
            "ScriptEvents",
            "ScriptUpdated",
            "script.updated",
            api,
            &["script_id:uuid", "name", "version:integer", "updated_by:uuid", "updated_at:timestamp", "changes:object"],
        ),
        event(
            "ScriptEvents",
            "ScriptDeleted",
            "script.deleted",
            api,
            &["script_id:uuid", "deleted_by:uuid", "deleted_at:timestamp", "reason"],
        ),
        event(
            "ScriptEvents",
            "ScriptExecuted",
            "script.executed",
            "hypnoscript-executor",
            &[
                "execution_id:uuid",
                "script_id:uuid",
                "user_id:uuid",
                "started_at:timestamp",
                "completed_at:timestamp",
                "duration_ms:integer",
                "status",
                "result:object",
                "error_message",
                "environment",
            ],
        ),
        event(
            "UserEvents",
            "UserLoggedIn",
            "user.logged_in",
            "hypnoscript-auth",
            &["user_id:uuid", "login_at:timestamp", "ip_address", "user_agent"],
        ),
    ]
}

fn consumers() -> Vec<Consumer> {
    let consumer = |name: &str, group: &str, topics: &[&str]| Consumer {
        name: name.into(),
        connection: Some("kafka-main".into()),
        group_id: group.into(),
        topics: topics.iter().map(|t| Subscription { topic: (*t).into(), ..Subscription::default() }).collect(),
        ..Consumer::default()
    };
    vec![
        consumer("Billing", "billing", &["orders"]),
        consumer("ScriptEventConsumer", "script-event-processor", &["script-events", "execution-events"]),
        consumer("AnalyticsEventConsumer", "analytics-processor", &["script-events", "execution-events", "user-events"]),
        // declared, and not there: shown as absent
        consumer("AuditLogger", "audit-logger", &["audit"]),
    ]
}

fn audience() -> PubSub {
    let subscriber = |name: &str, group: &str| Subscriber { name: name.into(), group_id: group.into(), ..Subscriber::default() };
    PubSub {
        name: "order_changes".into(),
        topic: "orders".into(),
        subscribers: vec![subscriber("Billing", "billing"), subscriber("Invoices", "invoices"), subscriber("SearchIndex", "search-index")],
        ..PubSub::default()
    }
}

fn dead_letters() -> DeadLetters {
    let pair = |conn: &str, main: &str, dlq: &str| DeadLetterPair {
        connection: Some(conn.into()),
        main: main.into(),
        dlq: dlq.into(),
        max_retries: Some(3),
        ..DeadLetterPair::default()
    };
    let category =
        |name: &str, action, severity, max_retries| CategoryRule { name: name.into(), action, severity, max_retries, matcher: None };
    DeadLetters {
        pairs: vec![
            pair("kafka-main", "orders", "orders.dlt"),
            pair("kafka-main", "payments", "payments-dlt"),
            pair("kafka-main", "billing", "billing.dlq"),
            pair("kafka-main", "shipments", "shipments-errors"),
            pair("kafka-main", "notifications", "dead-letter-topic-notifications"),
            DeadLetterPair { max_redelivery: 1, ..pair("rabbit-eu", "script-execution-queue", "script-execution-dlq") },
        ],
        rules: DeadLetterRules {
            analysis: ErrorAnalysis {
                categories: vec![
                    category("validation_error", Action::LogAndAlert, Severity::Warning, 1),
                    category("timeout_error", Action::RetryWithBackoff, Severity::Warning, 2),
                    category("system_error", Action::Escalate, Severity::Critical, 1),
                ],
                ..ErrorAnalysis::default()
            },
            ..DeadLetterRules::default()
        },
    }
}
