"""Tables of the two trials of the workstation: of ways to fuse, and of pseudo-labels whose truth is known."""

from __future__ import annotations

TRIALS: dict[str, tuple[str, str]] = {
    "variant_audio": ("audio only", "音声のみ"),
    "variant_vision": ("vision only", "映像のみ"),
    "variant_text": ("text only", "発話内容のみ"),
    "variant_experts": ("product of experts", "エキスパートの積"),
    "variant_concat": ("concatenation", "連結"),
    "variant_attention": ("plain attention", "通常のアテンション"),
    "variant_mult": ("cross attention as in MulT", "MulT 方式のクロスアテンション"),
    "variant_guided_query": ("audio-guided, guide = query", "音声ガイド、guide = query"),
    "variant_guided_key_value": ("audio-guided, guide = key_value", "音声ガイド、guide = key_value"),
    "variant_reference": ("SVM on three hand-made features", "手作りの特徴量 3 つによる SVM"),
    "fusion_trial_title": ("Fusion on trial", "統合方法の比較"),
    "fusion_trial_of": (
        "{clips} clips of {actors} actors, {labels} classes, {folds} folds by actor, {seeds} seeds; "
        "mean {plus_minus} standard deviation over the seeds.",
        "演者 {actors} 人の {clips} 件、{labels} クラス、演者単位の {folds} 分割、乱数 {seeds} 通り。値は乱数"
        "についての平均 {plus_minus} 標準偏差です。",
    ),
    "fusion_trial_head": (
        "| variant | parameters | weighted F1 | unweighted recall |",
        "| 方式 | パラメーター数 | 加重 F1 | 平均再現率 |",
    ),
    "fusion_trial_pair": (
        "{ours} less {theirs}: {difference:+.1f} points of weighted F1, 95 % {low:+.1f} to {high:+.1f} by "
        "actor; folds {folds}.",
        "{ours} と {theirs} の差：加重 F1 で {difference:+.1f} ポイント、"
        "95 % 信頼区間 {low:+.1f} ～ {high:+.1f}"
        "（演者単位）。分割ごとの差 {folds}。",
    ),
    "fusion_trial_beats": (
        "The better guide is `{guide}`; it beats the concatenation.",
        "良い方のガイドは `{guide}` で、連結より優れています。",
    ),
    "fusion_trial_beats_not": (
        "The better guide is `{guide}`; it is not shown to beat the concatenation.",
        "良い方のガイドは `{guide}` ですが、連結より優れているとは言えません。",
    ),
    "fusion_trial_way": ("weighted F1", "加重 F1"),
    "fusion_trial_labels": ("{share:.0%} of the labels", "ラベルの {share:.0%}"),
    "fusion_trial_share": (
        "{share:.0%} of the labels: {ours} less {theirs}, the best other way: {difference:+.1f} points, "
        "95 % {low:+.1f} to {high:+.1f} by actor.",
        "ラベルの {share:.0%}：「{ours}」と、ほかで最良の「{theirs}」の差は {difference:+.1f} ポイント、"
        "95 % 信頼区間 {low:+.1f} ～ {high:+.1f}（演者単位）。",
    ),
    "fusion_trial_keeps_up": (
        "Audio guidance wins or ties with every share of the labels.",
        "音声ガイドは、どのラベル量でも最良の方式と同等以上です。",
    ),
    "fusion_trial_falls_behind": (
        "Audio guidance falls behind with some share of the labels.",
        "音声ガイドは、一部のラベル量で最良の方式に劣ります。",
    ),
    "fusion_trial_note_labels": (
        "With a share of the labels the steps stay: more passes over fewer clips, each label alike.",
        "ラベルを減らした場合もステップ数は同じです。各ラベルを同じ割合で減らし、繰り返し学習します。",
    ),
    "fusion_trial_note_folds": (
        "Folds by actor: nobody is judged by a network that met them. Eight classes, RAVDESS's own.",
        "演者単位の分割なので、学習に使った人は評価に使いません。RAVDESS の 8 クラスです。",
    ),
    "fusion_trial_note_face": (
        "Voice and face of a clip were recorded together. The face is 35 action units, averaged over "
        "the clip.",
        "声と顔は同時に収録したものです。顔は 35 個のアクションユニットの平均です。",
    ),
    "fusion_trial_note_actor": (
        "Voice and face features are normalised per actor: no label is used, but recordings of the person "
        "are. The reference was not, so it is a bar to clear, not a rival.",
        "声と顔の特徴量は演者ごとに正規化しています。ラベルは使いませんが、本人の録音は使います。参考の SVM "
        "は正規化していないため、比較相手ではなく最低限の目安です。",
    ),
    "fusion_trial_note_words": (
        "Two sentences are spoken in every emotion: the words carry no label, and text only is chance.",
        "どの感情でも同じ 2 文を話すため、言葉は感情の手がかりになりません。発話内容のみの値は"
        "偶然と同じです。",
    ),
    "fusion_trial_note_settings": (
        "One recipe for all: tokens, loss, steps and settings are the same, parameters nearly. The settings "
        "are those that suited the concatenation, with eight of the actors for validation; all are judged "
        "with them. The shape of the audio-guided head was chosen on sixteen of the actors.",
        "入力、損失、ステップ数、設定はすべて同じで、パラメーター数もほぼ同じです。設定は、演者 8 人の検証で"
        "連結に合わせたものを全方式に使いました。音声ガイドの構造は演者 16 人で選びました。",
    ),
    "fusion_trial_note_width": (
        "The heads are narrower than the one that ships: 960 clips do not fill it.",
        "960 件では足りないため、どの方式も製品の統合モデルより小さくしています。",
    ),
    "pseudo_trial_of": (
        "{share:.0%} of the labels, mean and deviation over {draws} draws of them",
        "ラベルの {share:.0%} を使用。{draws} 回の抽出についての平均と標準偏差",
    ),
    "pseudo_trial_dev": ("dev {score}", "検証：{score}"),
    "pseudo_trial_test": ("test {score}", "評価：{score}"),
    "pseudo_trial_guesses": ("guesses", "推定件数"),
    "pseudo_trial_right": ("right", "正解率"),
    "pseudo_trial_labelled_only": ("labelled only", "ラベル付きのみ"),
    "pseudo_trial_one_round": ("one round", "1 ラウンド"),
    "pseudo_trial_all_rounds": ("all rounds", "全ラウンド"),
    "pseudo_trial_full_labels": ("full labels", "全ラベル"),
    "pseudo_trial_note": (
        "dev speakers decide which rounds are kept, test speakers decide nothing; no guess is judged on",
        "採用するラウンドは検証の話者で決めます。評価の話者は選択に使いません。推定したラベルでは評価しません",
    ),
}
