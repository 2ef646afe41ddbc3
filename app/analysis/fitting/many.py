"""The likelihood of many data sets at once that differ in the outcome only: same subjects, visits and columns.

What the design adds to the sums of a pattern (X'X) is formed once and shared; each data set has its own X'y and y'y.
Every step of Newton's method is then taken for all data sets in one set of array operations. The algebra is that of
`fitting.likelihood`; leading axis B is the data set, K the pattern, T the slot, q the covariance parameter.
"""

from dataclasses import dataclass, field

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.design.layout import Bools, Ints, Layout
from app.analysis.distributions import Array
from app.analysis.fitting.likelihood import LOG_2_PI
from app.analysis.fitting.patterns import both_seen, reduce


@dataclass(frozen=True)
class Shared:
    """Sums of the patterns: those of the columns for all data sets, those with the outcome for each."""

    mask: Bools = field(repr=False)
    count: Array = field(repr=False)
    cells: Ints = field(repr=False)
    """Flat index (pattern, a, b), a <= b, of each row of the tables."""
    mirror: Ints = field(repr=False)
    halves: Array = field(repr=False)
    xx: Array = field(repr=False)
    """(cells, p, p)."""
    xy: Array = field(repr=False)
    """(B, cells, p)."""
    yy: Array = field(repr=False)
    """(B, cells)."""

    @property
    def p(self) -> int:
        """How many columns the mean has."""
        return int(self.xx.shape[-1])

    def take(self, which: Ints) -> "Shared":
        """The sums of these data sets only."""
        return Shared(
            self.mask, self.count, self.cells, self.mirror, self.halves, self.xx, self.xy[which], self.yy[which]
        )

    def weigh_x(self, W: Array) -> Array:
        """Sum over subjects of X' W X for weights (..., K, T, T): (..., p, p)."""
        flat = W.reshape(*W.shape[:-3], -1)[..., self.cells]
        return np.asarray((flat @ self.xx.reshape(len(self.cells), -1)).reshape(*flat.shape[:-1], self.p, self.p))

    def weigh_y(self, W: Array) -> tuple[Array, Array]:
        """X' W y (B, ..., p) and y' W y (B, ...) for weights (B, ..., K, T, T)."""
        flat = W.reshape(*W.shape[:-3], -1)[..., self.cells]
        extra = (1,) * (flat.ndim - 2)
        yy = (flat * self.yy.reshape(len(self.yy), *extra, -1)).sum(-1)
        if not extra:
            return np.einsum("bc,bcp->bp", flat, self.xy), yy
        return np.asarray(flat @ self.xy), yy

    def spread(self, X: Array, b: Array) -> Array:
        """Per pattern the sum over subjects of (x, y) B (x, y)', B = [[X, -b], [-b', 1]]: (B, K, T, T)."""
        values = X.reshape(len(X), -1) @ self.xx.reshape(len(self.cells), -1).T
        values = (values - 2 * np.einsum("bcp,bp->bc", self.xy, b) + self.yy) * self.halves
        out = np.zeros((len(X), *self.mask.shape, self.mask.shape[1]))
        flat = out.reshape(len(X), -1)
        flat[:, self.cells] = values
        flat[:, self.mirror] = values
        return out


def share(Q: Array, Y: Array, layout: Layout) -> Shared:
    """The sums of columns Q (rows, p) and outcomes Y (B, rows), which stand as `layout` says; one covariance group."""
    reduced = reduce(np.zeros((len(Q), 1)), layout)
    mask, T = reduced.mask, reduced.mask.shape[1]
    xx, xy, yy, cells, mirror, halves = [], [], [], [], [], []
    order = np.lexsort((layout.slot, layout.subject, reduced.pattern[layout.subject]))
    ends = np.cumsum(reduced.count.astype(int) * mask.sum(axis=1))
    for k, end in enumerate(ends):
        slots = np.flatnonzero(mask[k])
        n, m = int(reduced.count[k]), len(slots)
        rows = order[end - n * m : end]
        x, y = Q[rows].reshape(n, m, -1), Y[:, rows].reshape(len(Y), n, m)
        a, b = np.triu_indices(m)
        whole = np.einsum("iap,icq->acpq", x, x, optimize=True)
        cross = np.einsum("zia,icp->zacp", y, x, optimize=True)
        square = np.einsum("zia,zic->zac", y, y, optimize=True)
        off = (a < b).astype(float)
        both = whole[a, b] + off[:, None, None] * whole[b, a]
        xx.append((both + both.transpose(0, 2, 1)) / 2)
        xy.append(cross[:, a, b] + off[:, None] * cross[:, b, a])
        yy.append(square[:, a, b] * (1 + off))
        cells.append((k * T + slots[a]) * T + slots[b])
        mirror.append((k * T + slots[b]) * T + slots[a])
        halves.append(np.where(off > 0, 0.5, 1.0))
    tables = np.concatenate(xx), np.concatenate(xy, axis=1), np.concatenate(yy, axis=1)
    place = np.concatenate(cells), np.concatenate(mirror), np.concatenate(halves)
    return Shared(mask, reduced.count, *place, *tables)


