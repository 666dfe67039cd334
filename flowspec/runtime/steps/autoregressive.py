"""Autoregressive steps of flows."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import home, rebuild
from flowspec.runtime.transforms import Transform, begin_near


class AutoregressiveStep(nn.Module):
    """z_i = T(x_i; theta_i(x before i)), one pass (MAF, Papamakarios et al. 2017); the inverse goes level by level.

    With fast='sampling' the roles are swapped, x_i = T(z_i; theta_i(z before i)) (IAF, Kingma et al. 2016): then the
    density direction goes level by level. The net gives theta, (B, *shape, size); `levels` has one integer per
    variable, row-major, and theta_i depends on variables of lower levels only.
    """

    level_of: torch.Tensor

    def __init__(self, net: nn.Module, transform: Transform, levels: list[int] | range, fast: str = "density") -> None:
        super().__init__()
        self.net, self.transform, self.levels, self.fast = net, transform, list(levels), fast
        begin_near(net, transform)
        self.reset_buffers()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the levels on a device."""
        levels = torch.tensor(self.levels, device="cpu")
        self.register_buffer("level_of", levels.to(device or home(self)), persistent=False)

    def pass_once(self, x: torch.Tensor, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """T(x; theta(x)) and the log of its slopes' product."""
        z, log_slope = self.transform.forward(x, self.net(x, **given))
        return z, log_slope.flatten(1).sum(1)

    def solve(self, z: torch.Tensor, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The x of T(x; theta(x)) = z, and theta(x): one pass for each level, whose entries then know all they need.

        No theta depends on the last level, so that of the last pass is theta(x) everywhere.
        """
        x, theta = torch.zeros_like(z), z
        level_of = self.level_of.view(z.shape[1:])
        for level in sorted(set(self.levels)):
            theta = self.net(x, **given)
            x = torch.where(level_of == level, self.transform.inverse(z, theta), x)
        return x, theta

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.fast == "density":
            return self.pass_once(x, given)
        z, theta = self.solve(x, given)
        return z, -self.transform.forward(z, theta)[1].flatten(1).sum(1)

    def back(self, z: torch.Tensor, /, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The inverse, and log|det dz/dx| there."""
        if self.fast == "sampling":
            x, log_det = self.pass_once(z, given)
            return x, -log_det
        x, theta = self.solve(z, given)
        return x, self.transform.forward(x, theta)[1].flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        return self.solve(z, given)[0] if self.fast == "density" else self.pass_once(z, given)[0]
