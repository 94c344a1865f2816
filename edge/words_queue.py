"""The words of the review queue, of readings in files and of output: a part of the table in edge/words.py."""

from __future__ import annotations

QUEUE: dict[str, tuple[str, str]] = {
    # Review queue.
    "queue_version": (
        "{path} is not a review queue of this version of edge; name another folder in [review]",
        "{path} は、このバージョンの edge の確認待ちデータではありません。"
        "[review] の folder に別のフォルダーを指定してください",
    ),
    "review_unlisted": (
        "{folder} holds {count} files of an earlier queue that this one does not list; they are left as they "
        "are: look through them and delete what may no longer be kept",
        "{folder} に、現在の確認待ちデータにない以前のファイルが {count} 件あります。自動では削除しません。"
        "内容を確認し、保存できないものは削除してください",
    ),
    "review_undeleted": (
        "{count} files in {folder} are due but cannot be deleted; check its permissions, "
        "or delete them yourself",
        "{folder} の期限切れまたは同意撤回のファイル {count} 件を削除できません。"
        "アクセス権を確認するか、手動で削除してください",
    ),
    "review_no_media": (
        "no face and no sound can be kept in {folder} ({why}); the numbers are kept; check its permissions",
        "{folder} に顔と音声を保存できません（{why}）。数値のみ保存します。アクセス権を確認してください",
    ),
    "nobody": ("nobody", "なし"),
    "consent_unknown": (
        "{who} gave no consent here; those who did: {names}",
        "{who} の同意は登録されていません（登録済み：{names}）",
    ),
    "check_none": (
        "there is no check {number}; edge review list {folder} shows what there is",
        "確認 {number} はありません。edge review list {folder} で一覧を確認してください",
    ),
    "check_label": (
        "check {number} knows no label '{label}'; use {known} or cannot_tell",
        "確認 {number} に「{label}」というラベルはありません。"
        "{known}、cannot_tell のいずれかを指定してください",
    ),
    "verdict_none": (
        "{who} gave no verdict on check {number}",
        "確認 {number} に {who} の判定はありません",
    ),
    "by_empty": (
        "--by is empty; give the name of the person who judges",
        "--by が空です。判定する人の氏名を指定してください",
    ),
    "export_exists": (
        "{path} is there already; name a new folder",
        "{path} はすでにあります。新しいフォルダーを指定してください",
    ),
    "export_empty": (
        "{folder} holds no verdict yet; give one with edge review judge",
        "{folder} には判定がまだありません。edge review judge で判定を入力してください",
    ),
    "folder_unwritable": (
        "{path} cannot be written ({why}); name another folder",
        "{path} に書き込めません（{why}）。別のフォルダーを指定してください",
    ),
    # Where an export writes.
    "disk_full": (
        "{path} cannot be written ({why}); free some space or name another folder and start again, "
        "what is finished is kept",
        "{path} に書き込めません（{why}）。空き容量を増やすか別のフォルダーを指定して、再実行してください。"
        "完了した分は残っています",
    ),
    "disk_refused": (
        "{path} cannot be opened or made ({why}); free some space or name another folder and start again, "
        "what is finished is kept",
        "{path} を開けないか、作成できません（{why}）。空き容量を増やすか別のフォルダーを指定して、"
        "再実行してください。完了した分は残っています",
    ),
    "bundle_no_name": (
        "{path} cannot be a bundle; name a folder of its own with --out",
        "{path} はバンドルの出力先にできません。--out に専用のフォルダーを指定してください",
    ),
}
