"""The websocket between the browser and the kernels, for the command `lab`."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class NoDelayWebsocket(ZMQChannelsWebsocketConnection):
    """A websocket that sends a kernel's messages to the browser at once.

    By default the operating system holds a short message back until the browser has acknowledged the one before it
    (Nagle 1984, RFC 896). Under Linux that takes 40 ms for each picture of the lab.
    """

    def connect(self):
        """Switch the delay off, then connect as usual."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
