"""The data, reduced once per missingness pattern.

Subjects of one pattern (same covariance group, same slots observed) enter the likelihood only through the sums over
subjects of the outer products of their rows. With `Z = [X y]` these sums are kept as one table: a row per pattern and
pair of slots (a <= b), a column per pair of columns of Z. Every evaluation of the likelihood, its derivatives or the
Kenward-Roger terms is then a product with this table, whatever the number of subjects. Where a pattern has few
subjects and the table would be larger than the rows, the rows themselves are kept; the algebra is the same.
"""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from app.analysis.design.layout import Bools, Ints, Layout
from app.analysis.distributions import Array

TABLE_LIMIT = 4_000_000
"""Numbers (32 MB) up to which every pattern is reduced, few subjects or many."""


def both_seen(mask: Bools) -> Bools:
    """Per pattern and pair of slots, whether both were observed: (patterns, slots) becomes (patterns, slots, slots)."""
    both: Bools = mask[:, :, None] & mask[:, None, :]
    return both


@dataclass(frozen=True)
class Reduced:
    """Patterns with their sums of outer products (`table`) or their rows (`raw`, `raw_pattern`)."""

    mask: Bools = field(repr=False)
    group: Ints = field(repr=False)
    count: Array = field(repr=False)
    pattern: Ints = field(repr=False)
    """Pattern of each subject."""
    n_columns: int
    cells: Ints = field(repr=False)
    """Flat index (pattern, a, b) of each row of the table."""
    mirror: Ints = field(repr=False)
    halves: Array = field(repr=False)
    table: Array = field(repr=False)
    raw: Array = field(repr=False)
    raw_pattern: Ints = field(repr=False)

    def weigh(self, W: Array) -> Array:
        """Sum over subjects of Z' W Z for symmetric weights (..., patterns, slots, slots): (..., P, P)."""
        lead = W.shape[:-3]
        packed = W.reshape(*lead, -1)[..., self.cells] @ self.table
        total: Array = packed[..., _unpack(self.n_columns)]
        if len(self.raw):
            flat = W.reshape(-1, *W.shape[-3:])
            extra = [np.tensordot(self.raw, w[self.raw_pattern] @ self.raw, ([0, 1], [0, 1])) for w in flat]
            total = total + np.reshape(extra, total.shape)
        return total

    def spread(self, B: Array) -> Array:
        """Per pattern, the sum over its subjects of Z B Z' for a symmetric (P, P) matrix: (patterns, slots, slots)."""
        packed = B[_upper(self.n_columns)] * _doubled(self.n_columns)
        values = (self.table @ packed) * self.halves
        out = np.zeros(self.mask.shape + self.mask.shape[1:])
        flat = out.reshape(-1)
        flat[self.cells] = values
        flat[self.mirror] = values
        if len(self.raw):
            np.add.at(out, self.raw_pattern, self.raw @ B @ self.raw.transpose(0, 2, 1))
        return out


@cache
def _upper(size: int) -> tuple[Ints, Ints]:
    return np.triu_indices(size)


@cache
def _doubled(size: int) -> Array:
    """Weight of each entry of a packed upper triangle in a sum over the whole symmetric matrix."""
    i, j = _upper(size)
    return np.where(i == j, 1.0, 2.0)


@cache
def _unpack(size: int) -> Ints:
    """Position of entry (i, j) of a symmetric matrix in its packed upper triangle."""
    position = np.zeros((size, size), np.intp)
    upper = _upper(size)
    position[upper] = np.arange(len(upper[0]))
    return np.maximum(position, position.T)


