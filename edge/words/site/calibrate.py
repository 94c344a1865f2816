"""What `edge calibrate` says: a part of the table in edge/words."""

from __future__ import annotations

CALIBRATE: dict[str, tuple[str, str]] = {
    "site_head_lacks": (
        "labels of a site of its own need a site head; calibrate the bundle again",
        "現場独自のラベルには現場ヘッドが必要です。バンドルを校正し直してください",
    ),
    "site_head_unreadable": (
        "{path} cannot be read ({why}); copy the bundle again",
        "{path} を読み取れません。バンドルをもう一度コピーしてください（{why}）",
    ),
    "site_head_wrong": (
        "{path}: {name} is not what the manifest states; calibrate the bundle again",
        "{path}：{name} が bundle.json の記載と異なります。バンドルを校正し直してください",
    ),
    "familiar_unreadable": (
        "{path} cannot be read ({why}); copy the bundle again",
        "{path} を読み取れません。バンドルをもう一度コピーしてください（{why}）",
    ),
    "familiar_wrong": (
        "{path}: {name} is not what the manifest states; copy the bundle again",
        "{path}：{name} が bundle.json の記載と異なります。バンドルをもう一度コピーしてください",
    ),
    # What cannot be calibrated.
    "site_already": (
        "{path} is calibrated for {site} already; calibrate the bundle it was made from, {parent}",
        "{path} はすでに {site} 用に校正されています。元のバンドル（{parent}）を校正してください",
    ),
    "site_over_itself": (
        "{path} is the bundle that is calibrated; name another folder with --out",
        "{path} は校正元のバンドルです。--out に別のフォルダーを指定してください",
    ),
    "site_few_labels": (
        "{folder} holds {count} labelled clips, {least} at least are needed; label more, "
        "or calibrate without them: --labels none",
        "{folder} のラベル付きデータは {count} 件です（最低 {least} 件）。ラベルを追加するか、"
        "--labels none でラベルなしの校正をしてください",
    ),
    "site_too_short": (
        "{folder} holds {count} windows of speech or faces, {least} at least are needed; record more",
        "{folder} で発話または顔のある区間は {count} 個です（最低 {least} 個）。録画を追加してください",
    ),
    "site_narrow": (
        "{folder}: the sound of {count} of {of} recordings ends far below {wanted:.0f} kHz; "
        "record at 16 kHz or more, without telephone or headset profiles",
        "{folder}：{of} 件中 {count} 件の音声は、必要な {wanted:.0f} kHz よりかなり低い帯域で途切れています。"
        "電話やヘッドセットのプロファイルを使わず、16 kHz 以上で録音してください",
    ),
    "site_judged_known": (
        "{folder}: the bundle was calibrated on {count} of the {of} people judged; "
        "judge others, or say --known-people",
        "{folder}：評価対象 {of} 人のうち {count} 人は校正に使われています。"
        "別の人で評価するか、--known-people を指定してください",
    ),
    "judged_trained": (
        "{folder}: the bundle was trained on {count} of the {of} people judged; "
        "judge others, or say --known-people",
        "{folder}：評価対象 {of} 人のうち {count} 人は学習に使われています。"
        "別の人で評価するか、--known-people を指定してください",
    ),
    "judged_tuned": (
        "{folder}: the confidence of the bundle was fitted on {count} of the {of} people judged; "
        "calibration error and coverage flatter it",
        "{folder}：評価対象 {of} 人のうち {count} 人は確信度の調整に使われています。"
        "校正誤差と被覆率は実際より良く見えます",
    ),
    "site_known": (
        "the bundle was trained on {count} of the {of} people recorded; what is measured on people left "
        "out flatters it: record others",
        "録画された {of} 人のうち {count} 人はバンドルの学習に使われています。"
        "除いた人での数値は実際より良く見えます。別の人を録画してください",
    ),
    "split_session": (
        "{table}: the session {name} is both in calibration and in evaluation; one room and day on both "
        "sides flatters: move its rows to one side in the column split",
        "{table}：セッション {name} が calibration と evaluation の両方にあります。"
        "数値が実際より良く見えます。split 列で片方にそろえてください",
    ),
    "site_labels_file": (
        "{path} names no labels that can be used ({why}); see docs/calibrate.md",
        "{path} のラベルを使用できません（{why}）。docs/calibrate.md を参照してください",
    ),
    "site_labels_section": (
        "one section [labels] is wanted, nothing else",
        "[labels] のセクションだけを書いてください",
    ),
    "site_labels_parent": (
        "the bundle has no label {names}; it has {known}",
        "バンドルに {names} というラベルはありません。あるのは {known} です",
    ),
    "site_labels_untold": (
        "{folder}: the recordings do not tell the site's labels apart on people left out; "
        "label clips of more people, or keep the bundle's labels",
        "{folder}：除いた人で現場のラベルを区別できません。より多くの人のデータにラベルを付けるか、"
        "バンドルのラベルを使ってください",
    ),
    # What is going on.
    "site_playing": ("{count} recordings are played", "{count} 件の録画を再生しています"),
    "site_ranging": ("activation ranges: {name}", "活性化の範囲：{name}"),
    "site_labelled": ("{count} labelled clips are read", "ラベル付きデータ {count} 件を推定しています"),
    "site_votes": (
        "{count} of them were labelled by several people: their votes are learnt, what most said is measured",
        "うち {count} 件は複数人のラベルです。票の割合を学習し、多数決のラベルで評価します",
    ),
    # Parts, and why each was taken or left.
    "site_part_ranges": ("INT8 ranges", "INT8 の範囲"),
    "site_part_head": ("site head", "現場ヘッド"),
    "site_part_temperature": ("temperature", "温度"),
    "site_part_sets": ("prediction sets", "候補の集合"),
    "site_part_familiar": ("what is familiar", "既知の範囲"),
    "site_part_prior": ("balance of labels", "ラベルの割合"),
    "fusion": ("fusion", "統合"),
    "fused": ("fused", "統合"),
    "site_ranges_few": ("left: too few windows", "不採用：区間が足りません"),
    "site_ranges_float": ("left: the network is not INT8", "不採用：INT8 のモデルではありません"),
    "site_ranges_left": (
        "left: INT8 comes no nearer to float on other people",
        "不採用：ほかの人で浮動小数点に近づきません",
    ),
    "site_ranges_worse": (
        "left: nearer to float, but other people are read less well",
        "不採用：浮動小数点には近づきますが、ほかの人の推定精度が下がります",
    ),
    "site_ranges_taken": (
        "taken: INT8 is nearer to float on other people",
        "採用：ほかの人で浮動小数点に近づきます",
    ),
    "site_one_person": (
        "left: nobody can be left out; record a second person",
        "不採用：1 人だけでは検証できません。別の人も録画してください",
    ),
    "site_one_label": (
        "left: a single label was given; label clips of another one",
        "不採用：ラベルが 1 種類だけです。別のラベルのデータも付けてください",
    ),
    "site_head_left": (
        "left: people left out gain no more than noise",
        "不採用：除いた人での向上が誤差の範囲です",
    ),
    "site_head_taken": ("taken: people left out gain", "採用：除いた人でも向上します"),
    "site_bias_taken": (
        "taken: bias and scale; with fewer than 5 people no weights are fitted",
        "採用：バイアスと倍率のみ（5 人未満では重みを学習しません）",
    ),
    "site_temperature_new": ("taken: the site head needs its own", "採用：現場ヘッドに合わせた値です"),
    "site_temperature_taken": (
        "taken: it is nearer to the truth on people left out",
        "採用：除いた人でも実際の正解率に近づきます",
    ),
    "site_temperature_left": (
        "left: it is no nearer to the truth on people left out",
        "不採用：除いた人で実際の正解率に近づきません",
    ),
    "site_sets_new": ("taken: the temperature is new", "採用：温度が新しくなったためです"),
    "site_sets_taken": (
        "taken: coverage comes up to 0.90, or sets are smaller",
        "採用：被覆率が 0.90 に近づくか、候補が減ります",
    ),
    "site_sets_left": ("left: coverage is no better", "不採用：被覆率が改善しません"),
    "site_familiar_few": ("left: fewer than 40 windows", "不採用：区間が 40 未満です"),
    "site_familiar_taken": ("taken: what the site is like is known", "採用：現場の音声・映像を既知とします"),
    "site_prior_few": ("left: fewer than 500 windows", "不採用：区間が 500 未満です"),
    "site_prior_unsteady": (
        "left: two halves of the people differ by more than 0.2",
        "不採用：人を半分に分けた 2 つの推定の差が 0.2 を超えます",
    ),
    "site_prior_doubtful": (
        "left: two ways to estimate it differ by more than 0.2",
        "不採用：2 つの推定方法の差が 0.2 を超えます",
    ),
    "site_prior_taken": ("taken: two halves of the people agree", "採用：人を半分に分けても一致します"),
    # What was measured.
    "site_measure_snr_db": ("signal to noise of INT8 (dB)", "INT8 の SN 比（dB）"),
    "site_measure_unweighted_recall": ("mean recall", "平均再現率"),
    "site_measure_calibration_error": ("calibration error", "校正誤差"),
    "site_measure_coverage": ("coverage (0.90 is meant)", "被覆率（目標 0.90）"),
    "site_measure_prior_gap": ("difference of two halves", "半分ずつの推定の差"),
    "site_measure_unfamiliar": ("share of unfamiliar windows", "未知とみなす区間の割合"),
    "site_measure_none": ("-", "－"),
    "site_part": ("part", "項目"),
    "site_measure": ("measured on people left out", "除いた人での指標"),
    "site_before": ("before", "校正前"),
    "site_after": ("after", "校正後"),
    "site_verdict": ("verdict", "判定"),
    # What prediction sets were fitted on.
    "sets_few": (
        "never ruled out, for too few clips or people set the limit ({names}): {labels}",
        "データまたは人が足りず、候補から外せないラベル（{names}）：{labels}",
    ),
    "sets_label": ("{label} (clips: {clips}, people: {people})", "{label}（{clips} 件、{people} 人）"),
    "sets_and": (", ", "、"),
    "site_card_title": ("Calibrated for {name}", "現場 {name} 用の校正"),
    "site_card_from": (
        "Made by `edge calibrate` from {parent}: {clips} recordings, {labelled} of them labelled, "
        "{minutes} minutes, {people} people known by name.",
        "`edge calibrate` が {parent} から作成：録画 {clips} 件（うちラベル付き {labelled} 件）、"
        "{minutes} 分、名前の分かる人 {people} 人。",
    ),
    "site_card_note": (
        "Every figure is of people the part was not fitted on. What was left stays as it was.",
        "数値はすべて、その項目の学習に使っていない人でのものです。不採用の項目は元のままです。",
    ),
    "help_calibrate": (
        "Fit a bundle to a site by its recordings.\n\n"
        "Each part is judged on people left out and taken or left. RECORDINGS: a folder with metadata.csv "
        "(file_name; emotion where a person labelled it; speaker), or plain recordings. Takes minutes and no "
        "GPU. BUNDLE is not changed.\n\n"
        "\b\nExample: edge calibrate bundles/line3 recordings --out bundles/line3-site",
        "バンドルを現場に合わせます。\n\n"
        "項目ごとに、除いた人で評価して採否を決めます。"
        "RECORDINGS：metadata.csv（file_name、ラベル付きの行には emotion、speaker）のあるフォルダー、"
        "または録画だけのフォルダー。数分で終わり、GPU は不要です。BUNDLE は変更しません。\n\n"
        "\b\n例：edge calibrate bundles/line3 recordings --out bundles/line3-site",
    ),
    "opt_calibrate_recordings": ("Recordings of the site.", "現場の録画のフォルダー。"),
    "opt_calibrate_out": (
        "Folder of the new bundle; with --label a file.",
        "新しいバンドルのフォルダー。--label のときはファイル。",
    ),
    "site_none_to_label": (
        "{folder} holds no clip with speech or a face that is not labelled yet; record more",
        "{folder} に、発話か顔があってラベルのないデータはありません。録画を追加してください",
    ),
    "site_to_label": (
        "{count} clips to label are listed in {path}; fill in the column emotion and put the rows into "
        "metadata.csv",
        "ラベルを付けるデータ {count} 件を {path} に書き出しました。emotion の列を記入し、"
        "metadata.csv に反映してください",
    ),
    "opt_calibrate_label": (
        "Calibrate nothing: list the N clips most worth labelling in the file --out.",
        "校正はせず、ラベルを付ける価値の高い N 件を --out のファイルに書き出します。",
    ),
    "opt_calibrate_labels": (
        "none: use no labels; a TOML file: labels of the site's own.",
        "none：ラベルを使いません。TOML ファイル：現場独自のラベル。",
    ),
    "opt_calibrate_site": (
        "Name of the site; the folder's name if none is given.",
        "現場の名前。省略時はフォルダー名。",
    ),
    "opt_evaluate_known": (
        "Judge people the bundle was calibrated on as well.",
        "校正に使った人も評価の対象にします。",
    ),
    "opt_calibrate_config": (
        "Site settings (site.toml): their [policy] is asked, and the calibration audited.",
        "現場の設定（site.toml）。[policy] を確認し、校正を監査記録に残します。",
    ),
    "opt_calibrate_json": (
        "Write what was measured to a JSON file.",
        "測定結果を JSON ファイルに書き出します。",
    ),
}
