"""The words of KPIs in pairs: `edge evaluate --report`; a part of edge/words."""

from __future__ import annotations

KPI: dict[str, tuple[str, str]] = {
    # Tables of recordings.
    "table_recorded": (
        "{where}: recorded '{said}' is no date and time; write it as 2026-11-20 09:30:00",
        "{where}：recorded「{said}」は日時ではありません。2026-11-20 09:30:00 の形式で記入してください",
    ),
    "table_part": (
        "{where}: from '{first}' and to '{last}' are no stretch of a recording; give both in seconds, from "
        "before to",
        "{where}：from「{first}」と to「{last}」は録画の区間ではありません。"
        "両方を秒で、from が to より小さくなるように記入してください",
    ),
    "part_trained": (
        "{where}: {name} means a stretch of a recording (from, to), which is judged on only; cut the "
        "recording into clips, a label each",
        "{where}：{name} は録画の区間（from、to）の指定で、評価にのみ使用できます。"
        "録画をラベルごとのクリップに分けてください",
    ),
    "part_outside": (
        "{path} ends before {first:g} s, where a stretch of metadata.csv begins; mend from and to",
        "{path} は、metadata.csv の区間の始まり {first:g} 秒より前に終わります。from と to を直してください",
    ),
}
