"""The words of `edge consent`: the file of consents and its form; a part of edge/words."""

from __future__ import annotations

CONSENT: dict[str, tuple[str, str]] = {
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
