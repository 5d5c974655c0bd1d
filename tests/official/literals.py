"""What Python's `eval` makes of text that is a literal, told without running anything else (SCORING.md 1.9).

A text is one of four things. A literal of the grammar that a port covers: evaluated. An error that a port knows, such
as `007`, `5 6`, `½` or `five`: the dummy. Code, such as `1/2` or `abs(5)`: reported. And what lies between, where the
official value is known here but a port may as well say that it is code: marked as not sure.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
import string
import unicodedata
import warnings
from dataclasses import dataclass
from itertools import pairwise

Number = int | float
Value = int | float | bool | str | list[Number] | None

NAMES = {"math", "re", "os", "np", "json", "sys", "ast", "time", "string", "random", "openai", "Rational", "Dict"}
NAMES |= {"Tuple", "Optional", "prediction", "money", "normalize", "tqdm", "sleep", "asyncio", "faulthandler"}
"""Globals of the official modules, and the two locals of the function that calls eval."""
BUILTINS = set(dir(builtins)) - {"_"}
"""An interactive session, and a doctest with it, leaves its last value there as `_`."""
TOKEN = re.compile(r"[A-Za-z_]\w*|0[xX]\w*|\.?[0-9](?:[eE][+-](?=[0-9])|[\w.])*|[^ \t]", re.ASCII)
PLAIN = set(string.ascii_letters + string.digits + "+-*(). ,_\t")
DEEP = 40
"""Nesting up to which every CPython parses; the limits above it differ between versions."""


class NeedsEval(Exception):
    """The text is code."""


class Empty(Exception):
    """The text is the empty tuple, whose first element the official code then asks for."""


@dataclass(frozen=True, slots=True)
class Reading:
    value: Value
    sure: bool
    """Whether a port has to know it, too."""


def evaluate(text: str, dummy: int) -> Reading:
    """The value, or `dummy` where eval raises."""
    try:
        tree = parsed(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return Reading(dummy, known_error(text))
    if isinstance(tree, ast.Name) and unknown(tree):
        return Reading(dummy, text.isascii() and text.strip(" \t").isidentifier())
    if first_fails(tree):
        return Reading(dummy, sure=False)
    items = tree.elts if isinstance(tree, ast.Tuple | ast.List) else [tree]
    if not all(covered(item) for item in items):
        raise NeedsEval(text)
    if isinstance(tree, ast.Tuple) and not items:
        raise Empty
    plain = set(text) <= PLAIN and text.count("(") + text.count("-") + text.count("+") < DEEP
    regular = plain and not re.search(r",[ \t]*\)*[ \t]*$", text)
    try:
        values = [number(item) for item in items]
    except OverflowError:
        return Reading(dummy, regular)
    return Reading(values[0] if items == [tree] else values, regular)


def undefined(text: str) -> bool:
    """Whether a name in it is not defined, so that eval may fail there: a port may know that, but need not."""
    try:
        nodes = list(ast.walk(parsed(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Name) and unknown(node) for node in nodes)


def parsed(text: str) -> ast.expr:
    """The expression, of a text without the spaces and tabs that eval skips too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text.lstrip(" \t"), mode="eval").body


def covered(node: ast.expr) -> bool:
    """A number, signs, products and `math.pow(10, k)`."""
    match node:
        case ast.Constant(value=value):
            return type(value) in (int, float, bool)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return covered(operand)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return covered(left) and covered(right)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr="pow"), args=[ten, power], keywords=[]):
            return ast.unparse(ten) == "10" and re.fullmatch(r"-?\d+", ast.unparse(power)) is not None
    return False


def number(node: ast.expr) -> Number:
    """Of a covered node; a product or a power may overflow."""
    match node:
        case ast.Constant(value=value):
            assert isinstance(value, int | float)
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -number(operand)
        case ast.UnaryOp(operand=operand):
            return +number(operand)
        case ast.BinOp(left=left, right=right):
            return number(left) * number(right)
        case ast.Call(args=[ten, power]):
            return math.pow(number(ten), number(power))
    raise AssertionError(ast.dump(node))


def unknown(node: ast.Name) -> bool:
    name = unicodedata.normalize("NFKC", node.id)
    return name not in BUILTINS and name not in NAMES and not name.startswith("__")


def first_fails(node: ast.expr) -> bool:
    """Whether the first name that is looked up is not defined, so that eval raises before it does anything."""
    match node:
        case ast.Name():
            return unknown(node)
        case ast.Attribute(value=first) | ast.Subscript(value=first) | ast.Call(func=first):
            return first_fails(first)
        case ast.UnaryOp(operand=first) | ast.BoolOp(values=[first, *_]) | ast.IfExp(test=first):
            return first_fails(first)
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right, *_]):
            return first_fails(left) or (harmless(left) and first_fails(right))
        case ast.Tuple(elts=[first, *_]):
            return first_fails(first)
    return False


def harmless(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name)


def known_error(text: str) -> bool:
    """A syntax error that a port has to recognise: a malformed number, two operands in a row, no token at all."""
    if re.fullmatch(r"[+-]?\.*", text.strip(" \t")):
        return True
    if set(text) & set("'\"#\\\n\r\f"):
        return False
    tokens = TOKEN.findall(text)
    return (
        any(malformed(token) for token in tokens)
        or any(ends_operand(before) and starts_operand(after) for before, after in pairwise(tokens))
        or any(starts_no_token(before, character) for before, character in pairwise(" " + text))
    )


def malformed(token: str) -> bool:
    """A number that Python does not read; one that runs into a keyword is two tokens, and let be."""
    if not re.match(r"\.?[0-9]", token) or re.search(r"(and|else|for|i[fns]|not|or)$", token):
        return False
    try:
        parsed(token)
    except SyntaxError:
        return True
    return False


def ends_operand(token: str) -> bool:
    return starts_operand(token) or token in (")", "]")


def starts_operand(token: str) -> bool:
    """A name, a number or a constant."""
    word = len(token) > 1 or (token.isascii() and (token.isalnum() or token == "_"))
    return word and (not keyword.iskeyword(token) or token in ("True", "False", "None"))


def starts_no_token(before: str, character: str) -> bool:
    """Where a token would have to start; within a name other characters stand."""
    if character.isascii():
        return character in "$?`" or (not character.isprintable() and character != "\t")
    return not character.isidentifier() and not ("a" + before).isidentifier()
