"""The words of a site's folder: `edge site`; a part of edge/words."""

from __future__ import annotations

STEPS: dict[str, tuple[str, str]] = {
    "help_site": (
        "Begin the folder of a site, and see which step comes next.\n\n\b\nExample: edge site init line3",
        "現場フォルダー：作成し、次の手順を確認します。\n\n\b\n例：edge site init line3",
    ),
    "help_site_init": (
        "Make the folder of a new site; what is there already stays.\n\n"
        "It holds site.toml, a script to read aloud, a guideline for raters and a checklist. "
        "The key of the recordings is made with your settings, apart from the folder.\n\n"
        "\b\nExample: edge site init line3",
        "新しい現場のフォルダーを作成します。既にあるものは変更しません。\n\n"
        "site.toml、読み上げ台本、評価者向けガイドライン、チェックリストが入ります。"
        "収録データの鍵は、フォルダーとは別に利用者の設定の場所に作成します。\n\n"
        "\b\n例：edge site init line3",
    ),
    "help_site_status": (
        "Say which step comes next, and why.\n\n"
        "The exit code is 0 when all is done, else 1.\n\n"
        "\b\nExample: edge site status line3",
        "次の手順とその理由を示します。\n\n"
        "すべて済んでいれば終了コードは 0、それ以外は 1 です。\n\n"
        "\b\n例：edge site status line3",
    ),
    "help_site_split": (
        "Keep half of the people back, to be judged on.\n\n"
        "Writes the column split of recordings/metadata.csv; who has a side keeps it.\n\n"
        "\b\nExample: edge site split line3",
        "対象者を、校正に使う人と評価用に残す人に半分ずつ分けます。\n\n"
        "recordings/metadata.csv の split 列に書き込みます。既に決まっている人は変更しません。\n\n"
        "\b\n例：edge site split line3",
    ),
    "opt_site_folder": ("Folder of the site.", "現場のフォルダー。"),
    "opt_site_bundle": (
        "Bundle whose labels are recorded; default: the starter bundle.",
        "収録するラベルを持つバンドル。省略時はスターター。",
    ),
    "opt_site_json": ("Write the steps to this JSON file.", "手順をこの JSON ファイルに書き出します。"),
    "must_be_filled": ("must be filled in", "空欄です。記入してください"),
    "steps_made": ("made: {names}", "作成：{names}"),
    "steps_kept": ("left as it was: {names}", "変更なし：{names}"),
    "steps_key": (
        "The key of the recordings is {path}: keep a copy of it apart from this machine. Without it nothing "
        "that is recorded can be read.",
        "収録データの鍵は {path} です。この機器とは別の場所に控えを保管してください。"
        "鍵がないと収録データは読めません。",
    ),
    "steps_next": ("next: edge site status {folder}", "次：edge site status {folder}"),
    "steps_no_site": (
        "{folder} is no folder of a site: it holds no site.toml; edge site init makes one",
        "{folder} は現場フォルダーではありません（site.toml がありません）。"
        "edge site init で作成してください",
    ),
    "steps_report": (
        "{path} is no report of edge; delete it and run the step again",
        "{path} は edge のレポートではありません。削除して手順をやり直してください",
    ),
    "steps_all_done": ("All steps are done.", "すべての手順が済んでいます。"),
    "state_done": ("done", "済"),
    "state_next": ("next", "次"),
    "state_later": ("-", "－"),
    "step_policy": ("policy", "ポリシー"),
    "step_consent": ("consent", "同意"),
    "step_record": ("record", "収録"),
    "step_split": ("split", "分割"),
    "step_coverage": ("coverage", "充足状況"),
    "step_label": ("label", "ラベル"),
    "step_agree": ("agree", "一致度"),
    "step_calibrate": ("calibrate", "校正"),
    "step_evaluate": ("evaluate", "評価"),
    "step_decide": ("decide", "動作点"),
    "step_shadow": ("shadow", "試行"),
    "step_run": ("run", "運用"),
    "said_waits": ("a step before it comes first", "前の手順が先です"),
    "said_not_run": ("not done yet", "まだ行われていません"),
    "said_old": (
        "done before the last change of what it looks at: do it again",
        "対象の最後の変更より前の結果です。やり直してください",
    ),
    "said_policy": (
        "site.toml can be read, and its policy allows to record",
        "site.toml に誤りはなく、ポリシーは収録を認めています",
    ),
    "said_consent_none": ("nobody has agreed yet", "同意した人がまだいません"),
    "said_consent": ("people whose consent is in force: {count}", "有効な同意のある人：{count} 名"),
    "said_record_none": ("nothing is recorded yet", "まだ収録されていません"),
    "said_record": ("clips: {clips}, people: {people}", "クリップ {clips} 件、{people} 名"),
    "said_record_minutes": (
        "clips: {clips}, people: {people}, minutes: {minutes:.0f}",
        "クリップ {clips} 件、{people} 名、{minutes:.0f} 分",
    ),
    "said_split_open": (
        "clips of people who are on no side: {count}",
        "どちらにも分けられていない人のクリップ：{count} 件",
    ),
    "said_split": (
        "calibrated on: {calibration} people; kept back: {evaluation}",
        "校正用：{calibration} 名、評価用：{evaluation} 名",
    ),
    "said_coverage_bad": (
        "leaks: {leaks}, far too little of: {little}; reports/coverage.html says what to record next",
        "重複 {leaks} 件、大幅な不足 {little} 件。次に収録すべきものは reports/coverage.html にあります",
    ),
    "said_coverage": ("no leak, and enough of all", "重複はなく、量も足りています"),
    "said_label": (
        "labelled clips to calibrate: {calibration}, to judge: {evaluation}; "
        "at least {least} of each are needed",
        "ラベル付きクリップ：校正用 {calibration} 件、評価用 {evaluation} 件（各 {least} 件以上が必要）",
    ),
    "said_agree_none": (
        "no rater has judged yet: edge label import writes labels/labels.csv",
        "評価者のラベルがまだありません（edge label import が labels/labels.csv を作成します）",
    ),
    "said_agree_one": (
        "there is no agreement to speak of: two raters at least must judge the same clips",
        "一致度を計算できません。2 名以上が同じクリップにラベルを付ける必要があります",
    ),
    "said_agree": ("Krippendorff's alpha {alpha:.2f}", "クリッペンドルフの α＝{alpha:.2f}"),
    "said_agree_low": (
        "Krippendorff's alpha {alpha:.2f} is under 0.40: go through the guideline together and judge again",
        "クリッペンドルフの α＝{alpha:.2f} は 0.40 未満です。"
        "ガイドラインを一緒に確認し、ラベルを付け直してください",
    ),
    "said_calibrate_unnamed": (
        'calibrated, but site.toml does not name it: write bundle = "{bundle}"',
        '校正済みですが、site.toml で指定されていません：bundle = "{bundle}" と記載してください',
    ),
    "said_calibrate": ("site.toml names {bundle}", "site.toml は {bundle} を指定しています"),
    "said_evaluate": ("judged on people who were kept back", "評価用に残した人で評価済みです"),
    "said_decide_unsigned": (
        "site.toml has an [alarm] that nobody signed",
        "site.toml の [alarm] に署名がありません",
    ),
    "said_decide_other": (
        "the alarm was decided for another bundle than the one site.toml names",
        "動作点は、site.toml が指定するものとは別のバンドルで決められています",
    ),
    "said_decide": ("threshold {threshold:g}, signed by {who}", "しきい値 {threshold:g}（署名：{who}）"),
    "said_shadow_runs": (
        "begun: note what happens, then edge shadow report {folder} --json {report}",
        "開始済み。起きたことを記録し、edge shadow report {folder} --json {report} を実行してください",
    ),
    "said_shadow_go": ("go", "可"),
    "said_shadow_no": (
        "no go yet: the report says what is lacking",
        "まだ「可」ではありません。不足はレポートにあります",
    ),
    "said_run": ("last begun {when}", "最後の開始：{when}"),
    "split_people": (
        "{table} names {count} people: two at least are needed to calibrate on some and judge on others",
        "{table} に記載された人は {count} 名です。校正と評価に分けるには 2 名以上が必要です",
    ),
    "split_nobody": (
        "{where}: speaker is empty: who is heard must be known to keep people back",
        "{where}：speaker が空です。評価用に人を残すには、誰の収録かが必要です",
    ),
    "split_both": (
        "{where}: {name} is on both sides: write one side in all rows of this person",
        "{where}：{name} が両方に含まれています。この人の行はすべて同じ側にしてください",
    ),
}
