"""The command line: each command parses its arguments and calls one stage.

- `arguments`: what several commands take.
- `train`: run, train, evaluate, compare, report.
- `data`: init, validate, convert.
- `experiments`: tune.
- `publish`: export, retrain, versions, rollback.
- `live`: predict, drift, label-next.
- `serve`: serve.

A command imports what it needs in its own function, so that `--help` is instant.
"""

from __future__ import annotations

import sys
from typing import Any

import typer

from pipeline.cli import data, experiments, live, publish, serve, train
from pipeline.errors import PipelineError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Text files in, a served model out, retrained when new data comes.",
    epilog="An error is one line; --debug, anywhere, shows its traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's part of the help takes longer than all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (train, data, experiments, publish, live, serve):
    app.add_typer(group.app)


def main() -> None:
    """Runs a verb; every known error is one line and an exit status."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        status = app(args=arguments, standalone_mode=False)
        if status == INTERRUPTED:  # typer answers Ctrl-C so
            raise KeyboardInterrupt
    except PipelineError as error:
        if debug:
            raise
        sys.exit(_say(str(error), error.exit_status))
    except KeyboardInterrupt:
        sys.exit(_say("stopped", INTERRUPTED))
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))


def _explain(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # no verb: its message is the help
        print(error.format_message(), file=sys.stderr)
        return USAGE
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
        return _say(error.format_message() or "see --help", USAGE)
    first = (str(error) or type(error).__name__).strip().splitlines()[0]
    return _say(
        f"{type(error).__name__}: {first} (run again with --debug for the traceback)", FAILED
    )


def _say(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status
