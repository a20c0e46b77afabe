"""What a person does in the browser a script does by a command: each says how, and answers in JSON."""

import json

import pytest
from django.core.management import call_command, get_commands, load_command_class

COMMANDS = [
    "up", "doctor", "demo", "import", "export", "kpis", "relay", "dispatch", "recompute", "backup",
    "restore", "judge_mail", "reclassify",
]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_examples_and_answers_in_json(name):
    command = load_command_class(get_commands()[name], name)

    told = command.create_parser("leadflow", name).format_help()

    assert "example" in told.lower()
    assert f"leadflow {name}" in told
    assert "--json" in told


def test_dispatch_says_in_json_how_many_messages_it_sent(db, capsys):
    call_command("dispatch", "--once", "--json")

    assert json.loads(capsys.readouterr().out) == {"messages": 0}
