#!/usr/bin/env bash
# The first run on a real board: tries, in order, what no PC can show, and packs what came out for sending back.
#
#   sudo jetson/first-board.sh [BUNDLE]        default: the starter bundle; writes first-board-DATE.tar.gz here
#
# It takes over half an hour. A step that fails does not end the others. No sound, no picture and no reading of a person
# goes into the archive. Clocks are fixed while times are measured, and the service stands still until its own step;
# both are put back as they were.
# EDGE: the command, for a try elsewhere.
set -uo pipefail
EDGE=${EDGE:-/opt/edge/venv/bin/edge} bundle=${1:-}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in ja*) japanese=yes ;; *) japanese="" ;; esac
say() { if [ -n "$japanese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
command -v "$EDGE" >/dev/null || { say "edge: $EDGE is missing; run jetson/install.sh first" "edge：$EDGE がありません。先に jetson/install.sh を実行してください" >&2; exit 1; }
out=first-board-$(date +%Y%m%d-%H%M%S)
export EDGE HERE bundle out
mkdir "$out" || exit 1

board() {
  cat /etc/nv_tegra_release
  tr '\0' '\n' </proc/device-tree/compatible
  nvpmodel -q
  uname -a
  dpkg -l nvidia-l4t-core '*nvinfer*' 'cuda-nvcc*'
}
environment() {
  local python=${EDGE%/*}/python version
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$python" "$HERE/check_python.py" "$HERE/constraints-$version.txt" && "$python" -m pip freeze
}
with_bundle() { "$EDGE" "$1" ${bundle:+"$bundle"} "${@:2}"; }
sustained() { with_bundle bench --sustained 30m --csv "$out/sustained.csv" --report "$out/sustained.html" --json; }
compile() { with_bundle build && "$EDGE" build --list; }
devices() {
  ls -l /dev/nvmap /dev/dri /dev/snd /dev/video*
  arecord -l
  lsusb
  id edge
  systemctl is-active nvargus-daemon nvpmodel
}
fix_clocks() { jetson_clocks --store "$out/clocks.before" && jetson_clocks && jetson_clocks --show; }
service() { systemctl start edge; systemctl status --no-pager edge; } # started means: its first reading came
export -f board environment with_bundle compile sustained devices fix_clocks service

number=0
try() { # ENGLISH JAPANESE SECONDS FILE COMMAND...
  local limit=$3 name=$4 code started=$SECONDS
  say "$((number += 1)). $1" "$number. $2"
  shift 4
  # A shell of its own, for timeout cannot call a function of this one.
  timeout "$limit" bash -c '"$@"' _ "$@" >"$out/$name" 2>"$out/$name.stderr" </dev/null
  code=$?
  [ -s "$out/$name.stderr" ] || rm -f "$out/$name.stderr"
  printf '%s\t%s\t%s\t%s\n' "$number" "$name" "$code" "$((SECONDS - started))" >>"$out/steps.tsv"
  [ $code = 0 ] || say "   exit code $code: $name" "   終了コード $code：$name"
}
all() { # what could not be verified without a board, the most doubtful first
  try "Board, release and power mode" "ボード、版、電力モード" 60 board.txt board
  try "TensorRT is imported beside numpy 2; pycuda is the compiled one" "numpy 2 の環境での TensorRT と pycuda の読み込み" 300 environment.txt environment
  try "Devices, groups, rails, temperatures, golden outputs" "デバイス、グループ、電源、温度、基準出力" 1800 doctor.json with_bundle doctor --json
  try "The state of the board, for tests" "ボードの状態（試験用）" 1800 record.txt with_bundle doctor --record "$out/record.json"
  try "TensorRT compiles all four networks, once" "TensorRT による 4 つのネットワークのコンパイル" 3600 build.txt compile
  try "Readings on the GPU" "GPU での推定" 900 demo.txt "$EDGE" demo
  try "Clocks are fixed" "クロックの固定" 60 clocks.txt fix_clocks
  try "Times, memory, energy" "処理時間、メモリー、消費電力" 3600 bench.json with_bundle bench --json
  try "Half an hour at full load: pace, temperature, clocks" "30 分間の全負荷：処理速度、温度、クロック" 3600 sustained.json sustained
  free_clocks
  try "Cameras, sound, groups as the system sees them" "カメラ、音声、グループ" 60 devices.txt devices
  try "The service runs" "サービスの動作" 3900 service.txt service
  try "The unit, checked by this systemd" "この systemd によるユニットの検査" 120 unit.txt systemd-analyze verify /etc/systemd/system/edge.service
  say "Not tried here: days of readings, a hot room, a camera pulled out and put back, a power cut during an install." \
    "未実施：数日間の連続動作、高温の場所、カメラの抜き差し、インストール中の電源断。"
}
free_clocks() { [ ! -e "$out/clocks.before" ] || { jetson_clocks --restore "$out/clocks.before" && rm "$out/clocks.before"; }; }
was=$(systemctl is-active edge 2>/dev/null)
restore() {
  free_clocks
  case $was in active | activating) systemctl start edge ;; *) systemctl stop edge ;; esac 2>/dev/null
}
trap restore EXIT
systemctl stop edge 2>/dev/null
all 2>&1 | tee "$out/log.txt"
failed=$(awk '$3 != 0' "$out/steps.tsv" | wc -l)
tar czf "$out.tar.gz" "$out" && rm -r "$out"
say "$failed steps failed. Send back $out.tar.gz" "失敗した項目：$failed。$out.tar.gz を返送してください"
