"""*Plan and forecast*: what is expected, how good that was, and what energy costs."""

from services.cli.dashboards.panels import Dashboard, Panel, Query
from services.cli.dashboards.queries import EXPORT_PRICE, PRICE, SUN_W


def band(kind: str) -> tuple[Query, ...]:
    """The quantiles of one forecast."""
    words = {"0.1": "at least (9 of 10)", "0.5": "expected", "0.9": "at most (9 of 10)"}
    return tuple(
        Query(f'sum(ems_forecast_watts{{kind="{kind}", quantile="{quantile}"}})', word)
        for quantile, word in words.items()
    )


PLAN = Dashboard(
    "ballast-plan",
    "Plan and forecast",
    "What is expected, how good that was, and what energy costs.",
    (
        Panel(
            title="Sun, expected and real",
            text="What was expected of each quarter hour. In eight of ten the real one should be within the band.",
            queries=(*band("pv"), Query(SUN_W, "real")),
            unit="watt",
            height=9,
            least=0,
        ),
        Panel(
            title="House, expected and real",
            text="Without what Ballast steers. In eight of ten quarter hours the real one should be within the band.",
            queries=(*band("load"), Query("ems:house:watts", "real")),
            unit="watt",
            height=9,
            least=0,
        ),
        Panel(
            title="Error",
            text="Mean absolute error of the last week, an hour and a day ahead.",
            kind="stat",
            queries=(Query("ems_forecast_error_watts", "{{kind}}, {{lead}} ahead"),),
            unit="watt",
            width=6,
            height=6,
            decimals=0,
        ),
        Panel(
            title="Bias",
            text="Mean error of the last week. Above 0: too much was forecast.",
            kind="stat",
            queries=(Query("ems_forecast_bias_watts", "{{kind}}, {{lead}} ahead"),),
            unit="watt",
            width=6,
            height=6,
            decimals=0,
        ),
        Panel(
            title="Skill",
            text="1: without error; 0: no better than 'as it was'; below: worse.",
            kind="bargauge",
            queries=(Query("ems_forecast_skill_ratio", "{{kind}}, {{lead}} ahead"),),
            unit="none",
            width=6,
            height=6,
            decimals=2,
            steps=((None, "red"), (0, "orange"), (0.2, "green")),
            least=-1,
            most=1,
        ),
        Panel(
            title="Weather is old",
            text="Age of the weather that the forecast is made of.",
            kind="stat",
            queries=(Query("ems_forecast_age_seconds"),),
            unit="s",
            width=6,
            height=6,
            steps=((None, "green"), (3 * 3600, "orange"), (6 * 3600, "red")),
        ),
        Panel(
            title="Yesterday",
            text="What yesterday cost, and would have: without batteries, by self-consumption, at the very best.",
            kind="bargauge",
            queries=(Query("ems_plan_score_euros", "{{policy}}"),),
            unit="currencyEUR",
            width=9,
            height=7,
            decimals=2,
        ),
        Panel(
            title="Of what was possible",
            text="Part of the best possible saving of yesterday: what was saved, and what self-consumption would have.",
            kind="bargauge",
            queries=(Query("ems_plan_score_ratio", "{{policy}}"),),
            unit="percentunit",
            width=9,
            height=7,
            steps=((None, "orange"), (0.7, "green")),
            least=0,
            most=1,
        ),
        Panel(
            title="Plan",
            text="Whether the balancer follows a plan; without one it goes by its rules.",
            kind="stat",
            queries=(Query("max(ems_plan_followed)"),),
            unit="none",
            width=6,
            height=7,
            words=((0, "by rules", "blue"), (1, "followed", "green")),
        ),
        Panel(
            title="Plans take",
            text="Mean time it takes to make a plan.",
            queries=(
                Query(
                    "sum(rate(ems_plan_solve_seconds_sum[$__rate_interval]))"
                    " / sum(rate(ems_plan_solve_seconds_count[$__rate_interval]))",
                    "mean",
                ),
            ),
            unit="s",
            height=6,
            least=0,
        ),
        Panel(
            title="Plans by outcome",
            text="Per hour.",
            queries=(Query("sum by (outcome) (rate(ems_plans_total[$__rate_interval])) * 3600", "{{outcome}}"),),
            unit="none",
            height=6,
            least=0,
        ),
        Panel(
            title="Price",
            text="What a kWh drawn costs and one fed in earns.",
            queries=(
                Query(PRICE, "drawn"),
                Query(EXPORT_PRICE, "fed in"),
            ),
            unit="currencyEUR",
            width=9,
        ),
        Panel(
            title="Days",
            text="How dear the day and the next one are: 0 ordinary, 1 dear, 2 to get through without the grid.",
            kind="stat",
            queries=(Query("ems_tariff_severity", "{{day}}"),),
            unit="none",
            width=6,
            words=((0, "ordinary", "blue"), (1, "dear", "orange"), (2, "very dear", "red")),
        ),
        Panel(
            title="Cost",
            text="What flows through the meter costs (+) or earns (−), per hour.",
            queries=(Query("ems:grid_cost:euros_per_hour", "EUR per hour"),),
            unit="currencyEUR",
            width=9,
        ),
    ),
)
