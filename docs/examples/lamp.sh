#!/usr/bin/env bash
# A bridge for one lamp, in bash with mosquitto_sub, mosquitto_pub and jq. docs/write-a-bridge.md explains it.
# Settings: BROKER, PORT, PASSWORD (of the account ems-lamp), TELL_S, and FOLDER, where the lamp and its memory are files.
set -euo pipefail
broker=(-h "${BROKER:-localhost}" -p "${PORT:-1883}" ${PASSWORD:+-u ems-lamp -P "$PASSWORD"})
folder=${FOLDER:-.} lamp=ems/switch/lamp status=ems/service/ems-lamp/status
boot=$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
declare -A numbers=()
on=false cmd_id='' ends_ms=0 until_ms=null epoch=0 holder='' seq=-1 recent=' '
[ -f "$folder/epoch" ] && read -r epoch holder <"$folder/epoch"

wall_ms() { date +%s%3N; }
running_ms() { local up; read -r up _ </proc/uptime; echo "${up/./}0"; }   # a clock that nobody can set

say() { # leaf, -r or nothing, fields: one message in its envelope
  local number=${numbers[$1]:-0}
  numbers[$1]=$((number + 1))
  mosquitto_pub "${broker[@]}" -q 1 -t "$lamp/$1" ${2:+"$2"} -m "$(jq -cn --argjson fields "$3" \
    "{v: 1, ts_ms: $(wall_ms), seq: $number, boot: \"$boot\", src: \"ems-lamp\"} + \$fields")"
}
tell_state() { say state -r "{\"on\": $on}"; }
tell_control() { say control -r "{\"mode\": \"$1\", \"lease_until_ms\": $until_ms, \"epoch\": $epoch}"; }
turn() { on=$1; echo "$1" >"$folder/lamp"; tell_state; }                   # here a real lamp would be switched
answer() { # outcome, reason, command id, epoch
  say ack '' "{\"cmd_id\": \"$3\", \"epoch\": $4, \"outcome\": \"$1\"${2:+, \"reason\": \"$2\"}}"
}
let_go() { # off is this lamp's safe state
  ends_ms=0 until_ms=null
  turn false
  tell_control autonomous
}

# The rules of a lease, in their order: "OUTCOME REASON", then what the order says.
rules='
  def number: type == "number" and . == . and fabs < 1e15;
  (try ($text | fromjson) catch null) as $c
  | if $retained == "1" then ["rejected", "retained"]
    elif ($c | type) != "object" or $c.v != 1
      or ([$c.seq, $c.epoch, $c.issued_at_ms, $c.ttl_s] | all(number) | not) or ($c.cmd_id | type) != "string"
      or ($c.action != "release" and ($c.action != "switch" or ($c.on | type) != "boolean")) then ["rejected", "invalid"]
    elif $c.ttl_s <= 0 or $c.ttl_s > 120 then ["rejected", "ttl"]
    elif $c.epoch < $epoch or ($c.epoch == $epoch and "\($c.src)/\($c.boot)" != $holder) then ["rejected", "fenced"]
    elif $c.epoch > $now + 600000 then ["rejected", "epoch"]
    elif ($recent | contains(" \($c.cmd_id) ")) then ["duplicate", ""]
    elif $c.epoch == $epoch and $c.seq <= $seq then ["rejected", "out_of_order"]
    elif $c.issued_at_ms > $now + 5000 then ["rejected", "future"]
    elif $now - $c.issued_at_ms >= $c.ttl_s * 1000 then ["rejected", "expired"]
    else ["accepted", ""] end
  | [.[0], (.[1] | if . == "" then "-" else . end), $c.cmd_id? // "unreadable", $c.epoch? // 0, "\($c.src?)/\($c.boot?)",
     $c.seq? // 0, $c.action? // "-", $c.on? // false, ($c.ttl_s? // 0) * 1000 - ([$now - ($c.issued_at_ms? // 0), 0] | max)]
  | map(tostring | gsub("\\s"; "_")) | join(" ")'

judge() { # the retain flag, the payload
  local outcome reason id its_epoch its_holder its_seq action value left_ms
  read -r outcome reason id its_epoch its_holder its_seq action value left_ms < <(
    jq -rn --arg retained "$1" --arg text "$2" --argjson now "$(wall_ms)" --argjson epoch "$epoch" \
      --arg holder "$holder" --argjson seq "$seq" --arg recent "$recent" "$rules")
  if [ "$outcome" != accepted ]; then
    answer "$outcome" "${reason#-}" "$id" "${its_epoch%.*}"
    return
  fi
  epoch=$its_epoch holder=$its_holder seq=$its_seq cmd_id=$id recent=" $id${recent:0:400}"
  echo "$epoch $holder" >"$folder/epoch"
  if [ "$action" = release ]; then let_go; else
    ends_ms=$(($(running_ms) + ${left_ms%.*})) until_ms=$(($(wall_ms) + ${left_ms%.*}))
    [ "$on" = "$value" ] || turn "$value"
    tell_control leased
  fi
  answer applied '' "$id" "$epoch"
}

leave() { # whatever happens, the lamp goes off; who leaves in order says so himself, because then no will is sent
  echo false >"$folder/lamp"
  kill "$listener" || true
  mosquitto_pub "${broker[@]}" -q 1 -r -t "$status" -m offline || true
}
exec 3< <(exec mosquitto_sub "${broker[@]}" -i ems-lamp -q 1 -t "$lamp/cmd" -F '%r %p' \
  --will-topic "$status" --will-payload offline --will-retain --will-qos 1)
listener=$!
trap leave EXIT
mosquitto_pub "${broker[@]}" -q 1 -r -t "$status" -m online
mosquitto_pub "${broker[@]}" -q 1 -r -t "$lamp/availability" -m online
say info -r '{"vendor": "Nobody", "model": "Lamp", "poll_s": 10, "stale_after_s": 60, "safe_state": "off", "capabilities": ["switch"]}'
let_go
told_s=$SECONDS
while true; do
  if read -r -t 0.5 retained payload <&3; then
    judge "$retained" "${payload:0:65536}"
  elif [ $? -le 128 ]; then
    exit 1                                                                  # no broker any more: who starts us tries again
  fi
  if [ "$ends_ms" -gt 0 ] && [ "$(running_ms)" -ge "$ends_ms" ]; then
    let_go
    answer expired '' "$cmd_id" "$epoch"
  fi
  if [ $((SECONDS - told_s)) -ge "${TELL_S:-10}" ]; then
    tell_state
    told_s=$SECONDS
  fi
done
