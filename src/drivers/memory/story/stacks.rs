//! Java stack traces as the frameworks write them into headers: the numbers in them differ, the frames do not.

/// An error as it was thrown: class, message, and the frames from the root cause outwards.
pub(super) struct Thrown {
    pub class: &'static str,
    pub message: String,
    frames: &'static [&'static str],
}

/// billing waits for the payment gateway in vain.
pub(super) fn payment_timeout(order: &str, ms: u64) -> Thrown {
    Thrown {
        class: "com.acme.payments.PaymentTimeout",
        message: format!("HTTP 504 from payments after {ms} ms (order {order})"),
        frames: &[
            "com.acme.payments.Gateway.charge(Gateway.java:88)",
            "com.acme.billing.Billing.settle(Billing.java:119)",
            "com.acme.billing.Billing.onOrder(Billing.java:41)",
            "com.acme.billing.Billing$$SpringCGLIB$$0.onOrder(<generated>)",
            "java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)",
        ],
    }
}

/// billing cannot read the body.
pub(super) fn unknown_magic(id: u64) -> Thrown {
    Thrown {
        class: "org.apache.kafka.common.errors.SerializationException",
        message: format!("Error retrieving Avro schema for id {id}: unknown magic byte!"),
        frames: &[
            "io.confluent.kafka.serializers.AbstractKafkaSchemaSerDe.getByteBuffer(AbstractKafkaSchemaSerDe.java:250)",
            "io.confluent.kafka.serializers.AbstractKafkaAvroDeserializer$DeserializationContext.<init>(AbstractKafkaAvroDeserializer.java:357)",
            "io.confluent.kafka.serializers.KafkaAvroDeserializer.deserialize(KafkaAvroDeserializer.java:107)",
            "com.acme.billing.codec.OrderReader.read(OrderReader.java:33)",
            "com.acme.billing.Billing.onOrder(Billing.java:36)",
        ],
    }
}

/// A bug of billing 2.14.0.
pub(super) fn no_tax() -> Thrown {
    Thrown {
        class: "java.lang.NullPointerException",
        message: "Cannot invoke \"com.acme.billing.TaxClass.rate()\" because \"taxClass\" is null".into(),
        frames: &[
            "com.acme.billing.Tax.rate(Tax.java:57)",
            "com.acme.billing.Invoice.lambda$total$3(Invoice.java:92)",
            "java.base/java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:212)",
            "com.acme.billing.Invoice.total(Invoice.java:94)",
            "com.acme.billing.Billing.onOrder(Billing.java:44)",
        ],
    }
}

/// The ledger of payments refuses a second booking.
pub(super) fn double_booking(payment: &str) -> Thrown {
    Thrown {
        class: "org.postgresql.util.PSQLException",
        message: format!(
            "ERROR: duplicate key value violates unique constraint \"payment_pkey\" Detail: Key (id)=({payment}) already exists."
        ),
        frames: &[
            "org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)",
            "org.postgresql.jdbc.PgPreparedStatement.executeUpdate(PgPreparedStatement.java:194)",
            "com.acme.payments.store.Bookings.insert(Bookings.java:71)",
            "com.acme.payments.PaymentListener.onPayment(PaymentListener.java:52)",
        ],
    }
}

/// The bank is not there.
pub(super) fn bank_away(port: u64) -> Thrown {
    Thrown {
        class: "java.net.ConnectException",
        message: format!("Connection refused: bank-gw.internal/10.4.7.21:{port}"),
        frames: &[
            "java.base/sun.nio.ch.Net.pollConnect(Native Method)",
            "java.base/java.net.Socket.connect(Socket.java:751)",
            "com.acme.payments.bank.BankClient.open(BankClient.java:38)",
            "com.acme.payments.PaymentListener.onPayment(PaymentListener.java:47)",
        ],
    }
}

/// The JDBC sink's converter fails.
pub(super) fn sink_data(field: &str) -> Thrown {
    Thrown {
        class: "org.apache.kafka.connect.errors.DataException",
        message: format!("Converting byte[] to Kafka Connect data failed due to serialization error: field {field}"),
        frames: &[
            "org.apache.kafka.connect.json.JsonConverter.toConnectData(JsonConverter.java:333)",
            "org.apache.kafka.connect.storage.Converter.toConnectData(Converter.java:91)",
            "org.apache.kafka.connect.runtime.WorkerSinkTask.convertValue(WorkerSinkTask.java:562)",
            "org.apache.kafka.connect.runtime.errors.RetryWithToleranceOperator.execAndRetry(RetryWithToleranceOperator.java:190)",
        ],
    }
}

/// A streams application divides by nothing.
pub(super) fn no_parcels(shipment: &str) -> Thrown {
    Thrown {
        class: "java.lang.ArithmeticException",
        message: format!("/ by zero in weight of {shipment}"),
        frames: &[
            "com.acme.warehouse.Weights.perParcel(Weights.java:29)",
            "com.acme.warehouse.Topology.lambda$build$1(Topology.java:64)",
            "org.apache.kafka.streams.kstream.internals.KStreamMapValues$KStreamMapProcessor.process(KStreamMapValues.java:42)",
        ],
    }
}

/// A Quarkus service finds no template.
pub(super) fn no_template(name: &str) -> Thrown {
    Thrown {
        class: "io.quarkus.qute.TemplateException",
        message: format!("No template found for [{name}]"),
        frames: &["com.acme.notify.Mailer.render(Mailer.java:77)", "com.acme.notify.Notifications.onEvent(Notifications.java:31)"],
    }
}

impl Thrown {
    fn own(&self) -> String {
        let frames: String = self.frames.iter().map(|f| format!("\tat {f}\n")).collect();
        format!("{}: {}\n{frames}", self.class, self.message)
    }

    /// As thrown, without a wrapper.
    pub fn stack(&self) -> String {
        self.own() + "\tat java.base/java.lang.Thread.run(Thread.java:1583)\n"
    }

    /// The listener that Spring says failed.
    pub fn listener(&self) -> String {
        "Listener method 'public void com.acme.billing.Billing.onOrder(com.acme.orders.OrderUpdated)' threw exception".into()
    }

    /// Inside Spring's wrapper, as `Caused by`.
    pub fn wrapped(&self) -> String {
        format!(
            "{WRAPPER}: {}\n\
             \tat org.springframework.kafka.listener.adapter.MessagingMessageListenerAdapter.invokeHandler(MessagingMessageListenerAdapter.java:461)\n\
             \tat org.springframework.kafka.listener.KafkaMessageListenerContainer$ListenerConsumer.doInvokeRecordListener(KafkaMessageListenerContainer.java:2888)\n\
             \tat java.base/java.util.concurrent.CompletableFuture$AsyncRun.run(CompletableFuture.java:1804)\n\
             \tat java.base/java.lang.Thread.run(Thread.java:1583)\n\
             Caused by: {}\t... 12 more\n",
            self.listener(),
            self.own()
        )
    }
}

/// What Spring Kafka wraps every listener's error in.
pub(super) const WRAPPER: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException";
