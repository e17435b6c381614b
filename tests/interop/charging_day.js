// A charging day by an independent client in strict mode: it validates every frame in and out by the standard's schemas.
// usage: node charging_day.js <ocpp1.6|ocpp2.0.1> <url> <identity> <password>; prints the failures, as JSON.

const { RPCClient } = require("ocpp-rpc");

const [protocol, endpoint, identity, password] = process.argv.slice(2);
const failures = [];
const client = new RPCClient({ endpoint, identity, password, protocols: [protocol], strictMode: true, reconnect: false });
client.on("strictValidationFailure", ({ error }) => failures.push(String(error)));
client.handle(({ method }) =>
  method === "GetConfiguration" ? { configurationKey: [], unknownKey: [] } : { status: "Accepted" },
);

const now = () => new Date().toISOString();

async function day16() {
  await client.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  await client.call("Heartbeat", {});
  await client.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Preparing" });
  await client.call("Authorize", { idTag: "CARD" });
  const begun = await client.call("StartTransaction", { connectorId: 1, idTag: "CARD", meterStart: 1000, timestamp: now() });
  const values = [{ timestamp: now(), sampledValue: [{ value: "1040" }] }];
  await client.call("MeterValues", { connectorId: 1, transactionId: begun.transactionId, meterValue: values });
  await client.call("StopTransaction", { transactionId: begun.transactionId, idTag: "CARD", meterStop: 1050, timestamp: now() });
  await client.call("DataTransfer", { vendorId: "V" });
  await client.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" });
}

async function day201() {
  let seqNo = 0;
  const idToken = { idToken: "CARD", type: "ISO14443" };
  const event = (eventType, triggerReason, wh, rest = {}, told = {}) =>
    client.call("TransactionEvent", {
      eventType, triggerReason, seqNo: seqNo++, timestamp: now(), evse: { id: 1, connectorId: 1 },
      transactionInfo: { transactionId: "t-1", ...told }, ...rest,
      meterValue: [{ timestamp: now(), sampledValue: [{ value: wh }] }],
    });
  const says = (connectorStatus) =>
    client.call("StatusNotification", { timestamp: now(), connectorStatus, evseId: 1, connectorId: 1 });
  await client.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } });
  await client.call("Heartbeat", {});
  await says("Occupied");
  await client.call("Authorize", { idToken });
  await event("Started", "Authorized", 1000, { idToken });
  await event("Updated", "MeterValuePeriodic", 1040, {}, { chargingState: "Charging" });
  await event("Ended", "StopAuthorized", 1050, { idToken }, { stoppedReason: "Local" });
  await client.call("SecurityEventNotification", { type: "StartupOfTheDevice", timestamp: now() });
  await client.call("DataTransfer", { vendorId: "V" });
  await says("Available");
}

async function main() {
  await client.connect();
  await (protocol === "ocpp1.6" ? day16() : day201());
  await client.close();
  console.log(JSON.stringify({ failures }));
}

main().catch((error) => {
  console.error(error, failures);
  process.exit(1);
});
