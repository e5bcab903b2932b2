"""A web site on this machine whose responses a test sets."""

import contextlib
import http.server
import threading


class Site:
    """A web site whose responses a test sets: path -> the pieces of a response."""

    def __init__(self):
        self.answers = {}
        self.requests = []

    def answer(self, path, body=b"", media_type="text/html; charset=utf-8", status="200 OK", **headers):
        stated = {"Content-Type": media_type, "Content-Length": len(body)}
        stated |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in stated.items() if value is not None)
        self.answers[path] = [f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + body]

    def redirect(self, path, to, **headers):
        self.answer(path, status="302 Found", Location=to, **headers)


@contextlib.contextmanager
def serve():
    """Serve a Site on a port of 127.0.0.1 until the test is over."""
    served = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            served.requests.append((self.path, dict(self.headers)))
            with contextlib.suppress(OSError):
                for piece in served.answers[self.path]:
                    self.wfile.write(piece)
                    self.wfile.flush()
            self.close_connection = True

        do_CONNECT = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    served.port = server.server_address[1]
    served.url = f"http://127.0.0.1:{served.port}"
    yield served
    server.shutdown()
    server.server_close()
