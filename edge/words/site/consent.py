"""The words of `edge consent`: the file of consents and its form; a part of edge/words."""

from __future__ import annotations

CONSENT: dict[str, tuple[str, str]] = {
    "help_consent": (
        "Note who agreed to what, and make the form to sign.\n\n"
        "A person is named by a pseudonym like S01; a name, where one is given, stays in the file of "
        "consents.\n\n"
        "\b\nExample: edge consent list --config site.toml",
        "誰が何に同意したかを登録し、署名用の同意書を作成します。\n\n"
        "対象者は S01 のような仮名 ID で表します。氏名を登録する場合、保存先は同意ファイルだけです。\n\n"
        "\b\n例：edge consent list --config site.toml",
    ),
    "help_consent_add": (
        "Note a consent that was signed, one row a scope.\n\n"
        "Scopes: sound, picture, label (raters may hear and see), training, report (worst cases may be "
        "shown).\n\n"
        "\b\nExample: edge consent add S01 --scope sound,picture --by Aoki",
        "署名済みの同意を、範囲ごとに 1 行で登録します。\n\n"
        "範囲：sound（録音）、picture（録画）、label（評価者の視聴）、training（学習）、"
        "report（報告書への掲載）。\n\n"
        "\b\n例：edge consent add S01 --scope sound,picture --by Aoki",
    ),
    "help_consent_list": (
        "List all consents, and which are in force today.\n\n"
        "\b\nExample: edge consent list --config site.toml",
        "すべての同意と、本日有効かどうかを一覧表示します。\n\n\b\n例：edge consent list --config site.toml",
    ),
    "help_consent_withdraw": (
        "Note that a person withdrew; the row stays, with its day.\n\n"
        "A recording that goes on stops. What is there already is deleted by edge forget.\n\n"
        "\b\nExample: edge consent withdraw S01 --config site.toml",
        "同意の撤回を登録します。行は撤回日とともに残ります。\n\n"
        "実行中の収録は停止します。既にあるデータは edge forget で削除します。\n\n"
        "\b\n例：edge consent withdraw S01 --config site.toml",
    ),
    "help_consent_form": (
        "Write the form that a person signs: one sheet A4, from [policy].\n\n"
        "\b\nExample: edge consent form --lang ja --out consent.html --config site.toml",
        "[policy] の内容から、署名用の同意書（A4 1 枚）を作成します。\n\n"
        "\b\n例：edge consent form --lang ja --out consent.html --config site.toml",
    ),
    "opt_consent_subject": (
        "Pseudonym of the person (S01), never a name.",
        "対象者の仮名 ID（S01）。氏名は不可。",
    ),
    "opt_consent_scope": (
        "What the person agreed to, with commas between: sound, picture, label, training, report.",
        "同意の範囲（コンマ区切り）：sound、picture、label、training、report。",
    ),
    "opt_consent_withdraw_scope": (
        "What is withdrawn, with commas between; default: all.",
        "撤回する範囲（コンマ区切り）。省略時はすべて。",
    ),
    "opt_consent_by": ("Who took the consent.", "同意を取得した担当者。"),
    "opt_consent_on": (
        "Day of the signature (2026-11-20); default: today.",
        "署名日（2026-11-20 の形式）。省略時は本日。",
    ),
    "opt_consent_withdraw_on": (
        "Day of the withdrawal (2026-11-20); default: today.",
        "撤回日（2026-11-20 の形式）。省略時は本日。",
    ),
    "opt_consent_until": (
        "Last day it holds; default: until it is withdrawn.",
        "有効期限（最終日）。省略時は撤回まで。",
    ),
    "opt_consent_name": (
        "Name of the person; it is kept in the file of consents and nowhere else.",
        "対象者の氏名。同意ファイルにのみ保存。",
    ),
    "opt_consent_names": ("Show names as well.", "氏名も表示。"),
    "opt_consent_out": ("Write the page to this HTML file.", "ページをこの HTML ファイルに書き出します。"),
    "opt_consent_lang": (
        "Language of the form; default: that of site.toml.",
        "同意書の言語。省略時は site.toml の設定。",
    ),
    # What is said.
    "consent_scope_sound": ("sound", "録音"),
    "consent_scope_picture": ("picture", "録画"),
    "consent_scope_label": ("label", "ラベル付け"),
    "consent_scope_training": ("training", "学習"),
    "consent_scope_report": ("report", "報告書"),
    "consent_column_id": ("no.", "番号"),
    "consent_column_subject": ("person", "対象者"),
    "consent_column_scope": ("scope", "範囲"),
    "consent_column_on": ("from", "開始日"),
    "consent_column_until": ("until", "期限"),
    "consent_column_state": ("today", "本日"),
    "consent_column_by": ("taken by", "取得者"),
    "consent_column_name": ("name", "氏名"),
    "consent_state_in_force": ("in force", "有効"),
    "consent_state_withdrawn": ("withdrawn on {on}", "{on} に撤回"),
    "consent_state_over": ("over", "期限切れ"),
    "consent_state_ahead": ("not yet", "開始前"),
    "consents_added": (
        "{subject} agreed on {on} to: {scopes}",
        "{subject} の同意を登録しました（{on}）：{scopes}",
    ),
    "consents_withdrawn": (
        "{subject} withdrew on {on}: {count} rows do not hold any more",
        "{subject} の同意の撤回を登録しました（{on}）：{count} 件が無効になりました",
    ),
    "consents_next_forget": (
        "what is there of {subject} stays until: edge forget --subject {subject} --config {config}",
        "{subject} の既存のデータを削除するには：edge forget --subject {subject} --config {config}",
    ),
    "consents_form_lawyer": (
        "have it read by a lawyer before anybody signs it: it is no legal advice",
        "署名を求める前に法務担当者に確認してもらってください。法的助言ではありません",
    ),
    "consents_form_policy": (
        "site.toml has no [policy]: the form takes operator, purpose and contact from there",
        "site.toml に [policy] がありません。同意書の運用者・利用目的・連絡先はそこから取ります",
    ),
    "consents_form_nothing": (
        "site.toml switches microphone and camera off: nothing is recorded, so there is nothing to sign",
        "site.toml でマイクとカメラが両方とも off です。収録しないため、同意書は不要です",
    ),
    "consents_day": (
        "'{said}' is no day; write it as 2026-11-20",
        "「{said}」は日付ではありません。2026-11-20 の形式で指定してください",
    ),
    "review_no_consent": (
        "no media of checks are kept, and those in {folder} are deleted: somebody in [review.consent] has no "
        "consent in force any more (edge consent list)",
        "[review.consent] に、有効な同意のない人がいます。確認用の映像・音声は保存せず、{folder} の既存分は"
        "削除しました（edge consent list で確認してください）",
    ),
    "review_consents_unread": (
        "no media of checks are kept in {folder} now: the file of consents cannot be read",
        "同意ファイルを読めないため、{folder} に確認用の映像・音声を保存しません"
        "（edge consent list で確認してください）",
    ),
    # What cannot be noted.
    "consents_subject": (
        "a person is named by a pseudonym of letters, digits and . _ -, at most 32 (S01), never by name",
        "対象者は氏名ではなく、英数字と . _ - からなる 32 文字以内の仮名 ID（例：S01）で指定してください",
    ),
    "consents_scope": (
        "'{scope}' is no scope; scopes are: {known}",
        "「{scope}」という同意範囲はありません。指定できるのは {known} です",
    ),
    "consents_no_scope": (
        "no scope is given; scopes are: {known}",
        "同意範囲が指定されていません。指定できるのは {known} です",
    ),
    "consents_taken_by": (
        "say who took the consent: one line of 1 to {most} characters",
        "同意を取得した担当者を {most} 文字以内の 1 行で指定してください",
    ),
    "consents_name": (
        "the name must be one line of 1 to {most} characters",
        "氏名は {most} 文字以内の 1 行で指定してください",
    ),
    "consents_ahead": (
        "{on} lies in the future (today is {today}); give the day of the signature",
        "{on} は未来の日付です（本日は {today}）。署名の日付を指定してください",
    ),
    "consents_until": (
        "the last day {until} comes before the first, {on}; correct one of them",
        "有効期限 {until} が開始日 {on} より前です。どちらかを修正してください",
    ),
    "consents_alike": (
        "{subject} and {known} differ by case only; write {known} where it is the same person, else take "
        "another pseudonym",
        "{subject} は登録済みの {known} と大文字・小文字しか違いません。同じ人なら {known} と書き、"
        "別の人なら別の ID にしてください",
    ),
    "consents_unknown": (
        "nobody called {subject} stands in {path}; edge consent list shows who does",
        "{path} に {subject} の登録はありません。edge consent list で確認してください",
    ),
    "consents_not_given": (
        "{subject} never agreed to: {scopes}; edge consent list shows to what",
        "{subject} は {scopes} に同意していません。edge consent list で確認してください",
    ),
    "consents_twice": (
        "{subject} withdrew already, on {on}; nothing is left to withdraw",
        "{subject} の同意は {on} に撤回済みです。撤回するものはありません",
    ),
    "consents_before": (
        "the consent was given on {given}, so it cannot be withdrawn on {on}; correct the day",
        "同意日は {given} のため、{on} 付けの撤回はできません。日付を修正してください",
    ),
    # The file.
    "consents_none": (
        "{path} is missing: nobody has agreed yet; edge consent add begins it",
        "{path} がありません：同意はまだ登録されていません。edge consent add で作成されます",
    ),
    "consents_newer": (
        "{path} is of a later version ({version}); update edge",
        "{path} は新しい版（{version}）の形式です。edge を更新してください",
    ),
    "consents_other": (
        "{path} is a database of something else; name another file in [policy] consents",
        "{path} は別のソフトウェアのデータベースです。[policy] の consents に別のファイルを指定してください",
    ),
    "consents_damaged": (
        "{path} is no file of consents, or it is damaged ({why}); put back a copy",
        "{path} は同意ファイルではないか、壊れています（{why}）。控えから戻してください",
    ),
    "consents_locked": (
        "{path} is in use by another process; try again",
        "{path} は他のプロセスが使用中です。もう一度実行してください",
    ),
    "consents_unusable": ("{path} cannot be used: {why}", "{path} を使用できません：{why}"),
}
