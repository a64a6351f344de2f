"""Prints the messages of a stream, one JSON line each, by the text protocol of NATS: read-jetstream.py PORT STREAM COUNT"""
import json
import socket
import sys

port, stream, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = socket.create_connection(("127.0.0.1", port), timeout=20)
lines = connection.makefile("rwb")


def publish(subject, reply, value):
    body = json.dumps(value).encode()
    lines.write(b"PUB %s %s %d\r\n%s\r\n" % (subject.encode(), reply.encode(), len(body), body))


lines.readline()  # INFO
lines.write(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB messages 1\r\nSUB answer 2\r\n')
consumer = {"deliver_subject": "messages", "deliver_policy": "all", "ack_policy": "none", "replay_policy": "instant"}
publish(f"$JS.API.CONSUMER.CREATE.{stream}", "answer", {"stream_name": stream, "config": consumer})
lines.flush()
while count > 0:
    operation, *words = lines.readline().split()
    if operation == b"PING":
        lines.write(b"PONG\r\n")
        lines.flush()
    elif operation in (b"MSG", b"HMSG"):
        head = int(words[-2]) if operation == b"HMSG" else 0
        payload = lines.read(int(words[-1]))
        lines.readline()
        if words[1] == b"2":
            if "error" in json.loads(payload):
                sys.exit(payload.decode())
            continue
        fields = (line.split(": ", 1) for line in payload[:head].decode().split("\r\n")[1:] if line)
        print(json.dumps({"subject": words[0].decode(), "headers": dict(fields), "body": json.loads(payload[head:])}))
        count -= 1
