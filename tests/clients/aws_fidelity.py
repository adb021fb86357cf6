"""Judges fidelity on SQS without redrive: `put URL QUEUE` sends messages of every kind and prints them, `read URL QUEUE` prints what is there."""
import base64
import json
import sys
import uuid

import boto3

what, url, queue = sys.argv[1:]
sqs = boto3.client("sqs", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
at = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
fifo = queue.endswith(".fifo")


def text(kind, value):
    return {"DataType": kind, "StringValue": value}


def binary(kind, value):
    return {"DataType": kind, "BinaryValue": value}


ATTRIBUTES = {
    "plain": text("String", "größe ☃"),
    "custom": text("String.uuid", "00000000-0000-0000-0000-000000000000"),
    "int": text("Number.int", "007"),
    "float": text("Number.float", "-1.50E+3"),
    "number": text("Number", "123456789012345678901234567890.5"),
    "bytes": binary("Binary", bytes(range(256))),
    "png": binary("Binary.png", b"\x89PNG\r\n\x1a\n\x00"),
}
BODIES = ["x", "a\tb\r\nc", "\ufffd\ue000\U0001f600 größe", "  leading and trailing  ", '{"n": 1.0, "big": 12345678901234567890}']


def put():
    sent = [(body, ATTRIBUTES) for body in BODIES] + [("no attributes", {}), ("m" * (1024 * 1024 - 2000), {"only": text("String", "v")})]
    for n, (body, attributes) in enumerate(sent):
        more = {"MessageGroupId": f"group-{n}", "MessageDeduplicationId": str(uuid.uuid4())} if fifo else {}
        trace = {"AWSTraceHeader": text("String", f"Root=1-5759e988-bd862e3fe1be46a99427{n:04x}")}
        sqs.send_message(QueueUrl=at, MessageBody=body, MessageAttributes=attributes, MessageSystemAttributes=trace, **more)


def read():
    found = []
    while True:
        got = sqs.receive_message(QueueUrl=at, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=60,
                                  MessageAttributeNames=["All"], AttributeNames=["All"]).get("Messages", [])
        if not got:
            break
        found += got
    for m in found:
        sqs.change_message_visibility(QueueUrl=at, ReceiptHandle=m["ReceiptHandle"], VisibilityTimeout=0)
    rows = []
    for m in found:
        attributes = {n: [v["DataType"], v.get("StringValue"), base64.b64encode(v["BinaryValue"]).decode() if "BinaryValue" in v else None]
                      for n, v in m.get("MessageAttributes", {}).items() if not n.startswith("x-redrive-")}
        rows.append([m["Body"], attributes, m["Attributes"].get("AWSTraceHeader"), m["Attributes"].get("MessageGroupId")])
    print(json.dumps(sorted(rows, key=lambda r: r[0]), sort_keys=True))


if what == "put":
    put()
read()
