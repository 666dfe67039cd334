"""What a flow draws is covered as x would be by the same steps: the prior of z, its posterior, and noise."""

from __future__ import annotations

import pytest

from tests.passes.judge import codes, passed

NET = "net: {mlp: [6]}"
STEPS = [
    f"{{coupling: {{keep: half, {NET}}}}}",
    f"{{coupling: {{keep: half, {NET}}}, times: 2}}",
    f"{{coupling: {{keep: half, {NET}}}, times: 4, flip: false}}",
    f"{{coupling: {{keep: [0, 1], {NET}}}}}, {{permute: [2, 3, 0, 1]}}, {{coupling: {{keep: [0, 1], {NET}}}}}",
    f"{{coupling: {{keep: [0, 1], {NET}}}}}, reverse, {{permute: [1, 0, 3, 2]}}, {{coupling: {{keep: [2, 3], {NET}}}}}",
    f"{{autoregressive: {{order: {{graph: {{1: [0], 3: [2]}}}}, {NET}}}}}",
    f"{{autoregressive: {{order: {{graph: {{1: [0], 3: [2]}}}}, {NET}}}}}, reverse",
    f"{{autoregressive: {{order: raster, {NET}}}}}",
    "{linear: dense}",
]
ENCODE = "x: {shape: [6], values: binary}\nflow:\n- encode: [4]\n  decoder: {net: {mlp: [8]}, head: bernoulli}\n"
CONTEXT = "given: {h: {mlp: [8], in: x}}, base: normal"  # standard: a learned one would count as a transformation


def told(body: str) -> list[tuple[str, str]]:
    """The codes of a spec's coverage, each with the numbers that it names."""
    found = [f for f in passed(body).findings if f.code in ("FS340", "FS341")]
    return sorted((f.code, f.message.split(" variables")[0]) for f in found)


@pytest.mark.parametrize("steps", STEPS)
def test_z_is_covered_as_x_is(steps: str) -> None:
    plain = told(f"x: {{shape: [4], values: real}}\nflow: [{steps}]\nbase: normal")
    prior = told(
        f"{ENCODE}  posterior: {{net: {{mlp: [8]}}, head: normal}}\n- {{repeat: 1, do: [{steps}]}}\nbase: normal"
    )
    slow = steps.replace(f", {NET}}}}}", f", {NET}, fast: sampling}}}}") if "autoregressive" in steps else steps
    posterior = told(f"{ENCODE}  posterior: {{{CONTEXT}, flow: [{slow}]}}\nbase: normal")
    assert plain == prior == posterior


def test_without_steps_that_join_nothing_is_said() -> None:
    assert not told(f"{ENCODE}  posterior: {{{CONTEXT}, flow: [affine]}}\n- affine\nbase: normal")


def test_a_prior_of_two_encoders_is_covered_by_the_second() -> None:
    second = "- {encode: [3], posterior: {net: {mlp: [8]}, head: normal}, decoder: {net: {mlp: [8]}, head: normal}}\n"
    first = f"{ENCODE}  posterior: {{net: {{mlp: [8]}}, head: normal}}\n"
    assert not told(f"{first}- {STEPS[0]}\n{second}base: normal")
    assert told(f"{first}{second}- {STEPS[0].replace('half', '[0]')}\nbase: normal") == [("FS340", "1 of 3")]


def test_noise_may_be_independent_given_x_but_no_half_is_left_as_it_is() -> None:
    def noise(steps: str) -> list[str]:
        flow = f"[logit, {steps}]"
        body = f"x: {{shape: [4], values: 8}}\nflow: [{{dequantize: {{variational: {{{CONTEXT}, flow: {flow}}}}}}}, {{autoregressive: {{order: raster, {NET}}}}}]\nbase: normal"
        return [code for code in codes(passed(body)) if code.startswith("FS34")]

    assert noise(STEPS[0]) == ["FS340"]
    assert noise(STEPS[5]) == []
