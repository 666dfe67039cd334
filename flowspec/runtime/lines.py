"""Recurrent nets over the lines of an image (PixelRNN, van den Oord et al. 2016, section 3)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.conv import convolve
from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, rebuild
from flowspec.runtime.recurrence import gates_of


class Sweep(nn.Module):
    """The weights of one recurrence: of a masked convolution on the input, and of the states that a state reads.

    `taps` are displacements (line, place) in the direction of the scan, one list for all or one for each pair (class of
    the state, class of the input). `carries` lists the pairs of classes (state that reads, state that is read), all if
    None; `behind` is how many states are read.
    """

    reads: torch.Tensor
    hands_on: torch.Tensor

    def __init__(
        self,
        cell: str,
        taps: list[tuple[int, int]] | dict[tuple[int, int], list[tuple[int, int]]],
        behind: int,
        carries: list[tuple[int, int]] | None,
        in_groups: list[int],
        out_groups: list[int],
    ) -> None:
        super().__init__()
        self.cell, self.carries, self.in_groups, self.out_groups = cell, carries, in_groups, out_groups
        self.taps = taps if isinstance(taps, dict) else {(0, 0): taps}
        every = [tap for found in self.taps.values() for tap in found]
        (top, left), (bottom, right) = ([end(tap[k] for tap in every) for k in (0, 1)] for end in (min, max))
        self.first, self.shape = (top, left), (bottom - top + 1, right - left + 1)
        n, gates = len(out_groups), gates_of(cell)
        self.weight = nn.Parameter(torch.empty(gates * n, len(in_groups), *self.shape))
        self.inner = nn.Parameter(torch.empty(gates * n, n, behind))
        self.bias = nn.Parameter(torch.empty(gates * n))
        self.inner_bias = nn.Parameter(torch.empty(n)) if cell == "gru" else None

    def masks(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, n_in, *kernel) which taps a unit of the state reads, (n, n, behind) which states."""
        outs, ins = max(self.out_groups) + 1, max(self.in_groups) + 1
        table = torch.zeros(outs, ins, *self.shape, dtype=torch.bool, device="cpu")
        for (o, c), found in self.taps.items():
            for line, place in found:
                table[o, c, line - self.first[0], place - self.first[1]] = True
        states = torch.full((outs, outs), self.carries is None, dtype=torch.bool, device="cpu")
        for o, k in self.carries or ():
            states[o, k] = True
        handed = states[self.out_groups][:, self.out_groups].unsqueeze(2).expand(-1, -1, self.inner.shape[2])
        return table[self.out_groups][:, self.in_groups], handed

    def hold(self, reads: torch.Tensor, hands_on: torch.Tensor, device: torch.device | None) -> None:
        """Keep the masks, once for each gate, on a device, by default where the weight is."""
        gates, device = gates_of(self.cell), device or self.weight.device
        self.register_buffer("reads", reads.repeat(gates, 1, 1, 1).to(device), persistent=False)
        self.register_buffer("hands_on", hands_on.repeat(gates, 1, 1).to(device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights; the fan-in of a unit counts what it reads of the input and of the state."""
        fan_in = self.reads.flatten(1).sum(1) + self.hands_on.flatten(1).sum(1)
        init_by_fan_in(self.weight, self.bias, fan_in)
        init_by_fan_in(self.inner, None, fan_in)
        if self.inner_bias is not None:
            nn.init.zeros_(self.inner_bias)

    def on_input(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n_in, lines, places) -> (B, gates * n, lines, places)."""
        return convolve(x, cut(self.weight, self.reads), self.bias, self.first, (1, 1))

    def on_states(self) -> torch.Tensor:
        """(gates * n, n, behind), the weight of the states that are read."""
        return cut(self.inner, self.hands_on)

    def step(self, x: torch.Tensor, h: torch.Tensor, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The next state and memory from what the input and the states behind give to the gates, (B, gates * n,
        places).

        The memory is the cell of an LSTM, else the state that the next one starts from.
        """
        if self.cell == "rnn":
            state = torch.tanh(x + h)
            return state, state
        if self.inner_bias is None:
            enter, forget, new, leave = (x + h).chunk(4, 1)
            memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(new)
            return torch.sigmoid(leave) * torch.tanh(memory), memory
        (reset, update, new), (r, z, n) = x.chunk(3, 1), h.chunk(3, 1)
        new = torch.tanh(new + torch.sigmoid(reset + r) * (n + self.inner_bias[:, None]))
        update = torch.sigmoid(update + z)
        state = (1 - update) * new + update * memory
        return state, state


class LineRecurrence(nn.Module):
    """What recurrences over lines share: (B, n_in, H, W) -> (B, n_out, H, W), the sum of one or two sweeps.

    `taps` has an entry for each sweep (see Sweep). `scan` says how the lines run: raster, reverse, columns, or columns
    reversed. The digest is that of all masks in a row.
    """

    def __init__(
        self,
        cell: str,
        n_in: int,
        n_out: int,
        behind: int,
        taps: list[list[tuple[int, int]] | dict[tuple[int, int], list[tuple[int, int]]]],
        carries: list[tuple[int, int]] | None,
        scan: str,
        in_groups: list[int] | None,
        out_groups: list[int] | None,
        digest: str | None,
    ) -> None:
        super().__init__()
        self.across, self.backwards, self.digest = (
            scan.startswith("columns"),
            scan.endswith(("reverse", "reversed")),
            digest,
        )
        groups = in_groups or [0] * n_in, out_groups or [0] * n_out
        self.sweeps = nn.ModuleList(Sweep(cell, own, behind, carries, *groups) for own in taps)
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the masks on a device, by default where the weights are."""
        masks = [sweep.masks() for sweep in self.each()]
        whole = torch.cat([mask.flatten() for pair in masks for mask in pair])
        check_digest(whole, self.digest, type(self).__name__)
        for sweep, pair in zip(self.each(), masks, strict=True):
            sweep.hold(*pair, device)

    def reset_parameters(self) -> None:
        """Draw new weights."""
        for sweep in self.each():
            sweep.reset_parameters()

    def turned(self, x: torch.Tensor) -> torch.Tensor:
        """The picture with its first line first, and back: both moves undo themselves."""
        x = x.flip(2, 3) if self.backwards else x
        return x.transpose(2, 3) if self.across else x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            x = self.turned(x.to(next(self.parameters()).dtype))
            first, *others = self.each()
            found = self.run(first, first.on_input(x))
            for sweep in others:  # the other way along the line
                found = found + self.run(sweep, sweep.on_input(x).flip(3)).flip(3)
            return self.turned(found)

    def each(self) -> list[Sweep]:
        """The sweeps in turn."""
        return [sweep for sweep in self.sweeps if isinstance(sweep, Sweep)]

    def run(self, sweep: Sweep, x: torch.Tensor) -> torch.Tensor:
        """(B, gates * n, lines, places), what the input gives to the gates -> (B, n, lines, places), the states."""
        raise NotImplementedError


class RowRecurrence(LineRecurrence):
    """Row LSTM (van den Oord et al. 2016, section 3.1), or the same with another cell: line by line, all places of a
    line at once, each from `kernel` states of the line before. Its memory comes from the place behind it."""

    def __init__(
        self,
        cell: str,
        n_in: int,
        n_out: int,
        taps: list[list[tuple[int, int]] | dict[tuple[int, int], list[tuple[int, int]]]],
        carries: list[tuple[int, int]] | None = None,
        kernel: int = 3,
        scan: str = "raster",
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__(cell, n_in, n_out, kernel, taps, carries, scan, in_groups, out_groups, digest)

    def run(self, sweep: Sweep, x: torch.Tensor) -> torch.Tensor:
        weight = sweep.on_states()
        state = memory = x.new_zeros(x.shape[0], weight.shape[1], x.shape[3])
        rows = []
        for line in x.unbind(2):
            behind = convolve(state, weight, None, (-(weight.shape[2] // 2),), (1,))
            state, memory = sweep.step(line, behind, memory)
            rows.append(state)
        return torch.stack(rows, 2)


class DiagonalRecurrence(LineRecurrence):
    """Diagonal BiLSTM (van den Oord et al. 2016, section 3.2), or the same with another cell: diagonal by diagonal,
    each place from the states one line back and one place back along the line. Its memory comes from the latter."""

    def __init__(
        self,
        cell: str,
        n_in: int,
        n_out: int,
        taps: list[list[tuple[int, int]] | dict[tuple[int, int], list[tuple[int, int]]]],
        carries: list[tuple[int, int]] | None = None,
        scan: str = "raster",
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__(cell, n_in, n_out, 2, taps, carries, scan, in_groups, out_groups, digest)

    def run(self, sweep: Sweep, x: torch.Tensor) -> torch.Tensor:
        weight, lines, places = sweep.on_states(), x.shape[2], x.shape[3]
        state = memory = x.new_zeros(x.shape[0], weight.shape[1], lines)
        inside = torch.ones(lines, lines + places - 1, dtype=x.dtype, device=x.device).triu()
        diagonals = []
        for t, diagonal in enumerate(skew(x).unbind(3)):
            behind = convolve(state, weight, None, (-1,), (1,))  # line r - 1 and line r of the diagonal before
            state, memory = sweep.step(diagonal, behind, memory)
            state, memory = state * inside[:, t], memory * inside[:, t]  # nothing stands left of the picture
            diagonals.append(state)
        return unskew(torch.stack(diagonals, 3), places)


def skew(x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) -> (B, C, H, H + W - 1): line r moves r places to the right, so that diagonals become columns."""
    lines, places = x.shape[2:]
    flat = F.pad(x, (0, lines)).flatten(2)
    return flat[:, :, :-lines].unflatten(2, (lines, lines + places - 1))


def unskew(x: torch.Tensor, places: int) -> torch.Tensor:
    """(B, C, H, H + W - 1) -> (B, C, H, W): the lines move back."""
    lines = x.shape[2]
    return F.pad(x.flatten(2), (0, lines)).unflatten(2, (lines, lines + places))[:, :, :, :places]
