"""What an operator meets when a part or a bundle is missing or broken: a part of the table in edge/words."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "golden_refused": (
        "{path} does not run right on this machine ({found}; {why}); "
        "run `edge doctor`, or export the bundle again",
        "{path} はこの装置で正しく動作しません（{found}。{why}）。"
        "edge doctor で確認するか、バンドルをエクスポートし直してください",
    ),
    # Settings.
    "site_unreadable": (
        "{path} cannot be read ({why}); check the path",
        "{path} を読み取れません（{why}）。パスを確認してください",
    ),
    "site_toml": (
        "{path} is not valid TOML: {why}",
        "{path} の書式に誤りがあります。該当箇所を修正してください（{why}）",
    ),
    "site_value": ("{at}{why}", "{at}設定値が正しくありません（{why}）"),
    "unknown_setting": (
        "{at}unknown {section}setting {name!r}; {hint}",
        "{at}{section}設定項目「{name}」は使用できません。{hint}",
    ),
    "voting_half_life": (
        "half_life_s was replaced by tau_s: write tau_s = 1.44 x half_life_s in its place",
        "half_life_s は tau_s に置き換えられました。half_life_s の 1.44 倍を tau_s に指定してください",
    ),
    "voting_window": (
        "window_s was replaced by tau_s, with which all that was read fades; delete window_s",
        "window_s は廃止され、過去の推定は tau_s に応じて薄れます。window_s を削除してください",
    ),
    "voting_eta": (
        "{name} was replaced by kappa, and [site_prior] acts as stated; delete {name}",
        "{name} は kappa に置き換えられ、[site_prior] は指定どおりに作用します。{name} を削除してください",
    ),
    "unknown_label": (
        "unknown label in {section} {name!r}; {hint}",
        "{section} のラベル「{name}」はバンドルにありません。{hint}",
    ),
    "hint_near": ("did you mean {near!r}?", "「{near}」ではありませんか"),
    "hint_known": ("known: {names}", "使用できるもの：{names}"),
    # Camera.
    "no_devices": (
        "microphone and camera are both off; set one of them in site.toml or by --microphone or --camera",
        "マイクとカメラがどちらも off です。site.toml か --microphone、--camera で指定してください",
    ),
    "camera_form": (
        "camera {address!r} is of no known form: give {forms}",
        "カメラ「{address}」の指定形式が正しくありません。{forms} のいずれかで指定してください",
    ),
    "camera_number": (
        "camera {address!r} is a number that changes with every plugging in: give {forms}",
        "カメラ「{address}」の番号は接続のたびに変わります。{forms} のいずれかで指定してください",
    ),
    "camera_forms": (
        "part of a USB camera's name, /dev/v4l/by-id/..., http://..., https://..., rtsp://... or csi://0",
        "USB カメラ名の一部、/dev/v4l/by-id/...、http://...、https://...、rtsp://...、csi://0",
    ),
    "camera_away": (
        "{address} is not there: plug the camera in",
        "{address} がありません。カメラを接続してください",
    ),
    "camera_unknown": (
        "no camera is called {name!r} (plugged in: {there}): plug it in or give another name",
        "「{name}」という名前のカメラはありません（接続中：{there}）。接続するか、別の名前を指定してください",
    ),
    "camera_unreachable": (
        "{address} cannot be reached ({why}): check its power and address",
        "{address} に接続できません（{why}）。カメラの電源とアドレスを確認してください",
    ),
    "camera_no_video": (
        "{address} is there but sends no video: check its address and password",
        "{address} から映像を取得できません。アドレスとパスワードを確認してください",
    ),
    "camera_stopped": (
        "{address} stopped sending: check its cable and power",
        "{address} からの映像が途切れました。ケーブルと電源を確認してください",
    ),
    "camera_silent": (
        "{address} sent nothing for {seconds:.0f} s: check its cable and power",
        "{address} から {seconds:.0f} 秒間映像が届いていません。ケーブルと電源を確認してください",
    ),
    # Microphone.
    "microphone_none": (
        "there is no microphone: plug one in and check that the sound server runs",
        "マイクが見つかりません。マイクの接続と、サウンドサーバーの動作を確認してください",
    ),
    "microphone_unknown": (
        "no microphone is called {name!r}: there are {names}",
        "「{name}」という名前のマイクはありません。接続中のもの：{names}",
    ),
    "microphone_unopened": (
        "the microphone cannot be opened ({why}): check its plug and the sound server",
        "マイクを使用できません（{why}）。マイクの接続とサウンドサーバーを確認してください",
    ),
    "no_answer": ("no answer", "応答なし"),
    "microphone_lost": (
        "the microphone was unplugged or the sound server ended: check both",
        "マイクが外れたか、サウンドサーバーが停止しました。両方を確認してください",
    ),
    "sound_no_answer": (
        "the sound server does not answer: restart it, for example with pulseaudio -k",
        "サウンドサーバーが応答しません。pulseaudio -k などで再起動してください",
    ),
    # Screen.
    "no_screen": (
        "there is no screen to replay on; give --save panel.png or --save run.mp4",
        "表示できる画面がありません。--save panel.png または --save run.mp4 を指定してください",
    ),
    "screen_no_answer": ("the screen{name} does not answer", "画面{name} が応答しません"),
    # Review queue.
    "queue_folder": (
        "{folder} is not a folder; make it, or change folder in [review]",
        "{folder} というフォルダーはありません。"
        "作成するか、site.toml の [review] の folder を変更してください",
    ),
    "queue_none": (
        "{folder} holds no {name}; give the folder of [review] in site.toml",
        "{folder} に {name} がありません。site.toml の [review] にあるフォルダーを指定してください",
    ),
    "queue_unusable": ("{path} cannot be used ({why}); {todo}", "{path} を使用できません（{why}）。{todo}"),
    "todo_space": ("free some space or mend the disk", "空き容量とディスクを確認してください"),
    "todo_permissions": (
        "check the permissions of {folder}",
        "{folder} のアクセス権を確認してください",
    ),
    "todo_again": ("try again", "しばらく待ってから、もう一度実行してください"),
    "todo_damaged": (
        "it is damaged: move it aside, and edge run begins a new one",
        "ファイルが壊れています。別の場所に移すと、edge run が新しく作成します",
    ),
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
        "バンドルをエクスポートし直すか、対応するバージョンの edge-emotion をインストールしてください",
    ),
    "bundle_field": (
        "{path}: {why}; export the bundle again",
        "{path} の内容が正しくありません。バンドルをエクスポートし直してください（{why}）",
    ),
    "bundle_unlisted": (
        "{path}: the manifest does not list {name}; export the bundle again",
        "{path}：bundle.json に {name} が載っていません。バンドルをエクスポートし直してください",
    ),
    "bundle_outside": (
        "{path}: the manifest names a file outside the bundle: {name}; export the bundle again",
        "{path}：bundle.json がバンドルの外のファイル {name} を指しています。"
        "バンドルをエクスポートし直してください",
    ),
    "bundle_missing": (
        "{path}: {name} is missing; copy the bundle again",
        "{path}：{name} がありません。バンドルをもう一度コピーしてください",
    ),
    "bundle_changed": (
        "{path}: {name} was changed after export (sha256 differs); copy the bundle again",
        "{path}：{name} がエクスポート後に変更されています（sha256 不一致）。"
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
        "バンドルを確認できません。もう一度コピーするかエクスポートし直し、"
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
        "もう一度コピーするか、エクスポートし直してください（{why}）",
    ),
    "model_failed": (
        "{path} failed while running: {why}",
        "{path} の実行に失敗しました。"
        "バンドルをエクスポートし直すか、バックエンドを更新してください（{why}）",
    ),
    "lock_waits": (
        "{path} is being written by another command; waiting for it",
        "{path} は別のコマンドが書き込み中です。終わるのを待っています",
    ),
    "lock_busy": (
        "{path} was written by another command for {seconds:.0f} s; nothing was changed there: wait until it "
        "ends, then give the command again",
        "{path} に別のコマンドが {seconds:.0f} 秒以上書き込んでいます。何も変更していません。"
        "そのコマンドが終わってから、もう一度実行してください",
    ),
}
