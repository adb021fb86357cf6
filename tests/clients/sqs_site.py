"""A queue and its dead-letter queue on SQS, by boto3. Arguments: the endpoint and a name."""
import json
import sys

import boto3

import site_loop as loop


class Site:
    def __init__(self, endpoint, name):
        self.sqs = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.source, self.target = f"{name}-dlq", name
        self.got = {"source": [], "target": []}
        self.urls = {"source": self.sqs.create_queue(QueueName=self.source)["QueueUrl"]}
        arn = self.sqs.get_queue_attributes(QueueUrl=self.urls["source"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        self.urls["target"] = self.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]

    def bury(self, cause, numbers):
        """0: received too often; 1: given up by Lambda; 2: given up by Rebus; 3: by NServiceBus; these write attributes of their own."""
        before, numbers = self.count("source"), list(numbers)
        for at in range(0, len(numbers), 10):
            entries = [self.entry(cause, n) for n in numbers[at : at + 10]]
            sent = self.sqs.send_message_batch(QueueUrl=self.urls["target" if cause == 0 else "source"], Entries=entries)
            assert not sent.get("Failed"), sent
        # the first visit receives them all, the second finds that they were received once: SQS moves them
        while cause == 0 and self.count("source") < before + len(numbers):
            self.sqs.receive_message(QueueUrl=self.urls["target"], MaxNumberOfMessages=10, VisibilityTimeout=0)
        loop.until(lambda: self.count("source") == before + len(numbers), "the dead letters arrive")

    def entry(self, cause, n):
        told = {"tenant": "acme"}
        if cause == 1:
            told |= {"RequestID": f"0000-{n}", "ErrorCode": "200", "ErrorMessage": "Unhandled: no such customer"}
        if cause == 2:
            told |= {"rbs2-source-queue": self.target, "rbs2-error-details": "1 unhandled exceptions: System.TimeoutException: payments"}
        if cause == 3:
            told |= {"NServiceBus.FailedQ": self.target, "NServiceBus.TimeOfFailure": "2026-11-27 18:00:00:123456 Z"}
            told |= {"NServiceBus.ExceptionInfo.ExceptionType": "Shop.BadRate", "NServiceBus.ExceptionInfo.Message": "the rate 1.9 is unknown"}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        return {"Id": str(n), "MessageBody": loop.body(n), "MessageAttributes": attributes}

    def about(self, end, name):
        return int(self.sqs.get_queue_attributes(QueueUrl=self.urls[end], AttributeNames=[name])["Attributes"][name])

    def count(self, end):
        return self.about(end, "ApproximateNumberOfMessages")

    def settled(self):
        """What a killed run had in hand is hidden for a while: the next run has to wait for that by itself."""
        return True

    def in_other_hands(self, end):
        return self.about(end, "ApproximateNumberOfMessagesNotVisible") - len(self.got[end])

    def read(self, end):
        """In hand for the rest of the test: SQS has no other way to read all. So what was read earlier is told again."""
        got = self.got[end]
        while True:
            of = {"QueueUrl": self.urls[end], "MaxNumberOfMessages": 10, "VisibilityTimeout": 600, "MessageAttributeNames": ["All"]}
            batch = self.sqs.receive_message(**of).get("Messages", [])
            if not batch:
                loop.until(lambda: self.count(end) or self.in_other_hands(end) == 0, "what others have in hand comes back")
                if not self.count(end):
                    return got
            for m in batch:
                attributes = m.get("MessageAttributes", {})
                is_on = {name: (a["DataType"], a.get("StringValue")) for name, a in attributes.items()}
                replay_id = attributes.get("x-redrive-replay-id", {}).get("StringValue")
                got.append((replay_id, m["Body"], loop.changed({"tenant": ("String", "acme")}, is_on)))

    def close(self):
        for url in self.urls.values():
            self.sqs.delete_queue(QueueUrl=url)


if __name__ == "__main__":
    loop.serve(Site(*sys.argv[1:3]))
