"""The words of the price sheet in the languages that a terminal speaks to drivers in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "nl", "de", "fr", "es", "it"]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; {} is where a number, time or name goes."""

    prices: str
    date: str
    first_of_month: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    decimal_point: str
    colon: str
    # VAT
    with_rates: str
    with_taxes: str
    no_vat: str
    taxes_unknown: str
    # what is charged, in the order of the law
    per_kwh: str
    per_minute: str
    per_idle_minute: str
    per_idle_minute_after: str
    per_session: str
    other: str
    kwh: str
    minute: str
    hour: str
    session: str
    # a price
    about: str
    free: str
    all_free: str
    # when it holds
    otherwise: str
    now: str
    now_until: str
    from_date: str
    to_date: str
    at_least: str
    at_most: str
    between: str
    after: str
    up_to: str
    draws_from: str
    draws_below: str
    draws_between: str
    after_start: str
    until_after_start: str
    between_after_start: str
    # whatever else
    lowest: str
    highest: str
    hold: str
    reservation: str
    reservation_expired: str
    energy_step: str
    time_step: str
    idle_step: str
    reservation_step: str
    either: str
    units: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]


WORDS: dict[Language, Words] = {
    "en": Words(
        prices="Prices",
        date="{weekday} {day} {month} {year}",
        first_of_month="1",
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        decimal_point=".",
        colon=": ",
        with_rates="including {} VAT",
        with_taxes="including all taxes",
        no_vat="no VAT applies",
        taxes_unknown="before taxes, which are not known",
        per_kwh="Per kWh",
        per_minute="Per minute of charging",
        per_idle_minute="Per minute parked after charging",
        per_idle_minute_after="Per minute parked, from {} after charging",
        per_session="Per session",
        other="Other",
        kwh="per kWh",
        minute="per minute",
        hour="per hour",
        session="per session",
        about="about {}",
        free="free",
        all_free="Charging is free.",
        otherwise="otherwise",
        now="now",
        now_until="now, until {}",
        from_date="from {}",
        to_date="up to and including {}",
        at_least="above {}",
        at_most="up to {}",
        between="from {} to {}",
        after="after {}",
        up_to="up to {}",
        draws_from="from {}",
        draws_below="below {}",
        draws_between="from {} to below {}",
        after_start="from {} after the start",
        until_after_start="until {} after the start",
        between_after_start="from {} to {} after the start",
        lowest="A session costs at least",
        highest="A session costs at most",
        hold="Held on your card",
        reservation="Reservation, {}",
        reservation_expired="Reservation not used, {}",
        energy_step="Energy counts per started {}",
        time_step="Charging time counts per started {}",
        idle_step="Parked time counts per started {}",
        reservation_step="Reserved time counts per started {}",
        either=" or ",
        units=(("second", "seconds"), ("minute", "minutes"), ("hour", "hours")),
    ),
    "nl": Words(
        prices="Prijzen",
        date="{weekday} {day} {month} {year}",
        first_of_month="1",
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        months=(
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        decimal_point=",",
        colon=": ",
        with_rates="inclusief {} btw",
        with_taxes="inclusief alle belastingen",
        no_vat="geen btw van toepassing",
        taxes_unknown="exclusief belastingen, die niet bekend zijn",
        per_kwh="Per kWh",
        per_minute="Per minuut laden",
        per_idle_minute="Per minuut parkeren na het laden",
        per_idle_minute_after="Per minuut parkeren, vanaf {} na het laden",
        per_session="Per laadsessie",
        other="Overig",
        kwh="per kWh",
        minute="per minuut",
        hour="per uur",
        session="per laadsessie",
        about="ongeveer {}",
        free="gratis",
        all_free="Laden is gratis.",
        otherwise="anders",
        now="nu",
        now_until="nu, tot {}",
        from_date="vanaf {}",
        to_date="tot en met {}",
        at_least="boven {}",
        at_most="tot {}",
        between="van {} tot {}",
        after="na {}",
        up_to="tot {}",
        draws_from="vanaf {}",
        draws_below="onder {}",
        draws_between="van {} tot onder {}",
        after_start="vanaf {} na het begin",
        until_after_start="tot {} na het begin",
        between_after_start="van {} tot {} na het begin",
        lowest="Een laadsessie kost minstens",
        highest="Een laadsessie kost hoogstens",
        hold="Gereserveerd op uw kaart",
        reservation="Reservering, {}",
        reservation_expired="Reservering niet gebruikt, {}",
        energy_step="Energie telt per begonnen {}",
        time_step="Laadtijd telt per begonnen {}",
        idle_step="Parkeertijd telt per begonnen {}",
        reservation_step="Gereserveerde tijd telt per begonnen {}",
        either=" of ",
        units=(("seconde", "seconden"), ("minuut", "minuten"), ("uur", "uur")),
    ),
    "de": Words(
        prices="Preise",
        date="{weekday}, {day}. {month} {year}",
        first_of_month="1",
        weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        months=(
            *("Januar", "Februar", "März", "April", "Mai", "Juni"),
            *("Juli", "August", "September", "Oktober", "November", "Dezember"),
        ),
        decimal_point=",",
        colon=": ",
        with_rates="inklusive {} MwSt.",
        with_taxes="inklusive aller Steuern",
        no_vat="keine MwSt.",
        taxes_unknown="zuzüglich Steuern in unbekannter Höhe",
        per_kwh="Pro kWh",
        per_minute="Pro Minute Laden",
        per_idle_minute="Pro Minute Parken nach dem Laden",
        per_idle_minute_after="Pro Minute Parken, ab {} nach dem Laden",
        per_session="Pro Ladevorgang",
        other="Sonstiges",
        kwh="pro kWh",
        minute="pro Minute",
        hour="pro Stunde",
        session="pro Ladevorgang",
        about="etwa {}",
        free="kostenlos",
        all_free="Laden ist kostenlos.",
        otherwise="sonst",
        now="jetzt",
        now_until="jetzt, bis {}",
        from_date="ab {}",
        to_date="bis einschließlich {}",
        at_least="über {}",
        at_most="bis {}",
        between="von {} bis {}",
        after="nach {}",
        up_to="bis {}",
        draws_from="ab {}",
        draws_below="unter {}",
        draws_between="von {} bis unter {}",
        after_start="ab {} nach dem Beginn",
        until_after_start="bis {} nach dem Beginn",
        between_after_start="von {} bis {} nach dem Beginn",
        lowest="Ein Ladevorgang kostet mindestens",
        highest="Ein Ladevorgang kostet höchstens",
        hold="Auf Ihrer Karte reserviert",
        reservation="Reservierung, {}",
        reservation_expired="Reservierung nicht genutzt, {}",
        energy_step="Energie zählt je angefangene {}",
        time_step="Ladezeit zählt je angefangene {}",
        idle_step="Parkzeit zählt je angefangene {}",
        reservation_step="Reservierte Zeit zählt je angefangene {}",
        either=" oder ",
        units=(("Sekunde", "Sekunden"), ("Minute", "Minuten"), ("Stunde", "Stunden")),
    ),
    "fr": Words(
        prices="Prix",
        date="{weekday} {day} {month} {year}",
        first_of_month="1er",
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        months=(
            *("janvier", "février", "mars", "avril", "mai", "juin"),
            *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
        ),
        decimal_point=",",
        colon=" : ",
        with_rates="TVA de {} comprise",
        with_taxes="toutes taxes comprises",
        no_vat="sans TVA",
        taxes_unknown="hors taxes, au montant inconnu",
        per_kwh="Par kWh",
        per_minute="Par minute de charge",
        per_idle_minute="Par minute de stationnement après la charge",
        per_idle_minute_after="Par minute de stationnement, à partir de {} après la charge",
        per_session="Par session",
        other="Autres",
        kwh="par kWh",
        minute="par minute",
        hour="par heure",
        session="par session",
        about="environ {}",
        free="gratuit",
        all_free="La charge est gratuite.",
        otherwise="sinon",
        now="actuellement",
        now_until="actuellement, jusqu'à {}",
        from_date="à partir du {}",
        to_date="jusqu'au {} inclus",
        at_least="au-delà de {}",
        at_most="jusqu'à {}",
        between="de {} à {}",
        after="après {}",
        up_to="jusqu'à {}",
        draws_from="à partir de {}",
        draws_below="moins de {}",
        draws_between="de {} à moins de {}",
        after_start="à partir de {} après le début",
        until_after_start="jusqu'à {} après le début",
        between_after_start="de {} à {} après le début",
        lowest="Une session coûte au moins",
        highest="Une session coûte au plus",
        hold="Réservé sur votre carte",
        reservation="Réservation, {}",
        reservation_expired="Réservation non utilisée, {}",
        energy_step="L'énergie compte par tranche entamée de {}",
        time_step="Le temps de charge compte par tranche entamée de {}",
        idle_step="Le temps de stationnement compte par tranche entamée de {}",
        reservation_step="Le temps réservé compte par tranche entamée de {}",
        either=" ou ",
        units=(("seconde", "secondes"), ("minute", "minutes"), ("heure", "heures")),
    ),
    "es": Words(
        prices="Precios",
        date="{weekday}, {day} de {month} de {year}",
        first_of_month="1",
        weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        decimal_point=",",
        colon=": ",
        with_rates="IVA del {} incluido",
        with_taxes="impuestos incluidos",
        no_vat="sin IVA",
        taxes_unknown="sin impuestos, cuyo importe no se conoce",
        per_kwh="Por kWh",
        per_minute="Por minuto de recarga",
        per_idle_minute="Por minuto de aparcamiento tras la recarga",
        per_idle_minute_after="Por minuto de aparcamiento, a partir de {} tras la recarga",
        per_session="Por sesión",
        other="Otros",
        kwh="por kWh",
        minute="por minuto",
        hour="por hora",
        session="por sesión",
        about="aprox. {}",
        free="gratis",
        all_free="La recarga es gratuita.",
        otherwise="en otro caso",
        now="ahora",
        now_until="ahora, hasta {}",
        from_date="desde el {}",
        to_date="hasta el {} inclusive",
        at_least="por encima de {}",
        at_most="hasta {}",
        between="de {} a {}",
        after="después de {}",
        up_to="hasta {}",
        draws_from="desde {}",
        draws_below="por debajo de {}",
        draws_between="de {} a menos de {}",
        after_start="a partir de {} desde el inicio",
        until_after_start="hasta {} desde el inicio",
        between_after_start="de {} a {} desde el inicio",
        lowest="Una sesión cuesta como mínimo",
        highest="Una sesión cuesta como máximo",
        hold="Reservado en su tarjeta",
        reservation="Reserva, {}",
        reservation_expired="Reserva no utilizada, {}",
        energy_step="La energía se cuenta por fracciones de {}",
        time_step="El tiempo de recarga se cuenta por fracciones de {}",
        idle_step="El tiempo de aparcamiento se cuenta por fracciones de {}",
        reservation_step="El tiempo reservado se cuenta por fracciones de {}",
        either=" o ",
        units=(("segundo", "segundos"), ("minuto", "minutos"), ("hora", "horas")),
    ),
    "it": Words(
        prices="Prezzi",
        date="{weekday} {day} {month} {year}",
        first_of_month="1º",
        weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        months=(
            *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
            *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
        ),
        decimal_point=",",
        colon=": ",
        with_rates="IVA del {} inclusa",
        with_taxes="tasse incluse",
        no_vat="senza IVA",
        taxes_unknown="tasse escluse, di importo non noto",
        per_kwh="Per kWh",
        per_minute="Per minuto di ricarica",
        per_idle_minute="Per minuto di sosta dopo la ricarica",
        per_idle_minute_after="Per minuto di sosta, a partire da {} dopo la ricarica",
        per_session="Per sessione",
        other="Altro",
        kwh="per kWh",
        minute="al minuto",
        hour="all'ora",
        session="per sessione",
        about="circa {}",
        free="gratis",
        all_free="La ricarica è gratuita.",
        otherwise="altrimenti",
        now="adesso",
        now_until="adesso, fino a {}",
        from_date="dal {}",
        to_date="fino al {} compreso",
        at_least="oltre {}",
        at_most="fino a {}",
        between="da {} a {}",
        after="dopo {}",
        up_to="fino a {}",
        draws_from="da {} in su",
        draws_below="sotto {}",
        draws_between="da {} a meno di {}",
        after_start="a partire da {} dopo l'inizio",
        until_after_start="fino a {} dopo l'inizio",
        between_after_start="da {} a {} dopo l'inizio",
        lowest="Una sessione costa almeno",
        highest="Una sessione costa al massimo",
        hold="Bloccato sulla sua carta",
        reservation="Prenotazione, {}",
        reservation_expired="Prenotazione non utilizzata, {}",
        energy_step="L'energia si conta per frazioni di {}",
        time_step="Il tempo di ricarica si conta per frazioni di {}",
        idle_step="Il tempo di sosta si conta per frazioni di {}",
        reservation_step="Il tempo prenotato si conta per frazioni di {}",
        either=" o ",
        units=(("secondo", "secondi"), ("minuto", "minuti"), ("ora", "ore")),
    ),
}
