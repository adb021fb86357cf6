"""Makes a user without any right in moto's auth mode and prints its key and secret: URL, the admin's key and secret."""
import sys
import uuid

import boto3

url, key, secret = sys.argv[1:]
iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)
user = f"nobody-{uuid.uuid4()}"
iam.create_user(UserName=user)
made = iam.create_access_key(UserName=user)["AccessKey"]
print(made["AccessKeyId"], made["SecretAccessKey"])
