//! One suite for every broker: what `redrive::broker` promises, tried on each host, chosen by what the broker can do.
//!
//! Memory always runs, in several shapes. A real broker runs where its variable says where it is (`REDRIVE_TEST_KAFKA`);
//! where it is absent it is listed as not tested, and with `CI` set that is a failure.

#[cfg(feature = "activemq")]
mod activemq;
#[cfg(feature = "aws")]
mod aws;
mod cases;
mod hosts;
#[cfg(feature = "kafka")]
mod kafka;
mod memory;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod report;
mod tools;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use hosts::Host;
use report::Report;

/// Longest that one case may take on a real broker.
const CASE: Duration = Duration::from_secs(90);

/// Makes a host for one case, or says why there is none.
type Maker = Arc<dyn Fn() -> Box<dyn Host> + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let report = Report::default();
    let mut trials = Vec::new();
    let mut absent = Vec::new();
    for (name, shape) in memory::shapes() {
        add(&mut trials, &report, name, Arc::new(move || Box::new(memory::InMemory::new(shape()))));
    }
    match kafka() {
        Ok(maker) => add(&mut trials, &report, "kafka", maker),
        Err(why) => absent.push(("kafka", why)),
    }
    for name in ["sqs", "sqs-fifo", "sqs-auth"] {
        match aws(name) {
            Ok(maker) => add(&mut trials, &report, name, maker),
            Err(why) => absent.push((name, why)),
        }
    }
    #[cfg(feature = "rabbitmq")]
    for (name, host) in rabbitmq::hosts() {
        match host {
            Ok(maker) => add(&mut trials, &report, name, maker),
            Err(why) => absent.push((name, why)),
        }
    }
    for (name, maker) in activemqs() {
        match maker {
            Ok(maker) => add(&mut trials, &report, name, maker),
            Err(why) => absent.push((name, why)),
        }
    }
    for (name, why) in &absent {
        report.absent(name, why);
        if std::env::var_os("CI").is_some() {
            let why = format!("{name}: not tested: {why}");
            trials.push(Trial::test(format!("{name}/is tested"), move || Err(Failed::from(why))));
        }
    }
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !listing {
        report.print();
    }
    conclusion.exit_code()
}

#[cfg(feature = "kafka")]
fn kafka() -> Result<Maker, String> {
    let servers = std::env::var("REDRIVE_TEST_KAFKA").map_err(|_| "REDRIVE_TEST_KAFKA is not set (scripts/brokers up kafka)".to_owned())?;
    Ok(Arc::new(move || Box::new(kafka::Kafka::new(&servers))))
}

#[cfg(not(feature = "kafka"))]
fn kafka() -> Result<Maker, String> {
    Err("built without it".into())
}

#[cfg(feature = "aws")]
fn aws(name: &str) -> Result<Maker, String> {
    let variable = |name: &str, from: &str| std::env::var(name).map_err(|_| format!("{name} is not set (scripts/brokers up {from})"));
    if name == "sqs-auth" {
        let of = |name| variable(name, "motoauth");
        let (url, key, secret) =
            (of("REDRIVE_TEST_AWS_AUTH")?, of("REDRIVE_TEST_AWS_AUTH_ADMIN_KEY")?, of("REDRIVE_TEST_AWS_AUTH_ADMIN_SECRET")?);
        return Ok(Arc::new(move || Box::new(aws::Sqs::moto(&url, (key.clone(), secret.clone())))));
    }
    let (url, fifo) = (variable("REDRIVE_TEST_SQS", "elasticmq")?, name == "sqs-fifo");
    Ok(Arc::new(move || Box::new(aws::Sqs::elasticmq(&url, fifo))))
}

#[cfg(not(feature = "aws"))]
fn aws(_: &str) -> Result<Maker, String> {
    Err("built without it".into())
}

/// Artemis, and Classic in three ages; the oldest has nothing but STOMP.
#[cfg(feature = "activemq")]
fn activemqs() -> Vec<(&'static str, Result<Maker, String>)> {
    let (admin, old) = (("admin", "adminpw"), ("admin", "admin"));
    let places = [
        ("artemis", activemq::Place::of("REDRIVE_TEST_ARTEMIS", true, admin, true)),
        ("activemq6", activemq::Place::of("REDRIVE_TEST_ACTIVEMQ_6", false, admin, true)),
        ("activemq518", activemq::Place::of("REDRIVE_TEST_ACTIVEMQ_518", false, old, false)),
        ("activemq517", activemq::Place::of("REDRIVE_TEST_ACTIVEMQ_517", false, admin, true)),
    ];
    let maker = |place: activemq::Place| Arc::new(move || Box::new(activemq::ActiveMq::new(&place)) as Box<dyn Host>) as Maker;
    places.into_iter().map(|(name, place)| (name, place.map(maker))).collect()
}

#[cfg(not(feature = "activemq"))]
fn activemqs() -> Vec<(&'static str, Result<Maker, String>)> {
    ["artemis", "activemq6", "activemq518", "activemq517"].map(|name| (name, Err("built without it".into()))).into()
}

fn add(trials: &mut Vec<Trial>, report: &Report, name: &'static str, host: Maker) {
    for case in cases::all() {
        report.expect(name, case.name);
        let (host, report) = (host.clone(), report.clone());
        trials.push(Trial::test(format!("{name}/{}", case.name), move || {
            report.began(name, case.name);
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let ran = runtime.block_on(async { tokio::time::timeout(CASE, (case.run)(Arc::from(host()))).await });
            runtime.shutdown_timeout(Duration::from_secs(2));
            report.ended(name, case.name, ran.map_err(|_| format!("no end within {} s", CASE.as_secs()))?);
            Ok(())
        }));
    }
}
