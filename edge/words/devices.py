"""What is said of microphones and cameras: a part of the table in edge/words."""

from __future__ import annotations

DEVICES: dict[str, tuple[str, str]] = {
    # Why a device does not run, in as few words as a row of the panel holds.
    "why_not_there": ("not there yet", "未検出"),
    "why_unplugged": ("unplugged", "取り外されています"),
    "why_frozen": ("frozen", "フリーズ"),
    "why_refused": ("connection refused", "接続拒否"),
    "why_unreachable": ("cannot be reached", "接続不可"),
    "why_busy": ("used by another program", "他のプログラムが使用中"),
    "why_no_permission": ("no permission", "アクセス権なし"),
    "why_no_video": ("sends no video", "映像の送信なし"),
    "why_stopped": ("stopped sending", "受信が途切れました"),
    "why_several": ("several have this name", "同名の機器が複数"),
    "why_not_installed": ("software missing", "必要なソフトウェアなし"),
    "why_no_server": ("no sound server", "サウンドサーバー停止中"),
    "why_late": ("too late, opening again", "遅延のため再接続中"),
    "why_failed": ("cannot be opened", "使用不可"),
    # Said once when it happens.
    "device_runs": ("{name} runs", "{name}が動作を開始しました"),
    "device_back": (
        "{name} runs again, it was away for {seconds:.0f} s",
        "{name}が復旧しました（{seconds:.0f} 秒間停止）",
    ),
    # Camera.
    "camera_none": (
        "there is no USB camera yet: plug one in, or set camera in site.toml to off or to an address",
        "USB カメラが見つかりません。接続するか、site.toml の camera を off またはアドレスにしてください",
    ),
    "camera_default": ("the first USB camera", "最初の USB カメラ"),
    "camera_several": (
        "{count} cameras are called {name!r}: give {names}",
        "「{name}」という名前のカメラが {count} 台あります。{names} のいずれかを指定してください",
    ),
    "either": ("{first} or {last}", "{first} または {last}"),
    "camera_no_sensor": (
        "camera {address!r} names no sensor: give csi://0 or csi://1",
        "カメラ「{address}」にセンサー番号がありません。csi://0 または csi://1 を指定してください",
    ),
    "camera_refused": (
        "{address} cannot be reached (connection refused): check its power and address",
        "{address} に接続できません（接続拒否）。カメラの電源とアドレスを確認してください",
    ),
    "camera_busy": (
        "{address} is used by another program: close that one",
        "{address} は他のプログラムが使用中です。そのプログラムを終了してください",
    ),
    "camera_denied": (
        "{address} may not be opened: add this user to the group video and log in again",
        "{address} を開く権限がありません。このユーザーを video グループに加え、ログインし直してください",
    ),
    "camera_repeats": (
        "{address} repeats one picture: switch the camera off and on",
        "{address} から同じ映像が繰り返されています。カメラの電源を入れ直してください",
    ),
    "camera_hangs": (
        "{address} hangs in its driver: unplug it, or restart this computer",
        "{address} のドライバーが応答しません。カメラを抜き差しするか、この装置を再起動してください",
    ),
    "camera_failed": (
        "{address} cannot be read ({why}): unplug it and plug it in again",
        "{address} を読み取れません（{why}）。カメラを抜き差ししてください",
    ),
    "gst_missing": (
        "gst-launch-1.0 is not installed; run: apt-get install gstreamer1.0-tools",
        "gst-launch-1.0 がインストールされていません。apt-get install gstreamer1.0-tools を実行してください",
    ),
    "gst_ended": (
        "{address} cannot be read (gst-launch-1.0 ended: {why}): check its ribbon cable and its driver",
        "{address} を読み取れません（gst-launch-1.0 が終了：{why}）。"
        "フラットケーブルとドライバーを確認してください",
    ),
    "no_reason": ("no reason given", "理由不明"),
    # Microphone.
    "microphone_several": (
        "several microphones are called {name!r} ({names}): give the serial or full name",
        "「{name}」という名前のマイクが複数あります（{names}）。シリアル番号か完全な名前を指定してください",
    ),
    "microphone_away": (
        "the microphone is not there ({why}): plug it in and check the sound server",
        "マイクが接続されていません（{why}）。マイクの接続とサウンドサーバーを確認してください",
    ),
    "microphone_busy": (
        "the microphone is used by another program ({why}): close that one",
        "マイクは他のプログラムが使用中です（{why}）。そのプログラムを終了してください",
    ),
    "microphone_denied": (
        "the microphone may not be opened ({why}): add this user to the group audio and log in again",
        "マイクを開く権限がありません（{why}）。"
        "このユーザーを audio グループに加え、ログインし直してください",
    ),
    "microphone_frozen": (
        "the microphone gave nothing for {seconds:.0f} s: check it and the sound server",
        "マイクから {seconds:.0f} 秒間音声が届いていません。マイクとサウンドサーバーを確認してください",
    ),
    "microphone_late": (
        "sound came {seconds:.1f} s late: close other programs, the computer is too busy",
        "音声が {seconds:.1f} 秒遅れています。高負荷のため、他のプログラムを終了してください",
    ),
    "portaudio_missing": (
        "sound needs PortAudio; run: apt install libportaudio2",
        "音声の入力には PortAudio が必要です。apt install libportaudio2 を実行してください",
    ),
    "portaudio_unstarted": (
        "PortAudio does not start ({why}): check the sound server",
        "PortAudio を開始できません（{why}）。サウンドサーバーを確認してください",
    ),
    # Speech.
    "speech_rate": (
        "speech detection needs sound at {needed} Hz, not {rate}: set the bundle's rate",
        "発話検出には {needed} Hz の音声が必要です（現在 {rate} Hz）。バンドルの rate を設定してください",
    ),
    "clip_process_failed": (
        "the process that reads {path} failed: {why}; try `edge run --source {path}`",
        "{path} を読み取るプロセスが失敗しました（{why}）。edge run --source {path} で確認してください",
    ),
}
