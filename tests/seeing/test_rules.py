"""Each alert fires when it should and is quiet when it should be; what is reckoned beforehand is right."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from services.cli import metrics
from tests.documents import chapter
from tests.seeing.prometheus import GRAFANA, RULES, needs_promtool, promtool

Series = Mapping[str, str]
"""Series to its values, one a minute, in promtool's notation: `0+1x30` counts up by one."""


class Story(NamedTuple):
    """Half an hour in which an alert fires at its end, and one in which it does not."""

    loud: Series
    quiet: Series


def one(series: str, loud: str, quiet: str) -> Story:
    return Story({series: loud}, {series: quiet})


STORIES = {
    "ServiceDown": one('up{job="ballast", instance="p1"}', "1x27 0x3", "1x28 0x1 1"),
    "ServiceUnwell": one('ems_service_up{service="ems-p1"}', "1x27 0x3", "0x20 1x10"),
    "BrokerLost": one('ems_mqtt_connected{service="ems-p1"}', "1x28 0x2", "0x20 1x10"),
    "BrokerFlaps": one('ems_mqtt_reconnects_total{service="ems-p1"}', "0x20 0+1x10", "0x25 0+1x5"),
    "BrokerDrops": one("ems_broker_messages_dropped_total", "7x29 8", "7x10 8x20"),
    "MessagesRefused": one('ems_mqtt_rejected_total{service="ems-p1", reason="invalid"}', "0+2x30", "0x25 2x5"),
    "ClockWrong": one('ems_clock_skew_seconds{service="ems-p1", src="ems-balancer"}', "3x30", "-900x30"),
    "DiskRefuses": one('ems_store_failures_total{service="ems-p1"}', "0x29 1", "0x10 1x20"),
    "NobodyIsTold": one('ems_notifications_total{recipient="me", outcome="failed"}', "0x25 0+1x5", "0x28 1x2"),
    "StateStale": Story(
        {
            'ems_state_age_seconds{device="p1", class="meter", service="ems-p1"}': "0+60x30",
            'ems_state_limit_seconds{device="p1", class="meter", service="ems-p1"}': "10x30",
        },
        {
            'ems_state_age_seconds{device="p1", class="meter", service="ems-p1"}': "0x30",
            'ems_state_limit_seconds{device="p1", class="meter", service="ems-p1"}': "10x30",
            'ems_state_age_seconds{device="main", class="tariff", service="ems-tempo"}': "0+60x30",
        },
    ),
    "DeviceUnreachable": one('ems_device_available{device="garage", service="ems-p1"}', "1x20 0x10", "1x27 0x3"),
    "OrdersRefused": one('ems_command_total{device="garage", outcome="rejected"}', "0x29 1", "0x10 1x20"),
    "OrdersFail": one('ems_command_total{device="garage", outcome="timeout"}', "0+1x30", "0x26 2x4"),
    "LeaseEnded": Story(
        {
            'ems_safe_state_total{device="garage", reason="lease_ended"}': "0x28 1x2",
            'ems_balancer_leader{service="ems-balancer"}': "1x30",
        },
        {
            'ems_safe_state_total{device="garage", reason="lease_ended"}': "0x28 1x2",
            'ems_balancer_leader{service="ems-balancer"}': "1x25 0x2 1x5",
        },
    ),
    "SettingsWear": one('ems_device_flash_writes_left{device="attic"}', "20x26 4x4", "20x20 5x10"),
    "NobodyLeads": one('ems_balancer_leader{service="ems-balancer"}', "1x28 0x2", "0x20 1x10"),
    "TwoLead": Story(
        {'ems_balancer_leader{instance="a"}': "1x30", 'ems_balancer_leader{instance="b"}': "0x27 1x3"},
        {'ems_balancer_leader{instance="a"}': "1x15 0x15", 'ems_balancer_leader{instance="b"}': "0x15 1x15"},
    ),
    "DecisionsSlow": Story(
        {
            'ems_balancer_cycle_seconds_bucket{le="0.1"}': "0+6x30",
            'ems_balancer_cycle_seconds_bucket{le="0.5"}': "0+60x30",
            'ems_balancer_cycle_seconds_bucket{le="+Inf"}': "0+60x30",
        },
        {
            'ems_balancer_cycle_seconds_bucket{le="0.1"}': "0+60x30",
            'ems_balancer_cycle_seconds_bucket{le="+Inf"}': "0+60x30",
        },
    ),
    "ReadingsRefused": one('ems_input_rejected_total{reason="stale"}', "0+60x30", "0+1x30"),
    "ForecastOld": one('ems_forecast_age_seconds{service="ems-forecaster"}', "21601x30", "21600x30"),
    "BallastSays": one('ems_alert_active{service="ems-p1", id="silent"}', "0x20 1x10", "1x20 0x10"),
}
METER, REST = 'ems_grid_watts{class="balancer"}', 'ems_rest_watts{class="balancer"}'
DRAWN = 'ems_price_euros_per_kilowatt_hour{class="tariff"}'
PRICES = {DRAWN: "0.25x30", 'ems_export_euros_per_kilowatt_hour{class="tariff"}': "0.1x30"}
PLANNED = {
    'ems_grid_watts{class="plan"}': "99x30",
    'ems_export_euros_per_kilowatt_hour{class="plan"}': "9x30",
}
SUNNY = {
    REST: "-800x30",
    'ems_production_watts{device="roof"}': "1000x30",
    'ems_state_age_seconds{class="pv", device="roof"}': "0x30",
}
RECKONED: tuple[tuple[str, Series, float | None], ...] = (
    ("ems:house:watts", {REST: "500x30"}, 500),
    ("ems:house:watts", SUNNY, 200),
    ("ems:house:watts", SUNNY | {'ems_state_age_seconds{class="pv", device="shed"}': "90x30"}, None),
    ("ems:flexible:watts", {METER: "20x30", REST: "820x30"}, -800),
    ("ems:grid_cost:euros_per_hour", {METER: "2000x30", **PRICES}, 0.5),
    ("ems:grid_cost:euros_per_hour", {METER: "-2000x30", **PRICES, **PLANNED}, -0.2),
    ("ems:grid_cost:euros_per_hour", {METER: "-2000x30", DRAWN: "0.25x30"}, None),
)


ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"] if "alert" in rule]


