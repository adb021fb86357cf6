//! Fields of each declared event, one wrong at a time.

use super::{ID, OTHER, TIME};

/// One event's message: type, topic, field that is the key, payload and metadata as raw JSON.
pub struct Case {
    pub event: &'static str,
    pub topic: &'static str,
    pub key: Option<&'static str>,
    pub payload: Vec<(&'static str, &'static str)>,
    pub metadata: Vec<(&'static str, &'static str)>,
}

pub fn cases() -> Vec<Case> {
    let case = |event, topic, key, source, payload: &[(&'static str, &'static str)]| Case {
        event,
        topic,
        key,
        payload: payload.to_vec(),
        metadata: vec![("source", source), ("correlation_id", OTHER), ("causation_id", ID), ("timestamp", "1763867480118")],
    };
    let script = Some("script_id");
    let (api, auth, system) = ("\"hypnoscript-api\"", "\"hypnoscript-auth\"", "\"hypnoscript-system\"");
    vec![
        case(
            "script.created",
            "script-events",
            script,
            api,
            &[("script_id", ID), ("name", "\"a\""), ("created_by", OTHER), ("created_at", TIME), ("metadata", "{\"x\":1}")],
        ),
        case(
            "script.updated",
            "script-events",
            script,
            api,
            &[
                ("script_id", ID),
                ("name", "\"\""),
                ("version", "18446744073709551616"),
                ("updated_by", ID),
                ("updated_at", "0"),
                ("changes", "{}"),
            ],
        ),
        case(
            "script.deleted",
            "script-events",
            script,
            api,
            &[("script_id", ID), ("deleted_by", OTHER), ("deleted_at", TIME), ("reason", "\"gelöscht\"")],
        ),
        case(
            "script.executed",
            "execution-events",
            script,
            "\"hypnoscript-executor\"",
            &[
                ("execution_id", OTHER),
                ("script_id", ID),
                ("user_id", ID),
                ("started_at", TIME),
                ("completed_at", TIME),
                ("duration_ms", "41"),
                ("status", "\"ok\""),
                ("result", "{}"),
                ("error_message", "\"\""),
                ("environment", "\"prod\""),
            ],
        ),
        case(
            "user.registered",
            "user-events",
            Some("user_id"),
            auth,
            &[("user_id", ID), ("email", "\"a@b\""), ("username", "\"a\""), ("registered_at", TIME)],
        ),
        case(
            "user.logged_in",
            "user-events",
            Some("user_id"),
            auth,
            &[("user_id", ID), ("login_at", TIME), ("ip_address", "\"::1\""), ("user_agent", "\"x\"")],
        ),
        case(
            "system.started",
            "system-events",
            None,
            system,
            &[("service_name", "\"s\""), ("version", "\"2.1\""), ("started_at", TIME), ("environment", "\"e\""), ("instance_id", "\"i\"")],
        ),
        case(
            "system.error",
            "system-events",
            None,
            system,
            &[
                ("error_code", "\"E1\""),
                ("error_message", "\"m\""),
                ("stack_trace", "\"a\\n\\tb\""),
                ("occurred_at", TIME),
                ("service_name", "\"s\""),
                ("severity", "\"high\""),
            ],
        ),
    ]
}
