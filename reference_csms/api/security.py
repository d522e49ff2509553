"""Routes about passwords, security profiles, certificates and security events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.models import Body
from reference_csms.api.pages import Before, Limit
from reference_csms.api.paths import STATION
from reference_csms.domain.certificates import CertificateUse, HashData, pem
from reference_csms.domain.certificates import HashAlgorithm as Algorithm
from reference_csms.security.station_certificates import State

router = APIRouter(tags=["security"])
Hash = Annotated[str, Field(pattern="^[0-9A-Fa-f]+$", max_length=128)]


class SetPasswordIn(Body):
    """Another Basic auth password: 16 to 20 bytes of text, or null for a random one that only the station learns."""

    password: str | None = None


class SetSecurityProfileIn(Body):
    """A higher security profile than the one in use."""

    profile: Literal[1, 2, 3]


class InstallCertificateIn(Body):
    """A root to install, as PEM."""

    certificate_type: CertificateUse
    certificate: str


class GetInstalledCertificatesIn(Body):
    """Which roots to ask for."""

    certificate_type: CertificateUse


class HashDataIn(Body):
    """CertificateHashDataType."""

    hash_algorithm: Algorithm
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, Field(max_length=40)]

    def value(self) -> HashData:
        """As the Central System knows it."""
        return HashData(self.hash_algorithm, self.issuer_name_hash, self.issuer_key_hash, self.serial_number)


class DeleteCertificateIn(Body):
    """A root that the station has told of, by its PEM or by the hash data that the station gave."""

    certificate: str | None = None
    certificate_hash_data: HashDataIn | None = None
    last_too: bool = Field(False, description="Delete it also if it is the last that the station has told of")


class InstalledOut(Body):
    """A root that a station has told of, and its PEM if it is known here."""

    certificate_type: str
    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    certificate: str | None
    told_at: str


class StationCertificateOut(Body):
    """A certificate that our CA made for a station."""

    serial_number: str
    station: str
    subject: str
    valid_until: str
    signed_at: str
    state: State = Field(description="Signed until the station has answered CertificateSigned")
    certificate: str


class SecurityEventOut(Body):
    """A security event as a station reported it."""

    id: int
    station: str
    type: str
    timestamp: str
    tech_info: str | None
    received_at: str


@post(
    router, "set-password", "Send ChangeConfiguration AuthorizationKey; the password is stored hashed and never shown"
)
async def set_password(
    station: str, body: SetPasswordIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.security.access.set_password(station, password=body.password), response, wait)


@post(router, "set-security-profile", "Send ChangeConfiguration SecurityProfile; never a lower one")
async def set_security_profile(
    station: str, body: SetSecurityProfileIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.security.access.set_security_profile(station, profile=body.profile), response, wait)


@post(router, "install-certificate", "Send InstallCertificate; a refusal says what is wrong with the certificate")
async def install_certificate(
    station: str, body: InstallCertificateIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.security.roots.install(station, certificateType=body.certificate_type, certificate=body.certificate)
    return await sent(sending, response, wait)


@post(router, "get-installed-certificates", "Send GetInstalledCertificateIds")
async def get_installed_certificates(
    station: str, body: GetInstalledCertificatesIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.security.roots.installed(station, certificateType=body.certificate_type), response, wait)


@post(router, "delete-certificate", "Send DeleteCertificate for a root that the station has told of")
async def delete_certificate(
    station: str, body: DeleteCertificateIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    named = None if body.certificate_hash_data is None else body.certificate_hash_data.value()
    sending = csms.security.roots.delete(station, certificate=body.certificate, hashData=named, lastToo=body.last_too)
    return await sent(sending, response, wait)


@router.get(
    f"{STATION}/certificates",
    response_model=list[InstalledOut],
    summary="Roots a station has told of",
)
def certificates(found: TheStation, csms: TheCsms) -> list[dict[str, Any]]:
    return csms.security.roots.told(found.id)


@router.get(
    f"{STATION}/station-certificates",
    response_model=list[StationCertificateOut],
    summary="Certificates made for a station, oldest first",
)
async def station_certificates(found: TheStation, csms: TheCsms) -> list[dict[str, Any]]:
    return [issued.fields() for issued in csms.security.certificates.of(found.id)]


@router.post(
    "/api/station-certificates/{serialNumber}/revoke",
    response_model=StationCertificateOut,
    summary="Have a certificate count no longer; an open connection stays",
)
async def revoke(serialNumber: str, csms: TheCsms) -> dict[str, Any]:
    issued = await csms.security.certificates.revoke(serialNumber)
    if issued is None:
        raise HTTPException(
            404, f"{serialNumber}: expected the serial number of a certificate made here, in hexadecimal"
        )
    return issued.fields()


@router.get("/api/security-events", response_model=list[SecurityEventOut], summary="Security events, newest first")
def security_events(
    csms: TheCsms, station: str | None = None, before: Before = None, limit: Limit = 100
) -> list[dict[str, Any]]:
    return csms.store.reads.security_events(station=station, before=before, limit=limit)


@router.get("/api/ca", response_class=PlainTextResponse, summary="The certificates of our CA, as PEM")
async def ca(csms: TheCsms) -> str:
    return "".join(map(pem, csms.security.authority.certificates))
