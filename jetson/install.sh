#!/usr/bin/env bash
# Put edge on a Jetson, or take it off: sudo jetson/install.sh [--dry-run] [--uninstall] [--wheels FOLDER]
#
#   --dry-run         print every command and how to undo it; change nothing
#   --uninstall       take it off; readings, bundles and settings are kept
#   --wheels FOLDER   no network: Python packages come from this folder, which `script/pins FOLDER` fills
#
# It may be run again at any time: finished steps are skipped, a step that was cut begins anew.
# For tests: ROOT is put before every path, PINS replaces the list of pinned versions.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${ROOT:-} PINS=${PINS:-}
APP=$ROOT/opt/edge VENV=$ROOT/opt/edge/venv
SLOTS=$ROOT/var/lib/edge/package # the package in use, and updates of it; edge.service starts it there
STATE=$ROOT/var/lib/edge-install # finished steps, packages that were added, the wheel of pycuda
CUDA=$ROOT/usr/local/cuda
PYTHON=$ROOT/usr/bin/python3 # the system's: TensorRT is built for it alone
UNITS=$ROOT/etc/systemd/system/edge.service
USER_UNITS=$ROOT/etc/systemd/user/edge-panel.service
RULES=$ROOT/etc/udev/rules.d/60-edge.rules
EXTRAS=asr,mqtt,prometheus,update
STEPS=(packages user folders pycuda python files)
dry="" uninstall="" wheels="" wheel=""

say() { # ENGLISH JAPANESE
  case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in ja*) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac
}
refuse() { # ENGLISH JAPANESE [EXIT CODE]
  say "edge: $1" "edge：$2" >&2
  exit "${3:-1}"
}
run() { # UNDO COMMAND...: how to undo it, for people; then the command
  local undo=$1 && shift
  if [ -n "$dry" ]; then
    printf '  %s\n' "${*@Q}"
    say "    undo: $undo" "    取り消し：$undo"
  else
    "$@"
  fi
}
nothing() { say "nothing to undo" "不要"; }

# What this machine is.

text() { # a file of the device tree, its strings one a line
  [ -r "$ROOT/proc/device-tree/$1" ] && tr '\0' '\n' <"$ROOT/proc/device-tree/$1"
}
detect_board() {
  local tokens
  tokens=$(text compatible || true)
  # Strings are compared by their beginning: kits add words, as in p3767-0005-super.
  case $'\n'$tokens in
    *$'\nnvidia,tegra234'*) chip=Orin ;;
    *$'\nnvidia,tegra264'*) chip=Thor ;;
    *$'\nnvidia,tegra'*) refuse "this Jetson is neither Orin nor Thor ($(text model | head -n1)): its JetPack has no TensorRT 10" \
      "この Jetson は Orin でも Thor でもありません（$(text model | head -n1)）。JetPack に TensorRT 10 がないため使えません" ;;
    *) refuse "this is no Jetson: /proc/device-tree/compatible names no nvidia,tegra chip; on a PC use script/setup" \
      "Jetson ではありません（/proc/device-tree/compatible に nvidia,tegra がありません）。PC では script/setup を使ってください" ;;
  esac
  model=$(text model | head -n1)
}
detect_release() {
  local head major minor patch number
  head=$(head -n1 "$ROOT/etc/nv_tegra_release" 2>/dev/null || true)
  [[ $head =~ ^#\ R([0-9]+)\ \(release\),\ REVISION:\ ([0-9]+)(\.([0-9]+))? ]] ||
    refuse "/etc/nv_tegra_release names no release of Jetson Linux; flash the board with JetPack 6.1 to 7.2" \
      "/etc/nv_tegra_release から Jetson Linux の版を読み取れません。JetPack 6.1～7.2 を書き込んでください"
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]} patch=${BASH_REMATCH[4]:-0}
  release=$major.$minor.$patch number=$((major * 10000 + minor * 100 + patch))
  if [ $number -lt 360400 ]; then
    refuse "Jetson Linux $release is too old: JetPack 6.1 (36.4.0) is the first with TensorRT 10.3; flash a newer one" \
      "Jetson Linux $release は古すぎます。TensorRT 10.3 を含む JetPack 6.1（36.4.0）以降を書き込んでください"
  elif [ $number -ge 390300 ] || { [ "$major" = 37 ]; }; then
    refuse "Jetson Linux $release is not known here: JetPack 6.1 (36.4.0) to 7.2 (39.2) are; take a newer version of edge" \
      "Jetson Linux $release には対応していません（対応は JetPack 6.1（36.4.0）～7.2（39.2））。edge の新しい版を使ってください"
  fi
  wanted=3.12
  if [ "$major" = 36 ]; then wanted=3.10; fi
}
detect_python() {
  python=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
  [ -n "$PINS" ] || [ "$python" = "$wanted" ] ||
    refuse "python3 is ${python:-missing}, but TensorRT of Jetson Linux $release is for Python $wanted; set /usr/bin/python3 back to it" \
      "python3 は ${python:-ありません} ですが、Jetson Linux $release の TensorRT は Python $wanted 用です。/usr/bin/python3 を元に戻してください"
  PINS=${PINS:-$HERE/constraints-$wanted.txt}
  [ -x "$CUDA/bin/nvcc" ] ||
    refuse "/usr/local/cuda/bin/nvcc is missing, so pycuda cannot be built; run: sudo apt-get install nvidia-jetpack" \
      "/usr/local/cuda/bin/nvcc がないため pycuda をビルドできません。実行：sudo apt-get install nvidia-jetpack"
}

