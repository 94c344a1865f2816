"""The words of `edge doctor`: a part of the table in edge/words."""

from __future__ import annotations

DOCTOR: dict[str, tuple[str, str]] = {
    "ok": ("ok ", "正常"),
    "bad": ("bad", "異常"),
    "doctor_bad": ("{count} bad", "異常 {count} 件"),
    "doctor_python": ("Python {version} on {machine}", "Python {version}（{machine}）"),
    "doctor_python_old": (
        "Python {version} on {machine}; 3.10 is needed",
        "Python {version}（{machine}）。3.10 以降が必要です",
    ),
    "doctor_missing": (
        "{name} is not installed; run: pip install {name}",
        "{name} がインストールされていません。次を実行してください：pip install {name}",
    ),
    "doctor_broken": (
        "{name} does not load ({why}); run: {todo}",
        "{name} を読み込めません（{why}）。次を実行してください：{todo}",
    ),
    "doctor_not_pip": ("{name}, not installed by pip", "{name}（pip 以外でインストール）"),
    "doctor_no_tensorrt": ("TensorRT is not used: {why}", "TensorRT は使用しません：{why}"),
    "doctor_no_gpu": ("no NVIDIA GPU", "NVIDIA GPU なし"),
    "doctor_no_pycuda": (
        "no pycuda (pip install 'edge-emotion[jetson]')",
        "pycuda なし（pip install 'edge-emotion[jetson]'）",
    ),
    "doctor_no_text": (
        "text is not read: pip install 'edge-emotion[asr]' and name a model folder in site.toml (asr)",
        "発話内容は使用しません：pip install 'edge-emotion[asr]' を実行し、"
        "site.toml の asr で指定してください",
    ),
    "doctor_text": (
        "{packages}; text is read where site.toml names a model folder (asr)",
        "{packages}。site.toml の asr でモデルを指定すると発話内容も使用します",
    ),
    "doctor_not_checked": (
        "bundle not checked: mend the packages first, then run `edge doctor` again",
        "バンドルは未確認です。先にパッケージを直し、もう一度 edge doctor を実行してください",
    ),
    # Where readings go.
    "doctor_folder": (
        "[{section}] {folder} can be written, {free:.1f} GB free",
        "[{section}] {folder}：書き込み可能、空き {free:.1f} GB",
    ),
    "doctor_folder_bad": (
        "[{section}] {folder} cannot be written ({why}); "
        "make it, check its permissions, or name another folder",
        "[{section}] {folder} に書き込めません（{why}）。作成するか、アクセス権を確認するか、別のフォルダーを"
        "指定してください",
    ),
    "doctor_port": (
        "[prometheus] port {port} of {host} is free",
        "[prometheus] {host} のポート {port} は使用できます",
    ),
    "doctor_port_bad": (
        "[prometheus] port {port} of {host} cannot be used ({why}); change port, or stop what holds it "
        "unless that is a run of edge",
        "[prometheus] {host} のポート {port} を使用できません（{why}）。port を変更するか、"
        "使用中のプログラムを終了してください（edge の実行中であれば問題ありません）",
    ),
    "doctor_broker": (
        "[mqtt] broker {broker} lets this device in",
        "[mqtt] ブローカー {broker} に接続できます",
    ),
    "doctor_asr": (
        "asr: the speech recogniser in {folder} loads",
        "asr：{folder} の音声認識モデルを読み込めます",
    ),
    # Devices.
    "doctor_device": ("{device}: {why}", "{device}：{why}"),
    "doctor_advice": ("{found}; {advice}", "{found}。{advice}"),
    "doctor_microphone": (
        "microphone {name}: {db:.0f} dB, {rate:.0f} samples a second (the device's own rate: {own:.0f})",
        "マイク {name}：{db:.0f} dB、毎秒 {rate:.0f} サンプル（機器のサンプリング周波数 {own:.0f}）",
    ),
    "doctor_silent": (
        "nothing is heard: unmute it, raise its level, or name another one in site.toml (microphone)",
        "音が入っていません。ミュートを解除するか、入力レベルを上げるか、"
        "site.toml の microphone で別のマイクを指定してください",
    ),
    "doctor_clipping": (
        "it is too loud: lower its level",
        "音が大きすぎます。入力レベルを下げてください",
    ),
    "doctor_late": (
        "its sound comes late: close other programs and restart the sound server",
        "音声が遅れています。他のプログラムを終了し、サウンドサーバーを再起動してください",
    ),
    "doctor_server": (
        "sound server {name}, default source {source}",
        "サウンドサーバー {name}、既定の入力 {source}",
    ),
    "doctor_no_server": (
        "no sound server answers: start it (systemctl --user start pipewire-pulse, or pulseaudio --start) "
        "as the user who runs edge",
        "サウンドサーバーが応答しません。edge を実行するユーザーで起動してください"
        "（systemctl --user start pipewire-pulse または pulseaudio --start）",
    ),
    "doctor_no_camera": (
        'Camera: no USB camera is plugged in; plug one in, name one in site.toml, or set camera = "off"',
        "カメラ：USB カメラが接続されていません。接続するか、site.toml の camera で指定するか、"
        'camera = "off" を設定してください',
    ),
    "doctor_camera": (
        "camera {name}: {width}x{height}, {rate:.0f} pictures a second, brightness {light:.0%}",
        "カメラ {name}：{width}x{height}、毎秒 {rate:.0f} 枚、明るさ {light:.0%}",
    ),
    "doctor_dimmed": (
        "it is dark: take off the lens cap, switch on a light",
        "暗すぎます。レンズカバーを外すか、照明を点けてください",
    ),
    "doctor_covered": (
        "it is covered: clear its view",
        "カメラが覆われています。視界を確保してください",
    ),
    "doctor_blurred": (
        "its picture is blurred: clean the lens, set the focus",
        "ピントが合っていません。レンズの汚れを拭き、ピントを調整してください",
    ),
    "doctor_screen": ("screen {name}: a window opens", "画面 {name}：ウィンドウを表示できます"),
    "doctor_no_screen": (
        "no screen (DISPLAY is not set): the panel is drawn as text on a terminal; "
        "on the screen of this machine run: export DISPLAY=:0",
        "画面なし（DISPLAY が未設定）：パネルは端末に文字で表示します。この装置の画面に表示するには、"
        "次を実行してください：export DISPLAY=:0",
    ),
    "doctor_screen_bad": (
        "{why}: check that DISPLAY={name} is the screen of the user who runs edge, or unset DISPLAY",
        "{why}。DISPLAY={name} が edge を実行するユーザーの画面か確認するか、DISPLAY の設定を外してください",
    ),
    "doctor_bundle": (
        "bundle {name}, made {created}: every file as exported",
        "バンドル {name}（作成 {created}）：全ファイルがエクスポート時のままです",
    ),
    "doctor_backend": ("networks run on {backend}", "モデルの実行：{backend}"),
    "doctor_nodes": ("{name}: {int8} of {nodes} nodes in INT8", "{name}：{nodes} ノード中 {int8} が INT8"),
    "doctor_golden": (
        "golden outputs: cosine {cosine:.4f}, max abs {max_abs:.3f}, labels {agreement:.0%} of {cases}",
        "基準出力：コサイン {cosine:.4f}、最大差 {max_abs:.3f}、ラベル一致 {agreement:.0%}（{cases} 件）",
    ),
    "limit_cosine": ("the cosine must be at least {limit}", "コサインは {limit} 以上が必要です"),
    "limit_max_abs": ("no value may differ by more than {limit}", "値の差は {limit} 以下が必要です"),
    "limit_agreement": (
        "at least {limit:.0%} of the labels must stay",
        "ラベルの {limit:.0%} 以上が必要です",
    ),
    "doctor_refused": (
        "{why}: update onnxruntime or export again",
        "{why}：onnxruntime を更新するか、バンドルをエクスポートし直してください",
    ),
}
