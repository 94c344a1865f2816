"""What is said of recordings: a part of the table in edge/words."""

from __future__ import annotations

MEDIA: dict[str, tuple[str, str]] = {
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
