"""What Compose is told, and what of it is the owner's."""

from hypothesis import given
from hypothesis import strategies as st

from services.cli.dotenv import Variable, completed, variables

NAME = st.from_regex(r"[A-Z_]{1,12}", fullmatch=True)
VALUE = st.from_regex(r"[a-z0-9.,-]{0,12}", fullmatch=True)
WANTED = st.dictionaries(NAME, st.builds(Variable, VALUE, st.just("why"), st.booleans()), max_size=4)


def test_what_is_missing_is_added_with_its_reason() -> None:
    text = completed("", {"BALLAST_UID": Variable("1000", "Whose the files are.")})
    assert text.endswith("# Whose the files are.\nBALLAST_UID=1000\n")


def test_what_the_owner_chose_is_kept() -> None:
    text = "# mine\nBALLAST_MQTT_ADDRESS=192.168.1.10\nOTHER=x\n"
    assert completed(text, {"BALLAST_MQTT_ADDRESS": Variable("127.0.0.1", "where")}) == text


def test_what_follows_from_the_configuration_is_brought_up_to_date() -> None:
    wanted = {"BALLAST_ACCOUNTS": Variable("site-17-ems", "mqtt.base", is_derived=True)}
    assert completed("BALLAST_ACCOUNTS=ems\n", wanted) == "BALLAST_ACCOUNTS=site-17-ems\n"


def test_a_remark_is_no_setting() -> None:
    assert variables("#BALLAST_UID=5\n # BALLAST_GID=6\nA = 'b'\nnothing\n") == {"A": "b"}


@given(WANTED, st.dictionaries(NAME, VALUE, max_size=4))
def test_everything_wanted_is_there_and_a_second_time_nothing_changes(
    wanted: dict[str, Variable], known: dict[str, str]
) -> None:
    once = completed("".join(f"{name}={value}\n" for name, value in known.items()), wanted)
    said = variables(once)
    assert all(said[name] == v.value for name, v in wanted.items() if v.is_derived or name not in known)
    assert all(said[name] == value for name, value in known.items() if name not in wanted)
    assert completed(once, wanted) == once
