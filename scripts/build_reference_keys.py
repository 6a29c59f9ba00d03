"""Make the keys and fingerprints of the reference, `src/zeoloom/structure/reference_keys.json`.

    python scripts/build_reference_keys.py

To be run again whenever the reference, the canonical form of nets or their fingerprint changes. It
fails if two framework types get the same key, or if a type has no exact one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import net_key
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

STRUCTURE = Path(__file__).parents[1] / "src/zeoloom/structure"


def main() -> None:
    """Read the reference, write the keys."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=STRUCTURE / "reference_keys.json")
    arguments = parser.parse_args()
    keys: dict[str, str] = {}
    fingerprints: dict[str, str] = {}
    for code, framework in load_reference().items():
        net = net_of(framework)
        key = net_key(net)
        if not key.exact:
            raise SystemExit(f"{code} has no exact key: {key.reason}")
        twins = [other for other, text in keys.items() if text == key.text]
        if twins:
            raise SystemExit(f"{code} and {twins[0]} have the same net")
        keys[code] = key.text
        fingerprints[code] = fingerprint_of(net)
    origin = load_reference().provenance
    provenance = {
        "source": f"{origin['source']} {origin['version']}: {origin['credit']}",
        "date": origin["date"],
        "made_by": "scripts/build_reference_keys.py",
        "reference_sha256": hashlib.sha256(
            (STRUCTURE / "reference.jsonl").read_bytes()
        ).hexdigest(),
        "key": "first 20 hexadecimal digits of the SHA-256 of the canonical form of the T-T net",
        "fingerprint": "structure.nets.fingerprint; empty if the net is interrupted",
        "types": len(keys),
    }
    content = {"provenance": provenance, "keys": keys, "fingerprints": fingerprints}
    text = json.dumps(content, indent=1)
    arguments.output.write_text(text + "\n", encoding="utf-8")
    print(f"{len(keys)} keys in {arguments.output}")


if __name__ == "__main__":
    main()
