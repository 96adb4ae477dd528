"""Every dashboard, in the order in which somebody who is woken looks at them."""

from __future__ import annotations

from scripts.dashboards.log import LOG
from scripts.dashboards.money import MONEY
from scripts.dashboards.provider import PROVIDER
from scripts.dashboards.ring import RING
from scripts.dashboards.service import SERVICE
from scripts.dashboards.sites import SITES

DASHBOARDS = (MONEY, RING, PROVIDER, SITES, SERVICE, LOG)
