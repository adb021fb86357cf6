//! Keys by the SDK's standard chain: profiles of the AWS files with keys, with a program that prints them, with a role; and what is said when
//! one gives none.

use crate::binary::{Place, Ran};
use crate::support::given;

/// What the AWS files say, in the home of one run: each profile in a way of its own.
const CONFIG: &str = "[profile static]\nregion = us-east-1\n\
    [profile printed]\ncredential_process = /bin/sh keys.sh\n\
    [profile silent]\ncredential_process = /bin/false\n\
    [profile role]\nrole_arn = arn:aws:iam::123456789012:role/redrive\nsource_profile = static\n\
    [profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ops\n\
    [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n";

/// Asks an endpoint who we are with the keys of a profile.
fn checked(url: &str, profile: &str, keys: &(String, String)) -> Ran {
    let config = format!(
        "default_context = \"test\"\n[contexts.test.messaging.aws_messaging]\nregion = \"us-east-1\"\nendpoint_url = \"{url}\"\nprofile = \"{profile}\"\n"
    );
    let place = Place::new(&config, &[("AWS_ENDPOINT_URL_STS", url), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let (id, secret) = keys;
    std::fs::create_dir(place.path().join(".aws")).expect("a folder");
    let write = |name: &str, text: String| std::fs::write(place.path().join(name), text).expect("written");
    write(".aws/config", CONFIG.to_owned());
    write(".aws/credentials", format!("[static]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"));
    write("keys.sh", format!("echo '{{\"Version\":1,\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"{secret}\"}}'\n"));
    place.run(&["check", "--connect"])
}

/// An endpoint that verifies signatures, and the keys of one who may do all there.
fn strict() -> Option<(String, (String, String))> {
    let keys = (given("REDRIVE_TEST_AWS_AUTH_ADMIN_KEY")?, given("REDRIVE_TEST_AWS_AUTH_ADMIN_SECRET")?);
    Some((given("REDRIVE_TEST_AWS_AUTH")?, keys))
}

#[test]
fn a_profile_gives_its_keys_whichever_way_it_has_them() {
    let Some((url, keys)) = strict() else { return };
    let end = &keys.0[keys.0.len() - 4..];
    for profile in ["static", "printed"] {
        let ran = checked(&url, profile, &keys).exits(0);
        assert!(ran.out.contains(&format!("key …{end}")), "{profile}: {}", ran.out);
    }
}

#[test]
fn a_profile_with_a_role_takes_it_on() {
    let Some(url) = given("REDRIVE_TEST_SNS") else { return };
    let ran = checked(&url, "role", &("test-key".into(), "test-secret".into()));
    assert!(ran.out.contains("of account 123456789012") && !ran.out.contains("…-key"), "{}\n{}", ran.out, ran.err);
}

#[test]
fn a_profile_without_keys_is_named_with_what_to_do() {
    let Some((url, keys)) = strict() else { return };
    let wrong = (keys.0.clone(), "wrong".to_owned());
    for (profile, keys, why, next) in [
        ("missing", &keys, "not defined", "~/.aws/config"),
        ("silent", &keys, "external process", "~/.aws/config"),
        ("sso", &keys, "SSO token", "aws sso login --profile sso"),
        ("static", &wrong, "SignatureDoesNotMatch", "profile static"),
    ] {
        let ran = checked(&url, profile, keys).exits(1);
        let said = ran.err.lines().find(|l| l.contains("cannot sign in")).unwrap_or_else(|| panic!("{profile}: {}", ran.err));
        assert!(said.contains(why) && said.contains(next) && said.contains(&format!("profile {profile}")), "{said}");
        assert!(!ran.err.contains(&keys.1) && !ran.out.contains(&keys.1), "no secret is said");
    }
}

#[test]
fn a_dead_endpoint_and_missing_keys_are_said_with_what_was_asked() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let config = |more: &str| {
        format!(
            "default_context = \"test\"\n[contexts.test.messaging.aws_messaging]\nregion = \"us-east-1\"\nendpoint_url = \"http://{closed}\"\n{more}"
        )
    };
    let with_keys = config("access_key_id = \"test\"\nsecret_access_key = \"test\"\n");
    let dead = Place::new(&with_keys, &[]).run(&["ls"]).exits(1);
    assert!(dead.err.contains("not reachable (list)") && dead.err.contains(&closed.to_string()), "{}", dead.err);
    let keyless = Place::new(&config(""), &[("AWS_EC2_METADATA_DISABLED", "true")]);
    for (args, op) in [(&["ls"][..], "list"), (&["lag"], "read groups"), (&["check", "--connect"], "connect")] {
        let ran = keyless.run(args).exits(1);
        let said = format!("cannot sign in ({op}): no keys are set, here or where the SDK looks");
        assert!(ran.err.contains(&said), "{args:?}: {}", ran.err);
    }
}