@dataclass(frozen=True)
class Points:
    """The criterion of many data sets, each at its own theta; value is infinite where S is not positive definite."""

    theta: Array
    value: Array
    W: Array = field(repr=False)
    Phi: Array = field(repr=False)
    b: Array = field(repr=False)


def at(data: Shared, structure: Structure, theta: Array, n_obs: float | Array, reml: bool) -> Points:
    """-2 log likelihood (without the constant of R) and what its derivatives need, for theta (B, q)."""
    S = np.concatenate([structure.matrices(own) for own in theta])
    mask = data.mask
    both = both_seen(mask)
    good = np.isfinite(S).all(axis=(1, 2)) & (np.linalg.eigvalsh(np.where(np.isfinite(S), S, 0.0))[:, 0] > 0)
    S = np.where(good[:, None, None], S, np.eye(S.shape[-1]))
    padded = np.where(both, S[:, None], np.eye(S.shape[-1]))
    log_det = np.linalg.slogdet(padded)[1]
    W = np.where(both, np.linalg.inv(padded), 0.0)
    A = data.weigh_x(W)
    Xy, yy = data.weigh_y(W)
    Phi = np.linalg.inv(A)
    Phi = (Phi + Phi.transpose(0, 2, 1)) / 2
    b = np.einsum("bij,bj->bi", Phi, Xy)
    value = (log_det * data.count).sum(axis=-1) + yy - (b * Xy).sum(axis=1) + n_obs * LOG_2_PI
    if reml:
        value = value + np.linalg.slogdet(A)[1] - data.p * LOG_2_PI
    return Points(theta, np.where(good & np.isfinite(value), value, np.inf), W, Phi, b)


def derivatives(data: Shared, structure: Structure, points: Points, reml: bool) -> tuple[Array, Array, Array]:
    """Gradient (B, q), Hessian (B, q, q) and P_j (B, q, p, p) at the points."""
    W, Phi, b = points.W, points.Phi, points.b
    bracket = b[:, :, None] * b[:, None, :]
    E = W @ data.spread(bracket + Phi if reml else bracket, b) @ W
    D = np.stack([structure.slopes(own)[:, 0] for own in points.theta])
    F = (data.count[..., None, None] * W - E).sum(axis=1)
    gradient = np.einsum("bqij,bij->bq", D, F, optimize=True)
    WD = W[:, None] @ D[:, :, None]
    weights = WD @ W[:, None]
    P = -data.weigh_x(weights)
    Xy, _ = data.weigh_y(weights)
    U = -(Xy + np.einsum("bqij,bj->bqi", P, b))
    G = 2 * E - data.count[..., None, None] * W
    left = (G[:, None] @ D[:, :, None]).reshape(len(D), D.shape[1], -1)
    right = WD.swapaxes(-1, -2).reshape(len(D), D.shape[1], -1)
    hessian = np.stack([structure.curvature(own, f[None]) for own, f in zip(points.theta, F, strict=True)])
    hessian = hessian + left @ right.transpose(0, 2, 1) - 2 * U @ Phi @ U.transpose(0, 2, 1)
    if reml:
        PhiP = Phi[:, None] @ P
        flat = PhiP.reshape(*PhiP.shape[:2], -1)
        hessian = hessian - flat @ PhiP.swapaxes(-1, -2).reshape(flat.shape).transpose(0, 2, 1)
    return gradient, (hessian + hessian.transpose(0, 2, 1)) / 2, P
