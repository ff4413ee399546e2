"""Watches what a page does that it may not: use the network, write into the book, flood.

The same cells must run offline, today and in five years, and leave the book as it was. Each
attempt is reported to the build, which finds it even when the page swallows the error.
"""


def _install():
    import ipaddress
    import os
    import sys

    report = os.environ["CONCEPTBOOK_REPORT"]
    sources = os.path.join(os.environ["CONCEPTBOOK_SOURCES"], "")
    changes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    # Where in an event's arguments the path is that it makes or the host that it looks up.
    made = {"os.rename": 1, "os.link": 1, "os.symlink": 1, "os.mkdir": 0, "sqlite3.connect": 0}
    hosts = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
    addresses = ("socket.connect", "socket.sendto", "socket.sendmsg")

    def text(value):
        return os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else value

    def is_local(host):
        if not host or host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def tell(kind, what):
        with open(report, "a", encoding="utf-8") as file:
            file.write(f"{kind} {what}\n")

    def guard(event, args):
        if event == "open":
            path = args[0] if (args[2] or 0) & changes else None
        elif event in made:
            path = args[made[event]]
        else:
            path = None
        if isinstance(path, (str, bytes, os.PathLike)):
            full = os.path.realpath(text(path))
            if full.startswith(sources):
                tell("file", full)
            return

        if event in hosts:
            host = text(args[hosts[event]])
        elif event in addresses and isinstance(args[1], tuple):
            host = text(args[1][0])
        else:
            return
        if not is_local(host):
            tell("network", host)
            raise PermissionError(f"this page may not reach the network (it asked for {host})")

    def limit_output():
        """End the kernel at too much text: kept for sending, it would fill the memory."""
        from ipykernel.iostream import OutStream

        limit = int(os.environ["CONCEPTBOOK_OUTPUT_LIMIT"])
        written = 0
        write = OutStream.write

        def start_cell(_):
            nonlocal written
            written = 0

        def count(self, string):
            nonlocal written
            written += len(string)
            if written > limit:
                tell("output", written)
                os._exit(1)
            return write(self, string)

        get_ipython().events.register("pre_run_cell", start_cell)  # noqa: F821
        OutStream.write = count

    sys.addaudithook(guard)
    limit_output()


_install()
del _install
