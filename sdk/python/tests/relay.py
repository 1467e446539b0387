"""A relay before a box, which can fall silent as a network does: connections stay open, and nothing comes through."""

from __future__ import annotations

import socket
import threading


class Relay:
    """Listens at an address of this machine and passes everything to a port of 127.0.0.1."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._to = port
        self._flowing = threading.Event()
        self._flowing.set()
        self._closing = False
        self._socket = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        self._flowing.clear()

    def close(self) -> None:
        self._closing = True
        self._socket.close()
        self._flowing.set()

    def _accept(self) -> None:
        while not self._closing:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            # What has come through waits in the system's buffers: who connects to a silent relay is not answered.
            self._flowing.wait(120)
            far = socket.create_connection(("127.0.0.1", self._to))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flowing.wait(120)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return
