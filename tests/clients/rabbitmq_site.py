"""A queue and its dead-letter queue on RabbitMQ, by pika. Arguments: HOST:PORT, a name, the queues' type, further arguments of both (JSON)."""
import json
import sys

import pika

import site_loop as loop


# What frameworks write, by cause from 3 on; QUEUE is where they took it from. Celery keeps its error elsewhere: the broker tells of the death.
FAMILIES = [
    {
        "NServiceBus.MessageId": "9f3a", "NServiceBus.FailedQ": "QUEUE", "NServiceBus.TimeOfFailure": "2026-11-27 18:00:00:123456 Z",
        "NServiceBus.ExceptionInfo.ExceptionType": "Shop.PaymentTimeout", "NServiceBus.ExceptionInfo.Message": "payments answered HTTP 504",
        "NServiceBus.ExceptionInfo.StackTrace": "Shop.PaymentTimeout: payments answered HTTP 504\n   at Shop.Gateway.Charge() in /src/Gateway.cs:line 88",
    },
    {
        "MT-Fault-InputAddress": "rabbitmq://localhost/QUEUE", "MT-Fault-ExceptionType": "Shop.NoCustomer", "MT-Fault-Message": "no such customer",
        "MT-Fault-StackTrace": "   at Shop.Billing.Consume() in /src/Billing.cs:line 7", "MT-Fault-Timestamp": "2026-11-27T18:00:00.1234567Z",
        "MT-Reason": "fault", "MT-Fault-ConsumerType": "Shop.Billing",
    },
    {
        "rbs2-msg-id": "77", "rbs2-source-queue": "QUEUE",
        "rbs2-error-details": "1 unhandled exceptions: Shop.RefundRefused: refunds are not sold here\n   at Shop.Refunds.Handle()",
    },
    {
        "original-destination": "rabbitmq://queue/QUEUE", "exception-type": "Shop.BadRate", "exception-message": "the rate 1.9 is unknown",
        "exception-stack": "   at Shop.Tax.Rate() in /src/Tax.cs:line 3", "failed-at": "1795802400123", "attempts": "3",
    },
    {"task": "shop.tasks.bill", "id": "c-1", "root_id": "c-1", "argsrepr": "(7,)", "retries": 3, "lang": "py"},
]


class Site:
    def __init__(self, address, name, kind, more):
        host, port = address.split(":")
        self.connection = pika.BlockingConnection(
            pika.ConnectionParameters(host, int(port), credentials=pika.PlainCredentials("admin", "admin-pw"), heartbeat=0)
        )
        self.source, self.target = f"{name}.dlq", name
        self.channel = self.connection.channel()
        more = {"x-queue-type": kind, **more}
        self.channel.queue_declare(self.source, durable=True, arguments=more)
        dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.source}
        self.channel.queue_declare(self.target, durable=True, arguments={**more, **dead})

    def bury(self, cause, numbers):
        """0: rejected by a consumer; 1: expired; 2: given up by Spring AMQP, which publishes it with headers of its own; then FAMILIES."""
        rejected = cause == 0 or (cause >= 3 and "task" in FAMILIES[cause - 3])
        before = self.count("source")
        for n in numbers:
            headers = {"tenant": "acme", "n": n}
            to, expiration = self.target, None
            if cause == 1:
                expiration = "1"
            if cause == 2:
                to = self.source
                headers |= {"x-original-exchange": "", "x-original-routingKey": self.target, "x-exception-message": "no such customer"}
                headers["x-exception-stacktrace"] = "com.example.NoCustomer: no such customer\n\tat com.example.Billing.on(Billing.java:7)\n"
            if cause >= 3:
                to = self.target if rejected else self.source
                told = FAMILIES[cause - 3].items()
                headers |= {name: v.replace("QUEUE", self.target) if isinstance(v, str) else v for name, v in told}
            of = pika.BasicProperties(headers=headers, delivery_mode=2, message_id=f"m-{n}", expiration=expiration)
            self.channel.basic_publish("", to, loop.body(n).encode(), of)
        if rejected:
            self.reject(len(numbers))
        loop.until(lambda: self.count("source") == before + len(numbers), "the dead letters arrive")

    def reject(self, count):
        left = count
        for method, _, _ in self.channel.consume(self.target, inactivity_timeout=60):
            if method is None:
                raise SystemExit(f"{left} of {count} did not come to be rejected")
            left -= 1
            if left == 0:
                self.channel.basic_nack(method.delivery_tag, multiple=True, requeue=False)
                break
        self.channel.cancel()

    def queue(self, end):
        return self.source if end == "source" else self.target

    def count(self, end):
        return self.channel.queue_declare(self.queue(end), passive=True).method.message_count

    def settled(self):
        """No consumer, and nothing in anybody's hand: what lies there does not grow any more."""
        return self.channel.queue_declare(self.source, passive=True).method.consumer_count == 0

    def read(self, end):
        channel = self.connection.channel()
        count, got = self.count(end), []
        for _ in range(count):
            method, properties, text = channel.basic_get(self.queue(end))
            if method is None:
                break
            headers, n = properties.headers or {}, loop.number(text)
            put_on = {"tenant": "acme", "n": n, "delivery_mode": 2, "message_id": f"m-{n}"}
            is_on = headers | {"delivery_mode": properties.delivery_mode, "message_id": properties.message_id}
            got.append((headers.get("x-redrive-replay-id"), text, loop.changed(put_on, is_on)))
        channel.close()  # gives all of them back, in the broker's own time
        loop.until(lambda: self.count(end) >= count, "what was read is there again")
        return got

    def close(self):
        for queue in (self.source, self.target):
            self.channel.queue_delete(queue)
        self.connection.close()


if __name__ == "__main__":
    loop.serve(Site(*sys.argv[1:4], json.loads(sys.argv[4])))
