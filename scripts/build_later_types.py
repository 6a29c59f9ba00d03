"""Make `src/zeoloom/structure/later_types.json`: framework types known by their keys alone.

    python scripts/build_later_types.py later-types.json --date 2026-11-28

The list given holds, by code, `key` and `fingerprint` of the net as zeoloom makes them, and
`four_connected`. These types were approved later than the bundled reference, or are missing in it;
their coordinates are not at hand, and nothing is learned from them. If the way keys or fingerprints
are made changes, they must be made anew from the nets.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import date
from pathlib import Path

from zeoloom.structure.known_nets import BUNDLED_KEYS, listed_keys

DEFAULT_OUTPUT = Path(__file__).parents[1] / "src/zeoloom/structure/later_types.json"

SAME_NETS = {"RFE": "MRE", "EOS": "UOE"}
"""Codes whose net is that of another code of the reference."""


def main() -> None:
    """Read the list, write the keys."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("listed", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="of the list")
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT)
    arguments = parser.parse_args()
    content = arguments.listed.read_bytes()
    types = json.loads(content)
    known = listed_keys(BUNDLED_KEYS[0])
    for code, each in types.items():
        if code in known or each["key"] in known.values():
            raise SystemExit(f"{code} is in the bundled reference")
        if bool(each["fingerprint"]) != each["four_connected"]:
            raise SystemExit(f"{code}: four-connected types have a fingerprint, others have none")
    provenance = {
        "made_by": "scripts/build_later_types.py",
        "source": "framework types approved later, or missing in the bundled reference; keys alone",
        "date": arguments.date.isoformat(),
        "listed_sha256": hashlib.sha256(content).hexdigest(),
        "types": len(types),
    }
    made = {
        "provenance": provenance,
        "keys": {code: types[code]["key"] for code in sorted(types)},
        "fingerprints": {code: types[code]["fingerprint"] for code in sorted(types)},
        "same_nets": SAME_NETS,
    }
    arguments.output.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{len(types)} keys in {arguments.output}")


if __name__ == "__main__":
    main()
