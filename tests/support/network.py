"""A simulated network: names resolve to chosen addresses, and every connection goes to one server of the test."""

import socket


class Network:
    """What `socket` is made to answer.

    Attributes:
        names: name -> what each look-up finds, in turn, the last one for ever: addresses, or an exception.
        elsewhere: address -> the address that answers in its place, as a router or a proxy would have it.
        own: addresses of this machine, beside 127.0.0.1.
        dead: addresses where nobody answers.
        ports: address -> the port of the server that is there, if it is another than the usual one.
        connected: the addresses that were connected to, in order.
        lookups: the names that were looked up, in order.
    """

    def __init__(self, port):
        self.port = port
        self.names = {}
        self.elsewhere = {}
        self.own = set()
        self.dead = set()
        self.ports = {}
        self.connected = []
        self.lookups = []
        self._getaddrinfo = socket.getaddrinfo
        self._create_connection = socket.create_connection

    def getaddrinfo(self, host, port, *args, **options):
        if host not in self.names:
            return self._getaddrinfo(host, port, *args, **options)
        self.lookups.append(host)
        answers = self.names[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port or 0, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for address in answer
        ]

    def create_connection(self, where, timeout=None, *args, **options):
        name, port = where[:2]
        for *_, found in self.getaddrinfo(name, port, type=socket.SOCK_STREAM):
            address = found[0]
            if address in self.dead:
                continue
            self.connected.append(address)
            real = self._create_connection(("127.0.0.1", self.ports.get(address, self.port)), timeout)
            far = _Far(fileno=real.detach())
            far.settimeout(timeout)
            far.peer = self.elsewhere.get(address, address)
            far.local = far.peer if far.peer in self.own else "127.0.0.1"
            return far
        raise ConnectionRefusedError


class _Far(socket.socket):
    """A socket that says that it is connected to another address than it is."""

    def getpeername(self):
        return (self.peer, 80)

    def getsockname(self):
        return (self.local, 50_000)
