"""Times one password hash of the libraries that the Python world uses, for `cargo xtask bench hashes`.

Prints a line for each library and scheme it has (scheme, library and version, separated by tabs) and an empty line. Then
each line of standard input that names a scheme and a library, separated by a tab, is answered by the milliseconds that one
hash took.
"""

import ctypes
import ctypes.util
import hashlib
import ssl
import sys
import time
from importlib.metadata import version

import argon2.low_level
import bcrypt
import nacl.pwhash.argon2id
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

PASSWORD = b"correct horse battery staple"
SALT = b"sixteen bytes .."
BCRYPT = b"$2b$12$abcdefghijklmnopqrstuu"
MEMORY = 1 << 30

hashlib_is = f"hashlib of Python, {ssl.OPENSSL_VERSION}"
cryptography_is = f"cryptography {version('cryptography')}, {backend.openssl_version_text()}"
sodium_is = f"PyNaCl {version('pynacl')} with its libsodium"
argon2_cffi_is = f"argon2-cffi {version('argon2-cffi')}, argon2-cffi-bindings {version('argon2-cffi-bindings')}"


def argon2_cffi():
    kind = argon2.low_level.Type.ID
    return argon2.low_level.hash_secret_raw(PASSWORD, SALT, 2, 19456, 1, 32, kind)


def libsodium():
    return nacl.pwhash.argon2id.kdf(32, PASSWORD, SALT, opslimit=2, memlimit=19456 * 1024)


def system_crypt():
    """Returns the function crypt of the system's library, or None if it does not support bcrypt."""
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    crypt = ctypes.CDLL(name).crypt
    crypt.restype = ctypes.c_char_p
    cheap = crypt(PASSWORD, BCRYPT.replace(b"$12$", b"$04$"))
    return crypt if cheap is not None and cheap.startswith(b"$2b$") else None


WORK = {
    ("pbkdf2-sha256", hashlib_is): lambda: hashlib.pbkdf2_hmac("sha256", PASSWORD, SALT, 600_000),
    ("pbkdf2-sha256", cryptography_is): lambda: PBKDF2HMAC(SHA256(), 32, SALT, 600_000).derive(PASSWORD),
    ("scrypt", hashlib_is): lambda: hashlib.scrypt(PASSWORD, salt=SALT, n=32768, r=8, p=1, maxmem=MEMORY, dklen=64),
    ("scrypt", cryptography_is): lambda: Scrypt(SALT, 64, 32768, 8, 1).derive(PASSWORD),
    ("argon2id", argon2_cffi_is): argon2_cffi,
    ("argon2id", sodium_is): libsodium,
    ("argon2id", cryptography_is): lambda: Argon2id(
        salt=SALT, length=32, iterations=2, lanes=1, memory_cost=19456
    ).derive(PASSWORD),
    ("bcrypt", f"bcrypt {version('bcrypt')} (pyca)"): lambda: bcrypt.hashpw(PASSWORD, BCRYPT),
}
if crypt := system_crypt():
    WORK["bcrypt", "crypt(3) of this system"] = lambda: crypt(PASSWORD, BCRYPT)


def main():
    for scheme, library in WORK:
        print(scheme, library, sep="\t")
    print(flush=True)
    for line in sys.stdin:
        work = WORK[tuple(line.rstrip("\n").split("\t"))]
        started = time.perf_counter()
        work()
        print((time.perf_counter() - started) * 1000, flush=True)


main()
