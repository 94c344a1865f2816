"""The help of `edge` and what it says when used wrongly, in the language asked for.

Typer is given keys of the table in edge/words; they become words when somebody asks.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from enum import Enum
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from edge.errors import EdgeError, InputError
from edge.system.output import say
from edge.system.texts import columns, visible
from edge.words import WORDS, asked_language, word

UsedWrongly: Any = typer.BadParameter.__mro__[2]
"""ClickException of the click that typer uses, which may be its own."""
_NO_START = "、。，．）」』】〉》！？：；・ー～"
"""No line of Japanese begins with these."""
_WIDE = r"[　-鿿＀-｠]"
_UNIT = re.compile(rf"\s*[（「『【]*(?:\[[^\[\]]+\]$|[ァ-ヺー]+|{_WIDE}|(?:(?!{_WIDE})\S)+)[{_NO_START}]*")
"""What no line breaks: a word, one Japanese character, a bracket with what it holds to."""
# What click says of a value that does not do -> key of the table.
_VALUES = (
    (r"is not one of (.+)$", "must_one_of"),
    (r"valid (integer|int\b)", "must_whole"),
    (r"valid (number|float)", "must_number"),
)


def misused(key: str, option: str) -> Exception:
    """What is raised where an option does not go with the others; key: of the table."""
    return typer.BadParameter(word(key, asked_language()), param_hint=option)


class _Told:
    """What commands and groups of commands share."""

    def get_params(self: Any, ctx: Any) -> list[Any]:
        """The parameters, their help in words."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if not hasattr(param, "key"):
                param.key = param.help if param.help in WORDS else f"opt_{param.name}"
                if param.name in ("install_completion", "show_completion"):
                    param.callback = _completing(param.callback)
            param.help = word(param.key, asked_language())
        return params

    def get_short_help_str(self: Any, limit: int = 0) -> str:
        """The summary, for lists of commands and completion."""
        return word(self.help, asked_language()).partition("\n")[0]

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        """Write all of it."""
        formatter.write("\n".join(self._help(ctx, formatter.width)) + "\n")

    def get_usage(self: Any, ctx: Any) -> str:
        """How the command is called, on one line."""
        language = asked_language()
        pieces = [ctx.command_path, word("help_some_options", language)]
        for param in self.get_params(ctx):
            if param.param_type_name == "argument":
                name = shown_name(param)
                pieces.append(name if param.required else f"[{name}]")
        if hasattr(self, "commands"):
            pieces.append(word("help_some_command", language))
        return word("help_usage", language, command=" ".join(pieces))

    def parse_args(self: Any, ctx: Any, args: list[str]) -> Any:
        """As click does it; what is wrong knows its command."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc]
        except UsedWrongly as error:
            error.ctx = getattr(error, "ctx", None) or ctx
            raise

    def _help(self: Any, ctx: Any, width: int) -> Iterator[str]:
        language = asked_language()
        yield self.get_usage(ctx)
        for block in word(self.help, language).split("\n\n"):
            lines = block.split("\n")[1:] if block.startswith("\b\n") else wrapped(block, width - 2)
            yield ""
            yield from (f"  {line}" for line in lines)
        params = self.get_params(ctx)
        for key, kind in (("help_arguments", "argument"), ("help_options", "option")):
            rows = [_row(param) for param in params if param.param_type_name == kind and not param.hidden]
            yield from _section(word(key, language), rows, width)
        commands = getattr(self, "commands", {})
        rows = [(name, command.get_short_help_str()) for name, command in commands.items()]
        yield from _section(word("help_commands", language), rows, width)


class Command(_Told, TyperCommand):
    """A verb."""


class Group(_Told, TyperGroup):
    """Verbs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that is called; one that is not there is answered with the nearest."""
        if args and args[0] not in self.commands and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            values = {"near": near[0]} if near else {}
            error = InputError.of("use_command_near" if near else "use_command", name=args[0], **values)
            raise _wrong(error, ctx)
        return super().resolve_command(ctx, args)


def _wrong(error: EdgeError, ctx: Any) -> Exception:
    found = typer.BadParameter(error.told(asked_language()), ctx=ctx)
    found.whole = True  # type: ignore[attr-defined]
    return found


def shown_name(param: Any) -> str:
    """Of an argument: its place; of an option: the option."""
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return str(max(param.opts, key=len))


def used_wrongly(error: Any) -> str | None:
    """One line on how the command line is wrong; None where that is the help itself."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return None
    language = asked_language()
    ctx = getattr(error, "ctx", None)
    what = _what(error).told(language)
    if what.endswith(("?", "か")):
        return what
    return word("use_see", language, what=what, command=ctx.command_path if ctx else "edge")


