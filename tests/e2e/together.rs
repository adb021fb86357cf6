//! All brokers of a config at once, three of them in trouble: the healthy ones are shown while the silent one is still waited for, and what is
//! wrong with each of the three is said.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Instant;

use crate::binary::{Place, finish};
use crate::people::certs;
use crate::terminal::Terminal;
use crate::testbed::{given, listener, plain, topic};

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

#[test]
fn the_healthy_ones_are_shown_while_the_others_are_waited_for() {
    let (Some(kafka), Some(guarded)) = (plain(), listener("REDRIVE_TEST_KAFKA_SASL_SSL")) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dlt = format!("{}-dlt", runtime.block_on(topic(&kafka, "together", 1, &[])));
    runtime.block_on(crate::testbed::make_topic(&kafka, &dlt, 1, &[]));
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let quiet = silent.local_addr().expect("its address");
    let ca = certs().join("ca.pem");
    let (well, names) = healthy(&kafka);
    let config = format!(
        "default_context = \"test\"\n[contexts.test]\n{well}\
         [contexts.test.messaging.a-down]\nkind = \"kafka\"\nbootstrap_servers = [\"{closed}\"]\n\
         [contexts.test.messaging.b-silent]\nkind = \"kafka\"\nbootstrap_servers = [\"{quiet}\"]\n\
         [contexts.test.messaging.c-stranger]\nkind = \"kafka\"\nbootstrap_servers = [\"{guarded}\"]\ntls.ca = \"{}\"\n\
         consumer.security = {{ sasl_mechanism = \"SCRAM-SHA-256\", ssl_enabled = true, sasl_username = \"viewer\", sasl_password = {{ env = \"WRONG\" }} }}\n",
        ca.display()
    );
    let place = Place::new(&config, &[("WRONG", "not-the-password")]);

    let began = Instant::now();
    let screen = Terminal::open(&place, &[]);
    // every healthy one is up, with the silent one still asked: nobody waited for it
    let up = format!("● {} up", names.len());
    let first =
        screen.until("the healthy ones, and the silent one asked", |screen| screen.contains(&up) && screen.contains("b-silent asked"));
    println!("Overview: {} up after {:.2} s:\n{first}", names.len(), began.elapsed().as_secs_f64());
    screen.until("what is wrong with the three", |screen| {
        screen.contains("3 down") && screen.contains("refused") && screen.contains("c-stranger")
    });
    println!("Overview: 3 down after {:.2} s", began.elapsed().as_secs_f64());

    let began = Instant::now();
    let mut ls = place.command(&["ls"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut rows = BufReader::new(ls.stdout.take().expect("its rows"));
    let mut seen = String::new();
    while !seen.contains(&dlt) {
        assert!(rows.read_line(&mut seen).expect("a row") > 0, "ended without {dlt}:\n{seen}");
    }
    let running = ls.try_wait().expect("asked").is_none();
    println!("ls: the first rows after {:.2} s", began.elapsed().as_secs_f64());
    assert!(running, "the rows of the healthy were there before the silent one was given up");
    let ended = finish(ls, &["ls"]).exits(3);
    for (name, why) in [("a-down", "refused"), ("b-silent", ""), ("c-stranger", "password")] {
        let line = ended.err.lines().find(|l| l.contains(name)).unwrap_or_else(|| panic!("nothing of {name}:\n{}", ended.err));
        assert!(line.contains(why), "{line}");
    }
    println!("ls: ended after {:.2} s:\n{}", began.elapsed().as_secs_f64(), ended.err);
    let checked = place.run(&["check", "--connect"]).exits(3);
    names.iter().for_each(|name| assert!(checked.out.lines().any(|l| l.starts_with(name) && l.contains("yes")), "{}", checked.out));
    drop(silent);
}
