# moto: SNS (and SQS) as `moto`, and as `motoauth` with signatures and policies checked; nothing of it outlives its process.

moto_version() { echo "moto $("$PYTHON_CLIENTS/bin/python" -c 'import importlib.metadata as m; print(m.version("moto"))' 2>/dev/null)"; }
motoauth_version() { echo "$(moto_version), rights checked"; }
for name in moto motoauth; do
  for verb in alive address down have answers; do eval "${name}_$verb() { moto_any_$verb $name; }"; done
done

moto_any_alive() { alive "$TB/$1" "$TB/$1"; }
moto_any_address() { echo "http://$(local_port "$1" 01)"; }
moto_any_down() { end "$TB/$1" "$TB/$1"; }
moto_any_have() { need curl=curl && python_clients_have; }
moto_any_answers() { curl -sf -m 10 -o /dev/null "$(moto_any_address "$1")/moto-api/"; }
moto_env() { echo "export REDRIVE_TEST_SNS=$(moto_address)"; }
motoauth_env() {
  echo "export REDRIVE_TEST_AWS_AUTH=$(motoauth_address)"
  sed 's/^/export REDRIVE_TEST_AWS_AUTH_/' "$TB/motoauth/keys"
}

moto_up() { moto_any_up moto 209; }

# motoauth_up: its people are made by calls that are free of checks; a process has that many of them and no more.
motoauth_up() {
  if motoauth_alive && [ ! -s "$TB/motoauth/keys" ]; then motoauth_down; fi
  if ! motoauth_alive; then rm -f "$TB/motoauth/keys"; fi
  INITIAL_NO_AUTH_ACTION_COUNT=6 moto_any_up motoauth 210 || return
  [ -s "$TB/motoauth/keys" ] || motoauth_people
}

moto_any_up() {
  local dir=$TB/$1
  mkdir -p "$dir"
  if moto_any_alive "$1" && as_wished_prefix "$1" && await 30 "$dir" "$dir" moto_any_answers "$1"; then return; fi
  moto_any_down "$1"
  rm -f "$dir/keys"
  choose_prefix "$1" "$2" 01 || return
  # Its own name for the folder of state, which marks the process as this checkout's.
  launch "$dir" "$PYTHON_CLIENTS/bin/python" -c 'import sys; from moto.server import main; main(sys.argv[2:])' "$dir" -H 127.0.0.1 -p "$(cat "$dir/prefix")01"
  await $START "$dir" "$dir" moto_any_answers "$1" || did_not_start "$1" "$(moto_version)" "$dir" "$dir"
}

# motoauth_people: an admin, and a user who may only list, receive and read attributes; their keys as NAME=value lines.
motoauth_people() {
  "$PYTHON_CLIENTS/bin/python" - "$(motoauth_address)" >"$TB/motoauth/keys.new" 2>"$TB/motoauth/people.log" <<'P' ||
import boto3, json, sys
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="free", aws_secret_access_key="free")
look = ["sqs:ListQueues", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues",
        "sns:ListTopics", "sns:GetTopicAttributes", "sns:ListSubscriptions", "sns:ListSubscriptionsByTopic"]
for user, prefix, may in (("admin", "ADMIN_", "*"), ("looker", "", look)):
    iam.create_user(UserName=user)
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": may, "Resource": "*"}]}
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(rights))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    print(f"{prefix}KEY={key['AccessKeyId']}\n{prefix}SECRET={key['SecretAccessKey']}")
P
    { warn "motoauth: its users could not be made:"; last_lines "$TB/motoauth/people.log" >&2; return 1; }
  mv "$TB/motoauth/keys.new" "$TB/motoauth/keys"
}
