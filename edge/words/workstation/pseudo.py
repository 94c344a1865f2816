"""What `edge pseudo` tells of its rounds: a part of the table in edge/words."""

from __future__ import annotations

PSEUDO: dict[str, tuple[str, str]] = {
    "round_line": (
        "round {number}: {state}; {count} pseudo-labels ({refused}); {change}; {why}",
        "ラウンド {number}：{state}。疑似ラベル {count} 件（{refused}）。{change}。{why}",
    ),
    "round_between": (", ", "、"),
    "round_refused": ("{count} {why}", "{why} {count} 件"),
    "round_kept": ("kept", "採用"),
    "round_rolled_back": ("rolled back", "取り消し"),
    "round_waiting": ("waiting", "待機中"),
    "round_change": (
        "macro F1 went from {f1_before:.3f} to {f1_after:.3f}, recall of {names} from "
        "{recall_before:.3f} to {recall_after:.3f}",
        "マクロ F1 は {f1_before:.3f} から {f1_after:.3f} へ、{names} の再現率は {recall_before:.3f} から "
        "{recall_after:.3f} へ変化",
    ),
    "round_frozen": ("on the frozen clips {change}", "固定した評価データで{change}"),
    "round_unheard": (
        "nobody listened: the policy says audit = false",
        "聞き取りなし（ポリシーが audit = false）",
    ),
    "round_unanswered": ("{count} clips wait for a listener", "{count} 件が聞き取り待ち"),
    "round_right": (
        "{right} of {n} were right by ear, precision at least {bound:.3f}",
        "聞き取りで {n} 件中 {right} 件が正解、適合率は {bound:.3f} 以上",
    ),
    "round_under": ("{why}, under {least}", "{why}（必要な {least} 未満）"),
    "rounds_all": ("the policy ends after {rounds} rounds", "ポリシーで決めた {rounds} ラウンドで終了"),
    "rounds_none": (
        "round {number} found no clip the policy takes",
        "ラウンド {number} ではポリシーに合うデータがありませんでした",
    ),
    "rounds_same": (
        "round {number} gives the labels of the round before",
        "ラウンド {number} のラベルは前のラウンドと同じです",
    ),
    "rounds_back": ("round {number} was rolled back: {why}", "ラウンド {number} を取り消しました：{why}"),
    "rounds_audit": ("round {number} waits for its audit", "ラウンド {number} は聞き取り待ちです"),
    "pseudo_kept": ("{count} pseudo-labels are kept", "疑似ラベル {count} 件を採用しました"),
    "pseudo_next": (
        "{count} pseudo-labels are kept; name this folder under corpora of [audio] and export into a "
        "new --out",
        "疑似ラベル {count} 件を採用しました。[audio] の corpora にこのフォルダーを加え、新しい --out に"
        "エクスポートしてください",
    ),
    # Why a clip gets no label.
    "not sure enough": ("not sure enough", "確信度不足"),
    "the folds disagree": ("the folds disagree", "分割ごとの判定が不一致"),
    "the second head disagrees": ("the second head disagrees", "2 つめの分類器と不一致"),
    "over the label's quota": ("over the label's quota", "ラベルの割り当て超過"),
    # Why a recording is not used.
    "cannot be used": ("cannot be used", "使用できない録音"),
    "labelled already": ("labelled already", "ラベル付けずみ"),
    "the same sound twice": ("the same sound twice", "同じ音の重複"),
    "of a person who is judged on": ("of a person who is judged on", "評価対象者の録音"),
    # What a threshold buys.
    "curve_head_threshold": ("threshold", "しきい値"),
    "curve_head_taken": ("taken", "採用"),
    "curve_head_right": ("right", "正解"),
    "curve_head_least": ("at least", "下限"),
}
