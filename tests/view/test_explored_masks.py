"""The masks on the page to explore a model: as many edges open as `flowspec mask` says, and the same shares."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from flowspec.cli.explore import page_of
from flowspec.cli.mask import _array
from flowspec.compiler import Report, analyse
from flowspec.graph.masks import LabelMask, TapMask
from flowspec.graph.pairing import PairMask
from flowspec.view.masks import Derived, Keep, derived_masks
from flowspec.view.records import mask_json
from tests.view.drawn import GALLERY, SPECS, report

Found = tuple[dict[str, Any], dict[str, Any], Derived]  # the page's data, its record of a mask, and the mask

CASES = {
    "made": "made",
    "sets of variables": "flows/dag_flow.yaml",
    "wide": "wide_made",
    "an ensemble": "autoregressive/made_orders.yaml",
    "convolutions": "pixelcnn_mnist.yaml",
    "groups": "gated",
    "attention": "autoregressive/image_transformer.yaml",
    "recurrences": "autoregressive/pixelrnn_diagonal.yaml",
    "strides": "autoregressive/pixelcnn_pp.yaml",
    "a flow's nets": "maf",
}


def found_report(name: str) -> Report:
    return report(name) if name in SPECS else analyse(str(GALLERY / f"{name.removesuffix('.yaml')}.yaml"))


def data_of(found: Report) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(page_of(found).partition('id="data">')[2].partition("</script>")[0])
    return data


def both(name: str) -> Iterator[Found]:
    """Every mask on the page, beside the one that `flowspec mask` lists for the same node."""
    found = found_report(name)
    assert found.all_facts is not None
    data, masks = data_of(found), {m.name: m for m in derived_masks(found.all_facts) if not isinstance(m.mask, Keep)}
    pages = [*data["densities"], *(step for flow in data["flows"] for step in flow["steps"])]
    for page in (p for p in pages if p["net"] is not None):
        owner = page["names"][0] if "names" in page else page["id"]
        for node in data["nets"][page["net"]]["nodes"]:
            if node and node["mask"] is not None:
                one = masks.get(node["id"]) or masks[f"{owner}/{node['id']}"]
                yield data, data["masks"][node["mask"]], one


def bytes_of(data: dict[str, Any], panel: dict[str, Any]) -> npt.NDArray[np.uint8]:
    raw = zlib.decompress(base64.b64decode(data["tables"][panel["shares"]]))
    return np.frombuffer(raw, dtype=np.uint8).reshape(panel["rows"], panel["columns"])


@pytest.mark.parametrize("name", CASES.values(), ids=CASES)
def test_open_counts_are_those_of_the_command(name: str) -> None:
    found = list(both(name))
    assert found
    for _, shown, derived in found:
        record = json.loads(mask_json("m", "m.yaml", "", (derived,)))["masks"][0]
        assert (shown["open"], shown["of"]) == (record["kept"], record["possible"])
        assert f"keeps {shown['open']:,} of {shown['of']:,} " in "; ".join(shown["words"])


@pytest.mark.parametrize("name", CASES.values(), ids=CASES)
def test_shares_are_those_of_the_whole_mask(name: str) -> None:
    for data, shown, derived in both(name):
        for panel in shown["panels"]:
            assert max(panel["rows"], panel["columns"]) <= 128
        if isinstance(derived.mask, LabelMask):
            whole = np.asarray(_array((derived,)))
            whole = whole if whole.ndim == 2 else whole[0]
            assert_shares(data, shown["panels"][0], whole)
        if isinstance(derived.mask, PairMask):
            whole = np.asarray(_array((derived,)))
            for panel, pairs in zip(shown["panels"], whole, strict=False):
                assert_shares(data, panel, pairs)


def assert_shares(data: dict[str, Any], panel: dict[str, Any], whole: npt.NDArray[np.bool_]) -> None:
    """Each cell is the mean of its block of the mask, in 255ths: 0 where none is open, and 255 where all are."""
    assert panel["full"] == list(whole.shape)
    cells = bytes_of(data, panel)
    ys, xs = (np.arange(n + 1) * size // n for n, size in zip(cells.shape, whole.shape, strict=True))
    for (r, c), cell in np.ndenumerate(cells):
        block = whole[ys[r] : ys[r + 1], xs[c] : xs[c + 1]]
        assert (cell == 0) == (not block.any())
        assert (cell == 255) == block.all()
        assert abs(cell / 255 - block.mean()) < 1 / 255


@pytest.mark.parametrize("name", ["pixelcnn_mnist.yaml", "gated", "stack"])
def test_taps_are_those_of_every_pair_of_groups(name: str) -> None:
    for data, shown, derived in both(name):
        if not isinstance(derived.mask, TapMask):
            continue
        drawn = {tuple((bytes_of(data, p) & 1).ravel().tolist()) for p in shown["panels"] if p["site"]}
        kept = {tuple(map(int, taps)) for row in derived.mask.kept for taps in row}
        assert len(derived.mask.offsets) == 1 or drawn == kept


@pytest.mark.parametrize("name", ["nvp", "flows/nice_mnist.yaml", "realnvp_cifar10.yaml"])
def test_halves_of_couplings_are_those_of_the_command(name: str) -> None:
    found = found_report(name)
    assert found.all_facts is not None
    data, halves = data_of(found), [m for m in derived_masks(found.all_facts) if isinstance(m.mask, Keep)]
    assert halves
    for derived in halves:
        steps = [s for flow in data["flows"] for s in flow["steps"] if s["id"] == derived.name]
        raw = zlib.decompress(base64.b64decode(data["tables"][steps[0]["kept"]]))
        kept = np.unpackbits(np.frombuffer(raw, dtype=np.uint8))[: derived.source.units]
        assert isinstance(derived.mask, Keep)
        assert np.array_equal(kept.astype(bool), derived.mask.kept)


def test_alike_masks_are_written_once() -> None:
    data = data_of(found_report("autoregressive/image_transformer.yaml"))
    nodes = [n for net in data["nets"] for n in net["nodes"] if n and n["mask"] is not None and "attention" in n["id"]]
    assert len({n["mask"] for n in nodes}) < len(nodes)
    assert len(data["tables"]) == len(set(data["tables"]))
