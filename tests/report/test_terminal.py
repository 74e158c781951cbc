"""Tables, notes and bars: what goes where, and that data is never taken for markup."""

import io

from rich.console import Console

from pipeline.report import terminal


def test_a_table_has_its_title_and_numbers_to_the_right(capsys):
    terminal.print_table(
        "scores", ("slot", "F1", "gold"), [("city", 97.256, 5), ("departure", 8.0, 1234)]
    )
    printed, errors = capsys.readouterr()
    assert not errors
    lines = [line.rstrip() for line in printed.splitlines()]
    assert lines[0].strip() == "scores"
    city, departure = (line for line in lines if line.strip().startswith(("city", "departure")))
    assert "97.26" in city
    assert " 8.00" in departure
    for value, other in (("97.26", "8.00"), ("   5", "1234")):
        end = city.index(value) + len(value)
        assert departure.index(other) + len(other) == end


def test_a_table_without_rows_still_has_its_columns(capsys):
    terminal.print_table("nothing", ("slot", "F1"), [])
    assert "slot" in capsys.readouterr().out


def test_data_is_no_markup(capsys):
    rows = [("[bold]x[/bold]", "a closing [/tag] alone", ":smile:")]
    terminal.print_table("set [red]", ("[b]", "text", "emoji"), rows)
    printed = capsys.readouterr().out
    for text in ("[bold]x[/bold]", "a closing [/tag] alone", ":smile:", "set [red]", "[b]"):
        assert text in printed


def test_a_long_text_is_folded_not_cut(capsys):
    text = "北京" * 100
    terminal.print_table("long", ("where", "wrong"), [("file:1", text)])
    assert capsys.readouterr().out.count("北京") + 2 >= 100


def test_a_note_is_one_line_on_standard_error_as_it_stands(capsys):
    message = "runs/x: [bold] :smile: " + "long " * 50
    terminal.note(message)
    printed, errors = capsys.readouterr()
    assert not printed
    assert errors == message + "\n"


def test_a_bar_is_silent_where_there_is_no_terminal(capsys):
    with terminal.progress("batches") as bar:
        line = bar.add_task("training", total=3, detail="")
        bar.update(line, advance=3)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal_shows_count_unit_and_time_left(monkeypatch):
    written = io.StringIO()

    def terminal_console(**_):
        return Console(file=written, force_terminal=True, width=100)

    monkeypatch.setattr(terminal, "Console", terminal_console)
    with terminal.progress("batches") as bar:
        line = bar.add_task("training", total=3, detail="loss 1.0")
        bar.update(line, advance=1)
        bar.refresh()
    drawn = written.getvalue()
    for text in ("training", "1/3", "batches", "ETA", "loss 1.0"):
        assert text in drawn
