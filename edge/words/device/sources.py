"""What is said of devices and recordings: a part of the table in edge/words."""

from __future__ import annotations

SOURCES: dict[str, tuple[str, str]] = {
    # Why a device does not run, in as few words as a row of the panel holds.
    "why_not_there": ("not there yet", "未検出"),
    "why_unplugged": ("unplugged", "取り外されています"),
    "why_frozen": ("frozen", "フリーズ"),
    "why_refused": ("connection refused", "接続拒否"),
    "why_unreachable": ("cannot be reached", "接続不可"),
    "why_busy": ("used by another program", "他のプログラムが使用中"),
    "why_no_permission": ("no permission", "アクセス権なし"),
    "why_no_video": ("sends no video", "映像の送信なし"),
    "why_stopped": ("stopped sending", "受信が途切れました"),
    "why_several": ("several have this name", "同名の機器が複数"),
    "why_not_installed": ("software missing", "必要なソフトウェアなし"),
    "why_no_server": ("no sound server", "サウンドサーバー停止中"),
    "why_late": ("too late, opening again", "遅延のため再接続中"),
    "why_failed": ("cannot be opened", "使用不可"),
    # Said once when it happens.
    "device_runs": ("{name} runs", "{name}が動作を開始しました"),
    "device_back": (
        "{name} runs again, it was away for {seconds:.0f} s",
        "{name}が復旧しました（{seconds:.0f} 秒間停止）",
    ),
    # Camera.
    "camera_none": (
        "there is no USB camera yet: plug one in, or set camera in site.toml to off or to an address",
        "USB カメラが見つかりません。接続するか、site.toml の camera を off またはアドレスにしてください",
    ),
    "camera_default": ("the first USB camera", "最初の USB カメラ"),
    "camera_several": (
        "{count} cameras are called {name!r}: give {names}",
        "「{name}」という名前のカメラが {count} 台あります。{names} のいずれかを指定してください",
    ),
    "either": ("{first} or {last}", "{first} または {last}"),
    "camera_no_sensor": (
        "camera {address!r} names no sensor: give csi://0 or csi://1",
        "カメラ「{address}」にセンサー番号がありません。csi://0 または csi://1 を指定してください",
    ),
    "camera_refused": (
        "{address} cannot be reached (connection refused): check its power and address",
        "{address} に接続できません（接続拒否）。カメラの電源とアドレスを確認してください",
    ),
    "camera_busy": (
        "{address} is used by another program: close that one",
        "{address} は他のプログラムが使用中です。そのプログラムを終了してください",
    ),
    "camera_denied": (
        "{address} may not be opened: add this user to the group video and log in again",
        "{address} を開く権限がありません。このユーザーを video グループに加え、ログインし直してください",
    ),
    "camera_repeats": (
        "{address} repeats one picture: switch the camera off and on",
        "{address} から同じ映像が繰り返されています。カメラの電源を入れ直してください",
    ),
    "camera_hangs": (
        "{address} hangs in its driver: unplug it, or restart this computer",
        "{address} のドライバーが応答しません。カメラを抜き差しするか、この装置を再起動してください",
    ),
    "camera_failed": (
        "{address} cannot be read ({why}): unplug it and plug it in again",
        "{address} を読み取れません（{why}）。カメラを抜き差ししてください",
    ),
    "gst_missing": (
        "gst-launch-1.0 is not installed; run: apt-get install gstreamer1.0-tools",
        "gst-launch-1.0 がインストールされていません。apt-get install gstreamer1.0-tools を実行してください",
    ),
    "gst_ended": (
        "{address} cannot be read (gst-launch-1.0 ended: {why}): check its ribbon cable and its driver",
        "{address} を読み取れません（gst-launch-1.0 が終了：{why}）。"
        "フラットケーブルとドライバーを確認してください",
    ),
    "no_reason": ("no reason given", "理由不明"),
    # Microphone.
    "microphone_several": (
        "several microphones are called {name!r} ({names}): give the serial or full name",
        "「{name}」という名前のマイクが複数あります（{names}）。シリアル番号か完全な名前を指定してください",
    ),
    "microphone_away": (
        "the microphone is not there ({why}): plug it in and check the sound server",
        "マイクが接続されていません（{why}）。マイクの接続とサウンドサーバーを確認してください",
    ),
    "microphone_busy": (
        "the microphone is used by another program ({why}): close that one",
        "マイクは他のプログラムが使用中です（{why}）。そのプログラムを終了してください",
    ),
    "microphone_denied": (
        "the microphone may not be opened ({why}): add this user to the group audio and log in again",
        "マイクを開く権限がありません（{why}）。"
        "このユーザーを audio グループに加え、ログインし直してください",
    ),
    "microphone_frozen": (
        "the microphone gave nothing for {seconds:.0f} s: check it and the sound server",
        "マイクから {seconds:.0f} 秒間音声が届いていません。マイクとサウンドサーバーを確認してください",
    ),
    "microphone_late": (
        "sound came {seconds:.1f} s late: close other programs, the computer is too busy",
        "音声が {seconds:.1f} 秒遅れています。高負荷のため、他のプログラムを終了してください",
    ),
    "portaudio_missing": (
        "sound needs PortAudio; run: apt install libportaudio2",
        "音声の入力には PortAudio が必要です。apt install libportaudio2 を実行してください",
    ),
    "portaudio_unstarted": (
        "PortAudio does not start ({why}): check the sound server",
        "PortAudio を開始できません（{why}）。サウンドサーバーを確認してください",
    ),
    # Speech.
    "speech_rate": (
        "speech detection needs sound at {needed} Hz, not {rate}: set the bundle's rate",
        "発話検出には {needed} Hz の音声が必要です（現在 {rate} Hz）。バンドルの rate を設定してください",
    ),
    "clip_process_failed": (
        "the process that reads {path} failed: {why}; try `edge run --source {path}`",
        "{path} を読み取るプロセスが失敗しました（{why}）。edge run --source {path} で確認してください",
    ),
    # Why one cannot be read.
    "media_missing": (
        "{path} cannot be read (it does not exist); check the path",
        "{path} を読み取れません（存在しません）。パスを確認してください",
    ),
    "media_folder": (
        "{path} cannot be read (it is a folder); give one of the files in it",
        "{path} を読み取れません（フォルダーです）。中のファイルを指定してください",
    ),
    "media_no_file": (
        "{path} cannot be read (it is no regular file); save the recording as a file first",
        "{path} を読み取れません（通常のファイルではありません）。録画をファイルとして保存してください",
    ),
    "media_empty": (
        "{path} cannot be read (it is empty, 0 bytes); copy or record it again",
        "{path} を読み取れません（空のファイルです）。もう一度コピーするか、録画し直してください",
    ),
    "media_unreadable": (
        "{path} cannot be read ({why}); check its permissions and the disk",
        "{path} を読み取れません（{why}）。アクセス権とディスクを確認してください",
    ),
    "media_no_recording": (
        "{path} cannot be read (it is not a recording, or was cut before its index was written); "
        "copy or record it again, or convert it to mp4",
        "{path} を読み取れません（録画ではないか、索引が書き込まれる前に途切れています）。"
        "もう一度コピーするか、録画し直すか、mp4 に変換してください",
    ),
    "media_no_tracks": (
        "{path} cannot be read (it has neither sound nor pictures); give a video, sound or picture file",
        "{path} を読み取れません（音声も映像もありません）。"
        "動画、音声、画像のいずれかのファイルを指定してください",
    ),
    "media_unknown_codec": (
        "{path} cannot be read (it is coded in a way not known here); convert it to mp4 (H.264, AAC)",
        "{path} を読み取れません（対応していない符号化方式です）。mp4（H.264、AAC）に変換してください",
    ),
    "media_nothing": (
        "{path} cannot be read (it holds nothing that can be decoded); copy it again or convert it to mp4",
        "{path} を読み取れません（復号できるデータがありません）。"
        "もう一度コピーするか、mp4 に変換してください",
    ),
    "media_cut_of": (
        "{path} is cut off at second {end:.1f} of {stated:.1f}; "
        "all up to there was read; copy it again to get the rest",
        "{path} は {stated:.1f} 秒のうち {end:.1f} 秒で途切れています。そこまでは読み取りました。"
        "残りも必要な場合は、もう一度コピーしてください",
    ),
    "media_cut": (
        "{path} is cut short; all up to second {end:.1f} was read; copy it again to get the rest",
        "{path} は途中で途切れています。{end:.1f} 秒までは読み取りました。"
        "残りも必要な場合は、もう一度コピーしてください",
    ),
    "media_damaged": (
        "{path} is damaged between second {first:.1f} and {last:.1f}; {count} packet(s) could not be "
        "decoded, all else was read; copy it again",
        "{path} は {first:.1f} 秒から {last:.1f} 秒の間が壊れています。{count} 個のパケットを復号できず、"
        "ほかはすべて読み取りました。もう一度コピーしてください",
    ),
    "media_none": (
        "{path} holds no recordings (it holds: {held}); give another file or folder",
        "{path} に録画がありません（内容：{held}）。別のファイルかフォルダーを指定してください",
    ),
    "media_nothing_inside": ("nothing", "なし"),
    "narrow": ("narrow band", "帯域不足"),
    # Labelled clips.
    "clips_narrow": (
        "{count} of {total} clips hold no sound above {found:.1f} kHz, the networks were trained on sound up "
        "to {wanted:.1f} kHz; they are judged less well than recordings at 16 kHz or more",
        "{total} 件中 {count} 件のデータは {found:.1f} kHz より上の音声を含みません"
        "（学習時は {wanted:.1f} kHz まで）。16 kHz 以上の録音より精度が下がります",
    ),
    "none_judged": (
        "none of the {count} clips of {folder} can be judged; see the lines above",
        "{folder} の {count} 件のデータはいずれも評価できません。上の各行を確認してください",
    ),
    "no_clip_judged": (
        "no clip could be judged by {modality} ({reasons}); try another --modality",
        "{modality} で評価できるデータがありません（{reasons}）。--modality を変えてください",
    ),
    "sound_rate": (
        "sound came at {rate} Hz, the bundle needs {wanted} Hz; set the source to {wanted}",
        "音声のサンプリング周波数は {rate} Hz ですが、バンドルには {wanted} Hz が必要です。"
        "入力を {wanted} Hz に設定してください",
    ),
    # What is unusual, though it is read.
    "media_passed_over": (
        "{path}: {count} file(s) passed over that are not known as recordings ({names}); "
        "give one by its own name to have it read",
        "{path}：録画として扱えない {count} 個のファイルを省略しました（{names}）。"
        "読み取るには、そのファイルを直接指定してください",
    ),
    "media_folders": (
        "{path}: {count} folder(s) inside passed over ({names}); give each by its own name to have it read",
        "{path}：中にある {count} 個のフォルダーを省略しました（{names}）。"
        "読み取るには、そのフォルダーを直接指定してください",
    ),
    "media_joined": (
        "{path} is joined from {count} recordings; all are read, the second from second {at:.1f} on",
        "{path} は {count} 個の録画をつないだものです。すべて読み取ります（2 個目は {at:.1f} 秒から）",
    ),
    "media_jump": (
        "{path}: its time stamps jump by {by:+.1f} s at second {at:.1f}; "
        "reading goes on from there without the jump, as at any later one",
        "{path}：{at:.1f} 秒で時刻情報が {by:+.1f} 秒飛んでいます。"
        "飛びを除いて読み取りを続けます（以降も同様）",
    ),
    "media_sounds": (
        "{path} holds {count} sound tracks; only track {number} is read",
        "{path} には音声トラックが {count} 本あります。{number} 本目だけを読み取ります",
    ),
    "media_films": (
        "{path} holds {count} video tracks; only track {number} is read",
        "{path} には映像トラックが {count} 本あります。{number} 本目だけを読み取ります",
    ),
    "media_silent_track": (
        "{path}: the sound track that was read is silent; take another one out into a file of its own",
        "{path}：読み取った音声トラックは無音です。別のトラックを単独のファイルに取り出してください",
    ),
    "media_phase": (
        "{path}: its two channels cancel each other (opposite phase); the louder one is read",
        "{path}：左右の音声が打ち消し合っています（逆位相）。音量の大きい方を読み取ります",
    ),
    "media_longer": (
        "{path} holds more sound than its header states; all of it is read",
        "{path} にはヘッダーの記載より長い音声が入っています。すべて読み取ります",
    ),
    "media_narrow": (
        "{path}: its sound ends at {found:.1f} kHz, the networks were trained on sound up to "
        "{wanted:.1f} kHz; its voice readings are less reliable, record at 16 kHz or more",
        "{path}：音声の帯域が {found:.1f} kHz までしかありません（学習時は {wanted:.1f} kHz まで）。"
        "音声による推定の信頼性が下がります。16 kHz 以上で録音してください",
    ),
}
