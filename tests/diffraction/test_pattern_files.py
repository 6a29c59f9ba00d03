"""Powder patterns out of files: every format gives the same points, broken files are refused."""

from __future__ import annotations

import gzip
import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from paths import SHARED
from zeoloom.diffraction.beam import K_ALPHA, beam_of_text
from zeoloom.diffraction.pattern_reader import read_pattern
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PXRD = SHARED / "pxrd"

needs_data = pytest.mark.skipif(not PXRD.exists(), reason="needs the measured patterns")

START, STEP, N = 5.0, 0.02, 400

RNG = np.random.default_rng(1)
ANGLES = START + STEP * np.arange(N)
COUNTS = RNG.poisson(100 + 900 * np.exp(-(((ANGLES - 8.0) / 0.1) ** 2))).astype(float)


def columns(separator: str, decimal: str = ".") -> str:
    rows = (f"{x:.3f}{separator}{y:.1f}" for x, y in zip(ANGLES, COUNTS, strict=True))
    return "\n".join(rows).replace(".", decimal) + "\n"


def a_line(values: np.ndarray, many: int, form: str) -> str:
    texts = [form.format(value) for value in values]
    return "\n".join("".join(texts[k : k + many]) for k in range(0, len(texts), many)) + "\n"


XRDML = """<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5" status="Completed">
<xrdMeasurement measurementType="Scan" status="Completed">
<usedWavelength intended="K-Alpha 1"><kAlpha1 unit="Angstrom">1.5405980</kAlpha1>
<kAlpha2 unit="Angstrom">1.5444260</kAlpha2><kBeta unit="Angstrom">1.3922500</kBeta>
<ratioKAlpha2KAlpha1>0.5000</ratioKAlpha2KAlpha1></usedWavelength>
<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed"><dataPoints>
<positions axis="2Theta" unit="deg"><startPosition>{start}</startPosition>
<endPosition>{end}</endPosition></positions>
<commonCountingTime unit="seconds">1.0</commonCountingTime>
<intensities unit="counts">{counts}</intensities></dataPoints></scan></xrdMeasurement>
</xrdMeasurements>
"""

UXD = """_FILEVERSION=2
_WL_UNIT='A'
_WL1=1.540600
_WL2=1.544390
_WLRATIO=0.500000
_ANODE='Cu'
; (Data for Range number 1)
_STEPSIZE=0.020000
_START=5.000000
_2THETA=5.000000
_2THETACOUNTS
"""

RASX_ROOT = """<Root><Data0 Type="Profile">
<ContentHashList Name="Profile0.txt" ContentHash="0"/></Data0></Root>"""

PDCIF = """data_pattern
_diffrn_radiation_probe neutron
_diffrn_radiation_wavelength 1.4940
loop_
_pd_meas_2theta_scan
_pd_meas_counts_total
"""

TEXTS = {
    "plain.xy": columns(" "),
    "tabs.txt": columns("\t"),
    "comma.csv": "two theta,counts\n" + columns(","),
    "semicolon.csv": "2theta;counts\n" + columns(";", ","),
    "decimal.txt": columns("\t", ","),
    "comments.dat": "# Cu Kalpha\n! another\n" + columns("  "),
    "header.chi": "sample\n2-Theta Angle (Degrees)\nIntensity\n       400\n" + columns("  "),
    "start_step_end.dat": f"{START} {STEP} {ANGLES[-1]:.2f} sample\n"
    + a_line(COUNTS, 8, "{:8.0f}"),
    "lambda.dat": f"text\nlambda = 1.4940, T = 2\n  5.000 0.020 {ANGLES[-1]:.3f} 1800.,\n"
    + a_line(COUNTS, 10, "{:8.0f}"),
    "std.gsa": "title\nBANK 1 400 40 CONST 500.0 2.0 0.0 0.0 STD\n"
    + a_line(COUNTS, 10, "  {:6.0f}"),
    "esd.gsa": "title\nBANK 1 400 80 CONST 500.0 2.0 0.0 0.0 ESD\n"
    + a_line(np.stack([COUNTS, np.sqrt(COUNTS)], axis=1).ravel(), 10, "{:8.1f}"),
    "bank.fxye": "title\nBANK 1 400 400 CONST 500.0 2.0 0 0 FXYE\n"
    + "".join(f"{100 * x:.2f} {y:.1f} {y**0.5:.2f}\n" for x, y in zip(ANGLES, COUNTS, strict=True)),
    "three.xye": "".join(
        f"{x:.3f} {y:.1f} {y**0.5:.2f}\n" for x, y in zip(ANGLES, COUNTS, strict=True)
    ),
    "falling.xy": "\n".join(reversed(columns(" ").strip().split("\n"))),
    "scan.xrdml": XRDML.format(
        start=START, end=ANGLES[-1], counts=" ".join(f"{y:.0f}" for y in COUNTS)
    ),
    "scan.uxd": UXD + columns("\t"),
    "pattern.cif": PDCIF + columns(" "),
    "rigaku.ras": '*RAS_DATA_START\n*RAS_HEADER_START\n*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"\n'
    '*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"\n*MEAS_SCAN_START "5"\n*RAS_HEADER_END\n*RAS_INT_START\n'
    + "".join(f"{x:.4f} {y:.4f} 1.0000\n" for x, y in zip(ANGLES, COUNTS, strict=True))
    + "*RAS_INT_END\n*RAS_DATA_END\n",
}

