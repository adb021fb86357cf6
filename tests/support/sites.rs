//! The sites of each broker: where it is, how its client is started, and what redrive's config for it says.

use std::process::Command;

use crate::site::Site;
use crate::testbed::{fresh, given};

/// A client in `tests/clients` that Python runs.
fn python(script: &str) -> Option<Command> {
    let mut command = Command::new(given("REDRIVE_TEST_PYTHON", "Python with the independent clients")?);
    command.arg(format!("{}/tests/clients/{script}", env!("CARGO_MANIFEST_DIR")));
    Some(command)
}

/// RabbitMQ: `version` as in its variables (3, 4, 43), queues of a type (`classic`, `quorum`), and more arguments of both as JSON.
pub fn rabbitmq(version: &str, kind: &str, more: &str) -> Option<Site> {
    let variable = format!("REDRIVE_TEST_RABBITMQ_{version}");
    let (at, management) = (given(&variable, "RabbitMQ")?, given(&format!("{variable}_MANAGEMENT"), "RabbitMQ")?);
    let (host, port) = at.split_once(':').expect("host and port");
    let messaging = format!(
        "[contexts.test.messaging.rabbitmq]\nhost = \"{host}\"\nport = {port}\nusername = \"admin\"\npassword = \"admin-pw\"\nmanagement_url = \"{management}\""
    );
    let mut client = python("rabbitmq_site.py")?;
    Some(Site::start(&format!("rabbitmq{version} {kind} {more}"), &messaging, client.args([&at, &fresh("site"), kind, more])))
}

/// SQS: standard queues on ElasticMQ; what is in hand comes back soon after a kill.
pub fn sqs() -> Option<Site> {
    let at = given("REDRIVE_TEST_SQS", "SQS")?;
    let messaging = format!(
        "[contexts.test.messaging.aws_messaging]\nregion = \"us-east-1\"\nendpoint_url = \"{at}\"\naccess_key_id = \"test\"\nsecret_access_key = \"test\"\n\
         [contexts.test.messaging.aws_messaging.sqs]\nvisibility_timeout = 15\nwait_time_seconds = 1"
    );
    Some(Site::start("sqs", &messaging, python("sqs_site.py")?.args([&at, &fresh("site")])))
}

/// ActiveMQ by the JMS client: `ARTEMIS` or `ACTIVEMQ_6`, as in their variables.
pub fn activemq(which: &str) -> Option<Site> {
    let variable = format!("REDRIVE_TEST_{which}");
    let at = given(&variable, "ActiveMQ")?;
    let part = |name: &str| given(&format!("{variable}_{name}"), "ActiveMQ");
    let (jolokia, amqp, stomp) = (part("JOLOKIA")?, part("AMQP")?, part("STOMP")?);
    let messaging = format!(
        "[contexts.test.messaging.activemq]\nbroker_url = \"{at}\"\nusername = \"admin\"\npassword = \"adminpw\"\n\
         jolokia_url = \"{jolokia}\"\namqp_url = \"{amqp}\"\nstomp_url = \"{stomp}\""
    );
    let mut client = Command::new(given("REDRIVE_TEST_JAVA", "Java that runs sources")?);
    // without a locale Java reads its own source as ASCII
    client.env("LC_ALL", "C.UTF-8");
    client.args(["-XX:TieredStopAtLevel=1", "-cp", &given("REDRIVE_TEST_JMS", "JMS client")?]);
    client.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/ActiveMqSite.java"));
    Some(Site::start(&which.to_lowercase(), &messaging, client.args([&at, &jolokia, "admin", "adminpw", &fresh("site")])))
}
