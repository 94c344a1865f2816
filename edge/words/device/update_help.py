"""Help of `edge bundle`: a part of the table in edge/words."""

from __future__ import annotations

UPDATE_HELP: dict[str, tuple[str, str]] = {
    "help_bundle": (
        "Bring new bundles to devices, signed, with a way back.\n\n"
        "The workstation makes keys and publishes into a folder; a device installs from it.\n\n"
        "\b\nExample: edge bundle install /media/usb/repo --state state",
        "署名付きバンドルを装置に配布し、問題時は元に戻します。\n\n"
        "ワークステーションで鍵を作成してフォルダーに公開し、装置はそこから導入します。\n\n"
        "\b\n例：edge bundle install /media/usb/repo --state state",
    ),
    "help_bundle_keygen": (
        "Make the keys that sign a repository.\n\n"
        "A key each for root, targets, snapshot and timestamp, encrypted with a passphrase "
        "(EDGE_KEY_PASSPHRASE, else asked for), and root.json, which devices trust.\n\n"
        "\b\nExample: edge bundle keygen keys",
        "リポジトリに署名する鍵を作成します。\n\n"
        "root・targets・snapshot・timestamp の鍵をパスフレーズ（EDGE_KEY_PASSPHRASE、なければ入力）で"
        "暗号化して保存し、装置が信頼する root.json を作成します。\n\n"
        "\b\n例：edge bundle keygen keys",
    ),
    "help_bundle_publish": (
        "Add a bundle to a repository and sign it.\n\n"
        "A repository is a folder that any file server or USB stick hands out.\n\n"
        "\b\nExample: edge bundle publish bundles/line3 --repo repo --keys keys",
        "バンドルをリポジトリに追加し、署名します。\n\n"
        "リポジトリは、ファイルサーバーや USB メモリーで配布できるフォルダーです。\n\n"
        "\b\n例：edge bundle publish bundles/line3 --repo repo --keys keys",
    ),
    "help_bundle_sign": (
        "Sign a repository anew, before it expires.\n\n\b\nExample: edge bundle sign --repo repo --keys keys",
        "有効期限が切れる前に、リポジトリに署名し直します。\n\n"
        "\b\n例：edge bundle sign --repo repo --keys keys",
    ),
    "help_bundle_install": (
        "Fetch, verify and prove a bundle, then switch to it.\n\n"
        "It goes into the slot that is not in use. The switch is one rename; "
        "the next edge run puts it on probation.\n\n"
        "\b\nExample: edge bundle install https://updates.plant/repo --state state",
        "バンドルを取得・検証し、この装置で確認して切り替えます。\n\n"
        "使用していないスロットに導入し、参照先を一度に切り替えます。"
        "次の edge run から試用期間が始まります。\n\n"
        "\b\n例：edge bundle install https://updates.plant/repo --state state",
    ),
    "help_bundle_list": (
        "Show what is in the slots; * is in use.\n\n\b\nExample: edge bundle list --state state",
        "スロットの内容を表示します（* は使用中）。\n\n\b\n例：edge bundle list --state state",
    ),
    "help_bundle_activate": (
        "Use a slot from the next start on, with no probation.\n\n"
        "\b\nExample: edge bundle activate b --state state",
        "次回の起動時から、指定したスロットを試用期間なしで使用します。\n\n"
        "\b\n例：edge bundle activate b --state state",
    ),
    "help_bundle_rollback": (
        "Go back to the other slot.\n\n\b\nExample: edge bundle rollback --state state",
        "もう一方のスロットに戻します。\n\n\b\n例：edge bundle rollback --state state",
    ),
    "opt_bundle_keygen": ("Folder for the keys.", "鍵を保存するフォルダー。"),
    "opt_bundle_plain": (
        "Leave the keys unencrypted, readable for you alone.",
        "鍵を暗号化せず、所有者だけが読める状態で保存。",
    ),
    "opt_bundle_keys": ("Folder of edge bundle keygen.", "edge bundle keygen の鍵のフォルダー。"),
    "opt_bundle_repo": ("Folder of the repository.", "リポジトリのフォルダー。"),
    "opt_bundle_days": (
        "Devices take nothing after so many days, until it is signed again.",
        "署名の有効日数。期限後は、署名し直すまで装置に導入できません。",
    ),
    "opt_bundle_publish_name": (
        "Name in the repository; the bundle's own if none is given.",
        "リポジトリでの名前。省略時はバンドルの名前。",
    ),
    "opt_bundle_publish": ("Bundle: folder or .tar.", "バンドル（フォルダーまたは .tar）。"),
    "opt_bundle_wheelhouse": (
        "Publish the package itself: a folder of wheels and constraints.txt.",
        "パッケージ本体を公開：wheel と constraints.txt のフォルダー。",
    ),
    "opt_bundle_package": (
        "The package itself, in place of a bundle.",
        "バンドルではなく、パッケージ本体を対象にします。",
    ),
    "opt_bundle_where": (
        "Folder, or https, http or file URL, of the repository.",
        "リポジトリのフォルダー、または https・http・file の URL。",
    ),
    "opt_bundle_state": (
        "Folder of the slots on this device.",
        "この装置のスロットのフォルダー。",
    ),
    "opt_bundle_root": (
        "root.json of the publisher's keys; needed once.",
        "発行元の root.json。最初の一度だけ必要です。",
    ),
    "opt_bundle_name": (
        "Which bundle, where the repository holds several.",
        "複数のバンドルがある場合に、導入するものの名前。",
    ),
    "opt_bundle_probation": (
        "How long readings must flow until it is good; 0: at once.",
        "確定までに推定が続く必要のある時間（分）。0 は即時。",
    ),
    "opt_bundle_backend": (
        "What proves it, as in site.toml.",
        "確認に使うバックエンド（site.toml の backend と同じ）。",
    ),
    "opt_bundle_slot": ("The slot to use.", "使用するスロット。"),
}
