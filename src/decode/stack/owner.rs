//! Whose code a frame is: the application's, or a framework's and the language's.

/// Packages, namespaces and paths that are nobody's application.
const FOREIGN: [&str; 46] = [
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "clojure.",
    "akka.",
    "reactor.",
    "rx.",
    "io.reactivex.",
    "io.netty.",
    "io.smallrye.",
    "io.quarkus.",
    "io.vertx.",
    "io.micronaut.",
    "io.confluent.",
    "io.debezium.",
    "io.micrometer.",
    "io.opentelemetry.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.jboss.",
    "org.eclipse.",
    "org.slf4j.",
    "org.postgresql.",
    "com.fasterxml.",
    "com.google.common.",
    "com.google.gson.",
    "com.mysql.",
    "com.zaxxer.",
    "com.rabbitmq.",
    "okhttp3.",
    "feign.",
    "net.sf.cglib.",
    "net.bytebuddy.",
    "System.",
    "Microsoft.",
    "NServiceBus.",
    "MassTransit.",
    "Npgsql.",
];

/// Parts of names and paths that only generated or installed code has.
const GENERATED: [&str; 9] =
    ["$Proxy", "$$FastClass", "CGLIB$$", "$$Lambda", "site-packages/", "dist-packages/", "/lib/python", "node_modules/", "node:"];

/// Whether class and file look like the application's own.
pub(super) fn in_app(class: &str, file: &str) -> bool {
    let foreign = |name: &str| FOREIGN.iter().any(|p| name.starts_with(p)) || GENERATED.iter().any(|g| name.contains(g));
    !foreign(class) && !foreign(file) && !file.starts_with("<frozen")
}
