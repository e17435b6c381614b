"""A slice of what scripts/fuzz-api tries: no answer is a 5xx or otherwise than its document says."""

import copy
import random
import time

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.operations import Operation
from ohmstead.rooms.operator.taxes import Tax
from tests.client import DOCUMENT
from tests.conftest import Full
from tests.fuzz import Fuzz, Report
from tests.given import Given

SEED, EXAMPLES = 10, 5
CPU_S = 9  # then no further operation is begun
LEAST = 10  # operations that are tried in that time
TAXES = "/public-api/resources/taxes/v2.0"


def chosen() -> list[Operation]:
    """One operation of each tag, in an order of chance. A tag has its place whatever others there are: a new one
    changes nothing for them."""
    chances = {one.tag: random.Random(f"{SEED} {one.tag}") for one in OPERATIONS}
    ordered = sorted(chances, key=lambda tag: chances[tag].random())
    return [chances[tag].choice([one for one in OPERATIONS if one.tag == tag]) for tag in ordered]


async def test_every_answer_is_as_documented(given: Given) -> None:
    report, begun = Report(), time.process_time()
    async with Fuzz(given, SEED, EXAMPLES) as fuzz:
        for operation in chosen():
            if time.process_time() - begun < CPU_S:
                report.found.append(await fuzz.tried(operation))
    told = "\n".join(str(one) for one in report.found if one.faults)
    assert not report.faults, told
    assert len(report.found) >= LEAST, report
    assert report.share > 0.25, report


async def test_what_is_otherwise_is_found(given: Given, full: Full) -> None:
    document = copy.deepcopy(DOCUMENT)
    del document["paths"][TAXES]["get"]["responses"]["422"]
    document["components"]["schemas"][Tax.__module__ + ".Tax"]["properties"]["percentage"] = {"type": "string"}
    listing, create = (next(one for one in OPERATIONS if (one.method, one.path) == (method, TAXES))
                       for method in ("GET", "POST"))  # fmt: skip
    async with Fuzz(given, SEED, EXAMPLES, document) as fuzz:
        found = await fuzz.tried(listing)
        assert {title.partition(":")[0] for title in found.faults} == {
            "status_code_conformance", "response_schema_conformance"
        }  # fmt: skip
        await full("tax")
        found = await fuzz.tried(create)
    assert "not_a_server_error" in {title.partition(":")[0] for title in found.faults}
