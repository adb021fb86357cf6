// A queue and its dead-letter queue on ActiveMQ Classic or Artemis, by the JMS client; the requests are those of site_loop.py.
// Arguments: the broker's URL, its Jolokia, the user's name and password, a name.

import jakarta.jms.*;
import java.io.*;
import java.net.URI;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.regex.*;
import org.apache.activemq.ActiveMQConnectionFactory;

class ActiveMqSite {
    final String jolokia, login, target, source;
    final boolean artemis;
    final Connection connection;
    final HttpClient http = HttpClient.newHttpClient();
    /** All that was read of each queue: reading takes it out. */
    final Map<String, List<String>> read = new HashMap<>();

    ActiveMqSite(String url, String jolokia, String user, String password, String name) throws Exception {
        this.jolokia = jolokia;
        login = "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes());
        artemis = jolokia.contains("/console/");
        // Classic in the testbed gives each queue below ind. a dead-letter queue of its own
        target = artemis ? name : "ind." + name;
        source = artemis ? name + ".dlq" : "DLQ.ind." + name;
        if (artemis) {
            String broker = "org.apache.activemq.artemis:broker=\\\"artemis\\\"";
            String settings = "{\\\"deadLetterAddress\\\":\\\"" + source + "\\\",\\\"maxDeliveryAttempts\\\":1,\\\"autoDeleteQueues\\\":false,\\\"autoDeleteAddresses\\\":false}";
            exec(broker, "addAddressSettings(java.lang.String,java.lang.String)", target, settings);
            for (String queue : List.of(source, target)) {
                exec(broker, "createQueue(java.lang.String,java.lang.String,java.lang.String)", queue, queue, "ANYCAST");
            }
        }
        var factory = new ActiveMQConnectionFactory(user, password, url);
        factory.getRedeliveryPolicy().setMaximumRedeliveries(0);
        factory.setWatchTopicAdvisories(false);
        connection = factory.createConnection();
        connection.start();
    }

    static String body(int number) {
        return "{\"order\":" + number + "}";
    }

    /** A listener throws another exception for each cause; the client gives the message up with that. Cause 3 is given up by MassTransit. */
    void bury(int cause, int first, int count) throws Exception {
        long before = count(source);
        if (cause == 3) {
            fault(first, count);
            arrive(before + count);
            return;
        }
        try (Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
            MessageProducer producer = session.createProducer(session.createQueue(target));
            for (int n = first; n < first + count; n++) {
                TextMessage message = session.createTextMessage(body(n));
                message.setStringProperty("tenant", "acme");
                message.setIntProperty("n", n);
                producer.send(message);
            }
            session.commit();
        }
        try (Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
            MessageConsumer consumer = session.createConsumer(session.createQueue(target));
            var left = new CountDownLatch(count);
            consumer.setMessageListener(message -> {
                left.countDown();
                switch (cause) {
                    case 0: throw new UncheckedIOException(new IOException("payments answered HTTP 504"));
                    case 1: throw new IllegalArgumentException("no such customer");
                    default: throw new UnsupportedOperationException("refunds are not sold here");
                }
            });
            if (!left.await(60, TimeUnit.SECONDS)) throw new IOException(left.getCount() + " of " + count + " did not come to be given up");
            // the last ones are on their way; the session may not be closed before they are there
            arrive(before + count);
        }
    }

    /** What MassTransit does with a message that it gives up: its own headers go with it to the queue for errors. */
    void fault(int first, int count) throws Exception {
        try (Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
            MessageProducer producer = session.createProducer(session.createQueue(source));
            for (int n = first; n < first + count; n++) {
                TextMessage message = session.createTextMessage(body(n));
                message.setStringProperty("tenant", "acme");
                message.setIntProperty("n", n);
                message.setStringProperty("MT-Fault-InputAddress", "activemq://localhost/" + target);
                message.setStringProperty("MT-Fault-ExceptionType", "Shop.NoCustomer");
                message.setStringProperty("MT-Fault-Message", "no such customer");
                message.setStringProperty("MT-Fault-StackTrace", "   at Shop.Billing.Consume() in /src/Billing.cs:line 7");
                message.setStringProperty("MT-Fault-Timestamp", "2026-11-27T18:00:00.1234567Z");
                message.setStringProperty("MT-Fault-ConsumerType", "Shop.Billing");
                message.setStringProperty("MT-Reason", "fault");
                producer.send(message);
            }
            session.commit();
        }
    }

