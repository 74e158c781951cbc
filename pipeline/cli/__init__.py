"""The command line: each command parses its arguments and calls one stage.

- `arguments`: arguments that several commands share.
- `train`: run, train, evaluate, compare, report.
- `data`: init, validate, convert.
- `experiments`: tune.
- `publish`: export, retrain, versions, rollback.
- `live`: predict, drift, label-next.
- `serve`: serve.
- `settings`: settings.

A command imports what it needs inside its own function, so that `--help` is instant.
"""

from __future__ import annotations

import sys
from typing import Any

import typer

from pipeline.cli import data, experiments, live, publish, serve, settings, train
from pipeline.errors import PipelineError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

# Old names of options; they are errors that give the new name.
RENAMED_OPTIONS = {"--floor": "--baseline"}

app = typer.Typer(
    help="Train text models from your files, publish, serve and retrain them.",
    epilog="COMMAND --help explains a command. An error is printed as one line; add --debug"
    " anywhere to see the traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich takes longer than all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (train, data, experiments, publish, live, serve, settings):
    app.add_typer(group.app)


def main() -> None:
    """Run a command; print an error as one line and exit with its status."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        status = app(args=arguments, standalone_mode=False)
        if status == INTERRUPTED:  # what typer returns after Ctrl-C
            raise KeyboardInterrupt
    except PipelineError as error:
        if debug:
            raise
        sys.exit(_print_error(str(error), error.exit_status))
    except KeyboardInterrupt:
        sys.exit(_print_error("stopped", INTERRUPTED))
    except Exception as error:
        if debug:
            raise
        sys.exit(_print_other(error))


def _print_other(error: Any) -> int:
    """Print a usage error of the command line, or an unexpected error; return the exit status."""
    if type(error).__name__ == "NoArgsIsHelpError":  # no command: its message is the help
        print(error.format_message(), file=sys.stderr)
        return USAGE
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
        option = getattr(error, "option_name", None)
        if option in RENAMED_OPTIONS:
            return _print_error(f"{option} is now called {RENAMED_OPTIONS[option]}", USAGE)
        return _print_error(error.format_message() or "see --help", USAGE)
    first = (str(error) or type(error).__name__).strip().splitlines()[0]
    return _print_error(
        f"{type(error).__name__}: {first} (run again with --debug for the traceback)", FAILED
    )


def _print_error(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status
