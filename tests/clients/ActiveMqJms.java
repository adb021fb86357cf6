// A JMS client for ActiveMQ Classic and Artemis by OpenWire. Run as a single file with activemq-client on the class path:
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD die QUEUE    sends a text, a map and a bytes message and lets each die
//   java -cp JARS ActiveMqJms.java URL USER PASSWORD see QUEUE    takes all messages out and prints each, properties with their types
import jakarta.jms.*;
import java.util.*;
import org.apache.activemq.ActiveMQConnectionFactory;

public class ActiveMqJms {
    public static void main(String[] args) throws Exception {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(args[1], args[2], args[0]);
        factory.getRedeliveryPolicy().setMaximumRedeliveries(0);
        factory.setWatchTopicAdvisories(false);
        try (Connection connection = factory.createConnection()) {
            connection.start();
            if (args[3].equals("die")) die(connection, args[4]);
            else see(connection, args[4]);
        }
    }

    static void die(Connection connection, String name) throws Exception {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(session.createQueue(name));
        TextMessage text = session.createTextMessage("größe: 3\n\"quoted\"");
        MapMessage map = session.createMapMessage();
        map.setInt("count", 3);
        map.setString("name", "größe");
        map.setDouble("price", 1.5);
        BytesMessage bytes = session.createBytesMessage();
        byte[] all = new byte[2000];
        for (int i = 0; i < all.length; i++) all[i] = (byte) (i * 31);
        bytes.writeBytes(all);
        for (Message message : List.of(text, map, bytes)) {
            message.setIntProperty("anInt", 7);
            message.setLongProperty("aLong", 1L << 40);
            message.setBooleanProperty("aBoolean", true);
            message.setDoubleProperty("aDouble", 2.5);
            message.setShortProperty("aShort", (short) 300);
            message.setByteProperty("aByte", (byte) -3);
            message.setStringProperty("aString", "text");
            message.setJMSCorrelationID("c-1");
            message.setJMSType("kind");
            message.setJMSReplyTo(session.createQueue("answers"));
            producer.send(message, DeliveryMode.PERSISTENT, 7, 0);
        }
        Session failing = connection.createSession(true, Session.SESSION_TRANSACTED);
        MessageConsumer consumer = failing.createConsumer(failing.createQueue(name));
        for (int i = 0; i < 3; i++) {
            if (consumer.receive(5000) == null) throw new java.lang.IllegalStateException("nothing to fail");
            failing.rollback();
        }
        consumer.close();
    }

    static void see(Connection connection, String name) throws Exception {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(name));
        for (Message m; (m = consumer.receive(1500)) != null; ) {
            StringBuilder line = new StringBuilder();
            if (m instanceof TextMessage t) line.append("text ").append(t.getText().replace("\n", "\\n"));
            else if (m instanceof MapMessage map) {
                line.append("map");
                for (Object key : new TreeSet<>(Collections.list(map.getMapNames()))) line.append(' ').append(key).append('=').append(typed(map.getObject((String) key)));
            } else if (m instanceof BytesMessage b) {
                byte[] all = new byte[(int) b.getBodyLength()];
                b.readBytes(all);
                line.append("bytes ").append(all.length).append(' ').append(Arrays.hashCode(all));
            } else line.append(m.getClass().getSimpleName());
            for (Object key : new TreeSet<>(Collections.list(m.getPropertyNames()))) {
                String property = (String) key;
                line.append(" | ").append(property).append('=').append(typed(m.getObjectProperty(property)));
            }
            line.append(" | id=").append(m.getJMSMessageID()).append(" type=").append(m.getJMSType()).append(" correlation=").append(m.getJMSCorrelationID());
            line.append(" reply=").append(m.getJMSReplyTo()).append(" priority=").append(m.getJMSPriority()).append(" mode=").append(m.getJMSDeliveryMode());
            System.out.println(line);
        }
    }

    static String typed(Object value) {
        return value == null ? "null" : value.getClass().getSimpleName() + ":" + value;
    }
}
