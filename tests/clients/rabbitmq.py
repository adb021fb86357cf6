"""An independent AMQP 0-9-1 client (pika): puts messages of every header and property type into a queue, or says what is in one.

rabbitmq.py put|read HOST PORT USER PASSWORD QUEUE; `read` prints one JSON line a message: types by their Python names, bytes as hex.
"""
import datetime
import decimal
import json
import sys

import pika

act, host, port, user, password, queue = sys.argv[1:]
connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port), "/", pika.PlainCredentials(user, password)))
channel = connection.channel()

HEADERS = {
    "text": "größe",
    "empty": "",
    "bytes": b"\x00\xff\x1b[2J",
    "true": True,
    "small": 7,
    "negative": -70000,
    "large": 2**40,
    "decimal": decimal.Decimal("12.34"),
    "time": datetime.datetime(2026, 1, 2, 3, 4, 5),
    "none": None,
    "list": [1, "two", None, [3], {"four": 4}],
    "table": {"a": 1, "b": {"c": "d"}},
}
PROPERTIES = dict(
    content_type="application/json",
    content_encoding="identity",
    delivery_mode=2,
    priority=3,
    correlation_id="c-1",
    reply_to="answers",
    message_id="m-1",
    timestamp=1790000000,
    type="order.created",
    app_id="shop",
    cluster_id="eu",
)
BODIES = [b"", b'{"n":1}', bytes(range(256)), b"x" * (1 << 20)]


def shown(value):
    if isinstance(value, dict):
        return {"dict": {k: shown(v) for k, v in sorted(value.items())}}
    if isinstance(value, list):
        return {"list": [shown(v) for v in value]}
    text = value.hex() if isinstance(value, bytes) else str(value)
    return {type(value).__name__: text}


if act == "put":
    channel.confirm_delivery()
    for body in BODIES:
        channel.basic_publish("", queue, body, pika.BasicProperties(headers=HEADERS, **PROPERTIES), mandatory=True)
else:
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            break
        said = {k: str(v) for k, v in sorted(vars(properties).items()) if v is not None and k != "headers"}
        headers = {k: shown(v) for k, v in sorted((properties.headers or {}).items())}
        print(json.dumps({"body": body.hex(), "properties": said, "headers": headers}))
connection.close()
