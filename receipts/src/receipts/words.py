"""The words of a receipt in each language that it can be given in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Every word on a receipt, and how numbers and dates are written. `date` is for strftime, to the second."""

    decimal_mark: str
    thousands_mark: str
    date: str
    receipt: str
    session: str
    operator: str
    site: str
    charge_point: str
    started: str
    ended: str
    energy: str
    charges: str
    description: str
    quantity: str
    unit_price: str
    vat: str
    amount_incl_vat: str
    total: str
    vat_by_rate: str
    rate: str
    excl_vat: str
    incl_vat: str
    no_vat: str
    payment: str
    owed: str
    held: str
    taken: str
    released: str
    not_charged: str
    nothing_taken: str
    card: str
    brand: str
    card_number: str
    entry_mode: str
    acquirer: str
    response: str
    from_terminal: str
    tariff: str
    version: str
    reference: str
    issued: str
    vat_number: str
    amounts_in: str
    lines: Mapping[str, str]
    units: Mapping[str, str]
    price_is: Mapping[str, str]


EN = Words(
    decimal_mark=".",
    thousands_mark=",",
    date="%Y-%m-%d %H:%M:%S",
    receipt="Receipt",
    session="Charging session",
    operator="Operator",
    site="Site",
    charge_point="Charging point",
    started="Start",
    ended="End",
    energy="Energy",
    charges="Charges",
    description="Description",
    quantity="Quantity",
    unit_price="Unit price",
    vat="VAT",
    amount_incl_vat="Amount incl. VAT",
    total="Total",
    vat_by_rate="VAT by rate",
    rate="Rate",
    excl_vat="Excl. VAT",
    incl_vat="Incl. VAT",
    no_vat="no VAT",
    payment="Payment",
    owed="Amount owed",
    held="Reserved on the card",
    taken="Taken from the card",
    released="Released",
    not_charged="Not charged",
    nothing_taken="Nothing was taken from the card. The whole reservation was released.",
    card="Card",
    brand="Card type",
    card_number="Card number",
    entry_mode="Read by",
    acquirer="Acquirer",
    response="Acquirer's response",
    from_terminal="As the terminal states it",
    tariff="Tariff",
    version="version",
    reference="Payment reference",
    issued="Issued",
    vat_number="VAT number",
    amounts_in="amounts in",
    lines={
        "ENERGY": "Energy",
        "TIME": "Charging time",
        "PARKING_TIME": "Parking time",
        "FLAT": "Fixed fee",
        "ADJUSTMENT": "Adjustment",
    },
    units={"kWh": "kWh", "h": "h", "session": "session"},
    price_is={"with_vat": "incl. VAT", "without_vat": "excl. VAT"},
)

NL = Words(
    decimal_mark=",",
    thousands_mark=".",
    date="%d-%m-%Y %H:%M:%S",
    receipt="Bon",
    session="Laadsessie",
    operator="Exploitant",
    site="Locatie",
    charge_point="Laadpunt",
    started="Begin",
    ended="Einde",
    energy="Energie",
    charges="Kosten",
    description="Omschrijving",
    quantity="Aantal",
    unit_price="Stukprijs",
    vat="Btw",
    amount_incl_vat="Bedrag incl. btw",
    total="Totaal",
    vat_by_rate="Btw per tarief",
    rate="Tarief",
    excl_vat="Excl. btw",
    incl_vat="Incl. btw",
    no_vat="geen btw",
    payment="Betaling",
    owed="Verschuldigd bedrag",
    held="Gereserveerd op de kaart",
    taken="Afgeschreven van de kaart",
    released="Vrijgegeven",
    not_charged="Niet in rekening gebracht",
    nothing_taken="Er is niets van de kaart afgeschreven. De hele reservering is vrijgegeven.",
    card="Kaart",
    brand="Kaartsoort",
    card_number="Kaartnummer",
    entry_mode="Gelezen via",
    acquirer="Acquirer",
    response="Antwoord van de acquirer",
    from_terminal="Zoals de terminal vermeldt",
    tariff="Laadtarief",
    version="versie",
    reference="Betalingskenmerk",
    issued="Afgegeven",
    vat_number="Btw-nummer",
    amounts_in="bedragen in",
    lines={
        "ENERGY": "Energie",
        "TIME": "Laadtijd",
        "PARKING_TIME": "Parkeertijd",
        "FLAT": "Vast bedrag",
        "ADJUSTMENT": "Correctie",
    },
    units={"kWh": "kWh", "h": "uur", "session": "sessie"},
    price_is={"with_vat": "incl. btw", "without_vat": "excl. btw"},
)

