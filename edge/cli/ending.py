"""How a command ends: its exit code, and one line where it went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from edge.cli.help import UsedWrongly, used_wrongly
from edge.errors import EdgeError
from edge.system.output import guarded, say, warn
from edge.system.texts import visible
from edge.words import asked_language, word


def finished(command: Callable[[], object]) -> int:
    """Run a command of the command line to its end; its exit code. What goes wrong is one line."""
    with guarded() as written:
        code = _code(command)
        try:
            sys.stdout.flush()
        except OSError:
            code = code or 1
    return code if written() else code or 1


def _code(command: Callable[[], object]) -> int:
    try:
        found = command()
        return found if isinstance(found, int) else 0
    except typer.Exit as done:
        return done.exit_code
    except UsedWrongly as error:
        if (line := used_wrongly(error)) is None:
            say(error.message, err=True)
        else:
            warn(f"edge: {line}")
        return int(error.exit_code)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # as in `edge run | head`
        return 1
    except EdgeError as error:
        why = error.told(asked_language())
    except OSError as error:
        why = word("failed", asked_language(), where=error.filename, why=error.strerror)
        why = why if error.filename else str(error)
    except MemoryError:
        why = word("no_memory", asked_language())
    warn(f"edge: {visible(why, keep='')}")
    return 1
