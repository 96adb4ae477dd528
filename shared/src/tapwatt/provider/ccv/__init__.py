"""How CCV is asked over its Payment API ("Cloud Connect"): one adapter behind the provider port."""

from tapwatt.provider.ccv.adapter import CcvProvider

__all__ = ["CcvProvider"]