DE = Words(
    decimal_mark=",",
    thousands_mark=".",
    date="%d.%m.%Y %H:%M:%S",
    receipt="Beleg",
    session="Ladevorgang",
    operator="Betreiber",
    site="Standort",
    charge_point="Ladepunkt",
    started="Beginn",
    ended="Ende",
    energy="Energie",
    charges="Kosten",
    description="Bezeichnung",
    quantity="Menge",
    unit_price="Preis",
    vat="MwSt.",
    amount_incl_vat="Betrag inkl. MwSt.",
    total="Summe",
    vat_by_rate="MwSt. nach Satz",
    rate="Satz",
    excl_vat="Netto",
    incl_vat="Brutto",
    no_vat="ohne MwSt.",
    payment="Zahlung",
    owed="Rechnungsbetrag",
    held="Auf der Karte reserviert",
    taken="Von der Karte abgebucht",
    released="Freigegeben",
    not_charged="Nicht berechnet",
    nothing_taken="Von der Karte wurde nichts abgebucht. Die gesamte Reservierung wurde freigegeben.",
    card="Karte",
    brand="Kartenart",
    card_number="Kartennummer",
    entry_mode="Gelesen über",
    acquirer="Acquirer",
    response="Antwort des Acquirers",
    from_terminal="Angaben des Terminals",
    tariff="Tarif",
    version="Version",
    reference="Zahlungsreferenz",
    issued="Ausgestellt",
    vat_number="USt-IdNr.",
    amounts_in="Beträge in",
    lines={
        "ENERGY": "Energie",
        "TIME": "Ladezeit",
        "PARKING_TIME": "Parkzeit",
        "FLAT": "Grundgebühr",
        "ADJUSTMENT": "Anpassung",
    },
    units={"kWh": "kWh", "h": "Std.", "session": "Vorgang"},
    price_is={"with_vat": "inkl. MwSt.", "without_vat": "zzgl. MwSt."},
)

FR = Words(
    decimal_mark=",",
    thousands_mark="\u202f",
    date="%d/%m/%Y %H:%M:%S",
    receipt="Reçu",
    session="Session de recharge",
    operator="Exploitant",
    site="Site",
    charge_point="Point de recharge",
    started="Début",
    ended="Fin",
    energy="Énergie",
    charges="Détail",
    description="Désignation",
    quantity="Quantité",
    unit_price="Prix unitaire",
    vat="TVA",
    amount_incl_vat="Montant TTC",
    total="Total",
    vat_by_rate="TVA par taux",
    rate="Taux",
    excl_vat="HT",
    incl_vat="TTC",
    no_vat="sans TVA",
    payment="Paiement",
    owed="Montant dû",
    held="Réservé sur la carte",
    taken="Débité de la carte",
    released="Libéré",
    not_charged="Non facturé",
    nothing_taken="Rien n'a été débité de la carte. Toute la réservation a été libérée.",
    card="Carte",
    brand="Type de carte",
    card_number="Numéro de carte",
    entry_mode="Lecture",
    acquirer="Acquéreur",
    response="Réponse de l'acquéreur",
    from_terminal="Selon le terminal",
    tariff="Tarif",
    version="version",
    reference="Référence du paiement",
    issued="Émis",
    vat_number="N° de TVA",
    amounts_in="montants en",
    lines={
        "ENERGY": "Énergie",
        "TIME": "Temps de recharge",
        "PARKING_TIME": "Stationnement",
        "FLAT": "Forfait",
        "ADJUSTMENT": "Ajustement",
    },
    units={"kWh": "kWh", "h": "h", "session": "session"},
    price_is={"with_vat": "TTC", "without_vat": "HT"},
)

LANGUAGES: Mapping[str, Words] = {"en": EN, "nl": NL, "de": DE, "fr": FR}
