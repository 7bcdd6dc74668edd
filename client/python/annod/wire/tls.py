"""TLS of a client: who is believed, what is shown."""

# mypy: disable-error-code="import"

import os
from typing import Any, List, Optional, Tuple, Union

import grpc

from annod.wire.files import open_regular

_Pem = Union[str, "os.PathLike[str]", bytes, None]


class Tls:
    """How TLS is spoken. All files are PEM: paths, or their bytes; read once, here.

    Args:
      ca: the CAs one of which must have signed the server's certificate; None: those
        of the system.
      certificate, key: shown to a server that asks for a certificate; both or
        neither.
      server_name: whom the server's certificate must be for; None: the host asked.

    Raises:
      OSError: a file cannot be read, or is none (a FIFO, a directory).
      ValueError: a file is no PEM, or one of certificate and key is missing.
    """

    def __init__(
        self,
        ca: _Pem = None,
        certificate: _Pem = None,
        key: _Pem = None,
        server_name: Optional[str] = None,
    ):
        if (certificate is None) != (key is None):
            missing = "key" if key is None else "certificate"
            raise ValueError(f"{missing} is missing: certificate and key go together")
        self.credentials = grpc.ssl_channel_credentials(
            root_certificates=_read("ca", ca, b"CERTIFICATE"),
            private_key=_read("key", key, b"PRIVATE KEY"),
            certificate_chain=_read("certificate", certificate, b"CERTIFICATE"),
        )
        self.server_name = server_name

    @classmethod
    def from_environment(cls) -> Optional["Tls"]:
        """What ANNOD_CA, ANNOD_CERTIFICATE, ANNOD_KEY (paths), ANNOD_SERVER_NAME and
        ANNOD_TLS (1: the system's CAs) say; None if they say nothing."""
        names = ("CA", "CERTIFICATE", "KEY", "SERVER_NAME")
        values = [os.environ.get(f"ANNOD_{name}") or None for name in names]
        wanted = os.environ.get("ANNOD_TLS", "").lower() in ("1", "true", "on", "yes")
        return cls(*values) if wanted or any(values) else None


def of_argument(tls: Any) -> Tuple[Any, List[Tuple[str, Any]]]:
    """Credentials, None for plain text, and channel options for an argument `tls`."""
    if tls is None:
        tls = Tls.from_environment()
    if tls is None or tls is False:
        return None, []
    if isinstance(tls, grpc.ChannelCredentials):
        return tls, []
    if tls is True:
        tls = Tls()
    elif isinstance(tls, (str, bytes, os.PathLike)):
        tls = Tls(ca=tls)
    if not isinstance(tls, Tls):
        raise TypeError(
            f"tls is {tls!r}; it must be an annod.Tls, True, the path or bytes of PEM"
            " root certificates, or grpc.ChannelCredentials"
        )
    if tls.server_name is None:
        return tls.credentials, []
    return tls.credentials, [("grpc.ssl_target_name_override", tls.server_name)]


def hint(details: str, spoken: bool) -> str:
    """What to do about a failure that gRPC describes by `details`, as far as it has
    to do with TLS; "" if it has not. `spoken`: this client speaks TLS."""
    if "is not in peer certificate" in details:
        return "the server's certificate is for another name; give Tls(server_name=)"
    if "CERTIFICATE_VERIFY_FAILED" in details.upper().replace(" ", "_"):
        return (
            "the server's certificate has expired, or is signed by none of the CAs"
            " believed; give Tls(ca=)"
        )
    if "WRONG_VERSION_NUMBER" in details.upper().replace(" ", "_"):
        return "the server does not speak TLS; leave tls= away"
    cut_off = any(
        word in details
        for word in ("Socket closed", "reset by peer", "SETTINGS", "Broken pipe")
    )
    if not cut_off:
        return ""
    if spoken:
        return (
            "if the server asks its clients for certificates, give"
            " Tls(certificate=, key=) of a CA that it knows"
        )
    return "if the server speaks TLS, give tls="


def _read(name: str, source: _Pem, kind: bytes) -> Optional[bytes]:
    if source is None:
        return None
    if isinstance(source, bytes):
        pem, where = source, name
    else:
        where = f"{name} {os.fspath(source)}"
        with open_regular(source) as file:
            pem = file.read()
    if b"-----BEGIN" not in pem or kind not in pem:
        raise ValueError(f"{where} is not PEM: there is no {kind.decode()} in it")
    return pem
