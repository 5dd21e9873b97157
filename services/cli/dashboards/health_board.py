"""*Health*: whether everything is fresh, obeyed and connected."""

from services.cli.dashboards.panels import Dashboard, Panel, Query, Step

UP: tuple[Step, ...] = ((None, "red"), (1, "green"))
IS_UP = ((0, "no", "red"), (1, "yes", "green"))
HEALTH = Dashboard(
    "ballast-health",
    "Health",
    "Whether everything is fresh, obeyed and connected.",
    (
        Panel(
            title="Alerts",
            text="What is wrong now. What to do about each is in grafana/rules.yml, and on MQTT under ems/alert.",
            kind="table",
            queries=(
                Query(
                    'sum by (alertname, severity, service, device, instance, id) (ALERTS{alertstate="firing"})'
                    " or vector(0)"
                ),
            ),
            unit="none",
            width=12,
            height=7,
        ),
        Panel(
            title="Services at work",
            text="Each says of itself whether it is connected, tested and turning.",
            kind="stat",
            queries=(Query("min by (service) (ems_service_up)", "{{service}}"),),
            unit="none",
            width=12,
            height=7,
            steps=UP,
            words=IS_UP,
        ),
        Panel(
            title="Age of states",
            text="Time since each device was measured; against its own limit it is judged by the alert StateStale.",
            queries=(Query('ems_state_age_seconds{class=~"meter|battery|pv|switch|load|ev"}', "{{device}}"),),
            unit="s",
            least=0,
        ),
        Panel(
            title="Devices that can be reached",
            text="By their bridges.",
            kind="stat",
            queries=(Query("min by (device) (ems_device_available)", "{{device}}"),),
            unit="none",
            steps=UP,
            words=IS_UP,
        ),
        Panel(
            title="Decisions take",
            text="From the meter's message to the orders handed to the broker, in 99 of 100 cases.",
            queries=(Query("ems:balancer_cycle:seconds_p99", "99 %"),),
            unit="s",
            width=8,
            steps=((None, "green"), (0.1, "red")),
            least=0,
        ),
        Panel(
            title="Devices answer in",
            text="Mean time of an answer.",
            queries=(
                Query(
                    "sum by (device) (rate(ems_device_poll_seconds_sum[$__rate_interval]))"
                    " / sum by (device) (rate(ems_device_poll_seconds_count[$__rate_interval]))",
                    "{{device}}",
                ),
            ),
            unit="s",
            width=8,
            least=0,
        ),
        Panel(
            title="Exchanges that failed",
            text="Per hour, by device and kind.",
            queries=(
                Query(
                    "sum by (device, kind) (increase(ems_device_errors_total[1h])) or vector(0)", "{{device}} {{kind}}"
                ),
            ),
            unit="none",
            width=8,
            least=0,
        ),
        Panel(
            title="Orders by outcome",
            text="Per hour, of all devices.",
            queries=(Query("sum by (outcome) (rate(ems_command_total[$__rate_interval])) * 3600", "{{outcome}}"),),
            unit="none",
            width=8,
            least=0,
        ),
        Panel(
            title="Leader",
            text="Balancers that lead: one.",
            kind="stat",
            queries=(Query("sum(ems_balancer_leader)"),),
            unit="none",
            width=4,
            steps=((None, "red"), (1, "green"), (2, "red")),
        ),
        Panel(
            title="Clients of the broker",
            text="Connected now.",
            kind="stat",
            queries=(Query("max(ems_broker_clients_connected)"),),
            unit="none",
            width=4,
        ),
        Panel(
            title="Messages",
            text="Per second, as all services count them.",
            queries=(Query("sum by (dir) (rate(ems_mqtt_messages_total[$__rate_interval]))", "{{dir}}"),),
            unit="none",
            width=8,
            least=0,
        ),
        Panel(
            title="Broker lost",
            text="Times in the last hour, by service.",
            queries=(Query("sum by (service) (increase(ems_mqtt_reconnects_total[1h])) or vector(0)", "{{service}}"),),
            unit="none",
            width=8,
            least=0,
        ),
        Panel(
            title="Not used",
            text="Messages and readings in the last hour that could not be used, by reason.",
            queries=(
                Query("sum by (reason) (increase(ems_mqtt_rejected_total[1h])) or vector(0)", "message: {{reason}}"),
                Query("sum by (reason) (increase(ems_input_rejected_total[1h])) or vector(0)", "reading: {{reason}}"),
            ),
            unit="none",
            width=8,
            least=0,
        ),
        Panel(
            title="Clocks",
            text="How far each sender's newest message is ahead of our clock. Above 2 s its clock or ours is wrong.",
            queries=(Query("max by (src) (ems_clock_skew_seconds)", "{{src}}"),),
            unit="s",
            width=8,
            steps=((None, "green"), (2, "red")),
        ),
    ),
)
