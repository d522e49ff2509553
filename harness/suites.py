"""The TLS suites up to version 1.2, by number: what there is to choose, what is demanded, and what nobody should take.

The numbers and names are those of the IANA registry, with what the drafts and products before it used (1024 bit export,
FIPS, GOST, ChaCha20). A line of the table gives the number of its first suite, key exchanges and ciphers: each key
exchange goes with each cipher, and the numbers follow each other. `*` are the six key exchanges of RFC 5246.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

_SIX = "RSA,DH_DSS,DH_RSA,DHE_DSS,DHE_RSA,DH_anon"
_TABLE = """
0000 NULL                                              NULL_NULL
0001 RSA                                               NULL_MD5 NULL_SHA
0003 RSA_EXPORT                                        RC4_40_MD5
0004 RSA                                               RC4_128_MD5 RC4_128_SHA
0006 RSA_EXPORT                                        RC2_CBC_40_MD5
0007 RSA                                               IDEA_CBC_SHA
0008 RSA_EXPORT                                        DES40_CBC_SHA
0009 RSA                                               DES_CBC_SHA 3DES_EDE_CBC_SHA
000B DH_DSS_EXPORT                                     DES40_CBC_SHA
000C DH_DSS                                            DES_CBC_SHA 3DES_EDE_CBC_SHA
000E DH_RSA_EXPORT                                     DES40_CBC_SHA
000F DH_RSA                                            DES_CBC_SHA 3DES_EDE_CBC_SHA
0011 DHE_DSS_EXPORT                                    DES40_CBC_SHA
0012 DHE_DSS                                           DES_CBC_SHA 3DES_EDE_CBC_SHA
0014 DHE_RSA_EXPORT                                    DES40_CBC_SHA
0015 DHE_RSA                                           DES_CBC_SHA 3DES_EDE_CBC_SHA
0017 DH_anon_EXPORT                                    RC4_40_MD5
0018 DH_anon                                           RC4_128_MD5
0019 DH_anon_EXPORT                                    DES40_CBC_SHA
001A DH_anon                                           DES_CBC_SHA 3DES_EDE_CBC_SHA
001E KRB5                                              DES_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA IDEA_CBC_SHA
0022 KRB5                                              DES_CBC_MD5 3DES_EDE_CBC_MD5 RC4_128_MD5 IDEA_CBC_MD5
0026 KRB5_EXPORT                                       DES_CBC_40_SHA RC2_CBC_40_SHA RC4_40_SHA
0029 KRB5_EXPORT                                       DES_CBC_40_MD5 RC2_CBC_40_MD5 RC4_40_MD5
002C PSK,DHE_PSK,RSA_PSK                               NULL_SHA
002F *                                                 AES_128_CBC_SHA
0035 *                                                 AES_256_CBC_SHA
003B RSA                                               NULL_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA256
003E DH_DSS,DH_RSA,DHE_DSS                             AES_128_CBC_SHA256
0041 *                                                 CAMELLIA_128_CBC_SHA
0060 RSA_EXPORT1024                                    RC4_56_MD5 RC2_CBC_56_MD5 DES_CBC_SHA
0063 DHE_DSS_EXPORT1024                                DES_CBC_SHA
0064 RSA_EXPORT1024,DHE_DSS_EXPORT1024                 RC4_56_SHA
0066 DHE_DSS                                           RC4_128_SHA
0067 DHE_RSA                                           AES_128_CBC_SHA256
0068 DH_DSS,DH_RSA,DHE_DSS,DHE_RSA                     AES_256_CBC_SHA256
006C DH_anon                                           AES_128_CBC_SHA256 AES_256_CBC_SHA256
0080 GOSTR341094,GOSTR341001                           28147_CNT_IMIT
0082 GOSTR341094,GOSTR341001                           NULL_GOSTR3411
0084 *                                                 CAMELLIA_256_CBC_SHA
008A PSK,DHE_PSK,RSA_PSK                               RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA
0096 *                                                 SEED_CBC_SHA
009C RSA,DHE_RSA,DH_RSA,DHE_DSS,DH_DSS,DH_anon         AES_128_GCM_SHA256 AES_256_GCM_SHA384
00A8 PSK,DHE_PSK,RSA_PSK                               AES_128_GCM_SHA256 AES_256_GCM_SHA384
00AE PSK,DHE_PSK,RSA_PSK                               AES_128_CBC_SHA256 AES_256_CBC_SHA384 NULL_SHA256 NULL_SHA384
00BA *                                                 CAMELLIA_128_CBC_SHA256
00C0 *                                                 CAMELLIA_256_CBC_SHA256
C001 ECDH_ECDSA,ECDHE_ECDSA,ECDH_RSA,ECDHE_RSA,ECDH_anon NULL_SHA RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA \
AES_256_CBC_SHA
C01A SRP_SHA,SRP_SHA_RSA,SRP_SHA_DSS                   3DES_EDE_CBC_SHA
C01D SRP_SHA,SRP_SHA_RSA,SRP_SHA_DSS                   AES_128_CBC_SHA
C020 SRP_SHA,SRP_SHA_RSA,SRP_SHA_DSS                   AES_256_CBC_SHA
C023 ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         AES_128_CBC_SHA256 AES_256_CBC_SHA384
C02B ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         AES_128_GCM_SHA256 AES_256_GCM_SHA384
C033 ECDHE_PSK                                         RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA
C037 ECDHE_PSK                                         AES_128_CBC_SHA256 AES_256_CBC_SHA384 NULL_SHA NULL_SHA256
C03B ECDHE_PSK                                         NULL_SHA384
C03C *                                                 ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C048 ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C050 RSA,DHE_RSA,DH_RSA,DHE_DSS,DH_DSS,DH_anon         ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384
C05C ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384
C064 PSK,DHE_PSK,RSA_PSK                               ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C06A PSK,DHE_PSK,RSA_PSK                               ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384
C070 ECDHE_PSK                                         ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C072 ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384
C07A RSA,DHE_RSA,DH_RSA,DHE_DSS,DH_DSS,DH_anon         CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384
C086 ECDHE_ECDSA,ECDH_ECDSA,ECDHE_RSA,ECDH_RSA         CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384
C08E PSK,DHE_PSK,RSA_PSK                               CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384
C094 PSK,DHE_PSK,RSA_PSK,ECDHE_PSK                     CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384
C09C RSA,DHE_RSA                                       AES_128_CCM AES_256_CCM
C0A0 RSA,DHE_RSA                                       AES_128_CCM_8 AES_256_CCM_8
C0A4 PSK,DHE_PSK                                       AES_128_CCM AES_256_CCM
C0A8 PSK,PSK_DHE                                       AES_128_CCM_8 AES_256_CCM_8
C0AC ECDHE_ECDSA                                       AES_128_CCM AES_256_CCM AES_128_CCM_8 AES_256_CCM_8
C0B0 ECCPWD                                            AES_128_GCM_SHA256 AES_256_GCM_SHA384
C0B2 ECCPWD                                            AES_128_CCM_SHA256 AES_256_CCM_SHA384
C100 GOSTR341112_256                                   KUZNYECHIK_CTR_OMAC MAGMA_CTR_OMAC 28147_CNT_IMIT
CC13 ECDHE_RSA,ECDHE_ECDSA,DHE_RSA                     CHACHA20_POLY1305_SHA256_draft
CCA8 ECDHE_RSA,ECDHE_ECDSA,DHE_RSA                     CHACHA20_POLY1305_SHA256
CCAB PSK,ECDHE_PSK,DHE_PSK,RSA_PSK                     CHACHA20_POLY1305_SHA256
D001 ECDHE_PSK                                         AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CCM_8_SHA256
D005 ECDHE_PSK                                         AES_128_CCM_SHA256
FEFE RSA_FIPS                                          DES_CBC_SHA 3DES_EDE_CBC_SHA
FF85 GOSTR341112_256                                   28147_CNT_IMIT_draft
FF87 GOSTR341112_256                                   NULL_GOSTR3411
FFE0 RSA_FIPS                                          3DES_EDE_CBC_SHA_draft DES_CBC_SHA_draft
"""
_WEAK = re.compile("NULL|anon|EXPORT|RC2|RC4|DES|MD5")


def _suites() -> Iterator[tuple[int, str]]:
    for line in _TABLE.strip().splitlines():
        first, exchanges, *ciphers = line.split()
        pairs = itertools.product(exchanges.replace("*", _SIX).split(","), ciphers)
        for number, (exchange, cipher) in enumerate(pairs, int(first, 16)):
            yield number, f"TLS_{exchange}_WITH_{cipher}"


SUITES: Final[Mapping[int, str]] = dict(_suites())
"""Every suite up to TLS 1.2."""

MANDATORY: Final = {number: SUITES[number] for number in (0xC02B, 0xC02C, 0x009C, 0x009D)}
"""What a CSMS has to offer (security whitepaper A00.FR.317 and A00.FR.421)."""

WEAK: Final = {number: name for number, name in SUITES.items() if _WEAK.search(name)}
"""No encryption, no authentication, export keys, RC2, RC4, DES, 3DES or MD5: A00.FR.319 leaves no room for them."""

SOUND: Final = {number: name for number, name in SUITES.items() if number not in WEAK}
"""All the others, which a server may choose from."""
