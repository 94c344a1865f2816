"""The words of a trial before production: `edge shadow`; a part of edge/words."""

from __future__ import annotations

SHADOW: dict[str, tuple[str, str]] = {
    "help_shadow": (
        "Try a bundle before production: nothing is shown or sent.\n\n"
        "What it must reach is fixed before it starts; people note what happens.\n\n"
        "\b\nExample: edge shadow start trial --config site.toml --criteria criteria.toml",
        "本番前の試行：結果を表示も送信もせずに試します。\n\n"
        "満たすべき基準は開始前に確定し、起きたことは人が記録します。\n\n"
        "\b\n例：edge shadow start trial --config site.toml --criteria criteria.toml",
    ),
    "help_shadow_start": (
        "Start a trial, or go on with it.\n\n"
        "It reads until SIGTERM or Ctrl-C and logs to the folder alone. "
        "Note what happens in its events.csv.\n\n"
        "\b\nExample: edge shadow start trial --config site.toml --criteria criteria.toml",
        "試行を開始、または再開します。\n\n"
        "SIGTERM または Ctrl-C まで推定し、フォルダーにのみ記録します。"
        "起きたことは events.csv に記入してください。\n\n"
        "\b\n例：edge shadow start trial --config site.toml --criteria criteria.toml",
    ),
    "help_shadow_status": (
        "Say how much evidence there is so far.\n\n\b\nExample: edge shadow status trial",
        "これまでに集まった証拠の量を表示します。\n\n\b\n例：edge shadow status trial",
    ),
    "help_shadow_report": (
        "Say go, no-go or not yet, with the evidence.\n\n"
        "The exit code is 1 for no-go, and where the criteria were changed after the start.\n\n"
        "\b\nExample: edge shadow report trial --report trial.html --json trial.json",
        "可・否・判断保留のいずれかと、その根拠を示します。\n\n"
        "「否」の場合と、開始後に基準が変更されている場合は、終了コードが 1 になります。\n\n"
        "\b\n例：edge shadow report trial --report trial.html --json trial.json",
    ),
    "opt_shadow_folder": ("Folder of the trial.", "試行のフォルダー。"),
    "opt_shadow_criteria": ("What it must reach (TOML).", "満たすべき基準（TOML）。"),
    "opt_shadow_source": (
        "Recording or folder of recordings instead of devices, for practice.",
        "機器の代わりに使用する録画またはそのフォルダー（練習用）。",
    ),
    "opt_shadow_report": ("One page to print (HTML).", "印刷用の 1 ページ（HTML）。"),
    "opt_shadow_json": ("The same as JSON.", "同じ内容の JSON ファイル。"),
    "shadow_runs": (
        "the trial in {folder} runs; nothing is shown or sent",
        "{folder} の試行を実行中です。結果は表示も送信もしません",
    ),
    "shadow_logged": ("logged {count} readings to {folder}", "推定 {count} 件を {folder} に記録しました"),
    "shadow_none": (
        "{folder} holds no trial; start one: edge shadow start",
        "{folder} に試行がありません。edge shadow start で開始してください",
    ),
    "shadow_damaged": (
        "{path} is damaged; start a trial in a new folder",
        "{path} が壊れています。新しいフォルダーで試行を開始してください",
    ),
    "shadow_criteria_other": (
        "the trial in {folder} was started with other criteria; start one in a new folder",
        "{folder} の試行は別の基準で開始されています。基準は変更できません。"
        "新しいフォルダーで開始してください",
    ),
    "shadow_other": (
        "the trial in {folder} is of another bundle or alarm; start one in a new folder",
        "{folder} の試行はバンドルまたは警報の設定が異なります。新しいフォルダーで開始してください",
    ),
    "shadow_foreign": (
        "{folder} holds other files; name a new or empty folder",
        "{folder} に他のファイルがあります。新しいフォルダーまたは空のフォルダーを指定してください",
    ),
    "shadow_moment": (
        "{where}: {column} '{said}' is no date and time; write it as 2026-11-20 09:30:00",
        "{where}：{column}「{said}」は日時ではありません。2026-11-20 09:30:00 の形式で記入してください",
    ),
    "shadow_order": (
        "{where}: it ends ('{last}') before it begins ('{first}'); mend it",
        "{where}：終了「{last}」が開始「{first}」より前です。直してください",
    ),
    "shadow_what": (
        "{where}: '{said}' is none of {known}, other, watched; mend it",
        "{where}：「{said}」は {known}、その他、観察 のいずれでもありません。直してください",
    ),
    "shadow_days": ("days", "日数"),
    "shadow_people": ("people", "人数"),
    "shadow_events": ("events", "事象"),
    "shadow_enough": (
        "{what} {there} of {asked}",
        "{what} {there}（基準 {asked}）",
    ),
    "shadow_status": (
        "{bundle}, started {when}: {parts}; {readings} readings, {hours:.1f} h, {waiting} checks wait",
        "{bundle}、開始 {when}：{parts}。推定 {readings} 件、{hours:.1f} 時間、未判定の確認 {waiting} 件",
    ),
    "shadow_verdict_void": (
        "VOID: the criteria were changed after the start",
        "無効：開始後に基準が変更されています",
    ),
    "shadow_verdict_not_yet": ("NOT YET: too little evidence to decide", "判断保留：証拠が不足しています"),
    "shadow_verdict_go": ("GO: the criteria are met", "可：基準を満たしています"),
    "shadow_verdict_no_go": ("NO-GO: the criteria are not met", "否：基準を満たしていません"),
    "shadow_pair": (
        "detection {detection} (asked: {least:.0%} or more) with {false} false alarms an hour "
        "(asked: {most:g} or fewer)",
        "検出率 {detection}（基準：{least:.0%} 以上）、誤報 {false} 回/時（基準：{most:g} 以下）",
    ),
    "shadow_no_value": ("none", "なし"),
}