def reduce(Z: Array, layout: Layout, weights: Array | None = None) -> Reduced:
    """Reduce the rows `Z` (rows, P), which stand as `layout` says; a subject counts as often as its weight says."""
    n, T, P = len(layout.subjects), len(layout.slots), Z.shape[1]
    seen = np.zeros((n, T), bool)
    seen[layout.subject, layout.slot] = True
    keys = np.column_stack([layout.group, np.packbits(seen, axis=1)])
    _, first, pattern = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    pattern = pattern.reshape(-1)
    mask, count = seen[first], np.bincount(pattern)
    if weights is not None:
        Z = Z * np.sqrt(weights)[layout.subject, None]
    order = np.lexsort((layout.slot, layout.subject, pattern[layout.subject]))
    sizes = mask.sum(axis=1)
    small = _kept_raw(count, sizes, P)
    empty = Reduced(
        mask,
        layout.group[first],
        np.asarray(np.bincount(pattern, weights), float),
        pattern,
        P,
        *_cells(mask, ~small),
        np.zeros((0, P * (P + 1) // 2)),
        np.zeros((0, T, P)),
        np.zeros(0, np.intp),
    )
    rows, raw, owner = [], [], []
    stop = np.cumsum(count * sizes)
    for k, end in enumerate(stop):
        block = Z[order[end - count[k] * sizes[k] : end]].reshape(count[k], sizes[k], P)
        if small[k]:
            padded = np.zeros((count[k], T, P))
            padded[:, mask[k]] = block
            raw.append(padded)
            owner.append(np.full(count[k], k))
        else:
            rows.append(outer_products(block))
    if raw:
        empty = replace(empty, raw=np.concatenate(raw), raw_pattern=np.concatenate(owner))
    return replace(empty, table=np.concatenate(rows)) if rows else empty


def without(data: Reduced, Z: Array, layout: Layout, subject: int) -> Reduced:
    """The data reduced from `Z` without one of its subjects: what it added is taken off its pattern's sums."""
    T, k = len(layout.slots), data.pattern[subject]
    of_pattern = np.flatnonzero(data.cells // (T * T) == k)
    own = np.flatnonzero(layout.subject == subject)
    if not len(of_pattern):
        return reduce(Z, layout, (np.arange(len(layout.subjects)) != subject).astype(float))
    rows = Z[own[np.argsort(layout.slot[own])]]
    table, count = data.table.copy(), data.count.copy()
    table[of_pattern] -= outer_products(rows[None])
    count[k] -= 1
    return replace(data, table=table, count=count)


def outer_products(block: Array) -> Array:
    """(pairs of slots, pairs of columns) sums of z_a z_b' + z_b z_a' (a < b) or z_a z_a' over subjects."""
    count, m, P = block.shape
    flat = block.reshape(count, m * P)
    gram = (flat.T @ flat).reshape(m, P, m, P)
    a, b = _upper(m)
    pairs = gram[a, :, b, :]
    pairs = np.where((a == b)[:, None, None], pairs, pairs + pairs.transpose(0, 2, 1))
    i, j = _upper(P)
    return pairs[:, i, j]


def _kept_raw(count: Ints, sizes: Ints, P: int) -> Bools:
    """Patterns whose rows are fewer numbers than their table, if the whole table would be large."""
    table = sizes * (sizes + 1) // 2 * (P * (P + 1) // 2)
    if table.sum() <= TABLE_LIMIT:
        return np.zeros(len(count), bool)
    return np.asarray(table > 2 * count * sizes * P)


def _cells(mask: Bools, tabled: Bools) -> tuple[Ints, Ints, Array]:
    """Flat indices (k, a, b) and (k, b, a) of the table's rows, and 1/2 where a < b."""
    T = mask.shape[1]
    cells, mirror, halves = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], [np.zeros(0)]
    for k in np.flatnonzero(tabled):
        slots = np.flatnonzero(mask[k])
        i, j = _upper(len(slots))
        a, b = slots[i], slots[j]
        cells.append((k * T + a) * T + b)
        mirror.append((k * T + b) * T + a)
        halves.append(np.where(a == b, 1.0, 0.5))
    return np.concatenate(cells), np.concatenate(mirror), np.concatenate(halves)
