"""Why something failed, as the system and its libraries say it in English, in Japanese."""

from __future__ import annotations

import errno
import os
import re

_SYSTEM = {
    errno.ENOENT: "ファイルまたはフォルダーがありません",
    errno.EACCES: "アクセス権がありません",
    errno.EPERM: "許可されていない操作です",
    errno.ENOSPC: "空き容量がありません",
    errno.EDQUOT: "割り当て容量を超えています",
    errno.EROFS: "読み取り専用です",
    errno.EISDIR: "フォルダーです",
    errno.ENOTDIR: "フォルダーではありません",
    errno.EEXIST: "すでにあります",
    errno.ENOTEMPTY: "フォルダーが空ではありません",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.ELOOP: "シンボリックリンクが循環しています",
    errno.EBUSY: "使用中です",
    errno.EIO: "入出力エラー",
    errno.EFBIG: "ファイルが大きすぎます",
    errno.EMFILE: "開いているファイルが多すぎます",
    errno.ENFILE: "開いているファイルが多すぎます",
    errno.ENOMEM: "メモリー不足",
    errno.ENODEV: "機器がありません",
    errno.ENXIO: "機器がありません",
    errno.EINVAL: "無効な値です",
    errno.ESTALE: "ネットワーク上のファイルが失われました",
    errno.EPIPE: "出力先が閉じられました",
    errno.EADDRINUSE: "使用中のアドレスです",
    errno.EADDRNOTAVAIL: "使用できないアドレスです",
    errno.ECONNREFUSED: "接続拒否",
    errno.ECONNRESET: "接続が切断されました",
    errno.ECONNABORTED: "接続が中断されました",
    errno.ENOTCONN: "接続されていません",
    errno.ETIMEDOUT: "時間内に応答がありません",
    errno.EHOSTUNREACH: "ホストに到達できません",
    errno.EHOSTDOWN: "ホストが停止しています",
    errno.ENETUNREACH: "ネットワークに到達できません",
    errno.ENETDOWN: "ネットワークが停止しています",
}
_SAID = {
    # Names of hosts.
    "Name or service not known": "ホスト名を解決できません",
    "Temporary failure in name resolution": "ホスト名を解決できません（一時的）",
    "No address associated with hostname": "ホスト名にアドレスがありません",
    "timed out": "時間内に応答がありません",
    "Host is unreachable": "ホストに到達できません",
    # MQTT brokers.
    "Not authorized": "許可されていません",
    "Bad user name or password": "ユーザー名またはパスワードが正しくありません",
    "Client identifier not valid": "client_id が無効です",
    "Server unavailable": "サーバーを利用できません",
    "Server busy": "サーバーが混雑しています",
    "Banned": "接続が禁止されています",
    "Unsupported protocol version": "対応していないプロトコルのバージョンです",
    "Keep alive timeout": "接続維持の時間切れ",
    "Session taken over": "別の接続に引き継がれました",
    # SQLite.
    "database is locked": "別のプロセスが使用中です",
    "disk I/O error": "入出力エラー",
    "database disk image is malformed": "データベースが壊れています",
    "file is not a database": "データベースではありません",
    "unable to open database file": "データベースを開けません",
    "attempt to write a readonly database": "読み取り専用です",
    "database or disk is full": "空き容量がありません",
    # TOML.
    "Invalid statement": "文の書き方が正しくありません",
    "Invalid value": "値の書き方が正しくありません（文字列は引用符で囲みます）",
    "Expected '=' after a key in a key/value pair": "キーの後に = がありません",
    "Expected newline or end of document after a statement": "1 行に 1 つの項目だけを書いてください",
    "Expected ']' at the end of a table declaration": "セクション名の ] がありません",
    "Expected ']]' at the end of an array declaration": "セクション名の ]] がありません",
    "Unclosed array": "[ ] が閉じられていません",
    "Unclosed inline table": "{ } が閉じられていません",
    "Unterminated string": "引用符が閉じられていません",
    'Expected "\'"': "引用符が閉じられていません",
    'Expected \'"""\'': "引用符が閉じられていません",
    "Unescaped '\\' in a string": "文字列中の \\ は \\\\ と書いてください",
    "Invalid initial character for a key part": "キーの先頭に使えない文字があります",
    "Invalid date or datetime": "日付または時刻が正しくありません",
    "Cannot overwrite a value": "同じ項目が 2 回あります",
    "Cannot mutate immutable namespace": "同じセクションが 2 回あります",
    # JSON.
    "Expecting value": "値がありません",
    "Expecting ',' delimiter": "区切りの , がありません",
    "Expecting ':' delimiter": "区切りの : がありません",
    "Expecting property name enclosed in double quotes": "二重引用符で囲んだ名前がありません",
    "Unterminated string starting at": "引用符が閉じられていません",
    "Extra data": "末尾に余分な内容があります",
    "Illegal trailing comma before end of object": "末尾に余分な , があります",
    "Illegal trailing comma before end of array": "末尾に余分な , があります",
}
_REASONS = {os.strerror(code).lower(): words for code, words in _SYSTEM.items()}
_REASONS |= {said.lower(): words for said, words in _SAID.items()}
_NUMBERED = re.compile(r"\[Errno -?\d+\] (.+?)(?:: '.*')?")
_PLACED = re.compile(
    r"(.+?)(?:: line (\d+) column (\d+) \(char \d+\)| \(at line (\d+), column (\d+)\)"
    r"|( \(at end of document\)))",
    re.DOTALL,
)


def reason_in_japanese(text: str) -> str:
    """A reason that is known, with the place it names; any other as it is."""
    if found := _REASONS.get(text.lower()):
        return found
    if numbered := _NUMBERED.fullmatch(text):
        return _REASONS.get(numbered[1].lower(), text)
    if placed := _PLACED.fullmatch(text):
        what = _toml(placed[1])
        line, column = placed[2] or placed[4], placed[3] or placed[5]
        where = f"{line} 行目 {column} 文字目" if line else "ファイルの末尾"
        return f"{where}：{what}"
    return text


def _toml(text: str) -> str:
    """A reason of a parser; those that quote what they found are told by how they begin."""
    for start, words in (
        ("Illegal character", "使用できない文字があります"),
        ("Found invalid character", "使用できない文字があります"),
        ("Cannot declare", "同じセクションが 2 回あります"),
        ("Duplicate inline table key", "同じ項目が 2 回あります"),
        ("Invalid hex value", "文字コードの書き方が正しくありません"),
        ("Invalid control character", "使用できない文字があります"),
        ("Invalid \\escape", "\\ の使い方が正しくありません"),
    ):
        if text.startswith(start):
            return words
    return _REASONS.get(text.lower(), text)
