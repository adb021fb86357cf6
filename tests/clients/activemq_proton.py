"""An AMQP 1.0 client (qpid-proton) for ActiveMQ Classic and Artemis: a message of each kind of body, with every section and type of value.

activemq_proton.py HOST:PORT USER PASSWORD die QUEUE DEAD    sends them, rejects each, and waits until all lie in DEAD
activemq_proton.py HOST:PORT USER PASSWORD browse QUEUE RUN  prints those of the queue that died in RUN, and takes none
activemq_proton.py HOST:PORT USER PASSWORD take QUEUE COUNT  takes all out and prints each: so many are waited for
A printed message is one line: its fields by name, with their types.
"""
import hashlib
import sys
import time
import uuid

from proton import Message, Timeout, byte, char, float32, int32, short, symbol, timestamp, ubyte, uint, ulong, ushort
from proton.reactor import Copy
from proton.utils import BlockingConnection

VALUES = {"string": "größe", "boolean": True, "byte": byte(-3), "short": short(300), "int": int32(-7), "long": 1 << 40, "ubyte": ubyte(3),
          "ushort": ushort(300), "uint": uint(7), "ulong": ulong(1 << 63), "float": float32(0.25), "double": 2.5, "char": char("ß"),
          "timestamp": timestamp(1700000000000), "binary": b"\0\xff", "symbol": symbol("s"), "uuid": uuid.UUID(int=7), "null": None}
BODIES = [(b"", True), (bytes(i * 31 % 256 for i in range(2000)), True), (b"x" * (1 << 20), True), ("größe", False), ("", False),
          (dict(VALUES, list=[1, "a"], map={"k": ulong(1)}), False), (list(VALUES.values()), False), (ulong(7), False), (None, False)]
# of each type, and of no other run
UNIQUE = uuid.uuid4()
IDS = [f"a-{UNIQUE}", ulong(UNIQUE.int >> 65), UNIQUE, UNIQUE.bytes]


def messages(run):
    for number, (body, inferred) in enumerate(BODIES):
        # one that asks for a broker's JMS view of it, and one that is nothing but AMQP
        values = VALUES if number % 2 else {"string": "größe", "int": int32(-7)}
        message = Message(body=body, inferred=inferred, durable=True, priority=7, id=IDS[number] if number < 4 else f"p-{run}-{number}",
                          correlation_id=IDS[number % 4], subject="subject", reply_to="answers", content_type=symbol("text/x"),
                          content_encoding=symbol("identity"), creation_time=time.time(), group_id="g", group_sequence=3, reply_to_group_id="h",
                          properties=dict(values, run=run, number=int32(number)))
        message.annotations = {symbol("x-opt-mine"): VALUES["ulong"], symbol("x-opt-text"): "größe"}
        yield message


def said(value):
    if isinstance(value, (bytes, memoryview)) and len(value) > 40:
        return f"{len(value)} bytes {hashlib.sha256(bytes(value)).hexdigest()}"
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{k!r}: {said(v)}" for k, v in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(said(v) for v in value) + "]"
    return f"{type(value).__name__} {value!r}"


def line(m):
    fields = {"body": ("data " if m.inferred else "value ") + said(m.body)}
    for name in ["durable", "priority", "ttl", "id", "user_id", "subject", "reply_to", "correlation_id", "content_type", "content_encoding",
                 "expiry_time", "creation_time", "group_id", "group_sequence", "reply_to_group_id"]:
        fields[name] = said(getattr(m, name))
    for kind, values in [("property", m.properties), ("annotation", m.annotations)]:
        fields.update({f"{kind} {name}": said(value) for name, value in (values or {}).items()})
    return "\t".join(f"{k}={v}" for k, v in sorted(fields.items()))


def received(receiver, run, of, wait):
    found = []
    try:
        while len(found) < of:
            message = receiver.receive(timeout=wait)
            if (message.properties or {}).get("run") == run:
                found.append(message)
    except Timeout:
        pass
    return found


def browse(connection, queue, run, wait):
    receiver = connection.create_receiver(queue, options=Copy(), credit=500)
    found = received(receiver, run, len(BODIES), wait)
    receiver.close()
    return found


def main(at, user, password, what, queue, other):
    connection = BlockingConnection(at, timeout=60, user=user, password=password, allowed_mechs="PLAIN")
    if what == "die":
        sender = connection.create_sender(queue)
        for message in messages(queue):
            sender.send(message)
        receiver = connection.create_receiver(queue, credit=1)
        for _ in BODIES:
            receiver.receive(timeout=60)
            receiver.reject()
        receiver.close()
        end = time.time() + 60
        while len(browse(connection, other, queue, 2)) < len(BODIES):
            assert time.time() < end, "not all died"
        found = []
    elif what == "browse":
        found = browse(connection, queue, other, 60)
    else:
        receiver, found = connection.create_receiver(queue, credit=1), []
        try:
            while True:
                found.append(receiver.receive(timeout=60 if len(found) < int(other) else 2))
                receiver.accept()
        except Timeout:
            pass
    for message in found:
        print(line(message))
    connection.close()


main(*sys.argv[1:])
