"""PhysicsNet: encoder, decoder, one-step predictor, and heads for conserved quantities.

    z_t = G(x_{t−w+1}, …, x_t) + S (x_{t−w+1}, …, x_t)      G: a GRU;  S: linear
    x̂_t = D(z_t)                            a linear map, the identity at first, and an MLP
    ẑ_{t+1} = z_t + s P(z_t)                s: a step, learned
    q_t = Q(z_t)                            a linear map and an MLP

Every map begins as the simplest that could be true: the state is what is seen last (and how
it changed, where no rates are seen), and it stays as it is. What is learned are corrections,
and their errors are in units of the change between two samples, not of the state.

Sources: K. Cho et al., "Learning phrase representations using RNN encoder-decoder",
arXiv:1406.1078 (2014), the GRU; K. He et al., arXiv:1512.03385 (2015), residual maps.
"""

import torch
from torch import Tensor, nn

STEEP = 10.0  # a change between samples is some tenth of a spread


class Residual(nn.Module):
    """x ↦ A x + b + M(x), with M an MLP that is zero at first.

    Parameters
    ----------
    inputs, outputs, hidden
        Numbers of each.
    start
        A at first: "random", "zero" or "identity".
    """

    def __init__(self, inputs: int, outputs: int, hidden: int, start: str = "random") -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.curved = nn.Sequential(
            nn.Linear(inputs, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, outputs),
        )  # fmt: skip
        for parameter in self.curved[-1].parameters():
            nn.init.zeros_(parameter)
        if start != "random":
            nn.init.zeros_(self.linear.bias)
            nn.init.zeros_(self.linear.weight)
        if start == "identity":
            nn.init.eye_(self.linear.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The map, on the last axis."""
        return self.linear(x) + self.curved(x)


class PhysicsNet(nn.Module):
    """Encoder, decoder, predictor and heads.

    Parameters
    ----------
    channels
        What is decoded: the state that is seen.
    window
        Samples that are encoded.
    inputs
        What is encoded: the same, and the step in time where clocks are uneven.
    changes
        Whether the latent state begins with the last change too. Where rates are seen it would
        be a second word for the same, and forecasts fed back would be unstable.
    latent_dim, hidden, quantities
        As in `NetSettings`.

    Examples
    --------
    >>> net = PhysicsNet(channels=4, window=3, latent_dim=8, hidden=16, quantities=2)
    >>> windows = torch.randn(5, 3, 4)
    >>> z = net.encode(windows)
    >>> z.shape, net.decode(net.step(z)).shape, net.quantity(z).shape
    (torch.Size([5, 8]), torch.Size([5, 4]), torch.Size([5, 2]))
    """

    def __init__(
        self,
        channels: int,
        window: int,
        latent_dim: int = 32,
        hidden: int = 128,
        quantities: int = 1,
        inputs: int | None = None,
        changes: bool = False,
    ) -> None:
        super().__init__()
        inputs = channels if inputs is None else inputs
        self.clocked = inputs > channels
        self.encoder = nn.GRU(inputs, hidden, batch_first=True)
        self.to_latent = nn.Linear(hidden, latent_dim)
        self.seen = nn.Linear(inputs * window, latent_dim, bias=False)
        self.decoder = Residual(latent_dim, channels, hidden, "identity")
        self.predictor = Residual(latent_dim + self.clocked, latent_dim, hidden, "zero")
        self.stride = nn.Parameter(torch.tensor(0.1))
        self.head = Residual(latent_dim, quantities, hidden)
        with torch.no_grad():
            self.to_latent.weight[: 2 * channels] *= 0.1  # these hold what is seen
            self.to_latent.bias.zero_()
            self.seen.weight.copy_(_last(channels, inputs, window, latent_dim, changes))

    def encode(self, windows: Tensor) -> Tensor:
        """Latent states (b, latent) of windows (b, w, inputs)."""
        hidden, _ = self.encoder(windows)
        return self.to_latent(hidden[:, -1]) + self.seen(windows.flatten(1))

    def decode(self, z: Tensor) -> Tensor:
        """What is seen of latent states: (b, channels)."""
        return self.decoder(z)

    def step(self, z: Tensor, ahead: Tensor | None = None) -> Tensor:
        """Latent states one sample later; `ahead` (b, 1) says how far, on uneven clocks."""
        known = torch.cat([z, ahead], -1) if self.clocked and ahead is not None else z
        return z + self.stride * self.predictor(known)

    def quantity(self, z: Tensor) -> Tensor:
        """Quantities (b, k) of latent states."""
        return self.head(z)

    def quantity_fixed(self, z: Tensor) -> Tensor:
        """The same; what is learned through them moves z alone, never the heads."""
        held = {name: p.detach() for name, p in self.head.named_parameters()}
        return torch.func.functional_call(self.head, held, (z,))


def _last(channels: int, inputs: int, window: int, latent_dim: int, changes: bool) -> Tensor:
    """The linear map from a window to its last sample, and to the last change."""
    last = torch.zeros(channels, window, inputs)
    last[:, -1, :channels] = torch.eye(channels)
    change = STEEP * (last - last.roll(-1, 1))
    both = torch.cat([last, change]) if changes and window > 1 else last
    rows = both.flatten(1)[:latent_dim]
    return torch.cat([rows, torch.zeros(latent_dim - len(rows), rows.shape[1])])