    /** Waits until so many dead letters are there. */
    void arrive(long wanted) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (count(source) < wanted) {
            if (System.nanoTime() > end) throw new IOException("dead letters are missing: " + count(source));
            Thread.sleep(20);
        }
    }

    String bean(String queue) {
        if (artemis) {
            String quoted = "\\\"" + queue + "\\\"";
            return "org.apache.activemq.artemis:broker=\\\"artemis\\\",component=addresses,address=" + quoted
                + ",subcomponent=queues,routing-type=\\\"anycast\\\",queue=" + quoted;
        }
        return "org.apache.activemq:type=Broker,brokerName=*,destinationType=Queue,destinationName=" + queue;
    }

    /** 0 too if the queue is not there yet: Classic makes it for the first dead letter. */
    long attribute(String queue, String name) throws Exception {
        String said = ask("{\"type\":\"read\",\"mbean\":\"" + bean(queue) + "\",\"attribute\":\"" + name + "\"}");
        Matcher value = Pattern.compile("\"value\":(?:\\{.*?\"" + name + "\":)?(-?\\d+)").matcher(said);
        return value.find() ? Long.parseLong(value.group(1)) : 0;
    }

    long count(String queue) throws Exception {
        return attribute(queue, artemis ? "MessageCount" : "QueueSize");
    }

    /** Nothing of the dead-letter queue is in anybody's hand. */
    boolean settled() throws Exception {
        return attribute(source, artemis ? "DeliveringCount" : "InFlightCount") == 0;
    }

    List<String> read(String queue) throws Exception {
        List<String> got = read.computeIfAbsent(queue, q -> new ArrayList<>());
        // counted before anybody takes: Artemis adds what waits and what is handed out, and counts twice what passes over between the two
        long left = count(queue);
        try (Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            for (; left > 0; left--) {
                Message message = consumer.receive(60_000);
                if (message == null) throw new IOException(left + " more are counted in " + queue + ", and do not come");
                String replay = message.getStringProperty("x-redrive-replay-id");
                byte[] body = message instanceof BytesMessage ? message.getBody(byte[].class)
                    : message.getBody(String.class).getBytes(StandardCharsets.UTF_8);
                got.add((replay == null ? "-" : replay) + "\t" + HexFormat.of().formatHex(body) + "\t" + changed(message, body));
            }
        }
        return got;
    }

    /** What of what was put on a message is no longer on it; an int that STOMP carried is a string of the same value. */
    static String changed(Message message, byte[] body) throws JMSException {
        String tenant = message.getStringProperty("tenant"), n = message.getStringProperty("n");
        boolean same = "acme".equals(tenant) && n != null && new String(body, StandardCharsets.UTF_8).equals(body(Integer.parseInt(n)));
        return same ? "-" : "tenant is " + tenant + ", n is " + n;
    }

    void close() throws Exception {
        connection.close();
        for (String queue : List.of(source, target)) {
            if (artemis) exec("org.apache.activemq.artemis:broker=\\\"artemis\\\"", "destroyQueue(java.lang.String,boolean,boolean)", queue, "true", "true");
            else exec("org.apache.activemq:type=Broker,brokerName=" + brokerName(), "removeQueue(java.lang.String)", queue);
        }
        if (artemis) exec("org.apache.activemq.artemis:broker=\\\"artemis\\\"", "removeAddressSettings(java.lang.String)", target);
    }

    String brokerName() throws Exception {
        Matcher name = Pattern.compile("brokerName=([\\w-]+)").matcher(ask("{\"type\":\"search\",\"mbean\":\"org.apache.activemq:type=Broker,brokerName=*\"}").replaceFirst("brokerName=\\*", ""));
        return name.find() ? name.group(1) : "localhost";
    }

    void exec(String bean, String operation, String... arguments) throws Exception {
        String said = ask("{\"type\":\"exec\",\"mbean\":\"" + bean + "\",\"operation\":\"" + operation + "\",\"arguments\":[\"" + String.join("\",\"", arguments) + "\"]}");
        if (!said.contains("\"status\":200")) throw new IOException(operation + ": " + said);
    }

    String ask(String what) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(jolokia)).header("Authorization", login).header("Origin", "http://127.0.0.1")
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(what)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    public static void main(String[] a) {
        try {
            serve(a);
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1); // the client's threads would live on
        }
    }

    static void serve(String[] a) throws Exception {
        var site = new ActiveMqSite(a[0], a[1], a[2], a[3], a[4]);
        System.out.println(site.source + "\t" + site.target);
        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String[] word = line.split(" ");
            String queue = word.length > 1 && word[1].equals("source") ? site.source : site.target;
            switch (word[0]) {
                case "bury" -> {
                    site.bury(Integer.parseInt(word[1]), Integer.parseInt(word[2]), Integer.parseInt(word[3]));
                    System.out.println("buried");
                }
                case "count" -> System.out.println(site.count(queue));
                case "settled" -> System.out.println(site.settled() ? "yes" : "no");
                case "read" -> {
                    site.read(queue).forEach(m -> System.out.println("message\t" + m));
                    System.out.println("end");
                }
                default -> throw new IllegalArgumentException("no request " + line);
            }
        }
        site.close();
    }
}
