"""The driver's receipt: what was charged and why, its VAT, what became of the money held, and the card's slip."""
