// A JMS client for ActiveMQ Classic and Artemis by OpenWire: a message of each kind, with every header and type of property.
// Run as a single file with activemq-client on the class path:
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD die QUEUE DEAD [SIZE]  sends them, gives each up, and waits until all lie in DEAD
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD browse QUEUE RUN   prints those of the queue that died in RUN, and takes none
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD take QUEUE [RUN]   takes all (of a run) out and prints each, till none comes for a while
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD await QUEUE COUNT  the same, but waits until so many have come
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD keep QUEUE COUNT   has so many in hand, says so, and gives them back when its input ends
// A printed message is one line: its fields by name, with their types.
import jakarta.jms.*;
import jakarta.jms.Queue;
import java.util.*;
import org.apache.activemq.ActiveMQConnectionFactory;

public class ActiveMqJms {
    public static void main(String[] args) throws Exception {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(args[1], args[2], args[0]);
        factory.getRedeliveryPolicy().setMaximumRedeliveries(0);
        factory.setWatchTopicAdvisories(false);
        factory.setTrustAllPackages(true);
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(args[4]);
            switch (args[3]) {
                // who has a listener may do nothing else
                case "die" -> die(session, connection.createSession(false, Session.AUTO_ACKNOWLEDGE), queue, args[5],
                    args.length > 6 ? Integer.parseInt(args[6]) : 1 << 20);
                case "browse" -> browse(session, queue, args[5]).forEach(System.out::println);
                case "await" -> take(session.createConsumer(queue), Integer.parseInt(args[5]));
                case "keep" -> keep(connection.createSession(false, Session.CLIENT_ACKNOWLEDGE), queue, Integer.parseInt(args[5]));
                default -> take(session.createConsumer(queue, args.length > 5 ? "run = '" + args[5] + "'" : null), 0);
            }
        }
        System.exit(0);
    }

    static byte[] bytes(int length) {
        byte[] all = new byte[length];
        for (int i = 0; i < all.length; i++) all[i] = (byte) (i * 31);
        return all;
    }

    static List<Message> messages(Session session, int large) throws JMSException {
        MapMessage map = session.createMapMessage();
        map.setBoolean("boolean", true);
        map.setByte("byte", (byte) -3);
        map.setShort("short", (short) 300);
        map.setChar("char", 'ß');
        map.setInt("int", 3);
        map.setLong("long", 1L << 40);
        map.setFloat("float", 0.25f);
        map.setDouble("double", 1.5);
        map.setString("string", "größe");
        map.setBytes("bytes", bytes(300));
        StreamMessage stream = session.createStreamMessage();
        stream.writeBoolean(true);
        stream.writeByte((byte) -3);
        stream.writeShort((short) 300);
        stream.writeChar('ß');
        stream.writeInt(3);
        stream.writeLong(1L << 40);
        stream.writeFloat(0.25f);
        stream.writeDouble(1.5);
        stream.writeString("größe");
        stream.writeBytes(bytes(300));
        List<Message> all = new ArrayList<>(List.of(session.createTextMessage("größe: 3\n\"quoted\""), session.createTextMessage(""),
            session.createTextMessage("x".repeat(large)), map, stream,
            session.createObjectMessage(new ArrayList<>(List.of("größe", 3, 1.5))), session.createMessage()));
        for (int length : new int[] {0, 2000, large}) {
            BytesMessage message = session.createBytesMessage();
            message.writeBytes(bytes(length));
            all.add(message);
        }
        return all;
    }

    static void die(Session session, Session failing, Queue queue, String dead, int large) throws Exception {
        MessageProducer producer = session.createProducer(queue);
        int number = 0;
        for (Message message : messages(session, large)) {
            message.setStringProperty("run", queue.getQueueName());
            message.setIntProperty("number", number);
            message.setBooleanProperty("aBoolean", true);
            message.setByteProperty("aByte", (byte) -3);
            message.setShortProperty("aShort", (short) 300);
            message.setLongProperty("aLong", 1L << 40);
            message.setFloatProperty("aFloat", 0.25f);
            message.setDoubleProperty("aDouble", 2.5);
            message.setStringProperty("aString", "größe");
            message.setJMSCorrelationID("c-1");
            message.setJMSType("kind");
            message.setJMSReplyTo(session.createQueue("answers"));
            if (number == 0) message.setStringProperty("JMSXGroupID", "group");
            // Classic as it is shipped throws away what was not persistent; else it dies as persistent
            producer.send(message, number == 1 && !dead.equals("ActiveMQ.DLQ") ? DeliveryMode.NON_PERSISTENT : DeliveryMode.PERSISTENT, 7, number == 2 ? 86_400_000 : 0);
            number++;
        }
        failing.createConsumer(queue).setMessageListener(message -> {
            throw new IllegalArgumentException("no such customer");
        });
        long end = System.nanoTime() + 60_000_000_000L;
        while (browse(session, session.createQueue(dead), queue.getQueueName()).size() < number) {
            if (System.nanoTime() > end) throw new java.lang.IllegalStateException("not all died");
            Thread.sleep(50);
        }
    }

    static List<String> browse(Session session, Queue queue, String run) throws JMSException {
        List<String> all = new ArrayList<>();
        QueueBrowser browser = session.createBrowser(queue, "run = '" + run + "'");
        Enumeration<?> found = browser.getEnumeration();
        while (found.hasMoreElements()) {
            Message message = (Message) found.nextElement();
            // what was seen coming may have gone meanwhile
            if (message != null) all.add(line(message));
        }
        browser.close();
        return all;
    }

    static void take(MessageConsumer consumer, int count) throws JMSException {
        for (Message m; (m = consumer.receive(--count >= 0 ? 60_000 : 1500)) != null; ) System.out.println(line(m));
    }

    static void keep(Session session, Queue queue, int count) throws Exception {
        MessageConsumer consumer = session.createConsumer(queue);
        for (int n = 0; n < count; n++) if (consumer.receive(60_000) == null) throw new java.lang.IllegalStateException("only " + n + " came");
        System.out.println("kept");
        // no transaction: by the policy of one that gives up, its rollback would make them die
        while (System.in.read() >= 0) { }
    }

    static String line(Message m) throws JMSException {
        SortedMap<String, String> fields = new TreeMap<>();
        fields.put("body", body(m));
        for (Object name : Collections.list((Enumeration<?>) m.getPropertyNames())) fields.put((String) name, typed(m.getObjectProperty((String) name)));
        fields.put("JMSMessageID", m.getJMSMessageID());
        fields.put("JMSTimestamp", "" + m.getJMSTimestamp());
        fields.put("JMSExpiration", "" + m.getJMSExpiration());
        fields.put("JMSType", m.getJMSType());
        fields.put("JMSCorrelationID", m.getJMSCorrelationID());
        fields.put("JMSReplyTo", "" + m.getJMSReplyTo());
        fields.put("JMSPriority", "" + m.getJMSPriority());
        fields.put("JMSDeliveryMode", "" + m.getJMSDeliveryMode());
        StringJoiner line = new StringJoiner("\t");
        fields.forEach((name, value) -> line.add(name + "=" + (value == null ? "null" : value.replace("\t", "\\t").replace("\n", "\\n"))));
        return line.toString();
    }

    static String body(Message m) throws JMSException {
        if (m instanceof TextMessage t) return t.getText() == null ? "text null" : "text " + t.getText().length() + " " + t.getText().hashCode();
        if (m instanceof BytesMessage b) {
            byte[] all = new byte[(int) b.getBodyLength()];
            b.readBytes(all);
            return "bytes " + typed(all);
        }
        if (m instanceof MapMessage map) {
            StringBuilder all = new StringBuilder("map");
            for (Object key : new TreeSet<>(Collections.list((Enumeration<?>) map.getMapNames()))) all.append(' ').append(key).append('=').append(typed(map.getObject((String) key)));
            return all.toString();
        }
        if (m instanceof StreamMessage stream) {
            StringBuilder all = new StringBuilder("stream");
            try {
                while (true) all.append(' ').append(typed(stream.readObject()));
            } catch (MessageEOFException end) {
                return all.toString();
            }
        }
        return m instanceof ObjectMessage o ? "object " + o.getObject() : "none";
    }

    static String typed(Object value) {
        if (value instanceof byte[] all) return "bytes:" + all.length + ":" + Arrays.hashCode(all);
        return value == null ? "null" : value.getClass().getSimpleName() + ":" + value;
    }
}