def _what(error: Any) -> EdgeError:
    text = visible(error.message, keep="")
    param, hint = getattr(error, "param", None), getattr(error, "param_hint", None)
    if getattr(error, "whole", False):
        return EdgeError(text)
    if type(error).__name__ == "MissingParameter" and param is not None:
        return InputError.of("use_missing", name=shown_name(param))
    if type(error).__name__ == "NoSuchOption":
        name = visible(error.option_name, keep="")
        near = sorted(error.possibilities or ())
        if near and name.startswith("--"):
            return InputError.of("use_option_near", name=name, near=near[0])
        return InputError.of("use_option", name=name)
    if type(error).__name__ == "BadOptionUsage":
        key = "use_flag" if "not take" in text else "use_no_value"
        return InputError.of(key, name=visible(error.option_name, keep=""))
    if found := re.search(r"unexpected extra arguments? ?(?:\(s\) )?\((.*)\)", text):
        return InputError.of("use_extra", name=found[1])
    if "Missing command" in text:
        return InputError.of("use_no_command")
    if param is not None:
        return _value(text, param, error.__cause__)
    return InputError.of("use_value", name=hint, what=text) if hint else EdgeError(text)


def _value(text: str, param: Any, cause: Any) -> EdgeError:
    """A value that an option or argument does not take."""
    where, low, high = shown_name(param), getattr(param, "min", None), getattr(param, "max", None)
    what = next(((key, m) for form, key in _VALUES if (m := re.search(form, text))), None)
    if what:
        limit = re.sub(r"[',.]", "", what[1][1]).replace(" ", ", ")
        told = InputError.of(what[0], limit=limit)
    elif low is not None and high is not None:
        told = InputError.of("must_between", low=low, high=high)
    else:
        return InputError.of("use_value", name=where, what=text)
    errors = cause.errors() if hasattr(cause, "errors") else ()
    given = errors[0]["input"] if errors else (re.match(r".*?'(.*?)' is not", text) or ("", ""))[1]
    if given in ("", None):
        return InputError.of("at", where=where, what=told)
    return InputError.of("at_given", where=where, what=told, given=visible(str(given), keep=""))


def _completing(callback: Callable[[Any, Any, Any], object]) -> Callable[[Any, Any, Any], object]:
    """What typer's own callback does, said in words."""

    def completing(ctx: Any, param: Any, value: Any) -> object:
        if not value or ctx.resilient_parsing:
            return value
        try:
            with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()):
                callback(ctx, param, value)
        except typer.Exit:
            raise InputError.of("completion_unknown") from None
        except SystemExit:  # all is done
            pass
        done = re.match(r"(\S+) completion installed in (.+)", out.getvalue())
        text = out.getvalue().rstrip("\n")
        if done:
            text = word("completion_installed", asked_language(), shell=done[1], path=done[2])
        say(text)
        raise typer.Exit

    return completing


def _row(param: Any) -> tuple[str, str]:
    language = asked_language()
    if param.param_type_name == "argument":
        name = shown_name(param)
    else:
        name = ", ".join(sorted(param.opts, key=len))
        name += f" / {', '.join(param.secondary_opts)}" if param.secondary_opts else ""
        name += "" if param.is_flag else f" {param.metavar or 'TEXT'}"
    default = param.default.value if isinstance(param.default, Enum) else param.default
    extra = [word("help_required", language)] if param.required else []
    if isinstance(default, (str, int, float)) and default and not isinstance(default, bool):
        extra = [word("help_default", language, value=default)]
    return name, "  ".join([param.help, *extra])


def _section(title: str, rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    """Names and what is said of each, in two columns."""
    if not rows:
        return
    yield from ("", title)
    column = min(max(columns(name) for name, _ in rows) + 4, 30)
    for name, text in rows:
        first, *more = wrapped(text, width - column) or [""]
        if columns(name) + 4 > column:
            yield f"  {name}"
            yield " " * column + first
        else:
            yield f"  {name}{' ' * (column - 2 - columns(name))}{first}"
        yield from (" " * column + line for line in more)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces and between Japanese characters."""
    lines, line = [], ""
    for part in _UNIT.findall(text):
        if line and columns(line + part) > width:
            lines.append(line)
            part = part.lstrip()
            line = ""
        line += part
    return [*lines, line] if line else lines
