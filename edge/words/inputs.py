"""What is said of files from outside - settings, manifests, graphs, archives: a part of the table in
edge/words."""

from __future__ import annotations

INPUTS: dict[str, tuple[str, str]] = {
    # Reasons why JSON or TOML is refused.
    "quoted": ("{text}", "詳細：{text}"),
    "no_file": ("there is no such file", "ファイルがありません"),
    "not_utf8": (
        "line {line} is not UTF-8; save it as UTF-8",
        "{line} 行目が UTF-8 ではありません。UTF-8 で保存してください",
    ),
    "too_large": ("it is larger than {limit} MB", "{limit} MB を超えています"),
    "nested": ("it is nested too deeply", "入れ子が深すぎます"),
    "given_twice": ("{name} is given twice", "{name} が重複しています"),
    "no_number": ("{text} is no number that can be used", "{text} は使用できない数値です"),
    # What a value must be.
    "at": ("{where} {what}", "{where}：{what}"),
    "at_given": ("{where} {what} (got {given})", "{where}：{what}（指定値 {given}）"),
    "must_above": ("must be above {limit}", "{limit} より大きい値が必要です"),
    "must_least": ("must be at least {limit}", "{limit} 以上の値が必要です"),
    "must_below": ("must be below {limit}", "{limit} より小さい値が必要です"),
    "must_most": ("must be at most {limit}", "{limit} 以下の値が必要です"),
    "must_number": ("must be a number", "数値が必要です"),
    "must_whole": ("must be a whole number", "整数が必要です"),
    "must_bool": ("must be true or false", "true または false が必要です"),
    "must_text": ("must be text in quotes", "引用符で囲んだ文字列が必要です"),
    "must_printable": (
        "must be one line without control characters",
        "改行や制御文字を含まない文字列が必要です",
    ),
    "must_path": (
        "must be a path the system can take",
        "使用できるパスではありません（長さと文字を確認してください）",
    ),
    "must_form": ("must have the form {limit}", "{limit} の形式が必要です"),
    "must_longer": ("must have at least {limit} characters", "{limit} 文字以上が必要です"),
    "must_shorter": ("must have at most {limit} characters", "{limit} 文字以下にしてください"),
    "must_more": ("must have at least {limit} entries", "{limit} 個以上が必要です"),
    "must_fewer": ("must have at most {limit} entries", "{limit} 個以下にしてください"),
    "must_list": ("must be a list in [ ]", "[ ] で囲んだリストが必要です"),
    "must_table": ("must be a table", "表（テーブル）が必要です"),
    "must_one_of": ("must be one of {limit}", "{limit} のいずれかが必要です"),
    "must_be_there": ("is missing", "指定がありません"),
    "must_be_known": ("is not known", "使用できない項目です"),
    "must_date": ("must be a date as in 2026-11-20", "2026-11-20 のような日付が必要です"),
    "must_host": (
        "must be a name or an address, as in broker.plant",
        "ホスト名またはアドレス（例：broker.plant）が必要です",
    ),
    "must_topic": ("must be a topic without + and #", "+ と # を含まないトピックが必要です"),
    "must_room": (
        "quota_mb must hold two files; give it at least twice file_mb",
        "quota_mb は file_mb の 2 倍以上にしてください",
    ),
    "must_user": (
        "password_file needs a username; add one",
        "password_file を使うには username も指定してください",
    ),
    "must_order": ("{low} {lower} is above {high} {upper}", "{low} {lower} が {high} {upper} を超えています"),
    # What a manifest must hold.
    "lacks": ("{where} lacks {names}", "{where} に {names} がありません"),
    "labels_once": (
        "labels must be two or more, each once",
        "labels には重複しないラベルが 2 つ以上必要です",
    ),
    "prior_sum": (
        "{name} must hold {count} numbers that sum to 1",
        "{name} は合計 1 になる {count} 個の数値が必要です",
    ),
    "row_count": ("{name} must hold {count} numbers", "{name} は {count} 個の数値が必要です"),
    "table_rows": ("{name} must hold {count} rows", "{name} は {count} 行が必要です"),
    "shape_stated": (
        "{tensor} of {model} is {found}, the rest of bundle.json needs {wanted}",
        "{model} の {tensor} は {found} ですが、bundle.json の他の項目からは {wanted} が必要です",
    ),
    "digest_missing": ("digest is missing", "digest がありません"),
    "digest_early": ("digest is not known in schema 4", "スキーマ 4 では digest は使用できません"),
    "site_prior_lacks": (
        "site_prior lacks {names}; give every label of the bundle a share, 1 in all",
        "site_prior に {names} がありません。すべてのラベルの割合を、合計 1 になるように指定してください",
    ),
    "site_prior_sum": (
        "site_prior sums to {total:.3f}; give every label of the bundle a share, 1 in all",
        "site_prior の合計が {total:.3f} です。すべてのラベルの割合を、合計 1 になるように指定してください",
    ),
    "quotas_wrong": (
        "the quotas must be {count} shares that sum to 1; got {given}",
        "割合は合計 1 になる {count} 個の数値が必要です（指定値 {given}）",
    ),
    # Bundles.
    "bundle_edited": (
        "{path} was changed after export (its digest differs); copy the bundle again",
        "{path} がエクスポート後に変更されています（digest 不一致）。バンドルをもう一度コピーしてください",
    ),
    "bundle_extra": (
        "{path}: {name} is not part of the bundle; move it elsewhere",
        "{path}：{name} はバンドルのファイルではありません。別の場所に移してください",
    ),
    "bundle_link": (
        "{path}: {name} is a link or no plain file; copy the bundle again with its files",
        "{path}：{name} は通常のファイルではありません（リンクなど）。実ファイルをもう一度コピーしてください",
    ),
    "bundle_file_kind": (
        "{path} is a file and no .tar; give the bundle's folder, or pack it with: tar cf",
        "{path} は .tar ではないファイルです。"
        "バンドルのフォルダーか、tar cf で作成した .tar を指定してください",
    ),
    "bundle_unreadable": (
        "{path} cannot be read ({why}); check the path and its permissions",
        "{path} を読み取れません（{why}）。パスとアクセス権を確認してください",
    ),
    "bundle_full": (
        "{path} is not empty and holds no bundle; name another folder",
        "{path} は空ではなく、バンドルでもありません。別のフォルダーを指定してください",
    ),
    "bundle_strange": (
        "{path} holds {name}, which is not part of a bundle; move it, or name another folder",
        "{path} にバンドル以外のファイル {name} があります。移動するか、別のフォルダーを指定してください",
    ),
    "bundle_graph": (
        "{path}: {side} of {name} are {found}, bundle.json says {wanted}; export the bundle again",
        "{path}：{name} の {side} は {found} ですが、bundle.json では {wanted} です。"
        "バンドルをエクスポートし直してください",
    ),
    "bundle_moved": (
        "{path} changed while it was opened; wait until it is copied, then start again",
        "{path} が読み込み中に変更されました。コピーが終わってから、もう一度起動してください",
    ),
    # Graphs.
    "onnx_broken": (
        "{path} is no model that can be read ({why}); copy or export it again",
        "{path} は読み取れる ONNX モデルではありません（{why}）。"
        "もう一度コピーするか、エクスポートし直してください",
    ),
    "onnx_parse": ("its bytes are damaged", "ファイルが壊れています"),
    "onnx_empty": ("it holds no graph", "グラフがありません"),
    "onnx_large": ("it is larger than 2 GB", "2 GB を超えています"),
    "onnx_external": (
        "{path} keeps values of {name} in another file, which nothing checks; save the model as one file",
        "{path} は {name} の値を別のファイルに保存しています（検証できません）。"
        "1 つのファイルに保存し直してください",
    ),
    # Golden arrays.
    "golden_unusable": (
        "{path} cannot be used ({why}); copy the bundle again, or export it again",
        "{path} を使用できません（{why}）。バンドルをもう一度コピーするか、エクスポートし直してください",
    ),
    "golden_zip": ("it is no readable npz: {text}", "npz として読めません：{text}"),
    "golden_none": ("{name} is not in it", "{name} がありません"),
    "golden_shape": (
        "{name} is {found}, bundle.json says {wanted} of each case",
        "{name} は {found} ですが、bundle.json では 1 件あたり {wanted} です",
    ),
    "golden_kind": ("{name} holds {found}, not numbers", "{name} は数値ではなく {found} です"),
    "golden_cases": (
        "the arrays of {name} differ in cases, or have none",
        "{name} の配列の件数が一致しないか、0 件です",
    ),
    "golden_nan": ("{name} holds NaN or infinity", "{name} に NaN または無限大があります"),
    "golden_size": ("{name} would take {megabytes} MB", "{name} が {megabytes} MB あります"),
    "output_shape": (
        "{path} gives no {name} of shape {wanted}; export the bundle again",
        "{path} が形状 {wanted} の {name} を出力しません。バンドルをエクスポートし直してください",
    ),
    "output_nan": (
        "{name} gives NaN or infinity as {output} for a recording; train it again with a smaller lr",
        "{name} の出力 {output} に NaN または無限大があります。lr を小さくして学習し直してください",
    ),
    # Archives: reasons.
    "tar_none": (
        "it is no plain tar; pack it with: tar cf",
        "圧縮なしの tar ではありません。tar cf で作成してください",
    ),
    "tar_short": ("it is cut short", "途中で切れています"),
    "tar_kind": (
        "{name} in it is a link, sparse, or no plain file; pack it with: tar chf",
        "{name} は通常のファイルではありません（リンク、スパースなど）。tar chf で作成してください",
    ),
    "tar_nested": (
        "{name} is not in its one top folder",
        "{name} が最上位のフォルダーの直下にありません",
    ),
    "tar_twice": ("{name} is in it twice", "{name} が重複しています"),
    "tar_many": ("it holds more than {limit} files", "ファイルが {limit} 個を超えています"),
    "tar_lacks": ("{name} is not in it", "{name} がありません"),
    "tar_extra": (
        "{name} in it is not part of the bundle; pack the bundle alone",
        "{name} はバンドルのファイルではありません。バンドルだけを tar にしてください",
    ),
    "tar_large": ("it is larger than {limit} GB", "{limit} GB を超えています"),
    "tar_place": (
        "{path} cannot be unpacked beside itself ({why}); make room and the folder writable, "
        "or put it elsewhere",
        "{path} を同じ場所に展開できません（{why}）。空き容量とアクセス権を確認するか、"
        "別の場所に置いてください",
    ),
    # Recipes and policies.
    "recipe_unreadable": (
        "{path} is not a readable recipe ({why}); see recipes/starter.toml",
        "{path} をレシピとして読み取れません（{why}）。recipes/starter.toml を参考にしてください",
    ),
    "recipe_field": (
        "{path}: {why}; see recipes/starter.toml",
        "{path}：{why}。recipes/starter.toml を参考にしてください",
    ),
    "policy_unreadable": (
        "{path} is not a readable policy ({why}); see recipes/pseudo.toml",
        "{path} をポリシーとして読み取れません（{why}）。recipes/pseudo.toml を参考にしてください",
    ),
    "policy_field": (
        "{path}: {why}; see recipes/pseudo.toml",
        "{path}：{why}。recipes/pseudo.toml を参考にしてください",
    ),
    "recipe_start": (
        "epochs = 0 keeps a network as it is; name its bundle with start",
        "epochs = 0 では学習しません。start で元のバンドルを指定してください",
    ),
    "recipe_nobody": (
        "epochs = 0 keeps a network as it is; a teacher has nobody to teach, leave it out",
        "epochs = 0 では学習しないため、teacher は指定できません",
    ),
    "recipe_adapt": (
        "adapt_epochs needs epochs: the network is kept as it is with epochs = 0",
        "adapt_epochs には 1 以上の epochs が必要です",
    ),
    "recipe_made_up": (
        "made_up needs a teacher that is tuned; set teacher and tuning.epochs",
        "made_up には teacher と tuning.epochs の指定が必要です",
    ),
    "recipe_sites": (
        "dp_noise and sites do not go together; take one away",
        "dp_noise と sites は同時に指定できません",
    ),
    "recipe_no_gpu": (
        'device = "cuda", but torch sees no GPU here; install a torch with CUDA, or set device = "auto"',
        'device = "cuda" ですが、torch から GPU が見えません。CUDA 対応の torch を導入するか、'
        'device = "auto" にしてください',
    ),
    "recipe_qat": (
        "qat would train the private fusion without noise; take qat or dp_noise away",
        "qat と dp_noise は同時に指定できません（ノイズなしで学習されるため）",
    ),
    "policy_label": (
        "unknown label {names}; use {known}",
        "ラベル {names} は使用できません。使用できるもの：{known}",
    ),
    "policy_prior": (
        "prior must give every label a share, 1 in all",
        "prior には全ラベルの割合を合計 1 で指定してください",
    ),
    "policy_per_class": (
        "per_class thresholds are used by rule = 'per_class' only; set it or drop them",
        "per_class は rule = 'per_class' のときだけ使用できます",
    ),
    "policy_unsigned": (
        "{path} is not signed; look at its curve, then run this again with --sign NAME",
        "{path} は署名されていません。曲線を確認し、--sign 名前 を付けてもう一度実行してください",
    ),
    "policy_changed": (
        "{path} was changed after {name} signed it on {date}; "
        "undo the change, or look at its curve and run this again with --sign NAME",
        "{path} は {name} が {date} に署名した後に変更されています。変更を戻すか、曲線を確認して "
        "--sign 名前 を付けてもう一度実行してください",
    ),
    "policy_name": (
        "a signature needs a name; give one to --sign",
        "署名には名前が必要です。--sign に指定してください",
    ),
    "policy_last": (
        "{path}: {head} must be the last table; move it to the end",
        "{path}：{head} は最後の表にしてください",
    ),
    "policy_unwritable": (
        "{path} cannot be signed ({why}); make it writable",
        "{path} に署名できません（{why}）。書き込めるようにしてください",
    ),
    "sidecar_wrong": (
        "{path}: {why}; known keys: rate, size, mean, std",
        "{path}：{why}。使用できる項目：rate、size、mean、std",
    ),
    "tokenizer_broken": (
        "{path} is no tokenizer that can be read ({why}); copy or export the bundle again",
        "{path} を読み取れません（{why}）。もう一度コピーするか、エクスポートし直してください",
    ),
    "fusion_nan": (
        "the fusion network gave NaN or infinity; run edge doctor, or export the bundle again",
        "統合モデルの出力に NaN または無限大があります。"
        "edge doctor で確認するか、バンドルをエクスポートし直してください",
    ),
    "posterior_nan": (
        "{count} examples got NaN or infinity from the network; run edge doctor on the bundle",
        "{count} 件の出力に NaN または無限大があります。edge doctor でバンドルを確認してください",
    ),
    "epsilon_none": (
        "dp_noise = {noise} gives no finite epsilon; give more",
        "dp_noise = {noise} では epsilon が有限になりません。値を大きくしてください",
    ),
}
