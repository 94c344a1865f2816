"""The order of the house: no circles, one direction, small rooms, short functions."""

import ast
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = [path for name in ("edge", "calibration", "export") for path in sorted((ROOT / name).rglob("*.py"))]
LINES, FUNCTION, ROOM = 300, 60, 16
"""Most lines of a module and of a function, most modules of a folder."""
WINGS = ["corpora", "training", "teachers", "students", "fusion", "int8", "judge", "deliver"]
"""Of export/, in the direction of the work: a wing imports those before it."""


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def imports(tree):
    """Modules of ours a tree imports, inside functions as well, but for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names = (f"{node.module}.{alias.name}", node.module)
                yield from [name for name in names if name in MODULES][:1]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        else:
            yield from imports(node)


GRAPH = {name: set(imports(tree)) - {name} for name, tree in MODULES.items()}


def circles(graph):
    """Sets of nodes that reach each other (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_module_imports_in_a_circle():
    assert circles(GRAPH) == []


def test_no_folder_imports_in_a_circle_with_another():
    folders = defaultdict(set)
    for name, others in GRAPH.items():
        parts = [".".join(one.split(".")[:2]) for one in (name, *others)]
        folders[parts[0]] |= {part for part in parts[1:] if part != parts[0]}
    rooms = {name: {o for o in others if o in folders} for name, others in folders.items()}
    assert [group for group in circles(rooms) if all(name.startswith("export.") for name in group)] == []


def test_the_packages_import_in_one_direction():
    order = ["edge", "calibration", "export"]
    wrong = [
        (name, other)
        for name, others in GRAPH.items()
        for other in others
        if order.index(other.split(".")[0]) > order.index(name.split(".")[0]) and "edge.cli" not in name
    ]
    assert wrong == []


def test_the_wings_of_export_import_in_one_direction():
    def wing(name):
        parts = name.split(".")
        inside = parts[0] == "export" and len(parts) > 1 and parts[1] in WINGS
        return WINGS.index(parts[1]) if inside else None

    wrong = [
        (name, other)
        for name, others in GRAPH.items()
        for other in others
        if wing(name) is not None and wing(other) is not None and wing(other) > wing(name)
    ]
    assert wrong == []


def test_rooms_are_small():
    count = Counter(path.parent.relative_to(ROOT) for path in FILES if path.name != "__init__.py")
    assert {str(folder): n for folder, n in count.items() if n > ROOM} == {}


def test_modules_and_functions_are_short():
    long = {module(path): n for path in FILES if (n := len(path.read_text().split("\n"))) > LINES + 1}
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno is not None
                if (n := node.end_lineno - node.lineno + 1) > FUNCTION:
                    long[f"{name}.{node.name}"] = n
    assert long == {}


def test_every_folder_says_what_it_is():
    rooms = [path for path in FILES if path.name == "__init__.py"]
    silent = [str(path.relative_to(ROOT)) for path in rooms if not path.read_text().strip()]
    assert silent == []
