"""What holds for every text in the code: it is found by gettext, and said in the language of whoever reads it."""

import ast
from collections.abc import Iterator

from tests import texts
from tests.texts import EAGER, ROOT


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    """Calls that run while a module is imported: everything but the insides of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            arguments = child.args
            outside = [*getattr(child, "decorator_list", []), *arguments.defaults, *filter(None, arguments.kw_defaults)]
            for each in outside:
                yield from at_import(ast.Expr(each))
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from at_import(child)


def test_it_freezes_no_text_in_the_language_of_the_start() -> None:
    frozen = []
    for path in texts.code():
        tree = ast.parse(path.read_text())
        eager = {name for name, theirs in texts.names_of_gettext(tree).items() if theirs in EAGER}
        calls = [call for call in at_import(tree) if isinstance(call.func, ast.Name) and call.func.id in eager]
        frozen += [f"{path.relative_to(ROOT)}:{call.lineno}" for call in calls]
    assert frozen == []


def test_it_hides_no_text_in_an_f_string_where_gettext_does_not_look() -> None:
    hidden = []
    for path in texts.code():
        tree = ast.parse(path.read_text())
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        hidden += [
            f"{path.relative_to(ROOT)}:{call.lineno}"
            for _name, _strings, call in texts.calls(path, tree)
            if id(call) in inside
        ]
    assert hidden == []
