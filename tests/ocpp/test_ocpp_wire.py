"""Frames of all versions, and the connection of a version that does not exist yet."""

import pytest

from ohmstead.ocpp import wire
from ohmstead.ocpp.errors import ErrorCode
from ohmstead.ocpp.wire import DIALECT_1_6, DIALECT_2_0_1, DIALECT_2_1, Dialect, Malformed


def parsed(raw: bytes, dialect: Dialect) -> wire.Frame:
    return wire.parse(raw, dialect)[0]


def malformed(raw: bytes, dialect: Dialect) -> Malformed:
    with pytest.raises(Malformed) as caught:
        wire.parse(raw, dialect)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        b'[2,"a","Heartbeat",{"x":[1,2]}]',
        b'[3,"a",{}]',
        b'[4,"a","GenericError","why",{}]',
        b'[5,"a","FormatViolation","why",{}]',
        b'[6,"a","NotifyPeriodicEventStream",{}]',
    ],
)
def test_a_frame_is_written_as_it_was_read(raw: bytes):
    assert wire.encode(parsed(raw, DIALECT_2_1)) == raw


def test_a_payload_stays_raw():
    frame = parsed(b'[2, "a", "Heartbeat", { "n" : 1.10 }]', DIALECT_1_6)
    assert isinstance(frame, wire.Call)
    assert bytes(frame.payload) == b'{ "n" : 1.10 }'


@pytest.mark.parametrize("dialect", [DIALECT_1_6, DIALECT_2_0_1])
@pytest.mark.parametrize("raw", [b'[5,"a","FormatViolation"]', b'[6,"a","X",{}]', b'[7,"a"]', b'["six","a"]'])
def test_types_of_a_later_version_are_unknown(dialect: Dialect, raw: bytes):
    found = malformed(raw, dialect)
    assert (found.code, found.id) == (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "a")
    assert found.answerable is dialect.answers_all


@pytest.mark.parametrize("raw", [b"", b"nope", b"{}", b"[2]", b"[2,null]", b"[2,[]]", b"[2,true]", b"[" * 5000])
def test_what_has_no_id_is_answered_under_minus_one_by_2_x_only(raw: bytes):
    assert malformed(raw, DIALECT_2_0_1).id == "-1"
    assert malformed(raw, DIALECT_2_0_1).answerable
    assert not malformed(raw, DIALECT_1_6).answerable


@pytest.mark.parametrize(("raw", "answerable"), [(b'[2,"a",1,{}]', True), (b'[4,"a"]', False), (b'[3,"a"', False)])
def test_only_calls_are_answered_with_an_error(raw: bytes, answerable: bool):
    assert malformed(raw, DIALECT_1_6).answerable is answerable


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        (ErrorCode.FORMAT_VIOLATION, "FormationViolation", "FormatViolation"),
        (ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        (ErrorCode.RPC_FRAMEWORK_ERROR, "FormationViolation", "RpcFrameworkError"),
        (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "GenericError", "MessageTypeNotSupported"),
        (ErrorCode.INTERNAL_ERROR, "InternalError", "InternalError"),
    ],
)
def test_each_version_spells_its_codes(code: ErrorCode, old: str, new: str):
    assert wire.error("a", code, "why", DIALECT_1_6).code == old
    assert wire.error("a", code, "why", DIALECT_2_0_1).code == new
    assert wire.result_error("a", code, "why", DIALECT_2_1).code == new


def test_a_reason_is_cut_to_the_allowed_length():
    error = wire.error("a", ErrorCode.GENERIC_ERROR, "w" * 999, DIALECT_1_6)
    assert error.description == "w" * 255
