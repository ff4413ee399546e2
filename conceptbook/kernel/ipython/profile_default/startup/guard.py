"""Keeps a page from the network: the same cells must run offline, today and in five years."""


def _install():
    import ipaddress
    import os
    import sys

    report = os.environ["CONCEPTBOOK_NETWORK_REPORT"]

    def is_local(host):
        if not host or host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def guard(event, args):
        if event == "socket.getaddrinfo":
            host = args[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return
        host = host.decode() if isinstance(host, bytes) else host
        if not is_local(host):
            # Written before raising: a page that swallows the error is still found out.
            with open(report, "a", encoding="utf-8") as file:
                file.write(f"{host}\n")
            raise PermissionError(f"this page may not reach the network (it asked for {host})")

    sys.addaudithook(guard)


_install()
del _install
