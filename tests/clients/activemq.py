"""Puts messages into queues of ActiveMQ Classic (raw STOMP) and Artemis (qpid-proton), and reads them without taking them.

activemq.py put|read|make stomp|amqp HOST PORT USER PASSWORD QUEUE; messages as JSON lines on stdin and stdout:
{"id", "body" (base64), "text" (bool), "headers": [[name, type, value]], "redelivered"}.
"""
import base64
import json
import socket
import sys
import time


class Stomp:
    def __init__(self, host, port, user, password):
        # only what hangs takes so long
        self.socket, self.buffer = socket.create_connection((host, port), 60), b""
        self.send("CONNECT", {"accept-version": "1.2", "host": host, "login": user, "passcode": password, "heart-beat": "0,0"})
        assert self.receive()[0] == "CONNECTED"

    def send(self, command, headers, body=b""):
        def escaped(text):
            if command == "CONNECT":
                return text
            return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(":", "\\c")

        head = "".join(f"{escaped(k)}:{escaped(v)}\n" for k, v in headers.items())
        self.socket.sendall(f"{command}\n{head}\n".encode() + body + b"\0")

    def receive(self):
        while True:
            self.buffer = self.buffer.lstrip(b"\n")
            head, found, rest = self.buffer.partition(b"\n\n")
            if found:
                command, *lines = head.decode().split("\n")
                headers = {}
                for line in lines:
                    name, _, value = line.partition(":")
                    plain = [p.replace("\\c", ":").replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\") for p in (name, value)]
                    headers.setdefault(*plain)
                length = int(headers["content-length"]) if "content-length" in headers else rest.find(b"\0")
                if 0 <= length < len(rest):
                    self.buffer = rest[length + 1 :]
                    assert command != "ERROR", headers
                    return command, headers, rest[:length]
            more = self.socket.recv(1 << 20)
            assert more, "closed"
            self.buffer += more

    def until_receipt(self):
        kept = []
        while (frame := self.receive())[0] != "RECEIPT":
            kept.append(frame)
        return kept


OWN = ["destination", "message-id", "timestamp", "subscription", "expires", "priority", "persistent", "redelivered", "content-length",
       "original-destination", "correlation-id", "reply-to", "type", "ack"]


def row(headers, body):
    others = sorted((k, "string", v) for k, v in headers.items() if k not in OWN)
    return {"id": headers["message-id"], "body": base64.b64encode(body).decode(), "headers": others,
            "redelivered": headers.get("redelivered", "false")}


def browse(stomp, queue):
    stomp.send("SUBSCRIBE", {"id": "b", "destination": f"/queue/{queue}", "ack": "auto", "browser": "true", "receipt": "b"})
    frames, rows = stomp.until_receipt(), []
    while True:
        command, headers, body = frames.pop(0) if frames else stomp.receive()
        if headers.get("browser") == "end":
            stomp.send("UNSUBSCRIBE", {"id": "b", "receipt": "u"})
            stomp.until_receipt()
            return rows
        rows.append(row(headers, body))


def unacknowledged(stomp, queue):
    """All of a queue that a browse does not show whole: received, not acknowledged, and the queue's again with the end of the connection. A message
    of our own, which is taken out again, says where it ends."""
    stomp.send("SUBSCRIBE", {"id": "c", "destination": f"/queue/{queue}", "ack": "client-individual", "activemq.prefetchSize": "5000"})
    stomp.send("SEND", {"destination": f"/queue/{queue}", "persistent": "true", "ends": "here"})
    rows = []
    while True:
        _, headers, body = stomp.receive()
        if headers.get("ends") == "here":
            stomp.send("ACK", {"id": headers["ack"], "receipt": "a"})
            stomp.until_receipt()
            return rows
        rows.append(row(headers, body))


def by_stomp(what, host, port, user, password, queue):
    stomp = Stomp(host, port, user, password)
    if what == "put":
        for line in sys.stdin:
            message = json.loads(line)
            body = base64.b64decode(message["body"])
            headers = {"destination": f"/queue/{queue}", "persistent": "true"}
            if not message.get("text"):
                headers["content-length"] = str(len(body))
            headers.update({name: value for name, _, value in reversed(message["headers"])})
            stomp.send("SEND", headers | {"receipt": "p"}, body)
            stomp.until_receipt()
    rows = browse(stomp, queue)
    if what == "read" and len(rows) == 400:
        rows = unacknowledged(stomp, queue)
    return rows


def by_amqp(what, host, port, user, password, queue):
    from proton import Message, Timeout, int32, symbol, ulong
    from proton.reactor import Copy
    from proton.utils import BlockingConnection

    from proton import Described
    typed = {"string": str, "int": lambda v: int32(int(v)), "ulong": lambda v: ulong(int(v)), "long": int, "boolean": lambda v: v == "true",
             "double": float, "binary": base64.b64decode, "null": lambda _: None, "symbol": symbol}
    connection = BlockingConnection(f"{host}:{port}", timeout=60, user=user, password=password, allowed_mechs="PLAIN")
    if what == "put":
        sender = connection.create_sender(queue)
        for line in sys.stdin:
            message = json.loads(line)
            body = base64.b64decode(message["body"])
            properties = {name: typed[kind](value) for name, kind, value in message["headers"]}
            sender.send(Message(id=message["id"], body=body.decode() if message.get("text") else body, inferred=not message.get("text"),
                                durable=True, creation_time=time.time(), properties=properties or None))
        sender.close()
        return []
    receiver = connection.create_receiver(queue, options=Copy(), credit=1000)
    rows = []
    try:
        while True:
            m = receiver.receive(timeout=0.7 if rows else 1.5)
            body = m.body if isinstance(m.body, bytes) else bytes(m.body) if isinstance(m.body, memoryview) else (m.body or "").encode()
            kinds = {str: "string", bytes: "binary", memoryview: "binary", type(None): "null", int: "long", float: "double", bool: "boolean",
                     int32: "int", ulong: "ulong", symbol: "symbol"}
            shown = []
            for name, value in (m.properties or {}).items():
                kind = kinds[type(value)]
                shown.append([name, kind, base64.b64encode(bytes(value)).decode() if kind == "binary" else "" if value is None else str(value)])
            rows.append({"id": m.id if isinstance(m.id, str) else str(m.id), "body": base64.b64encode(body).decode(), "headers": shown,
                         "redelivered": f"{m.delivery_count}"})
    except Timeout:
        pass
    connection.close()
    return rows


if __name__ == "__main__":
    what, protocol, host, port, user, password, queue = sys.argv[1:]
    for one in {"stomp": by_stomp, "amqp": by_amqp}[protocol](what, host, int(port), user, password, queue):
        print(json.dumps(one))
