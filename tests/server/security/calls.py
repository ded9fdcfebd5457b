"""Who calls whom within the server, read from its source: enough to ask whether a command can reach the audit.

An edge goes from a function to everything it names: functions and classes of its own module, imported ones, methods by
their name. A class stands for all its methods. So it finds too much rather than too little: what it does not find is not
there.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tasuki

SOURCE = Path(tasuki.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the server with its name, migrations left out."""
    for path in sorted(SOURCE.glob("server/**/*.py")):
        if "migrations" not in path.parts:
            name = ".".join(("tasuki", *path.relative_to(SOURCE).with_suffix("").parts))
            yield name.removesuffix(".__init__"), ast.parse(path.read_text("utf-8"))


def public(kind: str) -> Iterator[tuple[str, Function]]:
    """Full name and definition of every public function of every `<kind>.py`, those in its `__all__` included."""
    trees = dict(modules())
    defined = {full: function for name, tree in trees.items() for full, function in _functions(name, tree)}
    for name, tree in trees.items():
        if name.rsplit(".", 1)[1] == kind:
            known, own = _known(name, tree), _own(name, tree)
            for short in {*own, *_offered(tree)}:
                if known.get(short) in defined and not short.startswith("_"):
                    yield f"{name}.{short}", defined[known[short]]


def _offered(tree: ast.Module) -> set[str]:
    """What the module's `__all__` names."""
    lists = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return {name for value in lists for name in ast.literal_eval(value)}


def parameters(function: Function) -> set[str]:
    given = function.args
    return {argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def reaches(start: str, goal: str) -> bool:
    """Whether `start` names, or anything it names names …, `goal`. Full dotted names."""
    edges, seen, waiting = graph(), {start}, [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target == goal:
                return True
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False


@cache
def graph() -> dict[str, set[str]]:
    edges: dict[str, set[str]] = defaultdict(set)
    methods: dict[str, set[str]] = defaultdict(set)
    trees = list(modules())
    for name, tree in trees:
        for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for method in (node for node in owner.body if isinstance(node, Function)):
                edges[f"{name}.{owner.name}"].add(f"{name}.{owner.name}.{method.name}")
                methods[method.name].add(f"{name}.{owner.name}.{method.name}")
    for name, tree in trees:
        known = _known(name, tree)
        for short, target in known.items():
            if target != f"{name}.{short}":
                edges[f"{name}.{short}"].add(target)
        for full, function in _functions(name, tree):
            edges[full] |= set(_named(function, known, methods))
    return dict(edges)


def _functions(name: str, tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield f"{name}.{node.name}", node
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, Function):
                    yield f"{name}.{node.name}.{method.name}", method


def _known(name: str, tree: ast.Module) -> dict[str, str]:
    """What the names of a module stand for: imported ones wherever they are imported, and its own."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known | _own(name, tree)


def _own(name: str, tree: ast.Module) -> dict[str, str]:
    own = (node for node in tree.body if isinstance(node, Function | ast.ClassDef))
    return {node.name: f"{name}.{node.name}" for node in own}


def _named(function: Function, known: dict[str, str], methods: dict[str, set[str]]) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in known:
            yield known[node.id]
        elif isinstance(node, ast.Attribute):
            yield from methods.get(node.attr, ())
            if isinstance(node.value, ast.Name) and node.value.id in known:
                yield f"{known[node.value.id]}.{node.attr}"