BEAMS = {
    "comments.dat": K_ALPHA["Cu"],
    "lambda.dat": (1.494,),
    "scan.xrdml": (1.540598, 1.544426),
    "scan.uxd": (1.5406, 1.54439),
    "pattern.cif": (1.494,),
    "rigaku.ras": (1.540593, 1.544414),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_format_gives_the_same_points(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name], encoding="utf-8")
    pattern = read_pattern(path)
    np.testing.assert_allclose(pattern.two_theta, ANGLES, atol=1e-3)
    np.testing.assert_allclose(pattern.counts, COUNTS)
    assert (pattern.beam.wavelengths if pattern.beam else None) == BEAMS.get(name)
    if "esd" in name or name.endswith(("xye", ".gsa")):
        np.testing.assert_allclose(pattern.esd, np.sqrt(COUNTS), atol=0.06)


def test_a_packed_file_and_one_in_windows_lines(tmp_path: Path) -> None:
    packed, lines = tmp_path / "a.xy.gz", tmp_path / "b.xy"
    packed.write_bytes(gzip.compress(TEXTS["plain.xy"].encode()))
    lines.write_bytes(TEXTS["plain.xy"].replace("\n", "\r\n").encode("utf-16"))
    for path in (packed, lines):
        np.testing.assert_array_equal(read_pattern(path).counts, COUNTS)


def test_a_zip_archive_of_rigaku(tmp_path: Path) -> None:
    path = tmp_path / "scan.rasx"
    rows = "".join(f"{x:.4f}\t{y:.4f}\t1\n" for x, y in zip(ANGLES, COUNTS, strict=True))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("root.xml", RASX_ROOT)
        archive.writestr("Data0/Profile0.txt", rows)
        archive.writestr(
            "Data0/MesurementConditions0.xml",
            "<x><WavelengthKalpha1>1.540593</WavelengthKalpha1>"
            "<WavelengthKalpha2>1.544414</WavelengthKalpha2></x>",
        )
    pattern = read_pattern(path)
    np.testing.assert_allclose(pattern.counts, COUNTS)
    assert pattern.beam is not None
    assert pattern.beam.wavelengths == (1.540593, 1.544414)


