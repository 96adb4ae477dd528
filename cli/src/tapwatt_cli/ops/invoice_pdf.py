"""Makes the PDF of an invoice; this room alone needs the extra `pdf`."""

from receipts.factur_x import factur_x

__all__ = ["factur_x"]
