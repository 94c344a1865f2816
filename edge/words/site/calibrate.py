"""What `edge calibrate` says: a part of the table in edge/words."""

from __future__ import annotations

CALIBRATE: dict[str, tuple[str, str]] = {
    "site_head_lacks": (
        "labels of a site of its own need a site head; calibrate the bundle again",
        "現場独自のラベルには現場ヘッドが必要です。バンドルを校正し直してください",
    ),
    "site_head_unreadable": (
        "{path} cannot be read ({why}); copy the bundle again",
        "{path} を読み取れません。バンドルをもう一度コピーしてください（{why}）",
    ),
    "site_head_wrong": (
        "{path}: {name} is not what the manifest states; calibrate the bundle again",
        "{path}：{name} が bundle.json の記載と異なります。バンドルを校正し直してください",
    ),
}
