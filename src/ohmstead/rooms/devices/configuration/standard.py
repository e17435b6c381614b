"""The configuration keys OCPP 1.6 defines (chapter 9), and which of them a station must have."""

CORE = (
    "AuthorizeRemoteTxRequests", "ClockAlignedDataInterval", "ConnectionTimeOut", "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys", "HeartbeatInterval", "LocalAuthorizeOffline", "LocalPreAuthorize",
    "MeterValuesAlignedData", "MeterValuesSampledData", "MeterValueSampleInterval", "NumberOfConnectors",
    "ResetRetries", "StopTransactionOnEVSideDisconnect", "StopTransactionOnInvalidId", "StopTxnAlignedData",
    "StopTxnSampledData", "SupportedFeatureProfiles", "TransactionMessageAttempts", "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
)  # fmt: skip
LOCAL_LIST = ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength")
SMART_CHARGING = (
    "ChargeProfileMaxStackLevel", "ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
)  # fmt: skip
OPTIONAL = (
    "AllowOfflineTxForUnknownId", "AuthorizationCacheEnabled", "AuthorizationEnabled", "BlinkRepeat",
    "ConnectorPhaseRotationMaxLength", "ConnectorSwitch3to1PhaseSupported", "LightIntensity", "MaxEnergyOnInvalidId",
    "MeterValuesAlignedDataMaxLength", "MeterValuesSampledDataMaxLength", "MinimumStatusDuration",
    "ReserveConnectorZeroSupported", "StopTxnAlignedDataMaxLength", "StopTxnSampledDataMaxLength",
    "SupportedFeatureProfilesMaxLength", "WebSocketPingInterval",
)  # fmt: skip
REQUIRED = frozenset((*CORE, *LOCAL_LIST, *SMART_CHARGING))
STANDARD = (*CORE, *LOCAL_LIST, *SMART_CHARGING, *OPTIONAL)

PASSWORDS = frozenset({"AuthorizationKey", "BasicAuthPassword"})
"""The station's password in 1.6 (security whitepaper, A01) and in 2.x: it is written, and never read or kept."""
MOST_KEYS = "GetConfigurationMaxKeys"
