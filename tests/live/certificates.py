"""Certificates of one control plane: an authority of its own, made anew for every run and gone with its folder."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path as File
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = dt.timedelta(days=1)


class Pair(NamedTuple):
    """Files of a certificate and its key, in PEM."""

    certificate: File
    key: File


class Authority:
    """Signs what a control plane needs; `pair` is its own certificate, `folder` where the files lie."""

    def __init__(self, folder: File) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nearedge-live")])
        own = _builder(self._name, self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pair = self._written("ca", own.sign(self._key, hashes.SHA256()), self._key)

    def server(self, name: str) -> Pair:
        """For a server on loopback, with whatever name it has: `kubernetes`, a webhook's Service."""
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return self._signed(name, name, "", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, user: str, group: str = "system:masters") -> Pair:
        """For a user of the API server; `system:masters` may do everything, also without RBAC."""
        return self._signed(user.replace(":", "-"), user, group, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def signing_key(self) -> Pair:
        """Keys for tokens of ServiceAccounts: public in `certificate`, private in `key`."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = self.folder / "accounts.pub"
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        return Pair(public, self._key_file("accounts", key))

    def _signed(
        self, name: str, common: str, group: str, use: x509.ObjectIdentifier, names: list[x509.GeneralName]
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
        if group:
            subject.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        wish = _builder(x509.Name(subject), self._name, key).add_extension(
            x509.ExtendedKeyUsage([use]), critical=False
        )
        if names:
            wish = wish.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return self._written(name, wish.sign(self._key, hashes.SHA256()), key)

    def _written(self, name: str, made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
        path = self.folder / f"{name}.crt"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return Pair(path, self._key_file(name, key))

    def _key_file(self, name: str, key: ec.EllipticCurvePrivateKey) -> File:
        path = self.folder / f"{name}.key"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + LIFE)
    )
