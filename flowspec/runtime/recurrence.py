"""Recurrent nets along an order of the variables."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.folding import Folded


def gates_of(cell: str) -> int:
    """How many parts the weights of a cell have: the gates, and what is new."""
    return {"lstm": 4, "gru": 3, "rnn": 1}[cell]


class Recurrence(Folded):
    """An LSTM, a GRU or a plain tanh net that takes in its input in the order of the variables.

    A unit of the output is its slice of the state once all that it may know has come in, and nothing else; where
    that is nothing, of the learned state before the first event. `both` adds a second net that takes it in from the
    end (only where everything may know everything). Weights are as in torch.nn.LSTM, GRU and RNN.
    """

    def __init__(
        self,
        cell: str,
        n_in: int,
        n_out: int,
        sites: tuple[int, ...],
        reads: list[list[int] | range],
        writes: list[list[int] | range],
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        both: bool = False,
        digest: str | None = None,
    ) -> None:
        super().__init__(n_in, n_out, sites, reads, writes, in_groups, out_groups, digest)
        self.cell, self.both = cell, both
        ways, gates, states = 2 if both else 1, gates_of(cell), 2 if cell == "lstm" else 1
        self.weight = nn.Parameter(torch.empty(ways, gates * n_out, n_in))
        self.inner = nn.Parameter(torch.empty(ways, gates * n_out, n_out))
        self.bias = nn.Parameter(torch.empty(ways, 2, gates * n_out))
        self.start = nn.Parameter(torch.empty(ways, states, n_out))
        self.reset_buffers()
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights as torch.nn.LSTM does; the state before the first event starts at 0."""
        bound = self.inner.shape[2] ** -0.5
        for value in (self.weight, self.inner, self.bias):
            nn.init.uniform_(value, -bound, bound)
        nn.init.zeros_(self.start)

    def states(self, rows: torch.Tensor, way: int) -> torch.Tensor:
        """(B, events, n_in) -> (B, events, n_out): the state after each event."""
        weights = [self.weight[way], self.inner[way], self.bias[way, 0], self.bias[way, 1]]
        start = [s.expand(1, rows.shape[0], -1).contiguous() for s in self.start[way]]
        if torch.compiler.is_compiling():  # the compiler takes in a loop, and not every fused kernel
            return self.step_by_step(rows, weights, start)
        options = (
            True,
            1,
            0.0,
            self.training,
            False,
            True,
        )  # biases, layers, dropout, training, both ways, batch first
        if self.cell == "lstm":
            return torch.lstm(rows, start, weights, *options)[0]
        run = torch.gru if self.cell == "gru" else torch.rnn_tanh
        return run(rows, start[0], weights, *options)[0]

    def step_by_step(self, rows: torch.Tensor, weights: list[torch.Tensor], start: list[torch.Tensor]) -> torch.Tensor:
        """The same as a loop of single steps."""
        entering, state, memory = F.linear(rows, weights[0], weights[2]), start[0][0], start[-1][0]
        found = []
        for x in entering.unbind(1):
            h = F.linear(state, weights[1], weights[3])
            if self.cell == "rnn":
                state = torch.tanh(x + h)
            elif self.cell == "lstm":
                enter, forget, new, leave = (x + h).chunk(4, 1)
                memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(new)
                state = torch.sigmoid(leave) * torch.tanh(memory)
            else:
                (reset, update, new), (r, z, n) = x.chunk(3, 1), h.chunk(3, 1)
                update = torch.sigmoid(update + z)
                state = (1 - update) * torch.tanh(new + torch.sigmoid(reset + r) * n) + update * state
            found.append(state)
        return torch.stack(found, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            rows = self.in_order(x.to(self.weight.dtype).flatten(2)).transpose(1, 2)
            first = self.start[:, :1].expand(-1, rows.shape[0], -1).unsqueeze(2)  # (ways, B, 1, n_out)
            found = torch.cat([first[0], self.states(rows, 0)], 1)
            if self.both:  # after event e of the one stands all from e on of the other
                back = self.states(rows.flip(1), 1).flip(1)
                found = found + torch.cat([first[1], back], 1)
            return self.read(found.transpose(1, 2))

    def extra_repr(self) -> str:
        return f"{self.cell}, {self.weight.shape[2]}, {self.inner.shape[2]}, sites={self.sites}, both={self.both}"
