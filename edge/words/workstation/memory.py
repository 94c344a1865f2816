"""What is said of the memory an export needs; a part of edge/words."""

from __future__ import annotations

MEMORY: dict[str, tuple[str, str]] = {
    "say_memory": (
        "memory: about {need:.1f} GB at most, {tuning:.1f} GB of them to tune teachers; {free:.1f} GB free",
        "メモリー：最大で約 {need:.1f} GB（うち教師モデルの調整 {tuning:.1f} GB）、空き {free:.1f} GB",
    ),
    "say_memory_gpu": (
        "memory of the GPU: about {need:.1f} GB at most to tune teachers; {free:.1f} GB are free",
        "GPU メモリー：教師モデルの調整に最大で約 {need:.1f} GB、空き {free:.1f} GB",
    ),
    "memory_short": (
        "the export needs about {need:.1f} GB of {which}, {free:.1f} GB are free; {advice}",
        "エクスポートには{which}が約 {need:.1f} GB 必要ですが、空きは {free:.1f} GB です。{advice}",
    ),
    "memory_main": ("memory", "メモリー"),
    "memory_gpu": ("GPU memory", "GPU メモリー"),
    "memory_layers": (
        "set layers = {layers} in tuning under [{name}]",
        "[{name}] の tuning で layers = {layers} を指定してください",
    ),
    "memory_batch": (
        "set batch = {batch} and accumulate = {accumulate} in tuning under [{name}]",
        "[{name}] の tuning で batch = {batch} と accumulate = {accumulate} を指定してください",
    ),
    "memory_either": ("{one}, or {other}", "{one}。または、{other}"),
    "memory_larger": (
        "end other programs, take a smaller teacher or fewer corpora, or a machine with more memory",
        "ほかのプログラムを終了するか、教師モデルを小さくする、コーパスを減らす、またはメモリーの多い装置を"
        "使用してください",
    ),
    "memory_unknown": (
        "teacher {name}: what its tuning takes in memory cannot be told ahead ({why})",
        "教師モデル {name}：調整に必要なメモリーを事前に見積もれません（{why}）",
    ),
}
