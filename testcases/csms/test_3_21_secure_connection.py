"""Chapter 3.21.1: passwords and certificates are changed through OCPP."""

import pytest

from harness.case import (
    Door,
    Operator,
    Records,
    Settings,
    Station,
    absent,
    already_valid,
    any_of,
    authorization_key,
    case,
    chain_facts,
    hash_data,
    ignoring_case,
    present,
    same_certificate,
    still_valid,
    strong_key,
)


@case("TC_073_CSMS")
async def test_tc_073_csms(station: Station, operator: Operator, records: Records, door: Door) -> None:
    """The CSMS gives the station a new password, which then counts instead of the old one."""
    password = door.new_password()
    await operator.sets_password(password)
    wanted = {"key": "AuthorizationKey", "value": authorization_key(password)}
    change = await station.receives(1, "ChangeConfiguration.req", wanted)
    await station.sends(2, "ChangeConfiguration.conf", status="Accepted")
    await records.command(2, "ChangeConfiguration", {"status": "Accepted"})

    await station.disconnects(3, "to come back with the new password")
    await door.changes_password(3, change.payload)
    await door.refuses_what_was_before(3, "the old password")


@case("TC_074_CSMS")
async def test_tc_074_csms(
    station: Station, operator: Operator, records: Records, door: Door, settings: Settings
) -> None:
    """The CSMS has the station renew its certificate, signs it by itself and takes the new one."""
    material = settings.security
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
    certificate = {
        "publicKey": request.public_key,
        "commonName": settings.own_access.serial,
        "key": strong_key,
        "signature": material.algorithm,
        "padding": any_of("none", "PKCS#1 v1.5"),
        "scheme": any_of("ECDSA", "RSASSA-PSS"),
        "signatureHash": "SHA256",
        "serialNumber": present,
        "organizationName": material.organization,
        "notBefore": already_valid,
        "notAfter": still_valid,
        "chain": "in order",
    }
    station.reads(5, "CertificateSigned.req", "certificateChain", chain_facts(signed.payload), certificate)
    await station.sends(6, "CertificateSigned.conf", status="Accepted")
    await records.command(6, "CertificateSigned", {"status": "Accepted"})

    await station.disconnects(7, "to come back with the new certificate")
    door.takes_certificate(request, signed.payload)
    await station.reconnects(8)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("ManufacturerRootCertificate", marks=case("TC_075_1_CSMS"), id="TC_075_1_CSMS"),
        pytest.param("CentralSystemRootCertificate", marks=case("TC_075_2_CSMS"), id="TC_075_2_CSMS"),
    ],
)
async def test_tc_075_csms(
    station: Station, operator: Operator, records: Records, settings: Settings, kind: str
) -> None:
    """The CSMS installs a root and asks for the installed ones."""
    root = settings.security.root(kind)
    installed = [hash_data(root, "SHA256")]
    await operator.asks("InstallCertificate", certificateType=kind, certificate=root)
    wanted = {"certificateType": kind, "certificate": same_certificate(root)}
    await station.receives(1, "InstallCertificate.req", wanted)
    station.allows("GetInstalledCertificateIds", status="Accepted", certificateHashData=installed)
    await station.sends(2, "InstallCertificate.conf", status="Accepted")
    await records.command(2, "InstallCertificate", {"status": "Accepted"})

    await operator.asks("GetInstalledCertificateIds", certificateType=kind)
    await station.receives(3, "GetInstalledCertificateIds.req", {"certificateType": kind})
    await station.sends(4, "GetInstalledCertificateIds.conf", status="Accepted", certificateHashData=installed)
    await records.command(4, "GetInstalledCertificateIds", {"status": "Accepted"})


@case("TC_076_CSMS")
async def test_tc_076_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS installs a root, has it listed and deletes it, by the hash data that the station gave."""
    kind = "CentralSystemRootCertificate"
    root = settings.security.root(kind)
    for algorithm in settings.security.hash_algorithms:
        installed = hash_data(root, algorithm)
        await operator.asks("InstallCertificate", certificateType=kind, certificate=root)
        wanted = {"certificateType": kind, "certificate": same_certificate(root)}
        await station.receives(1, "InstallCertificate.req", wanted)
        station.allows("GetInstalledCertificateIds", status="Accepted", certificateHashData=[installed])
        await station.sends(2, "InstallCertificate.conf", status="Accepted")
        await records.command(2, "InstallCertificate", {"status": "Accepted"})

        await operator.asks("GetInstalledCertificateIds", certificateType=kind)
        await station.receives(3, "GetInstalledCertificateIds.req", {"certificateType": kind})
        await station.sends(4, "GetInstalledCertificateIds.conf", status="Accepted", certificateHashData=[installed])
        await records.command(4, "GetInstalledCertificateIds", {"status": "Accepted"})

        await operator.asks("DeleteCertificate", certificate=root, certificateHashData=installed)
        hashes = {f"certificateHashData.{name}": ignoring_case(value) for name, value in installed.items()}
        await station.receives(5, "DeleteCertificate.req", hashes | {"certificateHashData.hashAlgorithm": algorithm})
        # [The CSMS may check the deletion: steps 7 and 8.]
        station.allows("GetInstalledCertificateIds", status="NotFound")
        await station.sends(6, "DeleteCertificate.conf", status="Accepted")
        await records.command(6, "DeleteCertificate", {"status": "Accepted"})
