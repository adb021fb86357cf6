"""A queue and its dead-letter queue on RabbitMQ, by pika. Arguments: HOST:PORT, a name, the queues' type, further arguments of both (JSON)."""
import json
import sys

import pika

import site_loop as loop


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
        """0: rejected by a consumer; 1: expired; 2: given up by Spring AMQP, which publishes it with headers of its own."""
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
            of = pika.BasicProperties(headers=headers, delivery_mode=2, message_id=f"m-{n}", expiration=expiration)
            self.channel.basic_publish("", to, loop.body(n).encode(), of)
        if cause == 0:
            self.reject(len(numbers))
        loop.until(lambda: self.count("source") == before + len(numbers), "the dead letters arrive")

    def reject(self, count):
        left = count
        for method, _, _ in self.channel.consume(self.target, inactivity_timeout=20):
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
        channel.close()  # gives all of them back
        return got

    def close(self):
        for queue in (self.source, self.target):
            self.channel.queue_delete(queue)
        self.connection.close()


if __name__ == "__main__":
    loop.serve(Site(*sys.argv[1:4], json.loads(sys.argv[4])))
