"""What `edge label agree` and `check` find, and what is wrong with their files; a part of edge/words."""

from __future__ import annotations

LABEL_FOUND: dict[str, tuple[str, str]] = {
    "label_kept_empty": (
        "{path} holds no annotations; import some with edge label import",
        "{path} にアノテーションがありません。edge label import で取り込んでください",
    ),
    "label_kept_two": (
        "{path} holds rows with different sets of labels; keep each set in a file of its own",
        "{path} に異なるラベル構成の行があります。構成ごとに別のファイルにしてください",
    ),
    "label_kept_row": (
        "{where}: this row was changed by hand; import the annotations again into a new file",
        "{where}：この行は手作業で変更されています。新しいファイルに取り込み直してください",
    ),
    # Agreement.
    "label_agreed": (
        "{clips} clips, {raters} raters, {ratings} votes for a label",
        "クリップ {clips} 件、評価者 {raters} 人、ラベルへの票 {ratings}",
    ),
    "label_alpha": (
        "Krippendorff's alpha {alpha}, over {clips} clips with two votes or more",
        "クリッペンドルフの α 係数 {alpha}（2 票以上のクリップ {clips} 件）",
    ),
    "label_alpha_reliable": (
        "reliable: what is learned from these labels rests on them",
        "信頼できます（0.8 以上）",
    ),
    "label_alpha_tentative": (
        "tentative: read the guideline together, look at the labels that are mixed up",
        "暫定的です（0.667 以上）。ガイドラインを一緒に読み直し、取り違えの多いラベルを確認してください",
    ),
    "label_alpha_low": (
        "low: raters mean different things; keep the votes, train with "
        'soft = "votes" in the recipe, mend the guideline',
        "低い値です（0.667 未満）。評価者ごとに基準が異なります。票をそのまま残して、"
        'レシピの soft = "votes" で学習し、ガイドラインを見直してください',
    ),
    "label_alpha_one": (
        "agreement is not defined with one rater; let a second one label the same clips",
        "評価者が 1 人では一致度を計算できません。2 人目に同じクリップのラベル付けを依頼してください",
    ),
    "label_alpha_none": (
        "agreement is not defined: no two raters labelled the same clip, or all chose one label",
        "一致度を計算できません。同じクリップに 2 人以上がラベルを付けていないか、"
        "全員が 1 つのラベルだけを選んでいます",
    ),
    "label_anchored": (
        "{count} votes were given by raters who saw what the bundle thinks: they agree more than they would",
        "バンドルの推定を見た評価者の票が {count} 件あります。見ない場合より一致度が高くなります",
    ),
    "label_guidelines": (
        "more than one version of the guideline: {versions}",
        "ガイドラインの版が複数あります：{versions}",
    ),
    "label_fell": (
        "{rater} was worse in the last third than in the first: a break, or the guideline once more",
        "{rater} は最後の 3 分の 1 で低下しています。休憩を取るか、ガイドラインを読み直してもらってください",
    ),
    "label_disputed": (
        "{count} clips are disputed, {needed} of them have no label; {decided} were decided",
        "判断の割れたクリップ {count} 件（うちラベル未定 {needed} 件）、裁定済み {decided} 件",
    ),
    "label_head_label": ("label", "ラベル"),
    "label_head_alpha": ("alpha (95 %)", "α 係数（95 %）"),
    "label_head_ratings": ("votes", "票数"),
    "label_head_rater": ("rater", "評価者"),
    "label_head_clips": ("clips", "件数"),
    "label_head_others": ("as others", "ほかの人と一致"),
    "label_head_gold": ("gold", "正解と一致"),
    "label_head_first": ("first third", "最初の 1/3"),
    "label_head_last": ("last third", "最後の 1/3"),
    "label_head_time": ("s a clip", "秒/件"),
    "label_head_cannot_tell": ("cannot tell", "判断できない"),
    "label_head_skipped": ("skipped", "スキップ"),
    # Likely errors.
    "label_check_few": (
        "{folder} holds {count} labelled clips of {people} people; it takes {least} of 2 or more",
        "{folder} のラベル付きクリップは {people} 人の {count} 件です。2 人以上、{least} 件以上必要です",
    ),
    "label_check_found": (
        "{count} of {of} labels are likely wrong; hear these clips again",
        "{of} 件中 {count} 件のラベルが誤っている可能性があります。聞き直してください",
    ),
    "label_check_by_head": (
        "asked: a site head that never met the person (recall {recall:.2f})",
        "判定：その人を除いて学習した現場ヘッド（再現率 {recall:.2f}）",
    ),
    "label_check_by_bundle": (
        "asked: the bundle as it is (recall {recall:.2f}); a site head did not help",
        "判定：バンドルのまま（再現率 {recall:.2f}。現場ヘッドでは改善せず）",
    ),
    "label_check_weak": (
        "with such a recall the list says little; do not change a label by it without hearing the clip",
        "この再現率では一覧の信頼性は低いです。クリップを聞かずにラベルを変更しないでください",
    ),
    "label_head_clip": ("clip", "クリップ"),
    "label_head_given": ("given", "現在のラベル"),
    "label_head_likely": ("more likely", "可能性の高いラベル"),
    "label_head_probability": ("probability of given", "現在のラベルの確率"),
    # Tables with votes.
    "votes_untold": (
        "{folder}: {count} clips have votes and no majority; they are left out until somebody decides",
        "{folder}：多数決で決まらないクリップ {count} 件を除外しました（裁定待ち）",
    ),
    "faces_untold": (
        "{folder}: {count} of {of} faces are left out, for no more than half of the votes agree",
        "{folder}：顔 {of} 件のうち {count} 件は、過半数の票を得たラベルがないため除外しました",
    ),
}
