"""The command line. Each command is a module of its own, loaded when it is called: `ohmstead --help` is quick."""

import sys
from importlib.metadata import version

from cyclopts import App, Parameter

from ohmstead.app.settings import SettingsError
from ohmstead.store.binaries import ClusterError

app = App(
    name="ohmstead",
    help="Charge point management in one program.",
    version=lambda: version("ohmstead"),
    default_parameter=Parameter(negative=()),
)
_COMMANDS = {
    "serve": "Serve the API and take charge points in.",
    "demo": "Show six charge points sharing a circuit of 63 A.",
    "station": "Be a charge point: plug, authorize, start, stop, fault, drop.",
    "migrate": "Bring the database to the newest schema.",
    "openapi": "Print the OpenAPI document.",
    "price": "Say what a session costs and why: its slices, fees and lines.",
    "qr": "Print the QR code by which drivers without an account charge at an EVSE.",
}
for _name, _help in _COMMANDS.items():
    app.command(f"ohmstead.app.commands.{_name}:{_name}", help=_help)

token = App(name="token", help="API access tokens.")
_TOKEN = {
    "create": "Make an API access token and print it, this once.",
    "list": "List the tokens, never their texts.",
    "revoke": "Revoke a token; it dies within 5 s.",
}
for _name, _help in _TOKEN.items():
    token.command(f"ohmstead.app.commands.token:{_name}_token", name=_name, help=_help)
app.command(token)

firmware = App(name="firmware", help="Firmware versions that charge points may fetch.")
firmware.command(
    "ohmstead.app.commands.firmware:add_firmware", name="add", help="Take a file in as a version, and print its number."
)
app.command(firmware)

model = App(name="model", help="Charge point models.")
model.command("ohmstead.app.commands.model:set_photo", name="photo", help="Give a model its photo.")
app.command(model)
certificates = App(name="certificates", help="Certificates of the listener and of charge points.")
_CERTIFICATES = {
    "show_root": ("root", "Print the root that charge points have to trust."),
    "list_certificates": ("list", "List what was issued."),
    "revoke_certificate": ("revoke", "Revoke one; a charge point that uses it is cut off."),
}
for _function, (_name, _help) in _CERTIFICATES.items():
    certificates.command(f"ohmstead.app.commands.certificates:{_function}", name=_name, help=_help)
app.command(certificates)

settings = App(name="settings", help="What the operator decides once: base currency, default tax, reservations.")
for _name, _help in {
    "show": "Print them as JSON.",
    "set": "Set values of a section, for example `baseCurrency id=2`.",
}.items():
    settings.command(f"ohmstead.app.commands.settings:{_name}_settings", name=_name, help=_help)
app.command(settings)

ledger = App(name="ledger", help="What was paid and is owed, entry by entry.")
ledger.command("ohmstead.app.commands.ledger:check", name="check", help="Add it up, and say what does not agree.")
app.command(ledger)

circuit = App(name="circuit", help="What flows through a circuit of a running server, and why.")
for _name, _help in {
    "watch": "Show it live: each line, and who gets how much.",
    "explain": "Say in sentences why each EVSE gets what it gets.",
}.items():
    circuit.command(f"ohmstead.app.commands.circuit:{_name}_circuit", name=_name, help=_help)
app.command(circuit)

notices = App(name="notices", help="Notifications as they arrive, and as they are delivered.")
for _name, _help in {
    "listen": "Receive webhooks on this machine, verify and print them.",
    "tail": "Show what is being delivered to every subscription, live.",
}.items():
    notices.command(f"ohmstead.app.commands.notices:{_name}", name=_name, help=_help)
app.command(notices)


def main() -> None:
    """Run the command that is named. Exit status 2: a setting is wrong; 1: it could not be done."""
    try:
        app()
    except SettingsError as error:
        _leave(error, 2)
    except ClusterError as error:
        _leave(error, 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _leave(error: Exception, status: int) -> None:
    print(f"ohmstead: {error}", file=sys.stderr)
    sys.exit(status)
