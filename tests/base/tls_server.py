"""A TLS server with every manner a client has to survive.

Usage: tls_server.py CERTIFICATE KEY [--client-ca FILE] [--maximum 1.2] [--listen ADDRESS]
       [--handshake-delay SECONDS]
Prints its port, then serves until its standard input ends. The first segment of the path chooses the manner.
"""
import argparse
import gzip
import json
import socket
import ssl
import sys
import threading
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("certificate")
arguments.add_argument("key")
arguments.add_argument("--client-ca")
arguments.add_argument("--maximum", choices=["1.2", "1.3"], default="1.3")
arguments.add_argument("--listen", default="127.0.0.1")
arguments.add_argument("--handshake-delay", type=float, default=0)
options = arguments.parse_args()


def read_request(stream):
    """The request line, the headers in order and the body; None at the end of the connection."""
    line = stream.readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    method, target, _ = line.split(" ")
    headers = []
    while True:
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            break
        name, value = line.split(":", 1)
        headers.append([name, value.strip()])
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return method, target, headers, stream.read(length)


def answer(connection, status, headers=(), body=b"", length=None):
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    if length is not False:
        head += f"Content-Length: {len(body) if length is None else length}\r\n"
    connection.sendall(head.encode("latin-1") + b"\r\n" + body)


def serve_one(connection, number, request):
    """Answers one request; False ends the connection."""
    method, target, headers, body = request
    manner, _, rest = target.lstrip("/").partition("/")
    if manner == "ok":
        answer(connection, "200 OK", [("X-Thing", " a value "), ("x-thing", "second")], b"hello\n")
    elif manner == "echo":
        peer = connection.getpeercert() or {}
        subject = {key: value for part in peer.get("subject", ()) for key, value in part}
        answer(connection, "200 OK", body=json.dumps({
            "method": method, "target": target, "headers": headers, "body": body.decode("utf-8", "replace"),
            "connection": number, "client": subject.get("commonName"), "tls": connection.version(),
            "resumed": connection.session_reused}).encode())
    elif manner == "status":
        answer(connection, rest + " X", [("Retry-After", "7")], b"body of " + rest.encode())
    elif manner == "redirect":
        answer(connection, "302 Found", [("Location", f"/{rest}" if rest else "/ok")])
    elif manner == "redirect-to":
        answer(connection, "307 Temporary Redirect", [("Location", rest)])
    elif manner == "no-content":
        answer(connection, "204 No Content", length=False)
    elif manner == "interim":
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
        answer(connection, "200 OK", [("X-Late", "1")], b"final")
    elif manner == "chunked":
        answer(connection, "200 OK", [("Transfer-Encoding", "chunked")], b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", length=False)
    elif manner == "chunked-short":
        answer(connection, "200 OK", [("Transfer-Encoding", "chunked")], b"3\r\nabc\r\n", length=False)
        return False
    elif manner == "until-close":
        answer(connection, "200 OK", body=b"all of it", length=False)
        connection.unwrap()  # says that this is the end; a close without it may be an attacker's
        return False
    elif manner == "until-cut":
        answer(connection, "200 OK", body=b"a part of it", length=False)
        return False
    elif manner == "bytes":
        answer(connection, "200 OK", body=b"x" * int(rest))
    elif manner == "short":
        answer(connection, "200 OK", body=b"x" * int(rest), length=int(rest) + 1000)
        return False
    elif manner == "long":
        answer(connection, "200 OK", body=b"x" * (int(rest) + 1000), length=int(rest))
    elif manner == "encoded":
        answer(connection, "200 OK", [("Content-Encoding", rest)], gzip.compress(b"\0" * 10_000_000))
    elif manner == "drip":
        answer(connection, "200 OK", length=int(rest))
        for _ in range(int(rest)):
            connection.sendall(b"x")
            time.sleep(0.1)
    elif manner == "empty":
        return False
    elif manner == "close-after":
        answer(connection, "200 OK", body=b"last")
        return False
    elif manner == "silence":
        time.sleep(60)
        return False
    elif manner == "stall":
        answer(connection, "200 OK", body=b"x", length=1000)
        time.sleep(60)
        return False
    elif manner == "long-header":
        answer(connection, "200 OK", [(f"X-{i}", "v" * 1000) for i in range(int(rest))])
    elif manner == "many-headers":
        answer(connection, "200 OK", [(f"X-{i}", "v") for i in range(int(rest))])
    elif manner == "garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        return False
    else:
        answer(connection, "404 Not Found", body=b"no such manner")
    return True


def serve(raw, number, context):
    try:
        time.sleep(options.handshake_delay)
        with context.wrap_socket(raw, server_side=True) as connection:
            stream = connection.makefile("rb")
            while (request := read_request(stream)) and serve_one(connection, number, request):
                pass
    except (OSError, ValueError):
        pass  # the client left; its tests look from the other side
    finally:
        raw.close()


def accept(listener, context):
    number = 0
    while True:
        raw, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(raw, number, context), daemon=True).start()


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(options.certificate, options.key)
if options.maximum == "1.2":
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
if options.client_ca:
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.load_verify_locations(options.client_ca)
family = socket.AF_INET6 if ":" in options.listen else socket.AF_INET
sockets = socket.create_server((options.listen, 0), family=family, backlog=16)
threading.Thread(target=accept, args=(sockets, tls), daemon=True).start()
print(sockets.getsockname()[1], flush=True)
sys.stdin.read()
