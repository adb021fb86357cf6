//! Where a broker is: `broker_url` with its schemes and failover lists, and the URLs of its other doors.

/// What the URL says that is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// `tcp`, `nio`, `ssl`, `auto`: OpenWire on Classic, everything on Artemis; the port is asked.
    Unsaid,
    Amqp,
    Stomp,
}

/// One door of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub speaks: Speaks,
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match (self.speaks, self.tls) {
            (Speaks::Unsaid, false) => "tcp",
            (Speaks::Unsaid, true) => "ssl",
            (Speaks::Amqp, false) => "amqp",
            (Speaks::Amqp, true) => "amqps",
            (Speaks::Stomp, false) => "stomp",
            (Speaks::Stomp, true) => "stomp+ssl",
        };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}", self.port)
    }
}

/// The doors that a URL names, in its order: one, or those of `failover:(a,b)`. Options behind `?` are not read.
pub(super) fn endpoints(url: &str) -> Result<Vec<Endpoint>, String> {
    let url = url.trim();
    let list = ["failover:", "static:", "masterslave:"].iter().find_map(|p| url.strip_prefix(p));
    let Some(list) = list else { return Ok(vec![endpoint(url)?]) };
    let list = list.trim_start_matches("//");
    let inner = match list.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map(|(inner, _)| inner).ok_or("failover:( without its )")?,
        None => list,
    };
    let all = inner.split(',').filter(|part| !part.trim().is_empty()).map(|part| endpoint(part.trim())).collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() { Err("failover:() names no broker".into()) } else { Ok(all) }
}

fn endpoint(url: &str) -> Result<Endpoint, String> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("{url}: no scheme, as in tcp://host:61616"))?;
    let rest = rest.split(['?', '/']).next().unwrap_or_default();
    // a login in a URL belongs in username and password, and must not be shown
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (speaks, tls, usual) = match scheme.to_ascii_lowercase().as_str() {
        "tcp" | "nio" | "auto" | "auto+nio" => (Speaks::Unsaid, false, 61616),
        "ssl" | "nio+ssl" | "auto+ssl" | "auto+nio+ssl" => (Speaks::Unsaid, true, 61617),
        "amqp" | "amqp+nio" => (Speaks::Amqp, false, 5672),
        "amqps" | "amqp+ssl" | "amqp+nio+ssl" => (Speaks::Amqp, true, 5671),
        "stomp" | "stomp+nio" => (Speaks::Stomp, false, 61613),
        "stomps" | "stomp+ssl" | "stomp+nio+ssl" => (Speaks::Stomp, true, 61614),
        other => return Err(format!("{other}:// is not one of tcp, nio, ssl, amqp, amqps, stomp, stomp+ssl, failover:(…)")),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let port = match port {
        None => usual,
        Some(text) => text.parse().map_err(|_| format!("{text} is not a port"))?,
    };
    if host.is_empty() {
        return Err(format!("{scheme}:// names no host"));
    }
    Ok(Endpoint { speaks, host: host.to_owned(), port, tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Vec<String> {
        endpoints(url).unwrap().iter().map(Endpoint::to_string).collect()
    }

    #[test]
    fn schemes_and_usual_ports() {
        assert_eq!(shown("tcp://localhost:61616?wireFormat.maxFrameSize=1"), ["tcp://localhost:61616"]);
        assert_eq!(shown("nio+ssl://b"), ["ssl://b:61617"]);
        assert_eq!(shown("amqps://user:secret@b/x"), ["amqps://b:5671"]);
        assert_eq!(shown("stomp+ssl://[::1]:9"), ["stomp+ssl://[::1]:9"]);
        assert!(endpoints("http://b").unwrap_err().contains("not one of"));
        assert!(endpoints("tcp://:1").is_err() && endpoints("b:1").is_err() && endpoints("tcp://b:x").is_err());
    }

    #[test]
    fn failover_is_hosts_in_order() {
        assert_eq!(shown("failover:(tcp://a:1,ssl://b:2)?randomize=false"), ["tcp://a:1", "ssl://b:2"]);
        assert_eq!(shown("failover://(tcp://a)"), ["tcp://a:61616"]);
        assert_eq!(shown("failover:tcp://a:1"), ["tcp://a:1"]);
        assert!(endpoints("failover:()").is_err() && endpoints("failover:(tcp://a").is_err());
    }
}
