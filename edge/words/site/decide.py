"""The words of alarms and of `edge decide`: a part of the table in edge/words."""

from __future__ import annotations

DECIDE: dict[str, tuple[str, str]] = {
    # Where an alarm is shown.
    "alarm_up": ("ALARM: negative emotions", "警報：否定感情"),
    # While a run lasts.
    "alarm_no_label": (
        "[alarm] is of no use: no label of this bundle is negative; take the section out of site.toml",
        "このバンドルには否定感情のラベルがないため、[alarm] は使用できません。"
        "site.toml から削除してください",
    ),
    "alarm_other_bundle": (
        "[alarm] was decided for another bundle than {name}; decide again with edge decide",
        "[alarm] は {name} とは別のバンドルで決めた値です。edge decide で決め直してください",
    ),
    "alarm_changed": (
        "{path}: [alarm] has changed and is in use: {now} (before: {before})",
        "{path}：[alarm] の変更を反映しました：{now}（変更前：{before}）",
    ),
    "alarm_none": ("no alarm", "警報なし"),
    "alarm_point": (
        "threshold {threshold:g}, average {average}, suppression {suppression:g} s, {signed}",
        "しきい値 {threshold:g}、平均 {average}、抑制 {suppression:g} 秒、{signed}",
    ),
    "alarm_average": ("{seconds:g} s", "{seconds:g} 秒"),
    "alarm_average_bundle": ("as the bundle's vote", "バンドルの投票と同じ"),
    "alarm_signed": ("signed on {on}", "署名あり（{on}）"),
    "alarm_unsigned": ("unsigned", "署名なし"),
    "settings_others": (
        "{path}: more than [alarm] has changed; the rest holds from the next start on",
        "{path}：[alarm] 以外も変更されています。次回の起動時に反映されます",
    ),
    "settings_broken": (
        "{path} has changed but cannot be used, the settings before stay: {why}",
        "{path} の変更は使用できないため、変更前の設定を継続します：{why}",
    ),
    "alarm_form": (
        "{path} writes [alarm] in a form that only a person should change; write it as a section of its own, "
        "a key a line",
        "{path} の [alarm] は自動で変更できない書き方です。"
        "独立したセクションに、1 行に 1 項目で記入してください",
    ),
    # edge decide.
    "help_decide": (
        "Choose the alarm's threshold within a budget of false alarms.\n\n"
        "Threshold, averaging and suppression are searched together on labelled recordings of people the "
        "bundle was not trained on: least missed within the budget, or least cost.\n\n"
        "\b\nExample: edge decide bundles/line3 recordings --false-alarms-per-hour 2 \\\n"
        "  --out site.toml --sign 'Sato Aoi' --report decision.html",
        "許容する誤報の範囲で、警報のしきい値を選びます。\n\n"
        "学習に使っていない人のラベル付き録画で、しきい値・平均・抑制の時間をまとめて探索し、"
        "範囲内で見逃しが最も少ないもの、またはコストが最も小さいものを選びます。\n\n"
        "\b\n例：edge decide bundles/line3 recordings --false-alarms-per-hour 2 \\\n"
        "  --out site.toml --sign '佐藤 葵' --report decision.html",
    ),
    "opt_decide_budget": (
        "False alarms an hour that are bearable.",
        "許容できる 1 時間あたりの誤報の回数。",
    ),
    "opt_decide_miss": (
        "Cost of a missed episode: the least cost is chosen within the budget.",
        "見逃し 1 件のコスト。許容範囲内でコストが最小の設定を選択。",
    ),
    "opt_decide_response": (
        "Cost of going to see for a false alarm, in the same unit.",
        "誤報 1 回の対応のコスト（同じ単位）。",
    ),
    "opt_decide_out": (
        "Settings file: its prior and vote hold, [alarm] in it is written, with the costs that are given.",
        "設定ファイル。割合と投票の設定を使用し、[alarm] を指定したコストとともに書き込みます。",
    ),
    "opt_decide_sign": (
        "Name of the person who decides.",
        "決定する人の氏名。",
    ),
    "opt_decide_report": (
        "Write the trade-off and the choice as a page to this file.",
        "誤報と検出率の関係と選択結果を保存する HTML ファイル。",
    ),
    "opt_decide_json": ("Write the numbers to this file as well.", "数値を JSON で保存するファイル。"),
    "decide_costs": ("goes with --cost-miss", "--cost-miss と併せて指定してください"),
    "decide_both_free": (
        "must be above 0 where --cost-response is 0",
        "--cost-response が 0 のときは 0 より大きい値が必要です",
    ),
    "must_costs": (
        "cost_response needs a cost_miss; add one",
        "cost_response を使うには cost_miss も指定してください",
    ),
    "must_cost": (
        "cost_miss and cost_response must not both be 0",
        "cost_miss と cost_response を両方 0 にはできません",
    ),
    "decide_no_pair": (
        "there is nothing to choose by: {episodes} negative episodes and {hours:.2f} h without one; "
        "record both",
        "動作点を選べません。否定感情のエピソード {episodes} 件、それ以外 {hours:.2f} 時間です。"
        "両方を録画してください",
    ),
    "decide_nothing": (
        "nothing fits {budget:g} false alarms an hour; the nearest is threshold {threshold:g}, average "
        "{average:g} s, suppression {suppression:g} s: {found:.0%} found with {false:.1f}; "
        "nothing is written",
        "誤報 {budget:g} 回/時以下の設定はありません。最も近い設定は、しきい値 {threshold:g}、"
        "平均 {average:g} 秒、抑制 {suppression:g} 秒"
        "（検出率 {found:.0%}、誤報 {false:.1f} 回/時）です。何も書き込みません",
    ),
    "decide_blind": (
        "nothing fits: no setting detects any episode here; check the labels, or calibrate the bundle; "
        "nothing is written",
        "どの設定でも検出できません。ラベルを確認するか、バンドルを校正してください。何も書き込みません",
    ),
    "decide_unsigned": (
        "not signed: give the name of who decides with --sign",
        "未署名です。決定する人の氏名を --sign で指定してください",
    ),
    "decide_streams": (
        "{people} people, {episodes} negative episodes, {hours:.1f} h, {streams}",
        "{people} 人、否定感情のエピソード {episodes} 件、{hours:.1f} 時間、{streams}",
    ),
    "decide_short": (
        "too short: in {other:.1f} h without an episode, no false alarm at all still leaves {least:.1f} an "
        "hour possible, more than {budget:g}; record longer",
        "録画が短すぎます：否定感情のない {other:.1f} 時間で誤報が 0 回でも、実際は最大 {least:.1f} 回/時"
        "の可能性があり、上限 {budget:g} を超えます。より長く録画してください",
    ),
    "decide_budget": ("at most/h", "上限/時"),
    "decide_threshold": ("threshold", "しきい値"),
    "decide_average": ("average s", "平均 秒"),
    "decide_suppression": ("suppression", "抑制 秒"),
    "decide_found": ("found", "検出率"),
    "decide_false": ("false/h", "誤報/時"),
    "decide_before": ("threshold 0.5, as it is", "しきい値 0.5（現状）"),
    "decide_chosen": ("chosen", "選んだ動作点"),
    "decide_outside": ("people left out", "除いた人での結果"),
    "decide_pair": (
        "{found:.0%} found with {false:.1f} false alarms an hour",
        "検出率 {found:.0%}、誤報 {false:.1f} 回/時",
    ),
    "decide_none": ("no pair", "対なし"),
    "decide_cost": ("expected cost {cost:.1f} an hour", "期待コスト {cost:.1f}/時"),
    "decide_spread": (
        "leaving out each of {people} people in turn, the threshold is {low:g} to {high:g}",
        "{people} 人を 1 人ずつ除いて選び直したしきい値：{low:g}～{high:g}",
    ),
    "decide_one_person": (
        "one person only: how the threshold differs from person to person is not known",
        "1 人のみのため、人によるしきい値の違いは不明です",
    ),
}
