"""The tables of checksums, personal data and secrets; where we differ from them stands below."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics.entities import iban, luhn, personal_data, secrets, visible

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "pii_and_secrets.json").read_text(encoding="utf-8")
)
KINDS = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "US_SSN": "ssn",
    "UK_NINO": "nino",
    "CRYPTO": "bitcoin",
    "PHONE_NUMBER": "phone",
}
# A web address or a date is nobody's personal data.
NOT_PERSONAL = {"URL", "DATE_TIME"}
# False alarms of the library: an IP address is no telephone, ten bare digits and a part of a
# version number are nothing.
FALSE_ALARMS = {
    ("ipv4", "PHONE_NUMBER"),
    ("plain_digits", "PHONE_NUMBER"),
    ("ipv4_bad", "IP_ADDRESS"),
}
# What evades the library and is seen here, as its note asks for.
SEEN_HERE = {
    "fullwidth_digits": [("card", 0, 19)],
    "zero_width_email": [("email", 0, 15)],
    "base64_email": [("email", -1, -1)],
}
SECRET_KINDS = {
    "AWS Access Key": "aws_key",
    "GitHub Token": "github_token",
    "Slack Token": "slack_token",
    "Stripe Access Key": "stripe_key",
    "OpenAI Token": "model_key",
    "JSON Web Token": "json_web_token",
    "Private Key": "private_key",
    "Secret Keyword": "password",
    "Basic Auth Credentials": "basic_auth",
}


@pytest.mark.parametrize("case", TABLE["checksums"]["luhn"], ids=lambda case: f"<{case['number']}>")
def test_luhn(case: dict[str, Any]) -> None:
    assert (bool(case["number"]) and luhn(case["number"])) is case["expected"]


@pytest.mark.parametrize("case", TABLE["checksums"]["iban"], ids=lambda case: f"<{case['number']}>")
def test_iban(case: dict[str, Any]) -> None:
    assert iban(case["number"]) is case["expected"]


@pytest.mark.parametrize("case", TABLE["pii"]["cases"], ids=lambda case: str(case["name"]))
def test_personal_data(case: dict[str, Any]) -> None:
    expected = SEEN_HERE.get(case["name"]) or sorted(
        (KINDS[kind], start, end)
        for kind, start, end, _ in case["expected"]
        if kind not in NOT_PERSONAL and (case["name"], kind) not in FALSE_ALARMS
    )

    found = personal_data(case["text"])

    assert sorted((one.kind, one.start, one.end) for one in found) == expected
    assert visible(case["text"]) == case["text"] or case["name"] in SEEN_HERE


@pytest.mark.parametrize(
    "case", TABLE["secrets"]["cases"], ids=lambda case: "+".join(case["expected"]) or "none"
)
def test_secrets(case: dict[str, Any]) -> None:
    text = "".join(case["text_parts"])

    found = {one.kind for one in secrets(text)}

    assert found == {SECRET_KINDS[kind] for kind in case["expected"]}
