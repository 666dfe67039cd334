"""Fields behind an encoder: the picture's numbers against what the module does when one variable, or one entry of z, moves."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from flowspec.cli import main
from flowspec.compiler import Report, analyse
from flowspec.view.diff_picture import compared, diff_codes
from flowspec.view.errors import ViewError
from flowspec.view.field import Field
from flowspec.view.field_picture import field_codes, field_picture
from flowspec.view.fields import fields, layers
from flowspec.view.page import lay_out
from flowspec.view.svg import render_svg
from tests.view.drawn import GALLERY

ENCODER = """flowspec: 1
name: small
x: {shape: [1, 6, 6], values: real}
flow:
- encode: [2, 3, 3]
  posterior: {net: [{down: 2}, tanh, {conv: 4, kernel: [1, 2]}, tanh], head: normal}
  decoder: {net: [{conv: 4, kernel: [2, 1]}, tanh, {up: 2}, tanh], head: normal}
"""
PRIOR = "- {coupling: {keep: channel, net: [{conv: 4, kernel: [2, 1]}, tanh]}, times: 2}\n"
SPECS = {
    "plain": f"{ENCODER}base: normal\n",
    "mixed": f"{ENCODER}{PRIOR}base: normal\n",
    "taller": f"{ENCODER.replace('kernel: [1, 2]', 'kernel: [2, 2]')}{PRIOR}base: normal\n",
    "scales": ENCODER.replace("[2, 3, 3]", "[2, 4, 4]").replace("[1, 6, 6]", "[1, 8, 8]")
    + "- {squeeze: 2}\n- {split: half}\n- {coupling: {keep: checkerboard, net: [{conv: 4, kernel: [1, 2]}, tanh]}, times: 2}\n"
    "- {permute: {random: 1, seed: 3}}\nbase: normal\n",
    "twice": f"{ENCODER}{PRIOR}- encode: [1, 3, 3]\n  posterior: {{net: [{{conv: 3}}, tanh], head: normal}}\n"
    "  decoder: {net: [{conv: 3}, tanh], head: normal}\nbase: normal\n",
    "flow decoder": ENCODER.replace(
        "{net: [{conv: 4, kernel: [2, 1]}, tanh, {up: 2}, tanh], head: normal}",
        "{flow: [{coupling: {keep: columns, net: [{conv: 2, kernel: [1, 2]}, tanh]}}], base: {net: [{up: 2}, tanh], head: normal}}",
    )
    + "base: normal\n",
    "ordered decoder": ENCODER.replace("values: real", "values: binary").replace(
        "{net: [{conv: 4, kernel: [2, 1]}, tanh, {up: 2}, tanh], head: normal}",
        "{given: z, order: raster, net: {u: {up: 2, in: z}, h: {conv: 4, kernel: 3, in: x, given: u}, t: {chain: [tanh], in: h}}, head: bernoulli}",
    )
    + "base: normal\n",
    "one number": "flowspec: 1\nname: one\nx: {shape: [1], values: real}\nflow:\n- encode: [1]\n"
    "  posterior: {net: {mlp: [2]}, head: normal}\n  decoder: {net: {mlp: [2]}, head: normal}\nbase: normal\n",
    "video": "flowspec: 1\nname: video\nx: {shape: [1, 20, 2, 2], values: real}\nflow:\n- encode: [1, 20, 2, 2]\n"
    "  posterior: {net: [{conv: 2, kernel: [3, 1, 1]}, tanh], head: normal}\n"
    "  decoder: {net: [{conv: 2}, tanh], head: normal}\nbase: normal\n",
}  # fmt: skip


@cache
def report(name: str) -> Report:
    path = GALLERY / "flows" / f"{name}.yaml"
    found = analyse("<stdin>", SPECS[name] if name in SPECS else path.read_text(encoding="utf-8"))
    assert found.ok, [f.message for f in found.diagnostics]
    return found


def shown(name: str, node: str | None, at: str | None = None, back: bool = False) -> tuple[Field, ...]:
    facts = report(name).all_facts
    assert facts is not None
    return fields(facts, node, at, 0, back)


def rows(name: str, node: str, back: bool = False) -> np.ndarray:
    """What each of them sees, one row a field."""
    (first,) = shown(name, node, None, back)
    assert first.encoded is not None
    grid, found = first.encoded.grid, []
    for v in range(grid.size):
        channel, site = grid.site(v)
        (field,) = shown(name, node, ",".join(map(str, (*site, channel))), back)
        assert field.seen is not None
        assert field.variable == v
        found.append(field.seen)
    return np.stack(found)


def text(name: str, node: str | None = None, at: str | None = None, back: bool = False) -> str:
    drawn = field_picture(name, "<stdin>", shown(name, node, at, back))
    return "\n".join(line for figure in drawn.figures for line in (figure.title, *figure.facts))


# --- against the module ----------------------------------------------------------------------------------------------


def moves(name: str, way: str) -> np.ndarray:
    """Which outputs of `encode` or `decode` move when one input does, the noise held fixed, over a few weights and inputs."""
    torch = pytest.importorskip("torch")
    from flowspec.emit.load import load_class
    from tests.ops.contract import TINY, inputs, instance

    cls, found = load_class(report(name).source()), np.zeros((1, 1), dtype=bool)
    for draw in range(4):
        model = instance(cls, draw, positive=draw % 2 == 0)
        x = inputs(model, 1)[0].double()
        start = x if way == "encode" else model.encode(x)[0].detach()

        def out(value: torch.Tensor, model: torch.nn.Module = model, draw: int = draw) -> torch.Tensor:
            torch.manual_seed(draw)
            result = model.encode(value)[0] if way == "encode" else model.decode(value)
            return result.detach().reshape(-1)

        still, columns = out(start), []
        for j in range(start.numel()):
            value = start.clone().reshape(-1)
            value[j] = 1 - value[j] if model.VALUES == "binary" and way == "encode" else value[j] + 0.7
            columns.append((out(value.view_as(start)) - still).abs() > TINY)
        found = found | torch.stack(columns, 1).numpy()
    return found


@pytest.mark.parametrize(("name", "full"), [("vae_flow_prior", True), ("plain", False), ("mixed", False)])
def test_an_entry_of_z_depends_on_the_variables_that_move_it(name: str, full: bool) -> None:
    found = moves(name, "encode")
    entries = range(0, len(found), 5)
    for v in entries:
        (field,) = shown(name, "z", str(v) if full else f"{v % 9 // 3},{v % 3},{v // 9}")
        assert np.array_equal(field.seen, found[v]), v  # type: ignore[arg-type]
        assert np.array_equal(field_codes(field), found[v].astype(np.uint8))
    assert found.all() == full, "an encoder of kernels leaves something out"


def test_what_is_drawn_is_what_z_is_without_a_prior() -> None:
    plain = rows("plain", "encode.1")
    assert np.array_equal(plain, rows("mixed", "encode.1"))
    assert np.array_equal(plain, rows("plain", "z"))
    assert not (plain & ~rows("mixed", "z")).any()
    assert not np.array_equal(plain, rows("mixed", "z"))


@pytest.mark.parametrize("name", ["mixed", "scales"])
def test_what_an_entry_becomes_is_an_entry_of_z(name: str) -> None:
    """Parts leave in another order than entries are drawn in."""
    proved = np.asarray(report(name).dependency())
    assert sorted(row.tobytes() for row in rows(name, "z")) == sorted(row.tobytes() for row in proved)
    assert len(set(rows(name, "z").sum(1).tolist())) > 1


@pytest.mark.parametrize("name", ["plain", "flow decoder"])
def test_the_decoder_uses_the_entries_that_move_what_it_draws(name: str) -> None:
    claimed = rows(name, "decoder.z")
    assert np.array_equal(claimed, moves(name, "decode"))
    assert not claimed.all()


def test_a_decoder_with_an_order_reads_z_beside_the_variables_before() -> None:
    claimed = rows("ordered decoder", "decoder.z")
    blocks = claimed.reshape(6, 6, 2, 3, 3)
    i, j = np.indices((6, 6))
    wide = np.zeros_like(blocks)  # the given is added where the kernel writes, and comes from one site of z
    wide[i, j, :, i // 2, j // 2] = True
    assert np.array_equal(blocks, wide)
    assert "besides them it reads the variables before it in its order" in text("ordered decoder", "decoder.z")
    assert [field.names[0] for field in shown("ordered decoder", None)] == ["decoder", "encode.1", "decoder.z"]


# --- what is drawn of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mixed", "twice", "flow decoder"])
def test_the_other_way_round_is_the_transpose(name: str) -> None:
    nodes = dict.fromkeys(field.names[0] for field in shown(name, None))
    for node in (*nodes, "z"):
        assert np.array_equal(rows(name, node, True), rows(name, node).T), node


def test_one_encoder_behind_another_has_fields_of_its_own() -> None:
    assert [field.names[0] for field in shown("twice", None)] == ["encode.1", "decoder.z", "encode.2", "decoder.2.z"]
    first, second = rows("twice", "encode.1"), rows("twice", "encode.2")
    assert first.shape == (18, 36)
    assert second.shape == (9, 36)
    both = rows("mixed", "z").reshape(2, 9, 36).any(0)
    assert np.array_equal(second, both), "a kernel of one site joins the two channels of what the prior made of z"
    assert "the normal of entry [1,1,1] in decoder.2 uses 1 of 9 entries of z" in text("twice", "decoder.2.z")
    assert "z[0,1,1] is drawn from the posterior of encode.2" in text("twice", "encode.2")
    assert "depend on x[0,3,3], through the posterior of encode.2" in text("twice", "z", None, True)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("name", ["mixed", "twice", "flow decoder", "ordered decoder"])
def test_each_section_is_headed_by_the_name_that_chooses_it(name: str, back: bool) -> None:
    lines = text(name, None, None, back).splitlines()
    for field in shown(name, None, None, back):
        (alone,) = shown(name, field.names[0], None, back)
        assert alone.names == field.names
        assert any(line.startswith(f"{field.names[0]}: ") for line in lines)


def test_layer_by_layer_an_entry_comes_to_depend_on_more() -> None:
    facts = report("mixed").all_facts
    assert facts is not None
    found = layers(facts, "1,1,0")
    assert [field.names[0] for field in found] == ["encode.1", "coupling.1", "coupling.2"]
    seen = [field.seen for field in found]
    assert np.array_equal(seen[0], rows("mixed", "encode.1")[4])  # type: ignore[arg-type]
    assert np.array_equal(seen[-1], rows("mixed", "z")[4])  # type: ignore[arg-type]
    sizes = [int(row.sum()) for row in seen if row is not None]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    with pytest.raises(ViewError, match="z has no entry at `3,0`"):
        layers(facts, "3,0")


def test_numbers_stand_beside_the_picture() -> None:
    told = text("vae_flow_prior")
    assert (
        "z[16] is drawn from q(z | x): with the noise of the draw held fixed it depends on 784 of 784 variables" in told
    )
    assert "the 9 steps behind the encoder add nothing to this" in told
    assert "all together: 25,088 of 25,088 pairs of an entry of z and a variable" in told
    assert "the bernoulli of x[392] in p(x | z) uses 32 of 32 entries of z" in told
    pairs = int(rows("mixed", "z").sum())
    assert f"all together: {pairs:,} of 648 pairs of an entry of z and a variable" in text("mixed", "z")
    assert "depend on x[0,3,3], through q(z | x)" in text("mixed", None, None, True)
    assert "1 of 1 variable of x" in text("one number")


def test_every_cell_has_a_colour_and_words() -> None:
    for back, words in (
        (False, ["does not depend on", "depends on"]),
        (True, ["does not depend on it", "depends on it"]),
    ):
        drawn = field_picture("mixed", "<stdin>", shown("mixed", None, None, back))
        assert sorted(tone.label for tone in drawn.tones) == sorted(words)
        svg = render_svg(lay_out(drawn), drawn.title)
        assert all(f".{name}{{fill" in svg for name in set(re.findall(r'class="(fs-[a-z-]+)"', svg)) - {"fs-w"})


def test_a_long_video_is_shown_around_what_is_seen() -> None:
    figure = field_picture("video", "<stdin>", shown("video", "encode.1", "18,1,1")).figures[0]
    assert [panel.title for panel in figure.panels][-1] == "frame 19"
    assert "frames 11 to 19 of 20 are shown" in figure.facts


@pytest.mark.parametrize(
    ("node", "at", "back", "message", "legal"),
    [
        ("encode.1", "3,0", False, "z has no entry at `3,0`", "it takes `r,c[,ch]` with r 0..2, c 0..2, ch 0..1"),
        ("z", "one", False, "z has no entry at `one`", "it takes `r,c[,ch]` with r 0..2, c 0..2, ch 0..1"),
        ("encode.1", "6,0", True, "there is no variable at `6,0`", "it takes `r,c` with r 0..5, c 0..5"),
        ("decoder.z", "6,0", False, "there is no variable at `6,0`", "it takes `r,c` with r 0..5, c 0..5"),
        (None, "9,9", False, "z has no entry at `9,9`", "it takes `r,c[,ch]` with r 0..2, c 0..2, ch 0..1"),
        ("encode.2", None, False, "there is no density or step with an order called", "did you mean `encode.1`?"),
    ],
)
def test_a_place_that_there_is_not(node: str | None, at: str | None, back: bool, message: str, legal: str) -> None:
    with pytest.raises(ViewError) as fault:
        shown("mixed", node, at, back)
    assert str(fault.value).startswith(message)
    assert fault.value.help_text == legal


def test_a_place_that_only_some_have_shows_those() -> None:
    assert [field.names[0] for field in shown("mixed", None, "5,5")] == ["decoder.z"]


# --- two specs, and files --------------------------------------------------------------------------------------------


def test_two_encoders_side_by_side() -> None:
    one, other = shown("mixed", None), shown("taller", None)
    pairs = compared(one, other)
    assert [pair[0].names[0] for pair in pairs] == ["encode.1", "decoder.z"]
    codes = diff_codes(pairs[0])
    assert (codes == 2).sum() > 0
    assert set(np.unique(codes)) <= {0, 1, 2}, "a taller kernel loses nothing, and no variable of x is the entry itself"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("mixed", "vae_flow_prior", "`encode.1` shows z"),
        ("mixed", "nice_mnist", "behind an encoder z is drawn"),
        ("plain", "nice_mnist", "no step or density of one name"),
        ("nice_mnist", "plain", "no step or density of one name"),
    ],
)
def test_what_cannot_be_compared_is_said(first: str, second: str, message: str) -> None:
    with pytest.raises(ViewError, match=message):
        compared(shown(first, None), shown(second, None))


@pytest.mark.parametrize("suffix", ["svg", "png", "html", "json", "npy"])
def test_every_kind_of_file(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, out = tmp_path / "mixed.yaml", tmp_path / f"field.{suffix}"
    spec.write_text(SPECS["mixed"], encoding="utf-8")
    assert main(["field", str(spec), "encode.1", "--at", "2,1,1", "-o", str(out)]) == 0
    want = rows("mixed", "encode.1")[9 + 2 * 3 + 1]
    if suffix == "npy":
        assert np.array_equal(np.load(out), want.reshape(1, 6, 6).astype(np.uint8))
    if suffix == "json":
        (record,) = json.loads(out.read_text(encoding="utf-8"))["fields"]
        assert record["seen"] == np.flatnonzero(want).tolist()
        assert record["chosen"] == {"name": "z[1,2,1]", "shape": [2, 3, 3]}
        assert record["variable"] == {"index": 16, "channel": 1, "site": [2, 1], "name": None}
        assert record["pairs"] == {"depending": int(rows("mixed", "encode.1").sum()), "possible": 648}
    if suffix in ("svg", "html"):
        assert "z[1,2,1]" in out.read_text(encoding="utf-8")
    assert main(["field", str(spec), "-o", str(tmp_path / "all.npy")]) == 2
    assert "name one: encode.1" in capsys.readouterr().err
