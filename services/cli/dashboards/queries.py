"""What several panels ask for. The plan tells a grid and prices of its own, so whose are meant is said."""

from typing import Final

GRID_W: Final = 'sum(ems_grid_watts{class="balancer"})'
SUN_W: Final = "sum(ems_production_watts)"
PRICE: Final = 'sum(ems_price_euros_per_kilowatt_hour{class="tariff"})'
EXPORT_PRICE: Final = 'sum(ems_export_euros_per_kilowatt_hour{class="tariff"})'
