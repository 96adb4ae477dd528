"""The time zone of a charger whose record names only its country, where every place in it shows the same time.

A record names a country by its three letters (ISO 3166-1 alpha-3; OCPI, mod_cdrs, CdrLocation) and seldom a time zone.
The zones of a country are those of the time-zone database's own zone.tab, as the package tzdata carries it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

_OFTEN = timedelta(hours=1)
_LONGEST = timedelta(days=400)
"""A longer session has no price anyway."""

_COUNTRIES = """
ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB
BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR
BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR
CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK
FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS
GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN
ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO
LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD
MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER
NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM
PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP
SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF
TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY
UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE
"""
"""Each country's two letters and then its three (ISO 3166-1); zone.tab knows the two."""


def zones_of(country: str) -> tuple[str, ...]:
    """The IANA time zones of a country, by its two or three letters; none if there is no such country."""
    letters = country.strip().upper()
    return _zones().get(_two_letters().get(letters, letters), ())


def zone_in(country: str, starts_at: datetime, ends_at: datetime) -> str | None:
    """The zone of any charger in this country for a session between these instants, None if it depends on the place.

    Where a country has several zones, they have to show the same time all through the session.
    """
    zones = zones_of(country)
    if not zones or not _agree([ZoneInfo(name) for name in zones], starts_at, ends_at):
        return None
    return zones[0]


def _agree(zones: Sequence[ZoneInfo], starts_at: datetime, ends_at: datetime) -> bool:
    first, *others = zones
    at, ends_at = starts_at, min(ends_at, starts_at + _LONGEST)
    while others:
        shown = at.astimezone(first).utcoffset()
        if any(at.astimezone(other).utcoffset() != shown for other in others):
            return False
        if at >= ends_at:
            break
        at = min(at + _OFTEN, ends_at)
    return True


@cache
def _two_letters() -> dict[str, str]:
    return {both[2:]: both[:2] for both in _COUNTRIES.split()}


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}
