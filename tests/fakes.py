"""What the fakes of other services share: an address on loopback, served in threads of its own."""

import socketserver
import threading


class Serving:
    """A fake at an address until it is closed."""

    def __init__(self, scheme: str, server: socketserver.TCPServer) -> None:
        self._server = server
        self.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
