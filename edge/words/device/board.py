"""What `edge doctor` says of a Jetson: a part of the table in edge/words."""

from __future__ import annotations

BOARD: dict[str, tuple[str, str]] = {
    "doctor_board": (
        "{name}, Jetson Linux {version} (JetPack {jetpack})",
        "{name}、Jetson Linux {version}（JetPack {jetpack}）",
    ),
    "doctor_no_release": (
        "{name}: /etc/nv_tegra_release does not name a release of Jetson Linux; in a container, mount it: "
        "-v /etc/nv_tegra_release:/etc/nv_tegra_release:ro; else run: sudo apt install --reinstall "
        "nvidia-l4t-core",
        "{name}：/etc/nv_tegra_release から Jetson Linux のバージョンを読み取れません。コンテナーでは "
        "-v /etc/nv_tegra_release:/etc/nv_tegra_release:ro を指定し、それ以外では "
        "sudo apt install --reinstall nvidia-l4t-core を実行してください",
    ),
    "doctor_board_release": (
        "{name}, Jetson Linux {version} (JetPack {jetpack}) is not supported; "
        "install JetPack 6.1 to 7.2 (Jetson Linux 36.4 to 39.2)",
        "{name}：Jetson Linux {version}（JetPack {jetpack}）には対応していません。"
        "JetPack 6.1 ～ 7.2（Jetson Linux 36.4 ～ 39.2）をインストールしてください",
    ),
    "doctor_board_unknown": (
        "{name}, Jetson Linux {version} (JetPack {jetpack}): this board is neither an Orin nor a Thor; "
        "use one of those",
        "{name}、Jetson Linux {version}（JetPack {jetpack}）：Orin、Thor 以外のボードには対応していません。"
        "対応するボードを使用してください",
    ),
    "doctor_versions": (
        "{versions}: as Jetson Linux {release} has them",
        "{versions}：Jetson Linux {release} に適合しています",
    ),
    "doctor_version_none": (
        "{name} is not installed; Jetson Linux {release} has {name} {wanted}; run: sudo apt install "
        "nvidia-jetpack",
        "{name} がインストールされていません（Jetson Linux {release} では {wanted}）。"
        "sudo apt install nvidia-jetpack を実行してください",
    ),
    "doctor_version_other": (
        "{name} {found} does not belong to Jetson Linux {release}, which has {wanted}; make the virtual "
        "environment "
        "again with /usr/bin/python3 and run: sudo apt install --reinstall nvidia-jetpack",
        "{name} {found} は Jetson Linux {release}（{wanted}）に適合しません。/usr/bin/python3 で仮想環境を"
        "作り直し、sudo apt install --reinstall nvidia-jetpack を実行してください",
    ),
    "doctor_context": ("pycuda opens the GPU", "pycuda で GPU を使用できます"),
    "doctor_nvcc": ("nvcc {version} in {path}", "nvcc {version}（{path}）"),
    "doctor_nvcc_spared": (
        "no nvcc; pycuda is built already, so none is needed",
        "nvcc なし（pycuda はインストール済みのため不要）",
    ),
    "doctor_no_nvcc": (
        "nvcc is missing, and pycuda is built with it; run: sudo apt install {package}",
        "pycuda のビルドに必要な nvcc がありません。sudo apt install {package} を実行してください",
    ),
    "doctor_memory": (
        "memory: {free:.1f} of {total:.1f} GB are free, {needed:.1f} GB are needed",
        "メモリー：{total:.1f} GB 中 {free:.1f} GB が空き（必要量 {needed:.1f} GB）",
    ),
    "doctor_memory_low": (
        "memory: {free:.1f} of {total:.1f} GB are free, {needed:.1f} GB are needed; close other programs, "
        "or stop the desktop: sudo systemctl isolate multi-user.target",
        "メモリー：{total:.1f} GB 中 {free:.1f} GB が空き（必要量 {needed:.1f} GB）。他のプログラムを"
        "終了するか、デスクトップを停止してください：sudo systemctl isolate multi-user.target",
    ),
    "doctor_plans": (
        "plans: all {count} models are compiled, in {path}",
        "プラン：{count} 個のモデルすべてコンパイル済み（{path}）",
    ),
    "doctor_plans_first": (
        "plans: {ready} of {count} models are compiled; the next start takes minutes, or run: edge build",
        "プラン：{count} 個中 {ready} 個のモデルがコンパイル済み。次回の起動に数分かかります。事前に行うには "
        "edge build を実行してください",
    ),
    "doctor_plan_unfit": (
        "plans: that of {name} does not fit ({why}); it is built again at the next start, or run: edge build",
        "プラン：{name} のプランは使用できません（{why}）。次回の起動時に作り直します。事前に行うには "
        "edge build を実行してください",
    ),
    "doctor_mode": ("power mode {name}", "電力モード {name}"),
    "doctor_no_mode": (
        "power mode: nvpmodel does not name one; run: sudo nvpmodel -q, and see: systemctl status nvpmodel",
        "電力モード：nvpmodel から取得できません。sudo nvpmodel -q と systemctl status nvpmodel で"
        "確認してください",
    ),
    "doctor_mode_slow": (
        "power mode {name} is slow; run: sudo nvpmodel -m {number} (that is {better}; some boards restart)",
        "電力モード {name} は低速です。sudo nvpmodel -m {number}（{better}）を実行してください。"
        "再起動が必要なボードもあります",
    ),
    "doctor_clocks": ("clocks: {clocks}", "クロック：{clocks}"),
    "doctor_no_clock": (
        "clocks: the GPU tells none, so its driver does not run; restart, then run: "
        "sudo apt install --reinstall nvidia-l4t-kernel nvidia-l4t-3d-core",
        "クロック：GPU のクロックを読み取れません（ドライバーが動作していません）。再起動し、改善しなければ "
        "sudo apt install --reinstall nvidia-l4t-kernel nvidia-l4t-3d-core を実行してください",
    ),
    "doctor_power": ("power: {total:.1f} W ({rails})", "消費電力：{total:.1f} W（{rails}）"),
    "doctor_rails": (
        "power: {rails}; these rails do not tell what the whole board draws",
        "消費電力：{rails}（ボード全体の値は測定できません）",
    ),
    "doctor_no_rails": (
        "power: no monitor can be read, so energy is not measured; run: sudo modprobe ina3221; sudo "
        "modprobe ina238",
        "消費電力：電力モニターを読み取れないため測定できません。"
        "sudo modprobe ina3221; sudo modprobe ina238 を実行してください",
    ),
    "doctor_not_slowed": (
        "neither heat nor the power supply slows it down",
        "発熱、電源による速度制限はありません",
    ),
    "doctor_slowed": (
        "heat slows it down ({parts}); clean the fan, give it air, or choose a lower power mode",
        "発熱により速度が制限されています（{parts}）。ファンを清掃し、通気を確保するか、"
        "電力モードを下げてください",
    ),
    "doctor_supply": (
        "the power supply has slowed it down since the start ({events}); use the supply that came with "
        "the board, "
        "or choose a lower power mode",
        "起動後、電源により速度が制限されました（{events}）。付属の電源を使用するか、"
        "電力モードを下げてください",
    ),
    "supply_under_voltage": ("under-voltage", "電圧低下"),
    "supply_average_over_current": ("average over-current", "平均過電流"),
    "supply_over_current": ("over-current", "過電流"),
    "doctor_files": (
        "this user may open all {count} device files of GPU, sound and cameras",
        "GPU、音声、カメラのデバイスファイル {count} 個をすべて開けます",
    ),
    "doctor_no_gpu_files": (
        "there is no device file of the GPU, such as /dev/nvmap; in a container, run it with --runtime "
        "nvidia; "
        "in a service, delete PrivateDevices and DevicePolicy; else restart",
        "GPU のデバイスファイル（/dev/nvmap など）がありません。コンテナーでは --runtime nvidia を指定し、"
        "サービスでは PrivateDevices と DevicePolicy を削除してください。それ以外では再起動してください",
    ),
    "doctor_closed_files": (
        "this user may not open {names}; run: sudo usermod -aG video,render,audio $USER, then log in again",
        "このユーザーは {names} を開けません。sudo usermod -aG video,render,audio $USER を実行し、"
        "ログインし直してください",
    ),
    "doctor_csi": (
        "GStreamer has nvarguscamerasrc, and its daemon runs",
        "GStreamer の nvarguscamerasrc を使用でき、デーモンも動作しています",
    ),
    "doctor_no_gstreamer": (
        "a CSI camera is read by GStreamer, which is missing; run: "
        "sudo apt install gstreamer1.0-tools gstreamer1.0-plugins-base",
        "CSI カメラに必要な GStreamer がありません。"
        "sudo apt install gstreamer1.0-tools gstreamer1.0-plugins-base を実行してください",
    ),
    "doctor_no_argus": (
        "GStreamer has no nvarguscamerasrc; run: sudo apt install --reinstall nvidia-l4t-gstreamer, "
        "then: rm -rf ~/.cache/gstreamer-1.0",
        "GStreamer に nvarguscamerasrc がありません。sudo apt install --reinstall nvidia-l4t-gstreamer を"
        "実行し、rm -rf ~/.cache/gstreamer-1.0 を実行してください",
    ),
    "doctor_no_argus_daemon": (
        "the daemon of the CSI cameras does not run; run: sudo systemctl restart nvargus-daemon; "
        "in a container, mount its socket: -v /tmp/argus_socket:/tmp/argus_socket",
        "CSI カメラのデーモンが動作していません。sudo systemctl restart nvargus-daemon を実行してください。"
        "コンテナーでは -v /tmp/argus_socket:/tmp/argus_socket を指定してください",
    ),
    "doctor_csi_release": (
        "on Jetson Linux {version} about one in 60 to 120 starts of a CSI camera gives no picture; edge "
        "opens it "
        "again by itself; use a USB camera or another release where that is too long",
        "Jetson Linux {version} では CSI カメラの起動 60 ～ 120 回に 1 回程度、映像が出ません。edge が自動で"
        "開き直します。支障がある場合は USB カメラか別のバージョンを使用してください",
    ),
    # Any machine.
    "doctor_cool": ("temperature: {celsius:.0f} C ({zone})", "温度：{celsius:.0f} ℃（{zone}）"),
    "doctor_hot": (
        "temperature: {celsius:.0f} C ({zone}) is hot; clean the fan, give it air, or choose a lower "
        "power mode",
        "温度：{celsius:.0f} ℃（{zone}）は高温です。ファンを清掃し、通気を確保するか、"
        "電力モードを下げてください",
    ),
    "doctor_disk": ("disk of {path}: {free:.1f} GB free", "{path} のディスク：空き {free:.1f} GB"),
    "doctor_disk_full": (
        "disk of {path}: only {free:.1f} GB free; delete old logs and bundles, and run: edge build --clean",
        "{path} のディスク：空きが {free:.1f} GB しかありません。古いログとバンドルを削除し、"
        "edge build --clean を実行してください",
    ),
    "doctor_disk_bad": (
        "disk of {path} cannot be looked at ({why}); check that it is mounted",
        "{path} のディスクを確認できません（{why}）。マウントされているか確認してください",
    ),
    "doctor_clock": ("the clock is synchronised", "時刻は同期しています"),
    "doctor_clock_free": (
        "the clock is not synchronised; name the time server of this site in "
        "/etc/systemd/timesyncd.conf (NTP=), "
        "then run: sudo timedatectl set-ntp true",
        "時刻が同期していません。/etc/systemd/timesyncd.conf の NTP= に現場の時刻サーバーを指定し、"
        "sudo timedatectl set-ntp true を実行してください",
    ),
    "doctor_clock_past": (
        "the clock says {now}, before this Jetson Linux was made; run: "
        'sudo timedatectl set-time "YYYY-MM-DD HH:MM", and fit a battery for the clock',
        "時刻が {now} になっています（Jetson Linux の作成日より前）。"
        'sudo timedatectl set-time "YYYY-MM-DD HH:MM" を実行し、時計用の電池を取り付けてください',
    ),
    "doctor_modes": (
        "{found}; it offers {modes} and more, {count} in all",
        "{found}。対応モード：{modes} など計 {count} 種類",
    ),
    "doctor_glyphs": (
        "the panel can draw Japanese",
        "パネルに日本語を表示できます",
    ),
    "doctor_no_glyphs": (
        "no font has the panel's letters {letters}; run: sudo apt-get install fonts-vlgothic",
        "パネルの文字 {letters} を表示できるフォントがありません。"
        "sudo apt-get install fonts-vlgothic を実行してください",
    ),
}
