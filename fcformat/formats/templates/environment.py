"""Templates as transformers runs them: its sandbox, its filters and globals, whose texts carry marks.

The environment is jinja2's own sandbox with the settings of transformers' `apply_chat_template`. What differs does not show
in the text: literals of the template are marked strings, joining keeps marks, and loops over messages tell which message
is being written. Needs jinja2 (the extra `jinja`).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from fcformat.formats.templates import marked_json
from fcformat.formats.templates.marked import OWN, UNKNOWN, Marked, MarkedDict, formatted, join, marks_of

__all__ = ["RUN", "ChatEnvironment", "Generated", "Run"]

#: Where a template's context keeps the run; no template can spell a variable with a blank in it.
RUN = "the run"


class Run:
    """One rendering: which message is being written, and what was noticed.

    Attributes:
        now: What `strftime_now` takes for the time.
        reencoded: Marks of strings that were written as JSON strings.
    """

    def __init__(self, now: datetime.date | None, message_of: Callable[[str], int | None]) -> None:
        """Sets up a rendering.

        Args:
            now: The time, `None` for the present.
            message_of: The message of a mark.
        """
        self.now = now
        self.reencoded: set[str] = set()
        self._message_of = message_of
        self._loops: list[tuple[int, int]] = []

    @property
    def message(self) -> int | None:
        """Index of the message that the innermost loop over messages is at."""
        return self._loops[-1][1] if self._loops else None

    def enter(self, loop: int, item: Any) -> None:
        """Notes that a loop has come to an item."""
        message = self._message(item)
        if message is not None:
            self.leave(loop)
            self._loops.append((loop, message))

    def leave(self, loop: int) -> None:
        """Notes that a loop has ended."""
        self._loops = [each for each in self._loops if each[0] != loop]

    def _message(self, item: Any) -> int | None:
        if isinstance(item, MarkedDict):
            return item._message
        if isinstance(item, Mapping):  # a message that the template put together
            for value in item.values():
                given = value[0] if isinstance(value, list) and value else value
                message = given._message if isinstance(given, MarkedDict) else None
                if isinstance(given, Marked):
                    message = self._message_of(given._marks[:1])
                if message is not None:
                    return message
        return None


class _Generator(CodeGenerator):
    """Compiles literals as marked strings and joins without losing marks."""

    def _own(self, text: str) -> str:
        table: list[Marked] = self.environment.own  # type: ignore[attr-defined]
        table.append(Marked(text, OWN))
        return f"environment.own[{len(table) - 1}]"

    # The names of these methods are jinja2's.
    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802
        value = node.as_const(frame.eval_ctx)
        if isinstance(value, str):
            self.write(self._own(value))
        else:
            super().visit_Const(node, frame)

    def visit_TemplateData(self, node: nodes.TemplateData, frame: Frame) -> None:  # noqa: N802
        self.write(self._own(str(node.as_const(frame.eval_ctx))))

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return self._own("".join(map(str, group)))

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.join_texts((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")


class _Generation(Extension):
    """`{% generation %}`: what the assistant wrote, for training."""

    tags = {"generation"}  # noqa: RUF012 - the attribute is jinja2's

    def parse(self, parser: Parser) -> nodes.CallBlock:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        block = nodes.CallBlock(self.call_method("_generated"), [], [], body)
        block.set_lineno(line)
        return block

    def _generated(self, caller: Callable[[], str]) -> str:
        return Generated(caller())


class Generated(Marked):
    """The text of a `{% generation %}` block."""

    __slots__ = ()

    def __str__(self) -> Generated:
        return self


class MarkedMarkup(Markup):
    """What the filter `safe` gives: text to which other text is added escaped, which templates hardly mean."""

    _marks: str

    def __new__(cls, base: Any = "", encoding: str | None = None, errors: str = "strict") -> MarkedMarkup:
        self: MarkedMarkup = super().__new__(cls, base)
        self._marks = getattr(base, "_marks", "") if isinstance(base, str) else ""
        return self

    def __str__(self) -> str:
        return Marked(str.__str__(self), self._marks if len(self._marks) == len(self) else UNKNOWN)

    def __add__(self, other: Any) -> Any:
        return self._joined(super().__add__(other), self, other)

    def __radd__(self, other: Any) -> Any:
        return self._joined(super().__radd__(other), other, self)

    def _joined(self, text: Any, left: Any, right: Any) -> Any:
        if isinstance(text, MarkedMarkup):
            text._marks = _escaped_marks(left) + _escaped_marks(right)
        return text


def _escaped_marks(text: str) -> str:
    """The marks of a text that is escaped when it is joined to markup."""
    if isinstance(text, MarkedMarkup):
        return text._marks
    marks = marks_of(text)
    return "".join(mark * len(_ESCAPES.get(char, "-")) for char, mark in zip(str.__str__(text), marks, strict=True))


#: How markup spells characters.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"}


class ChatEnvironment(ImmutableSandboxedEnvironment):
    """The environment of one template.

    Attributes:
        own: The literals of the template.
    """

    code_generator_class = _Generator

    def __init__(self) -> None:
        # Folding constants would hide them in tuples and lists; what they are is the same.
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols], optimized=False)
        self.own: list[Marked] = []
        self.filters |= {"tojson": _tojson, "join": _join_filter, "indent": _indent, "safe": MarkedMarkup}
        self.globals |= {
            "raise_exception": _raise_exception,
            "strftime_now": _strftime_now,
            "dict": _TemplateDict(),
            "namespace": _TemplateNamespace,
        }

    concat = staticmethod(lambda pieces: join("", pieces))

    @staticmethod
    def join_texts(values: Iterable[Any]) -> str:
        """The `~` operator."""
        return join("", map(str, values))

    @staticmethod
    def enter(context: Context, loop: int, item: Any) -> None:
        """Notes where a loop is; written into templates by `_parse`."""
        context.parent[RUN].enter(loop, item)

    @staticmethod
    def leave(context: Context, loop: int) -> None:
        """Notes that a loop has ended."""
        context.parent[RUN].leave(loop)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """See jinja2's sandbox; the result is marked."""
        wrapped = super().wrap_str_format(value)
        pattern = getattr(value, "__self__", None)
        if wrapped is None or not isinstance(pattern, Marked):
            return wrapped
        inner = wrapped

        def wrapper(*args: Any, **kwargs: Any) -> str:
            text = str.__str__(inner(*args, **kwargs))
            return formatted(pattern, text, lambda name: args[int(name)] if name.isdigit() else kwargs.get(name))

        return wrapper

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._follow(tree, 0)
        return tree

    def _follow(self, node: nodes.Node, count: int) -> int:
        """Makes loops over messages, or over their numbers, tell where they are; how many loops there are so far."""
        for field, value in node.iter_fields():
            if isinstance(value, nodes.Node):
                count = self._follow(value, count)
            elif isinstance(value, list):
                following: list[Any] = []
                for each in value:
                    following.append(each)
                    if not isinstance(each, nodes.Node):
                        continue
                    count = self._follow(each, count)
                    if isinstance(each, nodes.For) and isinstance(each.target, nodes.Name):
                        line, name = each.lineno, each.target.name
                        body: list[nodes.Node] = [self._call("enter", line, count, nodes.Name(name, "load"))]
                        for statement in each.body:
                            body.append(statement)
                            picked = _picked(statement, name)
                            if picked is not None:
                                body.append(self._call("enter", statement.lineno, count, nodes.Name(picked, "load")))
                        each.body = body
                        following.append(self._call("leave", line, count))
                        count += 1
                setattr(node, field, following)
        return count

    def _call(self, method: str, line: int, loop: int, *arguments: nodes.Expr) -> nodes.ExprStmt:
        function = nodes.EnvironmentAttribute(method)
        call = nodes.Call(function, [nodes.ContextReference(), nodes.Const(loop), *arguments], [], None, None)
        statement = nodes.ExprStmt(call)
        for node in (statement, *statement.find_all(nodes.Node)):
            node.set_lineno(line, override=True)
            node.set_environment(self)
        return statement


