"""Mail as an operator handles it: the real commands, and a worker against a real mail server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from programs import Run, environment
from typer.testing import CliRunner, Result

from broadsheet.cli import app
from broadsheet.mail import SubscriberState
from broadsheet.services import utc_now
from broadsheet.store.store import Store
from mail_sink import Sink


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sink:
    """A server, with the settings that lead there."""
    with Sink.running(tmp_path / "sink") as server:
        settings = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "The Paper <papers@example.org>",
            "BASE_URL": "https://papers.example.org",
            "LOAD_SAMPLE": "false",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"MAILTEST_{name}", value)
        yield server  # type: ignore[misc]


def mail_environment(data: Path) -> dict[str, str]:
    kept = {
        name.replace("MAILTEST_", "BROADSHEET_"): value
        for name, value in os.environ.items()
        if name.startswith("MAILTEST_")
    }
    return {**environment(data), **kept}


def run_mail(data: Path, *arguments: str) -> Result:
    """A command in this process, as each process takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mail_environment(data).items():
            patch.setenv(name, value)
        return CliRunner().invoke(app, arguments)


def add_reader(data: Path, address: str = "ann@example.org") -> None:
    from broadsheet.mail import Preferences

    store = Store.open(f"sqlite:///{data / 'broadsheet.sqlite'}")
    reader = store.mail.subscribers.join(address, Preferences(), utc_now())
    store.mail.subscribers.change(
        reader.subscriber_id, state=SubscriberState.ACTIVE, due_at=utc_now()
    )
    store.close()


def test_worker_asked_once_sends_what_is_due_and_says_so(
    run: Run, data: Path, papers_file: Path, sink: Sink
) -> None:
    run("import", str(papers_file))
    add_reader(data)
    done = run_mail(data, "worker", "--once")
    assert "Mail: 1 digest composed, 1 mail sent." in done.stdout
    assert done.exit_code == 0
    assert sink.recipients() == ["ann@example.org"]
    assert "Mail: nothing was due." in run_mail(data, "worker", "--once").stdout


def test_worker_asked_once_fails_where_mail_cannot_be_sent(
    run: Run, data: Path, papers_file: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", str(papers_file))
    add_reader(data)
    monkeypatch.setenv("MAILTEST_SMTP_PORT", "1")
    done = run_mail(data, "worker", "--once")
    assert "Mail: 1 digest composed." in done.stdout
    assert "Mail cannot be sent: " in done.stderr
    assert done.exit_code == 1
    assert sink.mails() == []


def test_operator_looks_then_sends(run: Run, data: Path, papers_file: Path, sink: Sink) -> None:
    run("import", str(papers_file))
    add_reader(data)
    preview = run_mail(data, "digest", "preview", "--to", "ann@example.org", "--html",
                       str(data / "page.html"))  # fmt: skip
    assert "BROADSHEET" in preview.stdout
    assert "<h3" in (data / "page.html").read_text()
    dry = run_mail(data, "digest", "send", "--dry-run", "--json")
    [due] = json.loads(dry.stdout)
    assert due["papers"] == 10
    assert sink.mails() == []
    assert "1 mail sent" in run_mail(data, "digest", "send").stdout
    assert sink.recipients() == ["ann@example.org"]
    assert json.loads(run_mail(data, "digest", "outbox", "--json").stdout)["counts"] == {"sent": 1}
    listed = run_mail(data, "digest", "subscribers").stdout
    assert "a…@example.org" in listed
    assert "ann@" not in listed
    assert "ann@" in run_mail(data, "digest", "subscribers", "--addresses", "--json").stdout
    assert run_mail(data, "digest", "forget", "ann@example.org").exit_code == 0
    assert "Nobody" in run_mail(data, "digest", "subscribers").stderr


def test_worker_sends_what_is_due_and_stops_when_told(
    run: Run, data: Path, papers_file: Path, sink: Sink
) -> None:
    run("import", str(papers_file))
    add_reader(data)
    worker = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "worker"],
        env=mail_environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not sink.mails() and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=60)
    assert sink.recipients() == ["ann@example.org"]
    assert "ann@" not in output
    assert worker.returncode == 0, output


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"BROADSHEET_SMTP_HOST": "mail"}, "BROADSHEET_MAIL_FROM must name"),
        ({"BROADSHEET_SMTP_HOST": "mail", "BROADSHEET_MAIL_FROM": "a@b.org\nBcc: c@d.org"}, "MAIL_FROM"),
        (
            {"BROADSHEET_SMTP_HOST": "mail", "BROADSHEET_MAIL_FROM": "a@b.org",
             "BROADSHEET_SMTP_SECURITY": "none", "BROADSHEET_SMTP_USER": "ann",
             "BROADSHEET_SMTP_PASSWORD": "s3cret"},
            "plain text",
        ),
        (
            {"BROADSHEET_SMTP_HOST": "mail", "BROADSHEET_MAIL_FROM": "a@b.org",
             "BROADSHEET_SMTP_USER": "ann"},
            "go together",
        ),
        ({"BROADSHEET_SMTP_PASSWORD_FILE": "/none", "BROADSHEET_SMTP_HOST": "mail",
          "BROADSHEET_MAIL_FROM": "a@b.org"}, "cannot be read"),
        ({"BROADSHEET_MAIL_WEBHOOK_SECRET": "short"}, "fewer than 16"),
    ],
)  # fmt: skip
def test_contradictory_mail_settings_stop_the_start_with_a_sentence(
    settings: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet.errors import ConfigurationError
    from broadsheet.settings import load_settings

    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=re.escape(sentence)) as raised:
        load_settings()
    assert "s3cret" not in str(raised.value)


def test_commands_without_a_mail_server_say_what_to_set(run: Run, data: Path) -> None:
    assert "BROADSHEET_SMTP_HOST" in run("digest", "send", code=1).stderr
    assert "no mail would be sent" in run("digest", "preview", code=1).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", "--edition", "yesterday"),
        ("forget", "nobody@example.org"),
        ("allow", "nobody"),
        ("allow", "nobody@example.org"),
        ("bounces",),
        ("bounces", "no-such-file"),
    ],
)
def test_wrong_argument_is_one_sentence(run: Run, arguments: tuple[str, ...]) -> None:
    failed = run("digest", *arguments, code=1)
    assert failed.stderr.strip().count("\n") == 0
    assert "Traceback" not in failed.stderr
