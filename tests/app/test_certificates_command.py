"""`ohmstead certificates`: the root on paper, what was issued, and one that is valid no more."""

import asyncio
from pathlib import Path

from ohmstead.engines.pki import checked
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator.files import files
from ohmstead.simulator.certificates import Certificates
from tests.app.test_cli import Run, audited, folder, run  # noqa: F401 - fixtures
from tests.given import Given
from tests.scenarios.secured import secured
from tests.scenarios.waiting import until


async def test_the_root_is_printed_and_certificates_are_listed(run: Run, given: Given) -> None:  # noqa: F811
    system = given.system
    reach = {"database_url": system.dsn, "data_dir": files.current.root}
    point = await given.charge_point(network={"id": "LISTED"})
    async with system.database.begin() as tx:
        request = checked(Certificates().request("LISTED", "X"), "LISTED")
        issued = await system.authority.issue(tx, point["id"], "LISTED", request)
        root = await system.authority.root(tx)
    printed = await asyncio.to_thread(run, "certificates", "root", **reach)
    assert (printed.returncode, printed.stdout) == (0, root.certificate_text)
    listed = await asyncio.to_thread(run, "certificates", "list", **reach)
    assert listed.stdout.split() == [issued["serial"], "LISTED", f"{issued['not_after']:%Y-%m-%d}", "unused"]
    unknown = await asyncio.to_thread(run, "certificates", "revoke", "abc", **reach)
    assert (unknown.returncode, "no certificate abc" in unknown.stderr) == (1, True)


async def test_a_revoked_one_is_cut_off_while_it_is_connected(run: Run, given: Given, tmp_path: Path) -> None:  # noqa: F811
    async with secured(given.system.dsn, tmp_path, SystemClock(10.0)) as place:
        point = await place.charge_point("CUT")
        proof = place.trusting()
        row = await place.issue(proof, point, "CUT")
        station = await place.station("CUT", url=place.tls_url, password=None, certificates=proof)
        reach = {"database_url": given.system.dsn, "data_dir": tmp_path}
        done = await asyncio.to_thread(run, "certificates", "revoke", row["serial"].upper(), **reach)
        assert (done.returncode, done.stderr) == (0, "")
        await until(station, lambda machine: not machine.online and "403" in machine.uplink.line.refusal)
        listed = await asyncio.to_thread(run, "certificates", "list", **reach)
        assert f"{row['serial']}  CUT" in listed.stdout
        assert "revoked" in listed.stdout
        done = [("ohmstead certificates revoke", f"certificates/{row['serial']}")]
        assert await audited(given, "ohmstead certificates") == done