def _picked(statement: nodes.Node, index: str) -> str | None:
    """The variable that `{% set message = messages[index] %}` sets; `None` for other statements."""
    if isinstance(statement, nodes.Assign) and isinstance(statement.target, nodes.Name):
        value = statement.node
        if isinstance(value, nodes.Getitem) and isinstance(value.arg, nodes.Name) and value.arg.name == index:
            return str(statement.target.name)
    return None


@jinja2.pass_context
def _tojson(
    context: Context,
    value: Any,
    ensure_ascii: bool = False,
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    if isinstance(value, str):
        context.parent[RUN].reencoded.update(marks_of(value)[:1])
    return marked_json.dumps(value, ensure_ascii, indent, separators, sort_keys)


@jinja2.pass_eval_context
def _join_filter(
    eval_ctx: nodes.EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None
) -> str:
    """The filter `join`, whose own separator would make plain strings of marked ones."""
    if attribute is not None:
        value = map(jinja2.filters.make_attrgetter(eval_ctx.environment, attribute), value)
    return join(str(d), list(map(str, value)))


def _indent(s: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The filter `indent`, marked."""
    indention = width if isinstance(width, str) else " " * width
    if hasattr(s, "__html__"):
        return jinja2.filters.do_indent(s, width, first, blank)
    s = Marked(s) + "\n"
    if blank:
        text = join("\n" + indention, s.splitlines())
    else:
        lines = s.splitlines()
        text = lines.pop(0)
        if lines:
            text = join("\n", [text, *(join("", (indention, line)) if line else line for line in lines)])
    return join("", (indention, text)) if first else text


def _raise_exception(message: str) -> None:
    raise jinja2.exceptions.TemplateError(message)


@jinja2.pass_context
def _strftime_now(context: Context, format: str) -> str:
    now = context.parent[RUN].now
    return (datetime.datetime.now() if now is None else now).strftime(str.__str__(format))


class _TemplateDict:
    """The global `dict`: makes dicts and gives no way to the class."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args, **kwargs)


class _TemplateNamespace(jinja2.utils.Namespace):
    """The global `namespace`, which takes no names that Python's internals have."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            _check_attribute(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_attribute(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)


def _check_attribute(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(
            f"a template cannot store an attribute that begins with an underscore in a namespace, found {name!r}"
        )
