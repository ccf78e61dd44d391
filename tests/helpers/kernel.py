"""Cells that run in a kernel of their own, and what a widget says."""

import re


def text(widget):
    return re.sub("<[^>]+>", "", widget.value)


def run(client, source):
    """Run a cell; what it printed."""
    printed, failed = [], []

    def listen(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])
        elif message["msg_type"] == "error":
            failed.append("\n".join(message["content"]["traceback"]))

    client.execute_interactive(source, timeout=100, output_hook=listen)
    assert not failed, failed[0]
    return "".join(printed).strip()