# The steps. each_ does it; there_ says whether its result is still there; key_ changes with what it is made of.

installed() { # shellcheck disable=SC2016 # dpkg-query's own variable
  [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}
FONTS=(fonts-vlgothic fonts-noto-cjk fonts-ipafont-gothic fonts-takao-gothic) # with Japanese; the panel draws with one of them
wanted_packages() {
  local glib=libglib2.0-0 font=${FONTS[0]} name
  for name in "${FONTS[@]}"; do if installed "$name"; then font=$name; fi; done
  if [ "$wanted" = 3.12 ] && [ "$python" = 3.12 ]; then glib=libglib2.0-0t64; fi
  echo python3-venv python3-dev g++ python3-libnvinfer libportaudio2 libgl1 $glib libsm6 libxext6 libxcb1 "$font"
}
missing_packages() {
  local name
  for name in $(wanted_packages); do installed "$name" || echo "$name"; done
}
each_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  # Noted first: after a cut in the middle they are still known as ours.
  [ -n "$dry" ] || printf '%s\n' "${missing[@]}" >>"$STATE/added"
  run "$(nothing)" apt-get -o DPkg::Lock::Timeout=300 update -qq
  run "apt-get remove ${missing[*]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
}
there_packages() { [ -z "$(missing_packages)" ]; }

each_user() {
  local group
  # CUDA needs video and render, ALSA audio. A trimmed system may lack one of the groups.
  for group in video render audio; do
    getent group $group >/dev/null || run "groupdel $group" groupadd --system $group
  done
  id edge >/dev/null 2>&1 || run "userdel edge" \
    useradd --system --user-group --home-dir /var/lib/edge --no-create-home --shell /usr/sbin/nologin edge
  run "gpasswd -d edge video; gpasswd -d edge render; gpasswd -d edge audio" usermod -a -G video,render,audio edge
}
there_user() {
  local groups group
  groups=" $(id -nG edge 2>/dev/null) "
  for group in video render audio; do [[ $groups == *" $group "* ]] || return 1; done
}

folders=("$ROOT/var/lib/edge" "$ROOT/var/cache/edge" "$ROOT/var/log/edge")
each_folders() {
  run "rm -r ${folders[*]}" install -d -o edge -g edge -m 0750 "${folders[@]}"
  run "rm -r $ROOT/etc/edge $APP" install -d -m 0755 "$ROOT/etc/edge" "$APP"
}
there_folders() {
  local folder
  for folder in "${folders[@]}" "$ROOT/etc/edge" "$APP"; do [ -d "$folder" ] || return 1; done
}

