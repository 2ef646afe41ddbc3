"""The sums of one data set whose participants count differently in each draw, as the bootstrap has them."""

from dataclasses import dataclass

import numpy as np

from app.analysis.design.layout import Layout
from app.analysis.distributions import Array
from app.analysis.fitting.many import Shared
from app.analysis.fitting.patterns import reduce

SMALLEST_EIGENVALUE = 1e-10
"""Share of the largest below which the columns of a draw no longer tell their effects apart."""


@dataclass(frozen=True)
class Weighted(Shared):
    """As Shared, but each draw has its own count (B, K), xx, xy (B, cells, p) and yy (B, cells).

    xx is (B, cells, p (p + 1) / 2): the upper triangle of each symmetric sum.
    """

    @property
    def p(self) -> int:
        """How many columns the mean has."""
        return int(self.xy.shape[-1])

    def weigh_x(self, W: Array) -> Array:
        """Weighted sum over subjects of X' W X for weights (B, ..., K, T, T): (B, ..., p, p)."""
        flat = W.reshape(*W.shape[:-3], -1)[..., self.cells]
        packed = flat.reshape(len(flat), -1, len(self.cells)) @ self.xx
        i, j = np.triu_indices(self.p)
        out = np.empty((*packed.shape[:2], self.p, self.p))
        out[..., i, j] = packed
        out[..., j, i] = packed
        return out.reshape(*flat.shape[:-1], self.p, self.p)

    def spread(self, X: Array, b: Array) -> Array:
        """Per pattern the weighted sum over subjects of (x, y) B (x, y)', as Shared: (B, K, T, T)."""
        i, j = np.triu_indices(self.p)
        packed = X[:, i, j] * np.where(i == j, 1.0, 2.0)
        values = (self.xx @ packed[:, :, None])[..., 0]
        values = (values - 2 * np.einsum("bcp,bp->bc", self.xy, b) + self.yy) * self.halves
        out = np.zeros((len(X), *self.mask.shape, self.mask.shape[1]))
        flat = out.reshape(len(X), -1)
        flat[:, self.cells] = values
        flat[:, self.mirror] = values
        return out

    def tells_apart(self) -> np.ndarray:
        """Of which draws the columns still have effects of their own: (B,); never of a draw without weight."""
        W = np.broadcast_to(np.eye(self.mask.shape[1]), (len(self.xx), *self.mask.shape, self.mask.shape[1]))
        values = np.linalg.eigvalsh(self.weigh_x(W))
        return np.asarray(values[:, 0] > SMALLEST_EIGENVALUE * values[:, -1])


def share_weighted(Q: Array, y: Array, layout: Layout, weights: Array) -> Weighted:
    """The sums of columns Q (rows, p) and the outcome y (rows) for weights (B, subjects); one covariance group."""
    reduced = reduce(np.zeros((len(Q), 1)), layout)
    mask, T = reduced.mask, reduced.mask.shape[1]
    order = np.lexsort((layout.slot, layout.subject, reduced.pattern[layout.subject]))
    ends = np.cumsum(reduced.count.astype(int) * mask.sum(axis=1))
    p, tables, cells, mirror, halves, counts = Q.shape[1], [], [], [], [], []
    i, j = np.triu_indices(p + 1)
    inner, last = np.flatnonzero(j < p), np.flatnonzero(j == p)
    for k, end in enumerate(ends):
        slots = np.flatnonzero(mask[k])
        n, m = int(reduced.count[k]), len(slots)
        rows = order[end - n * m : end]
        z = np.concatenate([Q[rows], y[rows, None]], axis=1).reshape(n, m, -1)
        of_draw = weights[:, layout.subject[rows[::m]]]
        counts.append(of_draw.sum(axis=1))
        for a, b in zip(*np.triu_indices(m), strict=True):
            both = z[:, a, :, None] * z[:, b, None, :]
            both = both + both.transpose(0, 2, 1) if a < b else both
            tables.append(of_draw @ both[:, i, j])
            cells.append((k * T + slots[a]) * T + slots[b])
            mirror.append((k * T + slots[b]) * T + slots[a])
            halves.append(0.5 if a < b else 1.0)
    table = np.stack(tables, axis=1)
    place = np.array(cells), np.array(mirror), np.array(halves)
    sums = table[:, :, inner], table[:, :, last[:-1]], table[:, :, last[-1]]
    return Weighted(mask, np.stack(counts, axis=1), *place, *(np.ascontiguousarray(own) for own in sums))
