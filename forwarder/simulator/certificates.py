"""A certificate of a day for `localhost`, because azure-identity refuses an authority without TLS."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forwarder.private_files import make_folder, write_private

DOMAIN = "simulator.test"
"""Hosts that no resolver finds: a proxy that knows them must be asked."""
_DAY = datetime.timedelta(days=1)


class Certificate(NamedTuple):
    """Where the files are: `ca` is what a client trusts (`ca_file`), `key` and `chain` are the server's."""

    ca: Path
    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def make_certificate(directory: Path, common_name: str = "localhost") -> Certificate:
    """Write `ca.pem`, `server.pem` and `server.key` into the directory (made when missing).

    It is for loopback and for every host of `DOMAIN`. With another `common_name` it is for no host at all, as Splunk's
    stock certificate is (CN=SplunkServerDefaultCert, no alternative name).
    """
    make_folder(directory)
    files = Certificate(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _sign(_builder("claude-siem simulator CA", "claude-siem simulator CA", ca_key, ca=True), ca_key)
    builder = _builder(common_name, "claude-siem simulator CA", key, ca=False)
    if common_name == "localhost":
        names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, ("localhost", f"*.{DOMAIN}"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    leaf = _sign(builder, ca_key)
    for file, content in zip(files, (ca, leaf + ca, _pem(key)), strict=True):
        write_private(file, content)
    return files


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 7 * _DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


def _sign(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
