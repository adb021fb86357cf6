//! All brokers of a config at once, some of them in trouble: the healthy ones are shown while the silent one is still waited for, and what is
//! wrong with each of the others is said, of whichever kind it is.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Instant;

use crate::binary::{Place, finish};
use crate::failures::CLOSED;
use crate::people::certs;
use crate::terminal::Terminal;
use crate::testbed::{given, make_topic, plain, topic};

/// The connections that are well, as a config has them; each that the testbed has.
fn healthy(kafka: &str) -> (String, Vec<&'static str>) {
    let mut config = format!("[contexts.test.messaging.kafka]\nbootstrap_servers = [\"{kafka}\"]\n");
    let mut names = vec!["kafka"];
    let split = |at: &str| at.rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).expect("host:port");
    if let (Some(amqp), Some(management)) =
        (given("REDRIVE_TEST_RABBITMQ_4", "RabbitMQ"), given("REDRIVE_TEST_RABBITMQ_4_MANAGEMENT", "RabbitMQ"))
    {
        let (host, port) = split(&amqp);
        config += &format!(
            "[contexts.test.messaging.rabbitmq]\nhost = \"{host}\"\nport = {port}\nmanagement_url = \"{management}\"\nusername = \"admin\"\npassword = \"admin-pw\"\n"
        );
        names.push("rabbitmq");
    }
    for (name, variable) in [("artemis", "REDRIVE_TEST_ARTEMIS"), ("classic", "REDRIVE_TEST_ACTIVEMQ_6")] {
        if let (Some(url), Some(jolokia)) = (given(variable, "ActiveMQ"), given(&format!("{variable}_JOLOKIA"), "ActiveMQ")) {
            config += &format!(
                "[contexts.test.messaging.{name}]\nkind = \"activemq\"\nbroker_url = \"{url}\"\njolokia_url = \"{jolokia}\"\nusername = \"admin\"\npassword = \"adminpw\"\n"
            );
            names.push(name);
        }
    }
    if let Some(url) = given("REDRIVE_TEST_SQS", "SQS") {
        config += &format!(
            "[contexts.test.messaging.aws_messaging]\nregion = \"us-east-1\"\nendpoint_url = \"{url}\"\naccess_key_id = \"x\"\nsecret_access_key = \"x\"\n"
        );
        names.push("aws_messaging");
    }
    (config, names)
}

/// What is wrong with a connection.
#[derive(Clone, Copy, PartialEq)]
enum Sick {
    /// Nothing listens there.
    Down(SocketAddr),
    /// Something accepts connections and never answers.
    Silent(SocketAddr),
    /// The password is wrong.
    Stranger,
}

/// Every kind of broker.
const KINDS: [&str; 4] = ["kafka", "rabbitmq", "activemq", "aws"];

/// A connection of this kind with this trouble; `None` where the testbed has nothing to be a stranger to.
fn sick(name: &str, kind: &str, how: Sick) -> Option<String> {
    let at = |variable: &str, scheme: &str| match how {
        Sick::Down(at) | Sick::Silent(at) => Some(format!("{scheme}{at}")),
        Sick::Stranger => given(variable, kind),
    };
    let begin = format!("[contexts.test.messaging.{name}]\nkind = \"{}\"\n", if kind == "aws" { "aws_messaging" } else { kind });
    let rest = match kind {
        "kafka" => {
            let security = format!(
                "tls.ca = \"{}\"\nconsumer.security = {{ sasl_mechanism = \"SCRAM-SHA-256\", ssl_enabled = true, sasl_username = \"viewer\", \
                 sasl_password = {{ env = \"WRONG\" }} }}\n",
                certs().join("ca.pem").display()
            );
            let server = at("REDRIVE_TEST_KAFKA_SASL_SSL", "")?;
            format!("bootstrap_servers = [\"{server}\"]\n{}", if how == Sick::Stranger { security } else { String::new() })
        }
        "rabbitmq" => {
            let amqp = at("REDRIVE_TEST_RABBITMQ_4", "")?;
            let (host, port) = amqp.rsplit_once(':').expect("host:port");
            let management = at("REDRIVE_TEST_RABBITMQ_4_MANAGEMENT", "http://")?;
            format!(
                "host = \"{host}\"\nport = {port}\nmanagement_url = \"{management}\"\nusername = \"admin\"\npassword = {{ env = \"WRONG\" }}\n"
            )
        }
        "activemq" => {
            let (url, jolokia) = (at("REDRIVE_TEST_ARTEMIS", "tcp://")?, at("REDRIVE_TEST_ARTEMIS_JOLOKIA", "http://")?);
            format!("broker_url = \"{url}\"\njolokia_url = \"{jolokia}\"\nusername = \"admin\"\npassword = {{ env = \"WRONG\" }}\n")
        }
        _ => {
            let (url, key) = (at("REDRIVE_TEST_AWS_AUTH", "http://")?, given("REDRIVE_TEST_AWS_AUTH_ADMIN_KEY", kind)?);
            format!(
                "region = \"us-east-1\"\nendpoint_url = \"{url}\"\naccess_key_id = \"{key}\"\nsecret_access_key = {{ env = \"WRONG\" }}\n"
            )
        }
    };
    Some(begin + &rest)
}