from=() # where pip looks: the index, or a folder
pin() { grep -i "^$1==" "$PINS" || true; }
each_pycuda() { # compiled in an environment that is thrown away, against the pinned numpy; minutes on a small board
  local build=$STATE/build
  run "rm -r $build" "$PYTHON" -m venv --clear "$build"
  run "rm -r $build" "$build/bin/python" -m pip install -q --disable-pip-version-check "${from[@]}" \
    "$(pin setuptools)" "$(pin wheel)" "$(pin numpy)"
  run "rm -r $STATE/wheels" env "PATH=$PATH:$CUDA/bin" "CUDA_ROOT=$CUDA" "CPATH=$CUDA/include" \
    "LIBRARY_PATH=$CUDA/lib64:$CUDA/lib64/stubs" "$build/bin/python" -m pip wheel -q --disable-pip-version-check \
    "${from[@]}" --no-build-isolation --no-deps -w "$STATE/wheels" "$(pin pycuda)"
  run "$(nothing)" rm -rf "$build"
}
there_pycuda() { compgen -G "$STATE/wheels/pycuda-*.whl" >/dev/null; }
key_pycuda() { pin pycuda && pin numpy && echo "$python" && readlink -f "$CUDA"; }

each_python() { # begins with an empty environment: one that was cut may hold torn files
  local source=${wheel:-${HERE%/*}} pip="$VENV/bin/python -m pip"
  run "rm -r $VENV" "$PYTHON" -m venv --clear --system-site-packages "$VENV"
  run "$pip uninstall edge-emotion" "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c "$PINS" \
    "${from[@]}" --find-links "$STATE/wheels" "${source}[$EXTRAS]" "$(pin pycuda)"
  run "$(nothing)" "$VENV/bin/python" "$HERE/check_python.py" "$PINS"
  # What an update goes back to. It takes the place of the updates before it.
  run "rm -r $SLOTS" runuser -u edge -- "$VENV/bin/python" -c \
    "from pathlib import Path; from edge.update.package import adopt; adopt(Path('$ROOT/var/lib/edge'), Path('$VENV'))"
}
there_python() { [ -x "$VENV/bin/edge" ] && [ -x "$SLOTS/start" ]; }
key_python() {
  [ -z "$wheel" ] || sha256sum <"$wheel"
  (cd "$HERE/.." && find edge calibration export pyproject.toml -type f ! -name '*.pyc' -print0 2>/dev/null | sort -z | xargs -0 sha256sum)
  cat "$PINS"
}

each_files() {
  run "rm $RULES" install -D -m 0644 "$HERE/60-edge.rules" "$RULES"
  run "rm $UNITS" install -D -m 0644 "$HERE/edge.service" "$UNITS"
  run "rm $USER_UNITS" install -D -m 0644 "$HERE/edge-panel.service" "$USER_UNITS"
  run "$(nothing)" udevadm control --reload
  run "$(nothing)" udevadm trigger --subsystem-match=usb
  run "$(nothing)" systemctl daemon-reload
}
there_files() { [ -e "$RULES" ] && [ -e "$UNITS" ] && [ -e "$USER_UNITS" ]; }
key_files() { cat "$HERE"/60-edge.rules "$HERE"/edge*.service; }

key() { # changes when what a step is made of changes
  { if [ "$(type -t "key_$1")" = function ]; then "key_$1"; else declare -f "each_$1"; fi; } | sha256sum | cut -c1-16
}
title() {
  case $1 in
    packages) say "system packages" "システムパッケージ" ;;
    user) say "the user edge" "ユーザー edge" ;;
    folders) say "folders for state, cache, logs and settings" "状態・キャッシュ・ログ・設定のフォルダー" ;;
    pycuda) say "pycuda, compiled against $CUDA (takes minutes)" "pycuda（$CUDA でコンパイル、数分かかります）" ;;
    python) say "Python packages in $VENV" "Python パッケージ（$VENV）" ;;
    files) say "udev rules and services" "udev ルールとサービス" ;;
  esac
}
step() { # NAME NUMBER
  local name=$1 mark key
  mark="" key=$(key "$name")
  if grep -qsxF "$name $key" "$STATE/done" && "there_$name"; then mark=$(say " (done)" "（済み）"); fi
  printf '%s/%s %s%s\n' "$2" ${#STEPS[@]} "$(title "$name")" "$mark"
  if [ -n "$dry" ]; then
    "each_$name"
  elif [ -z "$mark" ]; then
    "each_$name"
    sync -f "$STATE" # a power cut may not leave a step that is noted as finished and torn
    touch "$STATE/done"
    { grep -v "^$name " "$STATE/done" || true; echo "$name $key"; } >"$STATE/done.new"
    mv "$STATE/done.new" "$STATE/done"
  fi
}

install_all() {
  local number=0 name
  detect_board && detect_release && detect_python
  say "$model ($chip), Jetson Linux $release, Python $python" "$model（$chip）、Jetson Linux $release、Python $python"
  if [ -n "$wheels" ]; then
    from=(--no-index --find-links "$wheels")
    wheel=$(compgen -G "$wheels/edge_emotion-*.whl" | tail -n1 || true)
    [ -n "$wheel" ] || refuse "$wheels holds no edge_emotion-*.whl; fill it where there is a network, by: script/pins $wheels" \
      "$wheels に edge_emotion-*.whl がありません。ネットワークのある PC で script/pins $wheels を実行してください"
  fi
  if [ -z "$dry" ]; then
    mkdir -p "$STATE"
    exec 9>"$STATE/lock"
    flock -n 9 || refuse "another jetson/install.sh is running; wait for it" "別の jetson/install.sh が実行中です。終わるまでお待ちください"
  fi
  for name in "${STEPS[@]}"; do step "$name" $((number += 1)); done
  [ -n "$dry" ] || say "Next: write /etc/edge/site.toml, then: sudo systemctl enable --now edge (jetson/README.md, step 6)" \
    "次の作業：/etc/edge/site.toml を書き、sudo systemctl enable --now edge を実行（jetson/README.ja.md の手順 6）"
}
uninstall_all() {
  local added=()
  [ ! -e "$STATE/added" ] || mapfile -t added < <(sort -u "$STATE/added")
  [ ! -e "$UNITS" ] || run "systemctl enable --now edge" systemctl disable --now edge
  run "jetson/install.sh" rm -f "$UNITS" "$USER_UNITS" "$RULES"
  run "$(nothing)" systemctl daemon-reload
  run "$(nothing)" udevadm control --reload
  [ ${#added[@]} = 0 ] || run "apt-get install ${added[*]}" apt-get -o DPkg::Lock::Timeout=300 remove -y "${added[@]}"
  run "jetson/install.sh" rm -rf "$APP" "$STATE" "$SLOTS" "$ROOT/var/cache/edge"
  say "Kept: $ROOT/etc/edge, $ROOT/var/lib/edge, $ROOT/var/log/edge and the user edge. To delete them: sudo rm -r $ROOT/etc/edge $ROOT/var/lib/edge $ROOT/var/log/edge; sudo userdel edge" \
    "残したもの：$ROOT/etc/edge、$ROOT/var/lib/edge、$ROOT/var/log/edge、ユーザー edge。削除するには：sudo rm -r $ROOT/etc/edge $ROOT/var/lib/edge $ROOT/var/log/edge; sudo userdel edge"
}

while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry=yes ;;
    --uninstall) uninstall=yes ;;
    --wheels)
      [ -d "${2:-}" ] || refuse "--wheels wants a folder" "--wheels にはフォルダーを指定してください" 2
      wheels=$(cd "$2" && pwd) && shift
      ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) refuse "unknown option $1; see jetson/install.sh --help" "不明なオプション：$1（jetson/install.sh --help を参照）" 2 ;;
  esac
  shift
done
[ -n "$dry" ] || [ "$(id -u)" = 0 ] || refuse "run it with sudo (--dry-run shows what it does)" "sudo を付けて実行してください（--dry-run で内容を確認できます）"
if [ -n "$uninstall" ]; then uninstall_all; else install_all; fi
