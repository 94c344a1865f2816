"""What is said of microphones and cameras: a part of the table in edge/words.py."""

from __future__ import annotations

DEVICES: dict[str, tuple[str, str]] = {
    # Why a device does not run, in as few words as a row of the panel holds.
    "why_not_there": ("not there yet", "未検出"),
    "why_unplugged": ("unplugged", "取り外されています"),
    "why_frozen": ("frozen", "フリーズ"),
    "why_refused": ("connection refused", "接続拒否"),
    "why_unreachable": ("cannot be reached", "接続不可"),
    "why_busy": ("used by another program", "他のプログラムが使用中"),
    "why_no_permission": ("no permission", "アクセス権なし"),
    "why_bad_password": ("password refused", "認証エラー"),
    "why_no_video": ("sends no video", "映像の送信なし"),
    "why_stopped_sending": ("stopped sending", "受信が途切れました"),
    "why_name_unclear": ("several have this name", "同名の機器が複数"),
    "why_not_installed": ("software missing", "必要なソフトウェアなし"),
    "why_too_late": ("too late, opening again", "遅延のため再接続中"),
    "why_failed": ("cannot be opened", "使用不可"),
}
