# SPDX-License-Identifier: Apache-2.0
"""A link that fails on command: forwards TCP from a loopback port to a service, and counts what passes.

Each way of a connection is in one of three modes, which a test may change at any moment:
FORWARD  bytes pass, `delay` seconds late and at most `rate` bytes a second;
HOLD     bytes are taken and acknowledged by TCP, but wait here until the mode changes: a half-open connection;
BLOCK    nothing is read, so that the sender's window fills: a link that swallows everything.
"""
import asyncio
import socket
import struct
import threading
import time

from support import ports
from support.waiting import PATIENCE

FORWARD, HOLD, BLOCK = "forward", "hold", "block"
PIECE = 64 * 1024  # bytes of one read
QUEUED = 4 * PIECE  # what a way keeps when it is not holding
TICK = 0.01  # seconds between two looks at a mode


class Way:
    """One direction of one connection."""

    def __init__(self, mode=FORWARD, delay=0.0, rate=None):
        self.mode, self.delay, self.rate = mode, delay, rate
        self.bytes = 0  # that were read from the sender
        self.queue = []  # (when it may leave, bytes)
        self.filled = asyncio.Event()
        self.ended = False

    def copy(self):
        """For a new connection."""
        return Way(self.mode, self.delay, self.rate)

    def piece(self):
        return max(1, min(PIECE, int(self.rate / 20))) if self.rate else PIECE

    def may_read(self):
        waiting = sum(len(data) for _, data in self.queue)
        return self.mode == HOLD or (self.mode == FORWARD and waiting < (2 * self.piece() if self.rate else QUEUED))

    def due(self):
        return self.mode == FORWARD and self.queue and self.queue[0][0] <= time.monotonic()


class Connection:
    """One client's connection and the one to the service that belongs to it."""

    def __init__(self, client, up, down, cuts):
        self.client, self.service = client, None
        self.up, self.down = up, down
        self.cuts = cuts  # the proxy's
        self.tasks = []
        self.open = True

    async def run(self, target):
        loop = asyncio.get_running_loop()
        self.service = socket.socket()
        self.service.setblocking(False)
        try:
            await loop.sock_connect(self.service, target)
            for way, source, sink in ((self.up, self.client, self.service), (self.down, self.service, self.client)):
                self.tasks.append(loop.create_task(self.read(way, source)))
                self.tasks.append(loop.create_task(self.write(way, sink)))
            done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        except OSError:
            self.end("reset")  # the one side learns what the other did
        else:
            self.end("close")

    async def read(self, way, source):
        loop = asyncio.get_running_loop()
        while not way.ended:
            if not way.may_read():
                await asyncio.sleep(TICK)
                continue
            data = await loop.sock_recv(source, way.piece())
            way.bytes += len(data)
            way.queue.append((time.monotonic() + way.delay, data))
            way.filled.set()
            way.ended = not data

    async def write(self, way, sink):
        loop = asyncio.get_running_loop()
        while True:
            if not way.queue:
                way.filled.clear()
                await way.filled.wait()
            if not way.due():
                await asyncio.sleep(TICK)
                continue
            _, data = way.queue.pop(0)
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            await loop.sock_sendall(sink, data)
            if way is self.up and self.cuts and way.bytes >= self.cuts[0][0]:
                return self.end(self.cuts.pop(0)[1])
            if way.rate:
                await asyncio.sleep(len(data) / way.rate)

    def end(self, how):
        """"reset": RST to both sides; "fin": FIN to the client, whose bytes are still taken; "close": both are done."""
        if not self.open:
            return
        self.open = False
        running = asyncio.current_task()
        for task in self.tasks:
            if task is not running:
                task.cancel()
        if how == "fin":
            self.client.shutdown(socket.SHUT_WR)
            asyncio.get_running_loop().create_task(self.drain())
        else:
            close(self.client, how)
        close(self.service, how)

    async def drain(self):
        try:
            while await asyncio.get_running_loop().sock_recv(self.client, PIECE):
                pass
        except OSError:
            pass
        close(self.client, "close")


def close(sock, how):
    if how == "reset":
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # it is closed already
    sock.close()