def test_counts_without_angles_need_a_start_and_a_step(tmp_path: Path) -> None:
    path = tmp_path / "counts.dat"
    path.write_text(a_line(COUNTS, 8, "{:8.0f}"))
    with pytest.raises(InputError, match="--scan START STEP"):
        read_pattern(path)
    np.testing.assert_allclose(read_pattern(path, (START, STEP)).two_theta, ANGLES)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("q (1/A) I\n" + columns(" "), "is Q.*two-theta"),
        ("d-spacing counts\n" + columns(" "), "spacings d"),
        ("".join(f"{1.54 / 2 / np.sin(np.radians(t / 2)):.5f} 5{t}\n" for t in range(5, 90)),
         "spacings d or of Q"),
        ("".join(f"{100 * t} 5{t}\n" for t in range(5, 90)), "centidegrees"),
        ("".join(f"{t} 7\n" for t in range(5, 90)), "all counts are equal"),
        ("1 2\n3 4\n", "2 points, expected a pattern"),
        (columns(" ") * 2, r"rises to 12\.98 and goes on from 5: several scans"),
        ("A letter to a friend.\n" * 100, "0 numbers"),
        ("data_x\n_cell_length_a 5\n", "a CIF without a powder pattern"),
        ("", "empty"),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=reason) as caught:
        read_pattern(path)
    assert str(path) in str(caught.value)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    path, lines = tmp_path / "file.xy", columns(" ").splitlines()
    path.write_text("\n".join([*lines[:50], "shutter closed", *lines[50:]]))
    pattern = read_pattern(path)
    assert pattern.notices == ("50 rows of numbers apart from the 350 read are left out",)
    assert pattern.two_theta[0] == ANGLES[50]
    path.write_text("\n".join([*lines[:50], "6.0 nan", *lines[51:]]))
    assert read_pattern(path).notices == ("1 points without a count are left out",)
    path.write_text(
        "\n".join(f"{x:.2f} {y - 200:.0f}" for x, y in zip(ANGLES, COUNTS, strict=True))
    )
    assert "counts are below 0" in " ".join(read_pattern(path).notices)
    path.write_text(
        "2theta,counts\n" + columns('","').replace("\n", '"\n"').rstrip('"').join(('"', ""))
    )
    np.testing.assert_allclose(read_pattern(path).counts, COUNTS)
    assert read_pattern(path).notices == ()


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@example(name="scan.xrdml", start=300, length=500, filling=b"")
@given(
    name=st.sampled_from(sorted(TEXTS)),
    start=st.integers(0, 4000),
    length=st.integers(0, 400),
    filling=st.binary(),
)
def test_damaged_files_are_read_or_refused(
    name: str, start: int, length: int, filling: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = TEXTS[name].encode()
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(content[:start] + filling + content[start + length :])
    try:
        pattern = read_pattern(path)
    except InputError:
        return
    assert (np.diff(pattern.two_theta) > 0.0).all()
    assert (pattern.esd > 0.0).all()
    assert np.isfinite(pattern.counts).all()


@needs_data
def test_files_of_makers_against_what_was_exported_from_them() -> None:
    formats = PXRD / "formats"
    for binary, exported in (
        ("siemens_bruker_BT86.raw", "BT86.uxd"),
        ("siemens_D5000_1.RAW", "siemens_D5000_1.xy"),
    ):
        one, other = read_pattern(formats / binary), read_pattern(formats / exported)
        np.testing.assert_allclose(one.two_theta, other.two_theta, atol=6e-4)
        np.testing.assert_array_equal(one.counts, other.counts)
    assert one.beam is not None
    assert one.beam.wavelengths == (1.78897, 1.79285)


@needs_data
@pytest.mark.parametrize(
    ("name", "points", "first", "last", "wavelength"),
    [
        ("bruker4.raw", 7134, 10.0, 85.0413, 1.5406),
        ("bruker_v1.raw", 101, 10.0, 20.0, 1.5406),
        ("empyrean.xrdml", 196, 30.05, 41.75, 1.540598),
        ("panalytical.xrdml", 5027, 4.0066, 69.9994, 1.540598),
        ("gsas_std.raw", 4941, 16.0, 99.98, None),
        ("ill_d1a5.dat", 1680, -10.0, 157.9, None),
        ("psi_dmc.dat", 3200, 2.948, 162.898, 1.494),
        ("pdcif_1517474.cif", 3296, 1.5, 166.25, 2.0785),
        ("rigaku.rasx", 2334, 10.0, 79.99, 1.540593),
    ],
)
def test_files_of_instruments(
    name: str, points: int, first: float, last: float, wavelength: float | None
) -> None:
    pattern = read_pattern(PXRD / "formats" / name)
    assert len(pattern) == points
    np.testing.assert_allclose(pattern.two_theta[[0, -1]], [first, last], atol=1e-3)
    assert (pattern.beam.first if pattern.beam else None) == pytest.approx(wavelength)


@needs_data
@pytest.mark.parametrize("name", ["bruker4.raw", "siemens_D5000_1.RAW", "rigaku.rasx"])
def test_damaged_binary_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    content = (PXRD / "formats" / name).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(30):
        damaged = bytearray(content[: rng.integers(1, len(content))])
        for place in rng.integers(0, len(damaged), 20):
            damaged[place] = rng.integers(0, 256)
        path = tmp_path / name
        path.write_bytes(damaged)
        try:
            pattern = read_pattern(path)
        except InputError:
            continue
        assert (np.diff(pattern.two_theta) > 0.0).all()


def test_a_binary_file_that_is_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "x.raw"
    path.write_bytes(b"RAW1.01\0" + struct.pack("<40d", *range(40)))
    with pytest.raises(InputError, match="two columns"):
        read_pattern(path)


@pytest.mark.parametrize(
    ("text", "wavelengths"),
    [
        ("CuKa", K_ALPHA["Cu"]),
        ("cu k-alpha", K_ALPHA["Cu"]),
        ("CoKa1", K_ALPHA["Co"][:1]),
        ("MoKa", K_ALPHA["Mo"]),
        ("1.5406", (1.5406,)),
    ],
)
def test_wavelengths_by_name(text: str, wavelengths: tuple[float, ...]) -> None:
    assert beam_of_text(text).wavelengths == wavelengths


@pytest.mark.parametrize("text", ["", "CuKb", "0", "-1.5", "15.4", "NaKa", "CuKa 1.54"])
def test_what_is_no_wavelength_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="wavelength"):
        beam_of_text(text)
