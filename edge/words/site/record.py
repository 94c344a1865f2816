"""The words of `edge record` and of encrypted media; a part of edge/words."""

from __future__ import annotations

RECORD: dict[str, tuple[str, str]] = {
    "record_passphrase": ("passphrase of the recordings: ", "録画のパスフレーズ："),
    "record_passphrase_again": ("the same again: ", "もう一度："),
    "record_passphrase_differs": (
        "the two passphrases differ; start again",
        "2 つのパスフレーズが一致しません。やり直してください",
    ),
    "record_no_key": (
        "recordings are encrypted and there is no key; set key_file in [record] of site.toml, or "
        "EDGE_RECORD_KEY or EDGE_RECORD_KEY_FILE (make a key: edge record key --out FILE)",
        "録画は暗号化されますが、鍵がありません。site.toml の [record] に key_file を指定するか、"
        "EDGE_RECORD_KEY または EDGE_RECORD_KEY_FILE を設定してください"
        "（鍵の作成：edge record key --out FILE）",
    ),
    "record_key_there": (
        "{path} is there already; a key is never overwritten: its recordings could not be read any more",
        "{path} は既にあります。上書きすると録画を読めなくなるため、鍵は上書きしません",
    ),
    "record_key_open": (
        "{path} can be read by others; run: chmod 600 {path}",
        "{path} は他の利用者も読めます。chmod 600 {path} を実行してください",
    ),
    "record_key_unread": (
        "the key {path} cannot be read ({why}); put it back or name another one in key_file",
        "鍵 {path} を読めません（{why}）。元に戻すか、key_file で別の鍵を指定してください",
    ),
    "record_key_form": (
        "{path} holds no key of 64 hexadecimal digits; make one: edge record key --out FILE",
        "{path} に 16 進 64 桁の鍵がありません。edge record key --out FILE で作成してください",
    ),
    "sealed_none": (
        "{path} is no encrypted recording, or its beginning is missing; record it again",
        "{path} は暗号化された録画ではないか、先頭が欠けています。録り直してください",
    ),
    "sealed_other_key": (
        "{path} was encrypted with another key; give that one in EDGE_RECORD_KEY, EDGE_RECORD_KEY_FILE or "
        "key_file",
        "{path} は別の鍵で暗号化されています。その鍵を EDGE_RECORD_KEY、EDGE_RECORD_KEY_FILE または "
        "key_file で指定してください",
    ),
    "sealed_destroyed": (
        "the key of {path} was destroyed: nothing in it can be read any more; delete the file",
        "{path} の鍵は破棄されており、内容はもう読めません。ファイルを削除してください",
    ),
    "sealed_damaged": (
        "{path} was changed or is damaged (chunk {number} of {count}); take it from a copy",
        "{path} は変更されたか壊れています（{count} 個中 {number} 個目のチャンク）。控えから戻してください",
    ),
}
