"""Chapter 3.21.2: a station reports certificates that it has refused."""

from harness.case import (
    Door,
    Operator,
    Records,
    Settings,
    Station,
    absent,
    case,
    chain_facts,
    same_certificate,
    same_time,
)


@case("TC_077_CSMS")
async def test_tc_077_csms(
    station: Station, operator: Operator, records: Records, door: Door, settings: Settings
) -> None:
    """The station refuses the certificate that the CSMS has signed and says so; the old one stays in use."""
    await operator.asks("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
    trigger = {"requestedMessage": "SignChargePointCertificate", "connectorId": absent}
    await station.receives(1, "ExtendedTriggerMessage.req", trigger)
    await station.sends(2, "ExtendedTriggerMessage.conf", status="Accepted")
    await records.command(2, "ExtendedTriggerMessage", {"status": "Accepted"})

    # [The station makes a new key and a request to certify it.]
    request = door.request()
    station.expects("CertificateSigned")
    await station.sends(3, "SignCertificate.req", csr=request.pem)
    answer = await station.receives(4, "SignCertificate.conf", {"status": "Accepted"})
    # [The certificate authority behind the CSMS signs it.]
    signed = await station.receives(5, "CertificateSigned.req", within_s=settings.message_timeout_s)
    station.check(5, "comes after SignCertificate.conf", signed.n > answer.n, True)
    certificate = {"publicKey": request.public_key, "commonName": settings.own_access.serial}
    station.reads(5, "CertificateSigned.req", "certificateChain", chain_facts(signed.payload), certificate)
    await station.sends(6, "CertificateSigned.conf", status="Rejected")
    await records.command(6, "CertificateSigned", {"status": "Rejected"})

    now, event = station.now(), "InvalidChargePointCertificate"
    await station.sends(7, "SecurityEventNotification.req", type=event, timestamp=now)
    await station.receives(8, "SecurityEventNotification.conf")
    await records.security_event(8, {"type": event, "timestamp": same_time(now)})
    await station.disconnects(8, "to come back with the old certificate")
    await station.reconnects(8)


@case("TC_078_CSMS")
async def test_tc_078_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The station refuses a root and says so."""
    kind = "CentralSystemRootCertificate"
    root = settings.security.root(kind)
    await operator.asks("InstallCertificate", certificateType=kind, certificate=root)
    wanted = {"certificateType": kind, "certificate": same_certificate(root)}
    await station.receives(1, "InstallCertificate.req", wanted)
    await station.sends(2, "InstallCertificate.conf", status="Rejected")
    await records.command(2, "InstallCertificate", {"status": "Rejected"})

    now, event = station.now(), "InvalidCentralSystemCertificate"
    await station.sends(3, "SecurityEventNotification.req", type=event, timestamp=now)
    await station.receives(4, "SecurityEventNotification.conf")
    await records.security_event(4, {"type": event, "timestamp": same_time(now)})
