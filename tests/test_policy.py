"""The policy of pseudo-labels: what it refuses, and a signature that notices every change."""

import datetime
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.starter_labels import STARTER as LABELS
from export.pseudo.policy import read_policy, require_signature, sign

DAY = datetime.date(2026, 11, 23)
SHIPPED = Path(__file__).parents[1] / "recipes" / "pseudo.toml"


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("# ours\nrule = 'fixed'\nthreshold = 0.8\n", encoding="utf-8")
    return path


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        require_signature(read_policy(path, LABELS), path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_shipped_policy_is_read_and_is_nobodys():
    policy = read_policy(SHIPPED, LABELS)
    assert policy.audit
    assert policy.threshold == 0.6
    assert policy.signed is None


def test_an_unsigned_policy_decides_nothing(policy):
    assert "is not signed; look at its curve, then run this again with --sign NAME" in refusal(policy)


def test_a_signed_policy_says_who_and_when(policy):
    sign(policy, LABELS, '田中 "T"', DAY)
    signed = require_signature(read_policy(policy, LABELS), policy)
    assert (signed.name, signed.date) == ('田中 "T"', DAY)
    assert policy.read_text(encoding="utf-8").startswith("# ours\n")


def test_a_change_after_signing_is_noticed(policy):
    sign(policy, LABELS, "Tanaka", DAY)
    policy.write_text(policy.read_text().replace("0.8", "0.7"))
    assert "was changed after Tanaka signed it on 2026-11-23; undo the change" in refusal(policy)


def test_a_default_written_out_or_a_comment_changes_nothing(policy):
    sign(policy, LABELS, "Tanaka", DAY)
    policy.write_text("rounds = 5  # the usual\n" + policy.read_text())
    assert require_signature(read_policy(policy, LABELS), policy).name == "Tanaka"


def test_a_changed_policy_can_be_signed_again(policy):
    sign(policy, LABELS, "Tanaka", DAY)
    policy.write_text(policy.read_text().replace("0.8", "0.7"))
    sign(policy, LABELS, "Sato", DAY)
    assert require_signature(read_policy(policy, LABELS), policy).name == "Sato"
    assert policy.read_text().count("[signed]") == 1


def test_a_signature_needs_a_name(policy):
    with pytest.raises(ConfigError, match="a signature needs a name"):
        sign(policy, LABELS, "  ", DAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rounds = 6", "rounds must be at most 5 (got 6)"),
        ("treshold = 0.9", "treshold is not known"),
        ("rule = 'per_class'\n[per_class]\nbored = 0.9", "unknown label bored; use neutral, angry"),
        ("[per_class]\nsad = 0.9", "used by rule = 'per_class' only"),
        ("[prior]\nsad = 0.5\nneutral = 0.5", "prior must give every label a share"),
        ("rule = ", "is not a readable policy"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path, text, said):
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_policy(path, LABELS)
    assert said in str(caught.value)
    assert "see recipes/pseudo.toml" in str(caught.value)


def test_what_notepad_writes_is_read_and_signed(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes("\ufeffthreshold = 0.8\r\n".encode())
    assert read_policy(path, LABELS).threshold == 0.8
    assert sign(path, LABELS, "Sato", datetime.date(2026, 11, 20)).signed.name == "Sato"
