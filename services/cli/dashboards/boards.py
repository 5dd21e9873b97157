"""The five dashboards, in the order in which a household looks at them."""

from services.cli.dashboards.battery_board import BATTERIES
from services.cli.dashboards.health_board import HEALTH
from services.cli.dashboards.house_board import HOUSE
from services.cli.dashboards.load_board import LOADS
from services.cli.dashboards.plan_board import PLAN

BOARDS = (HOUSE, BATTERIES, LOADS, PLAN, HEALTH)
