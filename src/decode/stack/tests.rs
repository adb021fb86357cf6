//! Traces as the languages write them.

use proptest::prelude::*;

use super::*;

const JAVA: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException: Listener method threw; nested
\tat org.springframework.kafka.listener.Container.decorate(Container.java:2873)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.lang.IllegalStateException: no price
\tat com.acme.Billing.onOrder(Billing.java:41)
\t... 12 more
\tSuppressed: java.io.IOException: close
\t\tat com.acme.Other.close(Other.java:1)
Caused by: com.acme.PaymentTimeout: HTTP 504
from payments
\tat app//com.acme.pay.Gateway.charge(Gateway.java:88)
\tat java.base/java.net.Socket.read(Socket.java)
\tat com.acme.pay.Gateway$$Lambda/0x01.run(Unknown Source)
\t... 14 more";

#[test]
fn java_root_cause_and_frames() {
    let stack = Stack::parse(JAVA);
    assert_eq!(stack.chain.len(), 3);
    let root = stack.root().unwrap();
    assert_eq!(root.class, "com.acme.PaymentTimeout");
    assert_eq!(root.message.as_deref(), Some("HTTP 504\nfrom payments"));
    assert_eq!((root.frames[0].class.as_str(), root.frames[0].method.as_str()), ("com.acme.pay.Gateway", "charge"));
    assert_eq!((root.frames[0].file.as_deref(), root.frames[0].line), (Some("Gateway.java"), Some(88)));
    assert!(root.frames[0].in_app && !root.frames[1].in_app);
    assert_eq!(stack.chain[1].frames.len(), 1, "what was suppressed is not ours");
    assert!(stack.summary(1).starts_with("Gateway.charge:88 ‹ "));
}

#[test]
fn frames_of_the_wrapper_where_the_cause_has_none_of_its_own() {
    let stack = Stack::parse(
        "com.acme.Failed: x\n\tat com.acme.Billing.onOrder(Billing.java:41)\nCaused by: java.net.SocketTimeoutException\n\tat java.base/java.net.Socket.read(Socket.java:1)",
    );
    assert_eq!(stack.root().unwrap().class, "java.net.SocketTimeoutException");
    assert_eq!(stack.app_frames(3)[0].short(), "Billing.onOrder:41");
    assert_eq!(stack.summary(3), "Billing.onOrder:41 ‹ 1 more");
}

#[test]
fn a_message_line_that_looks_like_a_frame() {
    let stack = Stack::parse(
        "org.x.DataException: failed: \n\tat org.x.A.b(A.java:1)\nCaused by: com.fasterxml.jackson.core.JsonParseException: Unrecognized token 'not'\n at [Source: (byte[])\"not json\"; line: 1, column: 4]\n\tat com.fasterxml.C.d(C.java:2)\n\t... 3 more",
    );
    let root = stack.root().unwrap();
    assert_eq!(root.message.as_deref(), Some("Unrecognized token 'not'\nat [Source: (byte[])\"not json\"; line: 1, column: 4]"));
    assert_eq!(root.frames.len(), 1);
}

#[test]
fn python_is_turned_round() {
    let stack = Stack::parse(
        "Traceback (most recent call last):\n  File \"/app/gateway.py\", line 88, in charge\n    raise KeyError('x')\nKeyError: 'x'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/usr/lib/python3.11/asyncio/run.py\", line 3, in main\n    run()\n  File \"/app/billing.py\", line 41, in on_order\n    charge()\nbilling.Failed: no price\n",
    );
    assert_eq!(stack.chain.iter().map(|t| t.class.as_str()).collect::<Vec<_>>(), ["billing.Failed", "KeyError"]);
    assert_eq!(stack.root().unwrap().frames[0].short(), "gateway.charge:88");
    assert_eq!(stack.chain[0].frames[0].method, "on_order");
    assert!(!stack.chain[0].frames[1].in_app);
}

#[test]
fn dotnet_inner_frames_come_first() {
    let stack = Stack::parse(
        "System.InvalidOperationException: outer ---> System.TimeoutException: inner\n   at Acme.Gateway.Charge(String id) in /src/Gateway.cs:line 88\n   --- End of inner exception stack trace ---\n   at Acme.Billing..ctor()\n   at System.Threading.Tasks.Task.Run()",
    );
    assert_eq!(stack.root().unwrap().class, "System.TimeoutException");
    assert_eq!(stack.root().unwrap().frames[0].short(), "Gateway.Charge:88");
    assert_eq!(stack.chain[0].frames.len(), 2);
    assert_eq!(stack.chain[0].frames[0].method, ".ctor");
}

#[test]
fn node_and_text_that_is_no_trace() {
    let stack = Stack::parse("TypeError: x is not a function\n    at charge (/app/gateway.js:10:5)\n    at node:internal/process:1:2");
    assert_eq!(stack.root().unwrap().frames[0].line, Some(10));
    assert_eq!(stack.app_frames(5).len(), 1);
    assert!(Stack::parse("just a sentence: with a colon").chain.is_empty());
    assert!(Stack::parse("").chain.is_empty());
    assert_eq!(Stack::parse("com.acme.Bad: why").root().unwrap().class, "com.acme.Bad");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "(at |Caused by: |---> |[a-z.$(:)\n\t0-9ä]){0,60}") {
        let summary = Stack::parse(&text).summary(3);
        prop_assert!(!summary.chars().any(crate::decode::is_unsafe));
    }
}