class Proxy:
    """Its own thread; every method may be called from any other, and has taken effect when it returns."""

    def __init__(self, service, host="127.0.0.1"):
        scheme, _, address = service.url.partition("://")
        name, _, port = address.rpartition(":")
        self.target = (name, int(port))
        self.scheme = scheme
        self.address = (host, 0)
        self.connections = []
        self.greeting = "forward"  # or "reset": what a new connection meets
        self.up, self.down = Way(), Way()  # what new connections begin with
        self.cuts = []  # (bytes upwards, how), in turn: the next connection that has sent so much ends
        self.listener = None
        self.accepting = None
        self.fillers = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @property
    def port(self):
        return self.address[1]

    @property
    def url(self):
        return f"{self.scheme}://{self.address[0]}:{self.port}"

    def start(self):
        self.thread.start()
        self.admit()
        while not ports.is_new(self.port):
            self.refuse()
            self.address = (self.address[0], 0)
            self.admit()
        return self

    def stop(self):
        async def finish():
            self.close_listener()
            for connection in self.connections:
                connection.end("reset")
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(finish(), self.loop).result(PATIENCE)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(PATIENCE)
            self.loop.close()

    def call(self, work):
        """Runs `work` on the proxy's thread and waits for its answer."""
        async def run():
            return work()
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE)

    # ---- new connections

    def admit(self):
        """Listens, again where it was."""
        self.call(lambda: self.open_listener(128))

    def refuse(self):
        """New connections are refused; those that are there stay."""
        self.call(self.close_listener)

    def vanish(self):
        """New connections find nobody: their SYN is not answered, since the listener's queue is full for good."""
        def fill():
            self.close_listener()
            self.open_listener(0, accept=False)
            for _ in range(3):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(self.address)
                self.fillers.append(filler)
        self.call(fill)

    def move(self, host):
        """From now on it is found at another address, with the same port."""
        def rebind():
            self.close_listener()
            self.address = (host, self.port)
            self.open_listener(128)
        self.call(rebind)

    def open_listener(self, backlog, accept=True):
        self.close_listener()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setblocking(False)
        self.listener.bind(self.address)
        self.address = self.listener.getsockname()
        self.listener.listen(backlog)
        if accept:
            self.accepting = self.loop.create_task(self.accept(self.listener))

    def close_listener(self):
        if self.accepting:
            self.accepting.cancel()
        for one in [*self.fillers, *([self.listener] if self.listener else [])]:
            one.close()
        self.accepting, self.listener, self.fillers = None, None, []

    async def accept(self, listener):
        while True:
            client, _ = await self.loop.sock_accept(listener)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.greeting == "reset":
                close(client, "reset")
                continue
            connection = Connection(client, self.up.copy(), self.down.copy(), self.cuts)
            self.connections.append(connection)
            self.loop.create_task(connection.run(self.target))

    # ---- connections that are there

    def alive(self):
        return [connection for connection in list(self.connections) if connection.open]

    def set(self, up=None, down=None, present=True, future=True):
        """Changes ways: `up` and `down` are dicts of mode, delay, rate."""
        def change():
            pairs = [(self.up, self.down)] if future else []
            pairs += [(one.up, one.down) for one in self.alive()] if present else []
            for ways in pairs:
                for way, fields in zip(ways, (up, down)):
                    vars(way).update(fields or {})
        self.call(change)

    def hold(self, up=True, down=True, future=True):
        """Half-open: what comes is taken and forwarded no more."""
        mode = {"mode": HOLD}
        self.set(mode if up else None, mode if down else None, future=future)

    def block(self, future=True):
        self.set({"mode": BLOCK}, {"mode": BLOCK}, future=future)

    def forward(self):
        """All is well again; what was held leaves."""
        self.set({"mode": FORWARD}, {"mode": FORWARD})

    def throttle(self, rate):
        """Bytes a second, upwards, for each connection; None: as fast as it goes."""
        self.set({"rate": rate})

    def orphan(self):
        """As after a change of our own address: the connections are dead, without a word; new ones work."""
        self.block(future=False)

    def cut(self, how="reset"):
        """Ends all connections."""
        def end():
            for connection in self.alive():
                connection.end(how)
        self.call(end)

    def cut_after(self, *sizes, how="reset"):
        """For each size, in turn: the next connection ends that has sent so many bytes upwards, and no sooner."""
        self.call(lambda: self.cuts.extend((size, how) for size in sizes))

    def outage(self):
        """The link is gone: connections are cut and new ones refused, until admit()."""
        self.refuse()
        self.cut()
