"""The tutorials run as they stand, show their own output, and become valid notebooks."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

sys.path.append(str(ROOT / "scripts"))

import run_tutorials
import tutorial_pages

PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))

EXAMPLE = """
```toml title="a.toml"
x = 1
```

```bash
echo one | cat
cat a.toml
```

```text
one
x = 1
```

```sh
exit 1
```

```python
print("two")
```

```text
two
```
"""


def ids(page: Path) -> str:
    return page.stem


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_a_tutorial_shows_what_comes_out(page: Path, tmp_path: Path) -> None:
    ran = run_tutorials.run_page(page, tmp_path)
    assert not ran.differences, "\n".join(ran.differences)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_outputs_and_pictures_are_there(page: Path) -> None:
    parts = tutorial_pages.parts_of(page.read_text(encoding="utf-8"))
    shown = [part for part in parts if part.kind == "text"]
    assert len(shown) >= 5
    assert all(part.text.strip() for part in shown)
    pictures = [part for part in parts if part.kind == "picture"]
    assert pictures
    for picture in pictures:
        assert (page.parent / picture.name).stat().st_size < 1_000_000
    for part in parts:
        if part.source:
            assert part.text == (ROOT / part.source).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_notebooks_hold_the_whole_page(page: Path, tmp_path: Path) -> None:
    notebook: Any = tutorial_pages.notebook_of(page)
    nbformat.validate(notebook)
    path = tmp_path / "page.ipynb"
    nbformat.write(notebook, path)
    assert nbformat.read(path, as_version=4) == notebook
    parts = tutorial_pages.parts_of(page.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) == sum(part.kind in ("bash", "python", "file") for part in parts)
    outputs = [output.text for cell in cells for output in cell.outputs]
    assert outputs == [part.text for part in parts if part.kind == "text"]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not re.search(r"\]\((?!https?:|attachment:)", text)
    assert "!zeoloom " in text


def test_pages_that_are_right_and_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for text, wrong in ((EXAMPLE, 0), (EXAMPLE.replace("text\ntwo", "text\nthree"), 1)):
        page.write_text(text, encoding="utf-8")
        folder = tmp_path / str(wrong)
        folder.mkdir()
        ran = run_tutorials.run_page(page, folder)
        assert len(ran.differences) == wrong
        assert ran.page == EXAMPLE
        assert len(ran.seconds) == 2
    page.write_text(EXAMPLE.replace("cat a.toml", "cat b.toml"), encoding="utf-8")
    with pytest.raises(run_tutorials.TutorialError, match="No such file"):
        run_tutorials.run_page(page, folder)


def test_outputs_that_are_alike() -> None:
    alike = run_tutorials.alike
    assert alike("found 3 in 2.5 s", "found 3 in 14 s", varies=False)
    assert not alike("found 3 in 2.5 s", "found 4 in 2.5 s", varies=False)
    assert alike("CHA 0.93 R-3m 16.1", "CHA 0.92 R-3m 16.0", varies=True)
    assert not alike("CHA 0.93 R-3m 16.1", "error no such file", varies=True)
