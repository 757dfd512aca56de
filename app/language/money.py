"""Amounts of money in a text: "$20", "40 euros", "300 SEK", "21.10 EUR", "5 манатов"."""

from __future__ import annotations

import re
from functools import cache

from app.language.dates import LANGUAGES
from app.language.tokens import fold, words

_SIGNED = re.compile(r"[$€£¥₹₽₺₼₸₴₩₪฿]\s?\d|\d\s?[$€£¥₹₽₺₼₸₴₩₪฿]")
_NUMBERED = re.compile(
    r"\d[\d.,'\s]*(?:(?:k|mn|mio|m|bn|mrd|million|billion|thousand)\b)?\s*([^\W\d_]+)"
)
# Coins have no name in CLDR.
_COINS = "cent cents pence penny p rappen groszy öre qəpik tiyn копеек kuruş"
_FREE = re.compile(
    r"\b(?:free|nothing|no charge|kostenlos|gratis|gratuit|бесплатно|ücretsiz|pulsuz)\b"
)
CURRENCIES = (
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "RUB", "TRY", "AZN", "KZT", "UZS", "KGS",
    "TJS", "TMT", "UAH", "GEL", "AMD", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF", "RON",
    "BGN", "RSD", "CAD", "AUD", "NZD", "MXN", "BRL", "KRW", "ILS", "IRR", "AED", "SAR", "EGP",
    "ZAR", "IDR", "VND", "THB",
)  # fmt: skip


@cache
def _names() -> frozenset[str]:
    """Folded words for currencies in the languages of CLDR that dates are read in."""
    from babel import Locale
    from babel.numbers import get_currency_name

    names = set(words(_COINS)) | {fold(code) for code in CURRENCIES}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for code in CURRENCIES:
            for count in (1, 2, 5):
                name = words(get_currency_name(code, count, locale=locale))
                # "US dollars", "Swiss francs": the noun, which stands last or first.
                names.update(name[-1:] + name[:1])
    return frozenset(n for n in names if len(n) > 2 or n == "p")


def holds_amount(text: str) -> bool:
    """Whether a text gives an amount of money, or says that something is free."""
    folded = fold(text)
    if _SIGNED.search(text) or _FREE.search(folded):
        return True
    return any(match[1] in _names() for match in _NUMBERED.finditer(folded))
