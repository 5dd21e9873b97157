"""*Batteries*: what each was told, what it does, and how well it obeys."""

from services.cli.dashboards.house_board import SOC
from services.cli.dashboards.panels import Dashboard, Panel, Query

BATTERIES = Dashboard(
    "ballast-batteries",
    "Batteries",
    "What each battery does, what it was told, and how well it obeys.",
    (
        SOC,
        Panel(
            title="Charged and given today",
            text="At the battery's own terminals, by its own counters, since midnight.",
            kind="stat",
            queries=(
                Query(
                    'increase(ems_energy_import_joules_total{class="battery"}[$__range]) / 3.6e6', "{{device}} charged"
                ),
                Query(
                    'increase(ems_energy_export_joules_total{class="battery"}[$__range]) / 3.6e6', "{{device}} given"
                ),
            ),
            unit="kwatth",
            width=10,
            height=5,
            decimals=2,
            is_of_today=True,
        ),
        Panel(
            title="Order holds",
            text="Life left in the order in force. At 0 the battery is in its own automatic mode.",
            kind="bargauge",
            queries=(
                Query(
                    'ems_lease_remaining_seconds and on (device) ems_state_age_seconds{class="battery"}', "{{device}}"
                ),
            ),
            unit="s",
            width=6,
            height=5,
            steps=((None, "text"), (1, "green")),
            least=0,
            most=90,
        ),
        Panel(
            title="Power",
            text="+ charges, − discharges, measured at the battery.",
            queries=(Query('ems_power_watts{class="battery"}', "{{device}}"),),
            unit="watt",
            width=12,
            height=9,
        ),
        Panel(
            title="Charge over time",
            text="State of charge.",
            queries=(Query('ems_soc_ratio{class="battery"}', "{{device}}"),),
            unit="percentunit",
            width=12,
            height=9,
            least=0,
            most=1,
        ),
        Panel(
            title="Told and done",
            text="Set-point minus what the battery achieved. Far from 0 for long: it is at a limit, or does not obey.",
            queries=(Query("ems_command_error_watts", "{{device}}"),),
            unit="watt",
            width=12,
        ),
        Panel(
            title="How fast it obeys",
            text="From the order to the battery's own word, in 95 of 100 cases.",
            queries=(Query("ems:command_latency:seconds_p95", "{{device}}"),),
            unit="s",
            width=12,
            steps=((None, "green"), (10, "red")),
            least=0,
        ),
        Panel(
            title="What became of orders",
            text="Orders per hour by outcome. Besides applied and superseded there should be few.",
            queries=(
                Query(
                    "sum by (device, outcome) (rate(ems_command_total[$__rate_interval])) * 3600 > 0",
                    "{{device}} {{outcome}}",
                ),
            ),
            unit="none",
            width=12,
            least=0,
        ),
        Panel(
            title="Left to itself",
            text="How often a battery was put into its safe state, by the reason.",
            queries=(
                Query(
                    "sum by (device, reason) (increase(ems_safe_state_total[$__rate_interval]))",
                    "{{device}} {{reason}}",
                ),
            ),
            unit="none",
            width=12,
            least=0,
        ),
    ),
)
