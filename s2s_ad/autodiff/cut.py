"""Minimum vertex cut: which values to save so that all needed ones can be computed again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

N = TypeVar("N", bound=Hashable)
INFINITE = 1 << 400


def minimum_cut(
    needed: Iterable[N], sources: Callable[[N], list[N] | None], cost: Callable[[N], int]
) -> list[N]:
    """The cheapest set of nodes from which every needed node follows.

    `sources(n)` are the nodes from which n can be computed again, None where it cannot; a node
    with an empty list is free. Among the cheapest sets the one nearest to the needed nodes is
    taken, so that least is computed again (max-flow min-cut, Ford & Fulkerson 1956).
    """
    order: list[N] = []
    edges: dict[N, list[N] | None] = {}
    todo = list(needed)
    wanted = dict.fromkeys(todo)
    while todo:
        n = todo.pop()
        if n in edges:
            continue
        edges[n] = sources(n)
        order.append(n)
        todo.extend(edges[n] or [])

    # Arcs: source -> (n, 0) for roots; (n, 0) -> (n, 1) of capacity cost; (s, 1) -> (n, 0).
    capacity: dict[tuple[object, object], int] = {}
    neighbours: dict[object, list[object]] = {}

    def arc(a: object, b: object, c: int) -> None:
        if (a, b) not in capacity:
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)
            capacity.setdefault((b, a), 0)
        capacity[a, b] = capacity.get((a, b), 0) + c

    source, sink = "source", "sink"
    for n in order:
        arc((n, 0), (n, 1), cost(n))
        found = edges[n]
        if found is None:
            arc(source, (n, 0), INFINITE)
        for s in found or []:
            arc((s, 1), (n, 0), INFINITE)
    for n in wanted:
        arc((n, 1), sink, INFINITE)

    def augment() -> bool:
        previous: dict[object, object] = {source: source}
        queue: deque[object] = deque([source])
        while queue:
            a = queue.popleft()
            for b in neighbours.get(a, []):
                if b not in previous and capacity[a, b] > 0:
                    previous[b] = a
                    if b == sink:
                        path: list[tuple[object, object]] = []
                        while b != source:
                            path.append((previous[b], b))
                            b = previous[b]
                        flow = min(capacity[e] for e in path)
                        for x, y in path:
                            capacity[x, y] -= flow
                            capacity[y, x] += flow
                        return True
                    queue.append(b)
        return False

    while augment():
        pass
    reaches: set[object] = {sink}
    todo_back: list[object] = [sink]
    while todo_back:
        b = todo_back.pop()
        for a in neighbours.get(b, []):
            if a not in reaches and capacity[a, b] > 0:
                reaches.add(a)
                todo_back.append(a)
    return [n for n in order if (n, 1) in reaches and (n, 0) not in reaches]
