"""Words of signed updates, of both sides: a part of the table in edge/words."""

from __future__ import annotations

UPDATE: dict[str, tuple[str, str]] = {
    # A repository a device does not take from.
    "update_expired": (
        "{where} has expired ({what}); sign it again with edge bundle sign, or set the clock of this device",
        "{where} の署名の有効期限が切れています（{what}）。edge bundle sign で署名し直すか、"
        "この装置の時計を合わせてください",
    ),
    "update_older": (
        "{where} is older than what this device has seen ({what}); take the newest copy of the repository",
        "{where} は、この装置が以前に確認した内容より古いものです（{what}）。"
        "最新のリポジトリを使用してください",
    ),
    "update_unsigned": (
        "{where} is not signed by the keys this device trusts ({what}); take it from its own publisher",
        "{where} には、この装置が信頼する鍵の署名がありません（{what}）。正しい発行元から入手してください",
    ),
    "update_changed": (
        "{where} holds a file that is not the signed one; copy the repository again",
        "{where} に、署名と一致しないファイルがあります。リポジトリをコピーし直してください",
    ),
    "update_longer": (
        "{where} gives more bytes than were signed; copy the repository again",
        "{where} のデータが署名時の大きさを超えています。リポジトリをコピーし直してください",
    ),
    "update_lacks": (
        "{where} lacks a file ({what}); copy the repository again, or check the address",
        "{where} に必要なファイルがありません（{what}）。リポジトリをコピーし直すか、"
        "アドレスを確認してください",
    ),
    "update_unreachable": (
        "{where} cannot be read ({what}); check the address and the network",
        "{where} を読み取れません（{what}）。アドレスとネットワークを確認してください",
    ),
    "update_unreadable": (
        "{where} holds metadata that cannot be read; copy the repository again",
        "{where} のメタデータを読み取れません。リポジトリをコピーし直してください",
    ),
    "update_address": (
        "{where} is no folder and no https, http or file URL",
        "{where} はフォルダーでも https・http・file の URL でもありません",
    ),
    "update_no_repository": (
        "{where} is no bundle repository: it has no folder metadata; edge bundle publish makes one",
        "{where} はバンドルのリポジトリではありません（metadata フォルダーがありません）。"
        "edge bundle publish で作成してください",
    ),
    "update_which": (
        "{where} holds several bundles: {names}; choose one with --name",
        "{where} には複数のバンドルがあります：{names}。--name で選択してください",
    ),
    "update_empty": (
        "{where} holds no bundle; publish one with edge bundle publish",
        "{where} にバンドルがありません。edge bundle publish で公開してください",
    ),
    "update_no_bundle": (
        "{where} holds no bundle {name}; it holds: {names}",
        "{where} にバンドル {name} はありません。公開されているもの：{names}",
    ),
    # The trust of a device.
    "update_no_root": (
        "{path} trusts nobody yet; give root.json of the publisher's keys once with --root",
        "{path} には信頼する鍵がまだありません。発行元の root.json を --root で一度指定してください",
    ),
    "update_other_root": (
        "{path} is trusted here, and {given} is another one; leave --root out, or delete {path} to trust "
        "anew",
        "この装置は {path} を信頼しており、{given} とは異なります。--root を省略するか、"
        "信頼し直す場合は {path} を削除してください",
    ),
    "update_root_file": (
        "{path} is no root metadata; give root.json as edge bundle keygen wrote it",
        "{path} は root メタデータではありません。edge bundle keygen が作成した root.json を指定してください",
    ),
    # The slots.
    "update_at_work": (
        "{path} is being changed by {other}; try again when it is done",
        "{path} は{other}が変更中です。終了後にもう一度実行してください",
    ),
    "update_probation": (
        "slot {slot} ({name}) is on probation and the other slot is the way back; let edge run finish it, "
        "or decide: edge bundle activate {slot}, or edge bundle rollback",
        "スロット {slot}（{name}）は試用期間中で、もう一方のスロットは復元用です。edge run で試用期間を"
        "終えるか、edge bundle activate {slot} または edge bundle rollback を実行してください",
    ),
    "update_slot_empty": (
        "slot {slot} holds no bundle; see edge bundle list",
        "スロット {slot} にバンドルがありません。edge bundle list で確認してください",
    ),
    "update_no_way_back": (
        "{path} holds no other good bundle to go back to; see edge bundle list",
        "{path} に、復元できる良好なバンドルがありません。edge bundle list で確認してください",
    ),
    "update_again": (
        "{name} did not keep its probation here and is not installed again; edge bundle activate {slot} "
        "takes it nevertheless",
        "{name} はこの装置で一度復元の対象になったため、再導入しません。"
        "使用する場合は edge bundle activate {slot} を実行してください",
    ),
    "update_same": (
        "{name} is in slot {slot} and in use already",
        "{name} はスロット {slot} に導入済みで、使用中です",
    ),
    "update_installed": ("{name} is in slot {slot}", "{name} をスロット {slot} に導入しました"),
    "update_restart": (
        "{path} leads to it: start edge run anew; it is good once readings have flowed for {minutes:g} min",
        "{path} の参照先を切り替えました。edge run を再起動してください。"
        "推定が {minutes:g} 分間続くと確定します",
    ),
    "update_restart_good": (
        "{path} leads to it, with no probation: start edge run anew",
        "{path} の参照先を切り替えました（試用期間なし）。edge run を再起動してください",
    ),
    "update_active": (
        "slot {slot} ({name}) is used from the next start on",
        "次回の起動時から、スロット {slot}（{name}）を使用します",
    ),
    "slot": (
        "{name}, exported {created}, installed {installed}: {standing}",
        "{name}、作成 {created}、導入 {installed}：{standing}",
    ),
    "slot_empty": ("empty", "空"),
    "slot_new": ("on probation, not run yet", "試用期間中（未実行）"),
    "slot_trying": ("on probation", "試用期間中"),
    "slot_good": ("good", "良好"),
    "slot_rolled_back": ("rolled back", "復元により不使用"),
    # While a run lasts.
    "update_good": (
        "{name} in slot {slot} is good: readings flowed through its probation",
        "スロット {slot} の {name} を確定しました（試用期間中、推定が継続しました）",
    ),
    "update_went_back": (
        "{bad} did not keep its probation; back to slot {slot} ({name}); "
        "edge bundle activate tries the other again",
        "{bad} は試用期間中に停止したため、スロット {slot}（{name}）に戻しました。"
        "edge bundle activate で再度使用できます",
    ),
    "update_stays": (
        "{name} did not keep its probation, but stays: {why}",
        "{name} は試用期間中に停止しましたが、使用を継続します：{why}",
    ),
    "update_not_noted": (
        "{path} cannot be written ({why}), so the probation of its bundle is not watched",
        "{path} に書き込めないため（{why}）、バンドルの試用期間を監視できません",
    ),
    # The package itself.
    "package_wheel": (
        "{path} holds no wheelhouse of the package: exactly one {name} and the wheels it needs; pip wheel "
        "makes them",
        "{path} はパッケージの wheelhouse ではありません。{name} を 1 つだけ、必要な wheel とともに"
        "置いてください（pip wheel で作成できます）",
    ),
    "package_archive": (
        "the archive of the package holds something else than files ({name}); publish it again",
        "パッケージのアーカイブにファイル以外のものがあります（{name}）。公開し直してください",
    ),
    "package_pip": (
        "{name} cannot be installed here: {why}",
        "{name} をこの装置に導入できません：{why}",
    ),
    "package_dead": (
        "the package in slot {name} does not work here: {why}",
        "スロット {name} のパッケージは、この装置で動作しません：{why}",
    ),
    "package_went_back": (
        "edge: the new package did not keep its probation; back to the one before; edge bundle activate "
        "--package tries it again",
        "edge: 新しいパッケージは試用期間中に停止したため、以前のものに戻しました。"
        "edge bundle activate --package で再度使用できます",
    ),
    "package_start": (
        "{path} starts it; it is good once readings have flowed for {minutes:g} min",
        "{path} で起動してください。推定が {minutes:g} 分間続くと確定します",
    ),
    "package_start_good": (
        "{path} starts it, with no probation",
        "{path} で起動してください（試用期間なし）",
    ),
    "publish_either": (
        "give either a bundle or --wheelhouse",
        "バンドルか --wheelhouse のどちらか一方を指定してください",
    ),
    # Keys and publications.
    "keys_made": (
        "{path} holds the keys: keep them off every device; devices trust {root}",
        "{path} に鍵を作成しました。鍵は装置に置かないでください。装置には {root} を渡します",
    ),
    "keys_plain": (
        "WARNING: the keys in {path} are not encrypted: whoever reads them can sign for every device",
        "警告：{path} の鍵は暗号化されていません。読み取った人は、すべての装置向けに署名できます",
    ),
    "keys_there": (
        "{path} is there already; keys are never written over: choose another folder",
        "{path} は既にあります。鍵は上書きしません。別のフォルダーを指定してください",
    ),
    "keys_none": (
        "{path} cannot be used; keys are made with edge bundle keygen",
        "{path} を使用できません。鍵は edge bundle keygen で作成してください",
    ),
    "key_unusable": (
        "{path} cannot be opened: another passphrase, or no key of edge bundle keygen",
        "{path} を開けません。パスフレーズが異なるか、edge bundle keygen の鍵ではありません",
    ),
    "key_other": (
        "{path} is no key of {root}; keep the files of one edge bundle keygen together",
        "{path} は {root} の鍵ではありません。edge bundle keygen が同時に作成したファイルを使用してください",
    ),
    "passphrase": ("Passphrase of the keys", "鍵のパスフレーズ"),
    "passphrase_again": ("The same again", "もう一度入力"),
    "passphrase_none": (
        "a passphrase is needed: set {name}, or run this on a terminal",
        "パスフレーズが必要です。{name} を設定するか、端末で実行してください",
    ),
    "published": (
        "{path} holds {names}, signed as version {version} until {day}",
        "{path}：{names}（署名の版 {version}、有効期限 {day}）",
    ),
    "published_root": (
        "root.json expires before, on {day}: put root.key beside the other keys and run edge bundle sign",
        "root.json の有効期限（{day}）が先に切れます。root.key を他の鍵と同じ場所に置き、"
        "edge bundle sign を実行してください",
    ),
    "publish_name": (
        "{name} is no name for a file on a server; give one of letters, digits, . _ - with --name",
        "{name} はファイル名として使用できません。英数字と . _ - からなる名前を --name で指定してください",
    ),
    "publish_nothing": (
        "{path} holds nothing to sign; publish a bundle first with edge bundle publish",
        "{path} に署名するものがありません。先に edge bundle publish でバンドルを公開してください",
    ),
    "publish_strange": (
        "{path} is not what these keys signed; find out who changed it, or publish into a new folder",
        "{path} は、この鍵で署名した内容と異なります。変更者を確認するか、新しいフォルダーに公開してください",
    ),
    "publish_keys_beside": (
        "{keys} and {repo} lie one in the other: keys must never be where bundles are handed out",
        "{keys} と {repo} の一方が他方の中にあります。配布するフォルダーに鍵を置かないでください",
    ),
    "publish_other": (
        "{path} holds something else than a repository; give a new or empty folder",
        "{path} にはリポジトリ以外のものがあります。新しい、または空のフォルダーを指定してください",
    ),
}
