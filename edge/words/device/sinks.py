"""Words about where readings go: a part of the table in edge/words."""

from __future__ import annotations

SINKS: dict[str, tuple[str, str]] = {
    "sink_review": ("review queue", "確認待ち"),
    "sink_log": ("log", "記録ファイル"),
    "sink_mqtt": ("MQTT", "MQTT 送信"),
    "sink_prometheus": ("Prometheus", "Prometheus 出力"),
    "sink_jsonl": ("readings file", "推定結果ファイル"),
    "sink_trouble": ("{name}: {why}", "{name}：{why}"),
    "sink_well": (
        "{name}: works again; readings lost meanwhile: {count}",
        "{name}：復旧しました（この間に失われた推定結果：{count} 件）",
    ),
    "sink_lost": (
        "{name}: {count} readings were lost by the end of the run",
        "{name}：終了までに {count} 件の推定結果が失われました",
    ),
    "health_trouble": ("{name} in trouble", "{name}に異常あり"),
    # Two runs at once.
    "another_run": ("another run", "別の edge run"),
    "another_run_numbered": ("another run (process {process})", "別の edge run（プロセス {process}）"),
    "claimed": (
        "{folder} is in use by {other}; end that run, or give this one another folder in [{section}]",
        "{folder} は{other}が使用中です。そちらを終了するか、[{section}] の folder に別のフォルダーを"
        "指定してください",
    ),
    "file_shared": (
        "{path} is being written by {other} as well; readings of both are in it, told apart by their `run`; "
        "name another file to keep them apart",
        "{path} には{other}も書き込んでいます。両方の推定結果が混在し、run の値で区別できます。"
        "分けるには別のファイルを指定してください",
    ),
    # MQTT.
    "mqtt_trouble": (
        "{what}; readings wait, the newest {count} of them",
        "{what}。推定結果は最新 {count} 件まで保持します",
    ),
    "mqtt_not_yet": ("broker {broker} is not reached yet", "ブローカー {broker} に接続中です"),
    "mqtt_unreached": (
        "broker {broker} is not reached ({why}), check host and port in [mqtt] and the network",
        "ブローカー {broker} に接続できません（{why}）。"
        "[mqtt] の host と port、ネットワークを確認してください",
    ),
    "mqtt_distrusted": (
        "no safe connection to broker {broker} ({why}), check tls and port in [mqtt]",
        "ブローカー {broker} に TLS で接続できません（{why}）。[mqtt] の tls と port を確認してください",
    ),
    "mqtt_no_answer": (
        "broker {broker} closed the connection without an answer, check port and tls in [mqtt]",
        "ブローカー {broker} が応答せずに接続を閉じました。[mqtt] の port と tls を確認してください",
    ),
    "mqtt_password": (
        "broker {broker} refused the connection ({why}), check username and password_file in [mqtt]",
        "ブローカー {broker} が接続を拒否しました（{why}）。[mqtt] の username と password_file を"
        "確認してください",
    ),
    "mqtt_client_id": (
        "broker {broker} refused the client_id {client_id} ({why}), give another one in [mqtt]",
        "ブローカー {broker} が client_id「{client_id}」を拒否しました（{why}）。[mqtt] で別の値を"
        "指定してください",
    ),
    "mqtt_refused": (
        "broker {broker} refused the connection ({why}), ask who looks after it",
        "ブローカー {broker} が接続を拒否しました（{why}）。ブローカーの管理者に確認してください",
    ),
    "mqtt_closed": (
        "broker {broker} closed the connection ({why})",
        "ブローカー {broker} が接続を閉じました（{why}）",
    ),
    "mqtt_taken": (
        "another client uses client_id {client_id} at broker {broker}, which drops the one for the other; "
        "give each run a client_id of its own in [mqtt]",
        "ブローカー {broker} で別のクライアントが同じ client_id「{client_id}」を使用しているため、"
        "接続が切断されます。[mqtt] の client_id を実行ごとに別の値にしてください",
    ),
    "mqtt_claimed": (
        "client_id {client_id} at broker {broker} is in use by another run on this machine; "
        "end that run, or give this one another client_id in [mqtt]",
        "client_id「{client_id}」（ブローカー {broker}）は、この装置で実行中の別の edge run が使用中です。"
        "そちらを終了するか、[mqtt] で別の client_id を指定してください",
    ),
    "mqtt_ca": (
        "{path} is not a CA certificate in PEM ({why}); check tls in [mqtt]",
        "{path} は PEM 形式の CA 証明書ではありません（{why}）。[mqtt] の tls を確認してください",
    ),
    "password_open": (
        "{path} can be read by others than its owner; run: chmod 600 {path}",
        "{path} が所有者以外からも読み取れます。次を実行してください：chmod 600 {path}",
    ),
    "password_unreadable": (
        "{path} cannot be read ({why}); write the MQTT password to it",
        "{path} を読み取れません（{why}）。MQTT のパスワードを書き込んでください",
    ),
    "password_empty": (
        "{path} is empty; write the MQTT password to it",
        "{path} が空です。MQTT のパスワードを書き込んでください",
    ),
    "prometheus_port": (
        "port {port} of {host} cannot be used ({why}); it is tried again; "
        "change port in [prometheus] or stop what holds it",
        "{host} のポート {port} を使用できません（{why}）。後で再試行します。"
        "[prometheus] の port を変更するか、使用中のプログラムを終了してください",
    ),
    # Speech recognition.
    "asr_failed": (
        "speech recognition failed ({why}); readings go on without text, and it is tried again; "
        "if that does not help, copy the model of `asr` again or leave `asr` out of site.toml",
        "音声認識に失敗しました（{why}）。発話内容なしで推定を続行し、後で再試行します。"
        "改善しない場合は、asr のモデルをコピーし直すか、site.toml から asr を削除してください",
    ),
    "asr_again": ("speech recognition works again", "音声認識が復旧しました"),
    "asr_no_folder": (
        "asr: {folder} is not a folder; name the folder of a speech recogniser",
        "asr：{folder} というフォルダーはありません。音声認識モデルのフォルダーを指定してください",
    ),
    "asr_none": (
        "asr: {folder} holds no speech recogniser; needed are model.bin and tokenizer.json (faster-whisper) "
        "or tokens.txt with model.onnx, encoder and decoder .onnx, or these and joiner .onnx (sherpa-onnx)",
        "asr：{folder} に音声認識モデルがありません。model.bin と tokenizer.json（faster-whisper）、または "
        "tokens.txt と model.onnx、encoder と decoder の .onnx（必要に応じて joiner の .onnx）"
        "（sherpa-onnx）を置いてください",
    ),
    "asr_no_kind": ("of no stated kind", "種類の記載なし"),
    "asr_kind": (
        "asr: {path} is {found}, not {kind}; take an export for sherpa-onnx",
        "asr：{path} の種類は {found} で、{kind} ではありません。sherpa-onnx 用のモデルを使用してください",
    ),
    "asr_streaming": (
        "asr: {path} is a streaming model; take one that reads whole windows",
        "asr：{path} はストリーミング用のモデルです。非ストリーミングのモデルを使用してください",
    ),
    "asr_rate": (
        "speech recognition needs sound at {needed} Hz, not {rate}: set the bundle's rate",
        "音声認識には {needed} Hz の音声が必要です（現在 {rate} Hz）。"
        "バンドルのサンプリング周波数を変更してください",
    ),
    "asr_broken": (
        "asr: {path} does not load ({why}); copy the model again",
        "asr：{path} を読み込めません（{why}）。モデルをもう一度コピーしてください",
    ),
    # The log.
    "log_folder": (
        "{folder} is not a folder; make it, or change folder in [log]",
        "{folder} というフォルダーはありません。作成するか、site.toml の [log] の folder を変更してください",
    ),
    "log_stuck": (
        "{folder} does not answer; readings go on and wait; mend the disk or network",
        "{folder} が応答しません。推定は続行し、結果を保持します。"
        "ディスクまたはネットワークを確認してください",
    ),
    "log_unwritable": (
        "{folder} cannot be written ({why}); readings go on and are not kept; "
        "free some space or mend the disk",
        "{folder} に書き込めません（{why}）。推定は続行しますが、結果は保存されません。"
        "空き容量とディスクを確認してください",
    ),
}
