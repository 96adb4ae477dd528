"""The gateway to a payment provider: what we may ask of any of them (port), and how CCV is asked (ccv)."""
