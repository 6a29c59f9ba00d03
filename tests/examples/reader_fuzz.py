"""Reads files of all formats, damaged at random: `python reader_fuzz.py COUNT SEED`.

Prints one line of JSON: how many were read and refused, what else happened, the slowest, memory.
"""

from __future__ import annotations

import collections
import gzip
import json
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np

from cif_dialects import DIALECTS
from file_examples import FILES, shelx_of_gis
from zeoloom.errors import InputError
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

CODES = ("ABW", "SOD", "GIS", "CHA", "BIK")

WORDS = """
0 1 -1 0.5 90 120 180 1e9 -1e9 1e-9 1e308 1e154 nan inf ? . 99999999 9999999999999999 ' " ; loop_
data_ save_ _ # x,y,z -x,-y,-z x,y 1/7+x,y,z x+y+z,y,z R-3m P1 Fd-3m:1 Si T O H Lattice= CRYST1
CELL LATT SYMM SFAC ==================================
"""

WORDS_TOO = ("", "\n;\n", "\t", "\n", "\0", "\x1a", "\u2212", "\xff", "P 1", "F d -3 m")
"""And those with spaces or none."""


def seeds() -> dict[str, str]:
    """Good files: by name, which has their ending."""
    reference = load_reference()
    good = {f"{n}{code}.cif": write(reference[code])
            for code in CODES[:3] for n, write in enumerate(DIALECTS.values())}  # fmt: skip
    good |= {f"{code}-{name}": write(reference[code])
             for code in CODES for name, write in FILES.items()}  # fmt: skip
    good["GIS.res"] = shelx_of_gis()
    return good


def damaged(text: str, others: list[str], rng: np.random.Generator) -> str:
    """A text with one damage."""
    lines = text.split("\n")
    row, other = rng.integers(len(lines), size=2)
    at = int(rng.integers(len(text) + 1))
    kind = rng.integers(9)
    words = (*WORDS.split(), *WORDS_TOO)
    word = words[rng.integers(len(words))]
    if kind == 0:
        return text[:at] + word + text[at:]
    if kind == 1:
        return text[:at] + text[at + int(rng.integers(1, 60)) :]
    if kind == 2:
        return text[:at]
    if kind == 3:
        parts = lines[row].split(" ")
        parts[rng.integers(len(parts))] = word
        lines[row] = " ".join(parts)
    elif kind == 4:
        del lines[row]
    elif kind == 5:
        lines[row], lines[other] = lines[other], lines[row]
    elif kind == 6:
        lines[row:row] = [lines[other]] * int(rng.integers(1, 40))
    elif kind == 7:
        another = others[rng.integers(len(others))].split("\n")
        lines[row:row] = another[: int(rng.integers(1, 60))]
    else:
        lines[row] = lines[row].replace(" ", word)
    return "\n".join(lines)


def fuzz(count: int, seed: int, folder: Path) -> dict[str, object]:
    """Read so many damaged files."""
    rng = np.random.default_rng(seed)
    good = seeds()
    names, texts = list(good), list(good.values())
    outcomes: collections.Counter[str] = collections.Counter()
    failures: list[str] = []
    slowest = (0.0, "")
    for number in range(count):
        index = int(rng.integers(len(names)))
        text = texts[index]
        for _ in range(int(rng.choice((1, 1, 1, 2, 3, 5)))):
            text = damaged(text, texts, rng) if text else text
        content = text.encode("utf-8", errors="surrogatepass")
        path = folder / names[index].replace("POSCAR", "x.vasp")
        if rng.integers(10) == 0:
            content = gzip.compress(content)[: int(rng.integers(20, len(content) + 40))]
        path.write_bytes(content)
        start = time.monotonic()
        try:
            read_framework(path)
            outcomes["read"] += 1
        except InputError as error:
            outcomes["refused" if str(error) else "refused without a reason"] += 1
        except Exception:  # noqa: BLE001 - this is what is looked for
            failures.append(f"{number} {path.name}: {traceback.format_exc()[-600:]}")
        slowest = max(slowest, (time.monotonic() - start, f"{number} {path.name}"))
        path.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**outcomes, "failures": failures[:5], "failed": len(failures), "slowest": slowest,
            "memory_mib": peak}  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        found = fuzz(int(sys.argv[1]), int(sys.argv[2]), Path(temporary))
        sys.stdout.write(json.dumps(found) + "\n")
