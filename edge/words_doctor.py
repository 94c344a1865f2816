"""The words of `edge doctor`: a part of the table in edge/words.py."""

from __future__ import annotations

DOCTOR: dict[str, tuple[str, str]] = {
    "ok": ("ok ", "良好"),
    "bad": ("bad", "問題"),
    "doctor_bad": ("{count} bad", "問題 {count} 件"),
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
        "言葉は使用しません：pip install 'edge-emotion[asr]' を実行し、site.toml の asr で指定してください",
    ),
    "doctor_text": (
        "{packages}; text is read where site.toml names a model folder (asr)",
        "{packages}。site.toml の asr でモデルを指定すると言葉も使用します",
    ),
    "doctor_not_checked": (
        "bundle not checked: mend the packages first, then run `edge doctor` again",
        "バンドルは未確認です。先にパッケージを直し、もう一度 edge doctor を実行してください",
    ),
    "doctor_bundle": (
        "bundle {name}, made {created}: every file as exported",
        "バンドル {name}（作成 {created}）：全ファイルが書き出し時のままです",
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
        "{why}：onnxruntime を更新するか、バンドルを書き出し直してください",
    ),
}
