"""Countries in which what a driver pays for charging has VAT in it, by ISO 3166-1 alpha-2."""

from __future__ import annotations

COUNTRIES_WITH_VAT = frozenset(
    {
        # the European Union (directive 2006/112/EC)
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        # their neighbours, each by a law of its own
        *("AL", "BA", "CH", "GB", "IS", "LI", "MC", "MD", "ME", "MK", "NO", "RS", "TR", "UA"),
    }
)