/// Where nothing listens, and a listener that accepts and says nothing.
fn dead_ends() -> (SocketAddr, TcpListener) {
    (CLOSED.parse().expect("an address"), TcpListener::bind("127.0.0.1:0").expect("a port"))
}

fn placed(well: &str, sick: &str) -> Place {
    Place::new(&format!("default_context = \"test\"\n[contexts.test]\n{well}{sick}"), &[("WRONG", "not-the-password")])
}

#[test]
fn the_healthy_ones_are_shown_while_the_others_are_waited_for() {
    let Some(kafka) = plain() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dlt = format!("{}-dlt", runtime.block_on(topic(&kafka, "together", 1, &[])));
    runtime.block_on(make_topic(&kafka, &dlt, 1, &[]));
    let (closed, silent) = dead_ends();
    let quiet = silent.local_addr().expect("its address");
    let (well, names) = healthy(&kafka);
    let troubles =
        [("a-down", "aws", Sick::Down(closed)), ("b-silent", "activemq", Sick::Silent(quiet)), ("c-stranger", "rabbitmq", Sick::Stranger)];
    let Some(sick) = troubles.iter().map(|(name, kind, how)| sick(name, kind, *how)).collect::<Option<String>>() else { return };
    let place = placed(&well, &sick);

    let began = Instant::now();
    let mut screen = Terminal::open(&place, &[]);
    // every healthy one is up, with the silent one still asked: nobody waited for it
    let up = format!("● {} up", names.len());
    let first =
        screen.until("the healthy ones, and the silent one asked", |screen| screen.contains(&up) && screen.contains("b-silent asked"));
    println!("Overview: {} up after {:.2} s:\n{first}", names.len(), began.elapsed().as_secs_f64());
    screen.until("all three down", |screen| screen.contains("3 down"));
    println!("Overview: 3 down after {:.2} s", began.elapsed().as_secs_f64());
    // the row under the cursor is told in full at the bottom; the first one there may have been any of the three
    screen.press("g");
    for (name, why) in [("a-down", "Connection refused"), ("b-silent", "says nothing"), ("c-stranger", "Login was refused")] {
        screen.until("what is wrong with it", |screen| screen.lines().any(|l| l.contains(&format!("{name}: ")) && l.contains(why)));
        screen.press("j");
    }

    let began = Instant::now();
    let mut ls = place.command(&["ls"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let rows = BufReader::new(ls.stdout.take().expect("its rows"));
    let (tell, told) = channel();
    // to the end: there may be more rows than a pipe holds, and nobody writes into a full one
    std::thread::spawn(move || rows.lines().map_while(Result::ok).for_each(|row| drop(tell.send(row))));
    let mut seen = String::new();
    while !seen.contains(&dlt) {
        seen += &told.recv().unwrap_or_else(|_| panic!("ended without {dlt}:\n{seen}"));
    }
    let running = ls.try_wait().expect("asked").is_none();
    println!("ls: the first rows after {:.2} s", began.elapsed().as_secs_f64());
    assert!(running, "the rows of the healthy were there before the silent one was given up");
    let ended = finish(ls, &["ls"]).exits(3);
    for (name, why) in [("a-down", "refused"), ("b-silent", "no answer in time"), ("c-stranger", "cannot sign in")] {
        let line = ended.err.lines().find(|l| l.contains(name)).unwrap_or_else(|| panic!("nothing of {name}:\n{}", ended.err));
        assert!(line.contains(why), "{line}");
    }
    println!("ls: ended after {:.2} s:\n{}", began.elapsed().as_secs_f64(), ended.err);
}

#[test]
fn whatever_is_wrong_with_a_broker_is_said_of_each_kind() {
    let Some(kafka) = plain() else { return };
    let (closed, silent) = dead_ends();
    let quiet = silent.local_addr().expect("its address");
    let (well, names) = healthy(&kafka);
    let (mut config, mut expected) = (String::new(), Vec::new());
    for kind in KINDS {
        for (word, how, why) in [
            ("down", Sick::Down(closed), "not reachable"),
            ("silent", Sick::Silent(quiet), "no answer in time"),
            ("stranger", Sick::Stranger, "cannot sign in"),
        ] {
            if let Some(one) = sick(&format!("{kind}-{word}"), kind, how) {
                config += &one;
                expected.push((format!("{kind}-{word}: {why}"), how));
            }
        }
    }
    let checked = placed(&well, &config).run(&["check", "--connect"]).exits(3);
    for (words, how) in &expected {
        let line = checked.err.lines().find(|l| l.contains(words.as_str())).unwrap_or_else(|| panic!("no {words}:\n{}", checked.err));
        assert!(matches!(how, Sick::Silent(_)) || line.contains("; "), "what to do next: {line}");
        assert!(!line.contains("not-the-password"), "{line}");
    }
    names.iter().for_each(|name| assert!(checked.out.lines().any(|l| l.starts_with(name) && l.contains("yes")), "{}", checked.out));
    drop(silent);
}
