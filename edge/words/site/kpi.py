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
        "{where}：from「{first}」と to「{last}」は録画内の範囲として正しくありません。"
        "両方を秒で、from が to より小さくなるように記入してください",
    ),
    "part_trained": (
        "{where}: {name} means a stretch of a recording (from, to), which is judged on only; cut the "
        "recording into clips, a label each",
        "{where}：{name} は録画内の範囲（from、to）の指定で、評価にのみ使用できます。"
        "録画をラベルごとのクリップに分けてください",
    ),
    "part_outside": (
        "{path} ends before {first:g} s, where a stretch of metadata.csv begins; mend from and to",
        "{path} は、metadata.csv の範囲の始まり {first:g} 秒より前に終わります。from と to を直してください",
    ),
    # The KPIs.
    "kpi_no_negative": (
        "no label of this bundle is negative, so there is nothing to detect; set negative = true for some in "
        "the recipe",
        "このバンドルには否定感情のラベルがないため、検出率を求められません。"
        "レシピで negative = true を設定してください",
    ),
    "kpi_no_stream": (
        "no stream can be made: each of the {people} people shows a single label; fill in the columns "
        "speaker, or session and start",
        "ストリームを作成できません。{people} 人全員のラベルが 1 種類だけです。"
        "列 speaker、または session と start を記入してください",
    ),
    "kpi_overlap": (
        "{one} and {other} of one person and session overlap in time; mend start, recorded, from or to",
        "同じ人・セッションの {one} と {other} の時間が重なっています。"
        "start、recorded、from、to を直してください",
    ),
    "kpi_left": ("no KPIs: {why}", "KPI なし：{why}"),
    "kpi_line": (
        "negative emotions: {detection:.0%} found with {false:.1f} false alarms an hour "
        "(threshold {threshold:g}, {episodes} episodes, {hours:.1f} h, {kind})",
        "否定感情：検出率 {detection:.0%}、誤報 {false:.1f} 回/時"
        "（しきい値 {threshold:g}、エピソード {episodes} 件、{hours:.1f} 時間、{kind}）",
    ),
    "kpi_half": (
        "negative emotions: {episodes} episodes and {hours:.1f} h without one, so there is no pair of KPIs",
        "否定感情：エピソード {episodes} 件、それ以外 {hours:.1f} 時間のため、KPI の対を求められません",
    ),
    "report_fused": (
        "--report goes with the fused modality, without --drop",
        "--report は統合結果（fused）の評価でのみ、--drop なしで指定できます",
    ),
    "kpi_recorded": ("streams as they happened", "実際の時間順"),
    "kpi_composed": ("composed streams", "合成したストリーム"),
    # edge evaluate.
    "opt_evaluate_report": (
        "Write KPIs in pairs, detection with false alarms, as a page to this file.",
        "検出率と誤報を対にした KPI のページを保存する HTML ファイル。",
    ),
    "opt_evaluate_config": (
        "Site settings (site.toml): the site's prior, vote and operating point for the KPIs.",
        "現場の設定（site.toml）。KPI に現場の割合、投票、動作点を使用。",
    ),
}
