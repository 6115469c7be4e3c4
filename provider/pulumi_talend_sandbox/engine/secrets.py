"""Secrets under a passphrase, in the published scheme of Pulumi's passphrase secrets provider.

A 32-byte key is derived from the passphrase by PBKDF2-HMAC-SHA256 (1,000,000 rounds, 8-byte salt); values are
sealed with AES-256-GCM and written `v1:<nonce>:<ciphertext>` in base64. The stack's `encryptionsalt` is
`v1:<salt>:<the sealed word "pulumi">`: opening that word tells a wrong passphrase from a right one.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from pathlib import Path

from .errors import EngineError

_ROUNDS = 1_000_000
_PROBE = "pulumi"
HOW_TO_UNLOCK = (
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
)


class Crypter:
    """Encrypts and decrypts the secrets of one stack."""

    def __init__(self, passphrase: str, salt: str) -> None:
        """Derive the key for `salt` (a stack's `encryptionsalt`); raises `EngineError` for a wrong passphrase."""
        self.salt = salt
        parts = salt.split(":", 2)
        if len(parts) != 3 or parts[0] != "v1":
            raise EngineError("the stack's encryptionsalt is not of the form v1:<salt>:<check>: restore it")
        self._key = _derive(passphrase, parts[1])
        try:
            probe = self.decrypt(parts[2])
        except EngineError:
            probe = ""
        if probe != _PROBE:
            raise EngineError("incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE to the one this stack was made with")

    @classmethod
    def create(cls, passphrase: str) -> Crypter:
        """Make a crypter with a new random salt, for a stack that has none."""
        salt = base64.b64encode(os.urandom(8)).decode()
        sealed = _seal(_derive(passphrase, salt), _PROBE)
        return cls(passphrase, f"v1:{salt}:{sealed}")

    def encrypt(self, plaintext: str) -> str:
        """Seal a text; the same text gives another result each time."""
        return _seal(self._key, plaintext)

    def decrypt(self, ciphertext: str) -> str:
        """Open what `encrypt` sealed; raises `EngineError` when it was sealed with another key or is damaged."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            nonce, sealed = ciphertext.removeprefix("v1:").split(":")
            opened = AESGCM(self._key).decrypt(
                base64.b64decode(nonce, validate=True), base64.b64decode(sealed, validate=True), None
            )
            return opened.decode()
        except (ValueError, InvalidTag):
            raise EngineError(
                "a secret of this stack cannot be decrypted: it was written under another passphrase or salt"
            ) from None


def passphrase_from_environment() -> str | None:
    """Give the passphrase of PULUMI_CONFIG_PASSPHRASE or of the file PULUMI_CONFIG_PASSPHRASE_FILE names.

    None when neither is set; an empty passphrase is a passphrase. Raises `EngineError` for an unreadable file.
    """
    value = os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    if value is not None:
        return value
    name = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not name:
        return None
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EngineError(f"PULUMI_CONFIG_PASSPHRASE_FILE: cannot read {name}: {error.strerror}") from None


@lru_cache(maxsize=8)
def _derive(passphrase: str, salt: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=base64.b64decode(salt), iterations=_ROUNDS)
    return kdf.derive(passphrase.encode())


def _seal(key: bytes, plaintext: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"