@dataclass
class Trial:
    """One of promtool's: half an hour of series, and what expressions are worth at its end."""

    series: dict[str, str] = field(default_factory=dict)
    worth: list[tuple[str, float | None]] = field(default_factory=list)

    def takes(self, series: Series) -> bool:
        """Whether none of them is here already: then neither story disturbs the other."""
        return not {name.split("{")[0] for name in self.series} & {name.split("{")[0] for name in series}

    def written(self) -> dict[str, object]:
        """As promtool reads it."""
        asked = [
            {
                "expr": expression,
                "eval_time": "30m",
                "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
            }
            for expression, value in self.worth
        ]
        series = [{"series": name, "values": values} for name, values in self.series.items()]
        return {"interval": "1m", "input_series": series, "promql_expr_test": asked}


def trials(stories: Iterable[tuple[Series, str, float | None]]) -> list[dict[str, object]]:
    """As few as can be: each takes a second."""
    made: list[Trial] = []
    for series, expression, worth in stories:
        trial = next((each for each in made if each.takes(series)), None)
        if trial is None:
            made.append(trial := Trial())
        trial.series.update(series)
        trial.worth.append((expression, worth))
    return [trial.written() for trial in made]


def firing(alert: str) -> str:
    return f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)'


@needs_promtool
def test_each_alert_fires_when_it_should_and_not_otherwise(tmp_path: Path) -> None:
    tried = [
        *trials((story.loud, firing(alert), 1) for alert, story in STORIES.items()),
        *trials((story.quiet, firing(alert), 0) for alert, story in STORIES.items()),
        *trials((series, f"sum({name})", worth) for name, series, worth in RECKONED),
    ]
    file = tmp_path / "trials.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "30s", "tests": tried}))
    promtool("test", "rules", str(file))


def test_no_alert_is_without_its_story() -> None:
    assert [rule["alert"] for rule in ALERTS] == list(STORIES)


def test_the_page_names_every_alert() -> None:
    told = re.findall(r"`([A-Z]\w+)`", chapter("Alerts", "seeing.md"))
    assert told == list(STORIES)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in ("warning", "error")
    assert set(rule["annotations"]) == {"summary", "advice"}
    assert rule["annotations"]["summary"].endswith(".")


@needs_promtool
def test_promtool_has_nothing_to_say_against_the_files() -> None:
    assert "SUCCESS" in promtool("check", "config", str(GRAFANA / "prometheus.yml"))
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))


def test_rules_speak_of_series_that_exist() -> None:
    told = {name.removesuffix("_bucket") for name in re.findall(r"\bems_\w+", RULES.read_text())}
    page = metrics.page()
    assert [name for name in told if f"| `{name}` |" not in page] == []
