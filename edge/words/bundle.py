"""What can be wrong with a bundle or an engine, in words: a part of the table in edge/words."""

from __future__ import annotations

BUNDLE: dict[str, tuple[str, str]] = {
    "bundle_none": (
        "{path} is no bundle: it holds no {name}; make one with `edge export`",
        "{path} はバンドルではありません（{name} がありません）。"
        "edge export で作成したものを指定してください",
    ),
    "bundle_json": (
        "{path} is not readable JSON ({why}); copy the bundle again",
        "{path} を JSON として読めません。バンドルをもう一度コピーしてください（{why}）",
    ),
    "bundle_schema": (
        "{path} follows schema {found}, this version reads {known}; "
        "export the bundle again or install the matching version of edge-emotion",
        "{path} のスキーマは {found} で、このバージョンで読めるのは {known} です。"
        "バンドルを書き出し直すか、対応するバージョンの edge-emotion をインストールしてください",
    ),
    "bundle_field": (
        "{path}: {why}; export the bundle again",
        "{path} の内容が正しくありません。バンドルを書き出し直してください（{why}）",
    ),
    "bundle_unlisted": (
        "{path}: the manifest does not list {name}; export the bundle again",
        "{path}：bundle.json に {name} が載っていません。バンドルを書き出し直してください",
    ),
    "bundle_outside": (
        "{path}: the manifest names a file outside the bundle: {name}; export the bundle again",
        "{path}：bundle.json がバンドルの外のファイル {name} を指しています。"
        "バンドルを書き出し直してください",
    ),
    "bundle_missing": (
        "{path}: {name} is missing; copy the bundle again",
        "{path}：{name} がありません。バンドルをもう一度コピーしてください",
    ),
    "bundle_changed": (
        "{path}: {name} was changed after export (sha256 differs); copy the bundle again",
        "{path}：{name} が書き出し後に変更されています（sha256 不一致）。"
        "バンドルをもう一度コピーしてください",
    ),
    "bundle_packed": (
        "{path} cannot be unpacked ({why}); copy it again",
        "{path} を展開できません。もう一度コピーしてください（{why}）",
    ),
    "missing_extra": (
        "{package} is not installed; run: pip install 'edge-emotion[{extra}]'",
        "{package} がインストールされていません。次を実行してください：pip install 'edge-emotion[{extra}]'",
    ),
    # What the table has no words for is quoted.
    "other_trouble": (
        "{why}",
        "バンドルを確認できません。もう一度コピーするか書き出し直し、"
        "edge-emotion を更新してください（{why}）",
    ),
    # Engines.
    "model_missing": (
        "{path} is missing; copy the bundle again",
        "{path} がありません。バンドルをもう一度コピーしてください",
    ),
    "model_unreadable": (
        "{path} is no model {backend} can read ({why}); copy or export it again",
        "{path} は {backend} で読めるモデルではありません。"
        "もう一度コピーするか、書き出し直してください（{why}）",
    ),
    "model_failed": (
        "{path} failed while running: {why}",
        "{path} の実行に失敗しました。バンドルを書き出し直すか、実行環境を更新してください（{why}）",
    ),
}
