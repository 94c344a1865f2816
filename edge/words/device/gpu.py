"""What is said about the GPU, TensorRT and its plans: a part of the table in edge/words."""

from __future__ import annotations

GPU: dict[str, tuple[str, str]] = {
    # Why TensorRT is not used.
    "not_tensorrt": (
        "ONNX Runtime runs the models, not TensorRT: {why}",
        "TensorRT ではなく ONNX Runtime でモデルを実行します：{why}",
    ),
    "trt_none": (
        "TensorRT is not installed; on a Jetson run: sudo apt install python3-libnvinfer, "
        "elsewhere: pip install tensorrt-rtx-cu12",
        "TensorRT がインストールされていません。Jetson では sudo apt install python3-libnvinfer、"
        "それ以外では pip install tensorrt-rtx-cu12 を実行してください",
    ),
    "trt_outside": (
        "TensorRT is in {place}, which the Python of {here} does not see; delete that virtual environment "
        "and run script/setup, or make it again with: /usr/bin/python3 -m venv --system-site-packages",
        "TensorRT は {place} にありますが、{here} の Python からは見えません。"
        "この仮想環境を削除して script/setup を実行するか、"
        "/usr/bin/python3 -m venv --system-site-packages で作り直してください",
    ),
    "trt_other_python": (
        "TensorRT in {place} is for Python {wanted}, and {here} has Python {version}; delete that virtual "
        "environment and run script/setup, or make it again with: "
        "/usr/bin/python{wanted} -m venv --system-site-packages",
        "{place} の TensorRT は Python {wanted} 用ですが、{here} は Python {version} です。"
        "この仮想環境を削除して script/setup を実行するか、"
        "/usr/bin/python{wanted} -m venv --system-site-packages で作り直してください",
    ),
    "trt_broken": (
        "{package} does not load ({why}); install it again",
        "{package} を読み込めません。インストールし直してください（{why}）",
    ),
    "trt_no_gpu": (
        "{package} is installed but no NVIDIA GPU answers here ({why}); check the driver, "
        'or set backend = "onnxrt" in site.toml',
        "{package} はありますが、NVIDIA GPU が応答しません（{why}）。ドライバーを確認するか、"
        'site.toml で backend = "onnxrt" を指定してください',
    ),
    "gpu_no_driver": (
        "the NVIDIA driver, libcuda.so.1, is missing",
        "NVIDIA ドライバーの libcuda.so.1 がありません",
    ),
    "gpu_driver_broken": (
        "the NVIDIA driver does not load: {why}",
        "NVIDIA ドライバーを読み込めません：{why}",
    ),
    "gpu_code": (
        "the NVIDIA driver answers with error {code}",
        "NVIDIA ドライバーのエラー {code}",
    ),
    "gpu_closed": (
        "this user may not open {node}; run: sudo usermod -aG video,render $USER, then log in again",
        "このユーザーは {node} を開けません。sudo usermod -aG video,render $USER を実行し、"
        "ログインし直してください",
    ),
    "gpu_unusable": (
        "the GPU cannot be used ({why}); check the NVIDIA driver",
        "GPU を使用できません（{why}）。NVIDIA ドライバーを確認してください",
    ),
    "pycuda_broken": (
        "pycuda does not load ({why}); check the NVIDIA driver, then run: "
        "pip install --force-reinstall --no-deps pycuda",
        "pycuda を読み込めません（{why}）。NVIDIA ドライバーを確認し、"
        "pip install --force-reinstall --no-deps pycuda を実行してください",
    ),
    "trt_trouble": (
        "{why}",
        "TensorRT を使用できません。JetPack と TensorRT のバージョンを確認するか、"
        'site.toml で backend = "onnxrt" を指定してください（{why}）',
    ),
    "backend_unknown": (
        "there is no backend {name!r}; choose from {names}",
        "backend「{name}」は使用できません。{names} から選んでください",
    ),
    # Running on the GPU.
    "cuda_refused": (
        "the CUDA driver refused {name} (error {code})",
        "CUDA ドライバーが {name} を拒否しました（エラー {code}）",
    ),
    "trt_thread": (
        "a TensorRT engine was called from thread {name!r}; "
        "open, run and close it on one and the same thread",
        "TensorRT エンジンがスレッド {name!r} から呼ばれました。同じスレッドで開き、実行し、閉じてください",
    ),
    "trt_not_running": (
        "{name} does not run on {package}: {why}",
        "{name} を {package} で実行できません：{why}",
    ),
    "trt_plan_refused": (
        "TensorRT does not take the plan of {name}; run: edge build --clean, then edge build",
        "{name} のプランを TensorRT で読み込めません。"
        "edge build --clean の後に edge build を実行してください",
    ),
    "gpu_full": (
        "the GPU has no memory left for {name}; close other programs",
        "{name} のための GPU メモリーが足りません。他のプログラムを終了してください",
    ),
    "trt_address": (
        "TensorRT takes no memory for {tensor} of {name}; update TensorRT",
        "TensorRT が {name} の {tensor} にメモリーを割り当てられません。TensorRT を更新してください",
    ),
    "trt_not_started": (
        "TensorRT could not start {name}",
        "TensorRT で {name} を開始できません",
    ),
    "trt_no_graph": (
        "TensorRT runs without CUDA graphs ({why}); readings are the same, each call takes a little longer",
        "CUDA グラフを使わずに TensorRT で実行します（{why}）。推定結果は同じですが、処理が少し長くなります",
    ),
    "graph_refused": (
        "TensorRT says its work cannot be recorded",
        "TensorRT の処理は記録できません",
    ),
    "graph_failed": ("recording failed: {why}", "記録に失敗しました：{why}"),
    "graph_differs": (
        "the recorded work gives other numbers",
        "記録した処理の結果が一致しません",
    ),
    "engine_inputs": (
        "{name} takes {wanted}; given were {given}",
        "{name} の入力は {wanted} ですが、{given} が渡されました",
    ),
    "engine_input": (
        "{name}: {tensor} must be {wanted}, given was {given}",
        "{name}：{tensor} は {wanted} が必要ですが、{given} が渡されました",
    ),
    # Compiling.
    "trt_compiling": (
        "{name}: compiling with {package} {version}, once; the plan is kept",
        "{name}：{package} {version} でコンパイルしています（初回のみ。結果は保存します）",
    ),
    "trt_progress": ("{name}: {phase}, {step} of {of}", "{name}：{phase}（{of} 中 {step} まで完了）"),
    "trt_halving": (
        "{name}: refused ({why}); looking for the node that cannot run in INT8",
        "{name}：INT8 で実行できないノードを探しています（{why}）",
    ),
    "trt_no_model": (
        "{path} is no ONNX model for TensorRT ({why}); copy or export it again",
        "{path} は TensorRT で読める ONNX モデルではありません。"
        "もう一度コピーするか、エクスポートし直してください（{why}）",
    ),
    "trt_refused": (
        "{path} is refused by {package} {version}: {why}; "
        'update TensorRT, or set backend = "onnxrt" in site.toml',
        "{path} を {package} {version} でコンパイルできません。TensorRT を更新するか、"
        'site.toml で backend = "onnxrt" を指定してください（{why}）',
    ),
    "trt_killed": (
        "the TensorRT compiler crashed on {name}: it was killed, most likely for want of memory; "
        "close other programs and try again",
        "{name} のコンパイルが強制終了されました。メモリー不足の可能性があります。"
        "他のプログラムを終了して、もう一度実行してください",
    ),
    "trt_crashed": (
        "the TensorRT compiler crashed on {name} ({why}); update {package}, "
        'or set backend = "onnxrt" in site.toml',
        "{name} のコンパイル中に TensorRT が異常終了しました（{why}）。{package} を更新するか、"
        'site.toml で backend = "onnxrt" を指定してください',
    ),
    "trt_memory": (
        "compiling {name} takes about {needed:.1f} GB of memory and {free:.1f} GB are free; "
        "close other programs and try again",
        "{name} のコンパイルには約 {needed:.1f} GB のメモリーが必要ですが、空きは {free:.1f} GB です。"
        "他のプログラムを終了して、もう一度実行してください",
    ),
    "timing_damaged": (
        "the kernel timings in {path} are damaged; they are kept as {aside}, and compiling measures anew",
        "{path} のカーネル計測値が壊れています。{aside} として残し、計測し直します",
    ),
    # Plans that are kept.
    "plan_waiting": (
        "{name}: waiting for another process that builds",
        "{name}：別のプロセスのコンパイルが終わるのを待っています",
    ),
    "plan_again": (
        "{name}: the stored plan is deleted and built again: {why}",
        "{name}：保存済みのプランを削除し、作り直します（{why}）",
    ),
    "plan_for_other": (
        "it was made for {field} {there}, here is {here}",
        "作成時の {field} は {there}、この装置は {here}",
    ),
    "plan_unreadable": ("it cannot be read ({why})", "読み取れません：{why}"),
    "plan_open": ("others may have written it", "他のユーザーが書き換えた可能性があります"),
    "plan_no_note": (
        "the note beside it is missing or damaged",
        "付属の情報ファイルがないか、壊れています",
    ),
    "plan_damaged": ("it is damaged (sha256 differs)", "壊れています（sha256 不一致）"),
    "plan_folder": (
        "plans cannot be kept in {path} ({why}); mend it or set XDG_CACHE_HOME",
        "{path} にプランを保存できません（{why}）。アクセス権と空き容量を確認するか、"
        "XDG_CACHE_HOME を設定してください",
    ),
    "plan_listed_bad": (
        "not readable, will be built again",
        "読み取れません。次回作り直します",
    ),
    "plans_in": ("in {path}", "保存先：{path}"),
    "plans_deleted": ("{count} plans deleted from {path}", "{path} のプラン {count} 件を削除しました"),
    # edge build.
    "build_no_gpu": (
        "tensorrt {version} compiles only where an NVIDIA GPU answers ({why}); check the driver, "
        "or try the models elsewhere with tensorrt-rtx-cu12",
        "tensorrt {version} でのコンパイルには NVIDIA GPU が必要です（{why}）。ドライバーを確認するか、"
        "別の装置で tensorrt-rtx-cu12 を使用してください",
    ),
    "build_built": ("{name}: INT8 plan built, {size:.1f} MB", "{name}：INT8 プランを作成（{size:.1f} MB）"),
    "build_kept": (
        "{name}: INT8 plan was there already, {size:.1f} MB",
        "{name}：INT8 プランは作成済み（{size:.1f} MB）",
    ),
    "build_given_back": (
        "{name}: runs in float for want of an INT8 kernel: {nodes}",
        "{name}：INT8 で実行できないため浮動小数点で実行するノード：{nodes}",
    ),
    "build_proof_only": (
        "no NVIDIA GPU here: these plans only prove that the models compile",
        "NVIDIA GPU がありません。このプランはコンパイルできることの確認にしか使えません",
    ),
    "build_done": (
        "plans for {gpu} ({arch}) are in {path}",
        "{gpu}（{arch}）用のプランの保存先：{path}",
    ),
}
