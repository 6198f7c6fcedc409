"""The texts of a panel: what they say, and that nothing in them becomes markup."""

from helpers.generator.observe import Observation, window
from helpers.generator.sender import Account
from helpers.generator.simulation import PRODUCERS, Status
from helpers.panels import words
from helpers.panels.waiting import Step

RATES = {name: rate for name, _, rate in PRODUCERS}
MAIL = {"id": 1, "protocol": "email", "subject": "Anomaly <1>", "body": "CTR & <script>alert(1)</script>"}
SMS = {"id": 2, "protocol": "sms", "subject": None, "body": "CTR 400 %"}


def test_readouts_name_what_matters() -> None:
    status = Status(True, 83.4, RATES, 12.2, 4.96, Account(1200, 1190, 4, 6, "x"), "")
    state = {"learning": {"seen": 5, "needed": 12}}
    seen = Observation("RUNNING", 1_792_324_880.0, state=state, held={"Click": 2})
    assert words.readouts(status, seen) == [
        ("traffic", "on for 1:23", "minutes:seconds"),
        ("delivered", "5.0 records/s", "of 2 a second wanted"),
        ("acknowledged", "1,190", "of 1,200 sent, 4 retried, 6 failed"),
        ("counted up to", "12:01:20 UTC", "open window: 2 clicks"),
        ("forest", "5 of 12 windows", "still learns: every score is 0"),
    ]


def test_readouts_when_nothing_happens() -> None:
    idle = Status(False, 0.0, RATES, 0.0, 0.0, Account(), "")
    seen = Observation("RUNNING", 0.0, state={"learning": {"seen": 40, "needed": 12}})
    assert words.readouts(idle, seen) == [
        ("traffic", "stopped", ""),
        ("delivered", "0.0 records/s", "nothing is sent"),
        ("acknowledged", "0", "of 0 sent"),
        ("counted up to", "00:00:00 UTC", "no window is open"),
        ("forest", "12 of 12 windows", "has learnt, and scores"),
    ]
    assert [what for what, _, _ in words.readouts(idle, Observation())] == ["traffic", "delivered", "acknowledged"]


def test_the_question_is_asked_as_long_as_a_step_is_missing() -> None:
    done, missing = Step("done", "a < b"), Step("waiting", "c & d")
    page = words.why([done, missing])
    assert "<b>Why is there no output yet?</b> c &amp; d<" in page
    assert "a &lt; b" in page
    assert page.index('aria-label="done"') < page.index('aria-label="waiting"')
    assert "<b>There is output.</b> a &lt; b<" in words.why([done])


def test_errors_are_told_at_once_and_are_text() -> None:
    assert 'role="alert"' in words.error("<b>")
    assert "&lt;b&gt;" in words.error("<b>")
    assert words.error("") == ""


def test_tiles_are_text() -> None:
    page = words.tiles([("what", "<1>", "a & b")])
    assert "&lt;1&gt;" in page
    assert "a &amp; b" in page


def test_captions() -> None:
    assert words.caption([window(10, 0, 9, None)], []) == "The newest window, 0:10, has no CTR."


def test_messages_are_text_newest_first() -> None:
    page = words.inbox([MAIL, SMS])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.index("SMS") < page.index("E-mail")
    assert "2 messages<" in page
    assert words.inbox([]) == "<b>Inbox</b><br>No messages yet."
    assert "1 message<" in words.inbox([SMS])
    asked = words.inbox([MAIL | {"confirm_url": "http://127.0.0.1/"}])
    assert "Anomaly &lt;1&gt;" in asked
    assert "alert(1)" not in asked
    assert "confirm_all()" in asked
    assert "10 messages, the newest 8 shown" in words.inbox([SMS] * 10)
