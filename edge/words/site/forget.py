"""The words of `edge forget`, retention and their receipt; a part of edge/words."""

from __future__ import annotations

FORGET: dict[str, tuple[str, str]] = {
    "help_forget": (
        "Delete all that a site holds of a person, with a receipt.\n\n"
        "Recordings, clips, rows of tables, labels, copies for raters, checks, caches, reports and consents "
        "go. Bundles that were fitted with the person stay and are named: nothing can be taken out of them. "
        "Stopped at any moment, the next call goes on.\n\n"
        "\b\nExample: edge forget --subject S01 --config site.toml --dry-run\n"
        "What is kept too long: edge forget --expired --config site.toml",
        "ある人のデータを現場からすべて削除し、証明書を作成します。\n\n"
        "収録データ、クリップ、表の行、ラベル、評価者用の複製、確認待ち、キャッシュ、レポート、同意が対象です。"
        "本人のデータで調整済みのバンドルは残り、名称を示します（一人分だけを取り除くことはできません）。"
        "途中で止まっても、次の実行で続きから行います。\n\n"
        "\b\n例：edge forget --subject S01 --config site.toml --dry-run\n"
        "保存期間を過ぎたもの：edge forget --expired --config site.toml",
    ),
    "opt_forget_subject": (
        "The person, as the column speaker and the consents have it (S01).",
        "対象者。speaker 列と同意に記載の ID（S01）。",
    ),
    "opt_forget_expired": (
        "Delete what is older than [policy] retention_days, or whose consent ran out.",
        "[policy] の retention_days を過ぎたもの、同意の期限が切れたものを削除。",
    ),
    "opt_forget_dry_run": ("Only say what would be deleted.", "削除内容の表示のみ。"),
    "opt_forget_yes": ("Do not ask.", "確認なしで実行。"),
    "forget_which": ("give either --subject or --expired", "--subject と --expired のどちらか一方を指定"),
    "forget_ask_yes": (
        "nobody can be asked here; add --yes, or look first with --dry-run",
        "ここでは確認できません。--yes を付けるか、まず --dry-run で確認",
    ),
    "forget_ask": ("Delete all of it? It cannot be taken back.", "すべて削除しますか。元に戻せません。"),
    "forget_nobody": (
        "nothing in {folder} is about this person: no table has this ID as speaker, and no consent either",
        "{folder} にこの対象者のデータはありません。speaker 列にも同意にもこの ID がありません",
    ),
    "forget_journal": (
        "{path}, the list of a deletion that was stopped, is damaged; delete it and call edge forget again",
        "中断された削除の一覧 {path} が壊れています。これを削除し、edge forget をもう一度実行してください",
    ),
    "forget_busy": (
        "something goes on writing about this person in {folder}; stop edge record and edge run there, then "
        "call edge forget again",
        "{folder} に対象者のデータが書き込まれ続けています。edge record と edge run を止めてから、"
        "edge forget をもう一度実行してください",
    ),
    "forget_plan": (
        "to delete: {files} files ({mb:.1f} MB), {rows} rows of {tables} tables, {checks} checks, "
        "{consents} consents",
        "削除対象：ファイル {files} 件（{mb:.1f} MB）、表 {tables} 件の {rows} 行、確認 {checks} 件、"
        "同意 {consents} 件",
    ),
    "forget_shared": (
        "recordings in which others are heard or seen as well, deleted whole: {count}",
        "ほかの人も含まれ、全体を削除する収録データ：{count} 件",
    ),
    "forget_settings": (
        "[review.consent] names the person: the section is taken out of site.toml, and no media of checks "
        "are kept until it is written anew",
        "[review.consent] に本人の記載があります。site.toml からこのセクションを削除し、"
        "書き直すまで確認用の映像・音声は保存しません",
    ),
    "forget_fitted": (
        "cannot be undone: {path} was fitted with this person; calibrate again without, then delete it",
        "取り消せません：{path} は本人のデータで調整済みです。本人を除いて校正し直し、削除してください",
    ),
    "forget_unsure": (
        "{path} does not say who it was fitted with; where it was this person, export or calibrate again "
        "without, then delete it",
        "{path} には誰のデータで調整したかの記録がありません。本人が含まれる場合は、"
        "本人を除いて作成し直し、削除してください",
    ),
    "forget_done": (
        "deleted: {files} files ({mb:.1f} MB), {rows} rows of {tables} tables",
        "削除しました：ファイル {files} 件（{mb:.1f} MB）、表 {tables} 件の {rows} 行",
    ),
    "forget_left": (
        "{path} names the person still and cannot be cut; look at it and delete it",
        "{path} に本人の記載が残っています。自動では編集できないため、確認して削除してください",
    ),
    "forget_audited": ("audit: entry {number}", "監査記録：{number} 件目"),
    "forget_none_expired": ("nothing is kept too long", "保存期間を過ぎたものはありません"),
    "forget_expired": (
        "retention: {files} files ({mb:.1f} MB) and {rows} rows were deleted",
        "保存期間の終了により、ファイル {files} 件（{mb:.1f} MB）と {rows} 行を削除しました",
    ),
    "forget_resumed": (
        "a deletion that was stopped is complete now: {files} files, receipt {path}",
        "中断されていた削除を完了しました：ファイル {files} 件、証明書 {path}",
    ),
    "forget_failed": (
        "retention: {why}; what is due stays until the next start or day",
        "保存期間の処理：{why}。削除は次の起動時または翌日に行います",
    ),
}
