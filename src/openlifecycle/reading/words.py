"""Which headers and values speak of one person: the vocabulary of the door scan, told once.

DESIGN.md, "Two kinds of canonical table": a release that carries names, A-numbers, birth dates
or addresses of people is refused. ``Name``, ``Address`` and ``City`` alone are no such headers:
the published workbooks print them over facilities.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: Words that may stand before or after a header without changing what it asks for.
_PERSON: Final = (
    "detainee",
    "alien",
    "noncitizen",
    "subject",
    "person",
    "individual",
    "applicant",
    "inmate",
    "client",
    "respondent",
    "participant",
    "sponsor",
    "mother",
    "father",
    "spouse",
    "child",
)
_FILLERS: Final = frozenset(
    (*_PERSON, "s", "legal", "current", "primary", "eid", "full", "personal", "code", "text")
)
#: With one of these words a telephone or e-mail belongs to an office, not to a person.
_OFFICES: Final = frozenset(
    ("facility", "office", "field", "agency", "vendor", "contractor", "media", "press")
)

_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "a person's name": (
        *(
            "lastname",
            "firstname",
            "middlename",
            "givenname",
            "familyname",
            "surname",
            "maidenname",
        ),
        *("lname", "fname", "lastnamefirstname", "namelastfirst", "firstandlastname", "fullname"),
        *("alias", "aliases", "nickname", "personname", "nameofperson", "middleinitial"),
        *(f"{who}name" for who in _PERSON),
        *(f"nameof{who}" for who in _PERSON),
    ),
    "an A-number": (
        *("anumber", "ano", "anum", "anumbers", "afile", "afilenumber", "afileno"),
        *("aliennumber", "alienno", "aliennum", "alienid", "alienfilenumber", "alienfileno"),
        *("alienregistrationnumber", "alienregistrationno", "uscisnumber", "uscisonlinenumber"),
    ),
    "a date of birth": (
        *("dateofbirth", "birthdate", "dob", "birthday", "dayofbirth", "dateofbirthdob"),
        *("bdate", "birthdt", "dobdateofbirth"),
    ),
    "a social security number": (
        *("ssn", "socialsecuritynumber", "socialsecurityno", "socialsecurity", "ssnumber"),
    ),
    "a home address": (
        *("homeaddress", "residentialaddress", "residenceaddress", "streetaddressofresidence"),
        *("homestreetaddress", "homestreet", "lastknownaddress", "usaddress", "addressofresidence"),
        *(f"{who}address" for who in _PERSON),
        *(f"addressof{who}" for who in _PERSON),
    ),
    "a telephone number": (
        *("phone", "phonenumber", "phoneno", "telephone", "telephonenumber", "telephoneno"),
        *("cellphone", "cellphonenumber", "mobile", "mobilephone", "mobilenumber", "homephone"),
        *("homephonenumber", "contactphone", "cellnumber"),
    ),
    "an e-mail address": ("email", "emailaddress", "emails", "contactemail"),
    "a passport or licence number": (
        *("passport", "passportnumber", "passportno", "passportnum", "driverslicense"),
        *("driverslicensenumber", "driverlicensenumber", "driverlicense", "nationalidnumber"),
    ),
    "a fingerprint or police number": (
        *("fin", "fins", "finnumber", "finno", "fbinumber", "fbino", "fingerprintid"),
        *("fingerprintnumber", "fingerprintidentificationnumber", "stateidnumber"),
    ),
}
_HEADERS: Final = {phrase: kind for kind, phrases in _KINDS.items() for phrase in phrases}

_LONGEST_HEADER = 60
_PARENTHESES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")

#: A + 8 or 9 digits, or A + 3-3-3 (2-3-3) digits with separators: 8 CFR 103.2 forms print both.
_A_NUMBER = re.compile(r"(?<![A-Za-z0-9])A[-# ]{0,2}(?:\d{8,9}|\d{2,3}[- ]\d{3}[- ]\d{3})(?!\d)")
_SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_LETTERS = r"[^\W\d_](?:[^\W\d_]|['’.-])*"
#: LAST, FIRST with up to three words each; two capitals after the comma are a state.
_LAST_FIRST = re.compile(
    rf"{_LETTERS}(?: {_LETTERS}){{0,2}},\s*(?![A-Z]{{2}}$){_LETTERS}(?: {_LETTERS}){{0,2}}"
)
_REDACTED = re.compile(
    r"[\s(]*\(?b\)?\s*\(?[67]\)?.*|\W*redacted\W*|[x*█■-]+", re.IGNORECASE | re.DOTALL
)


@lru_cache(maxsize=20_000)  # releases repeat their labels: a corpus has a few thousand
def header_kind(text: str) -> str:
    """Return what a header asks of a person ("a date of birth"), "" where it asks nothing such."""
    if not 2 <= len(text) <= _LONGEST_HEADER:
        return ""
    plain = _PARENTHESES.sub(" ", text).replace("#", " number ")
    words = _WORD.findall(_CAMEL.sub(" ", plain).lower()) if not plain.isupper() else []
    words = words or _WORD.findall(plain.lower())
    kind = _HEADERS.get("".join(words)) or _HEADERS.get(
        "".join(word for word in words if word not in _FILLERS)
    )
    return "" if kind is None or _OFFICES.intersection(words) else kind


@lru_cache(maxsize=20_000)
def value_kind(text: str) -> str:
    """Return what a value tells of a person by its form alone, "" where nothing."""
    if _A_NUMBER.search(text):
        return "an A-number"
    if _SSN.search(text):
        return "a social security number"
    return ""


@lru_cache(maxsize=20_000)
def is_last_first(text: str) -> bool:
    """Return whether a text reads like ``LASTNAME, FIRSTNAME`` (not ``City, ST``)."""
    return "," in text and len(text) <= _LONGEST_HEADER and _LAST_FIRST.fullmatch(text) is not None


def is_redacted(text: str) -> bool:
    """Return whether a value is a redaction mark such as ``(b)(6)`` or ``XXXX``."""
    return _REDACTED.fullmatch(text) is not None
