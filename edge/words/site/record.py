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
    "record_facts": (
        "{path} is missing or damaged; the recordings beside it belong to nobody: delete the folder",
        "{path} がないか壊れています。同じフォルダーの録画は対象者が分からないため、フォルダーごと"
        "削除してください",
    ),
    "record_table": (
        "{path} cannot be read as a table (CSV, UTF-8); mend it, then run edge record --recover",
        "{path} を表（CSV、UTF-8）として読めません。直してから edge record --recover を実行してください",
    ),
    "record_no_consent": (
        "there is no consent of {subject} for {scope} today; nothing is recorded (edge consent add)",
        "{subject} の「{scope}」について本日有効な同意がありません。収録しません"
        "（edge consent add で登録してください）",
    ),
    "sound": ("sound", "音声"),
    "picture": ("pictures", "映像"),
    "record_withdrawn": (
        "{why}; recording stopped and everything recorded since its start was deleted",
        "{why}。収録を停止し、今回の収録をすべて削除しました",
    ),
    "record_disk": (
        "less than {mb} MB are free where {path} is; make room, then record again",
        "{path} のあるディスクの空きが {mb} MB 未満です。空きを増やしてから収録してください",
    ),
    "record_quota": (
        "{path} has reached its quota of {quota:g} GB; delete recordings or raise quota_gb in [record]",
        "{path} が上限の {quota:g} GB に達しました。収録データを削除するか、[record] の quota_gb を"
        "増やしてください",
    ),
    "record_write": (
        "{path} takes no more ({why}); make room, then run edge record --recover: what was recorded stays",
        "{path} に書き込めません（{why}）。空きを増やしてから edge record --recover を実行してください。"
        "収録済みの分は残っています",
    ),
    "record_clock": (
        "the clock of this machine was set by {seconds:+.0f} s; times of this recording go on as they began",
        "この機器の時計が {seconds:+.0f} 秒変更されました。今回の収録の時刻は開始時の時計のまま続けます",
    ),
    "record_busy": (
        "another edge record writes to {path}; end that one first",
        "別の edge record が {path} に書き込んでいます。先にそちらを終了してください",
    ),
    "record_folder": (
        "{path} cannot be written to ({why}); set folder in [record] to a place that can",
        "{path} に書き込めません（{why}）。[record] の folder に書き込める場所を指定してください",
    ),
    "record_plain_said": (
        "encrypt = false in [record]: sound and pictures are written as they are, readable for everybody "
        "who gets the disk",
        "[record] で encrypt = false が指定されています。音声と映像は暗号化されず、ディスクを入手した人は"
        "誰でも読めます",
    ),
    "record_recovers": (
        "{session}: cutting what an earlier recording left",
        "{session}：前回の収録の残りをクリップに切り分けています",
    ),
    "record_left_over": (
        "{session} stays as it is ({why})",
        "{session} はそのまま残します（{why}）",
    ),
    "record_cutting": (
        "cutting {session} into clips",
        "{session} をクリップに切り分けています",
    ),
    "record_closed": (
        "{session}: {minutes:.1f} min recorded, {clips} clips with speech -> {path}",
        "{session}：収録 {minutes:.1f} 分、発話のあるクリップ {clips} 件 → {path}",
    ),
    "record_nothing": (
        "{session}: nothing was recorded",
        "{session}：何も収録されませんでした",
    ),
    "record_line": (
        "{recorded} recorded, {speech} of it speech; {level}, {clear}; {face}; {left} left",
        "収録 {recorded}（うち発話 {speech}）、{level}、{clear}、{face}、残り {left}",
    ),
    "record_line_level": ("{db:.0f} dB", "{db:.0f} dB（音量）"),
    "record_line_no_level": ("no sound", "音声なし"),
    "record_line_snr": ("speech {db:.0f} dB over the noise", "発話は騒音より {db:.0f} dB 上"),
    "record_line_no_snr": ("nobody speaks", "発話なし"),
    "record_line_open": ("any time", "制限なし"),
    "script_text": (
        "{path}, row {place}: a sentence is missing, or longer than {most} characters; mend it "
        "(columns label, text_ja, text_en)",
        "{path} の {place} 行目：文がないか、{most} 文字を超えています。直してください"
        "（列：label、text_ja、text_en）",
    ),
    "script_label": (
        "{path}, row {place}: '{label}' is no label of the bundle; write one of {known}",
        "{path} の {place} 行目：「{label}」はバンドルのラベルではありません。"
        "{known} のいずれかにしてください",
    ),
    "script_empty": (
        "{path} holds no sentences to read, or more than {most}; give a table with "
        "label and text_ja or text_en",
        "{path} に読み上げる文がないか、{most} 件を超えています。"
        "label と text_ja または text_en の表を指定してください",
    ),
    "script_unread": (
        "{path} cannot be read ({why}); give a table (CSV, UTF-8) or TOML",
        "{path} を読めません（{why}）。表（CSV、UTF-8）または TOML を指定してください",
    ),
    "record_state_on": ("Recording", "収録中"),
    "record_state_paused": ("Paused", "一時停止中"),
    "record_plain": ("not encrypted", "暗号化なし"),
    "record_no_camera": ("without a camera", "カメラなし"),
    "record_no_microphone": ("without a microphone", "マイクなし"),
    "record_microphone_gone": ("no microphone: pictures go on", "マイクがありません。映像の収録は続きます"),
    "record_camera_gone": ("no camera: sound goes on", "カメラがありません。音声の収録は続きます"),
    "record_face": ("face in view", "顔が写っています"),
    "record_no_face": ("no face in view", "顔が写っていません"),
    "record_dark": ("too dark for a face", "暗くて顔が見えません"),
    "record_level": ("Level", "音量"),
    "record_snr": ("Over noise", "騒音との差"),
    "record_clips": ("clipping: turn the microphone down", "音割れ：マイクの音量を下げてください"),
    "record_silent": ("silent: is the microphone muted?", "無音：マイクがミュートされていませんか"),
    "record_waits": ("listening; nobody speaks", "待機中（発話なし）"),
    "record_noisy": ("noise is close to the voice: come nearer", "騒音が声に近い：マイクに近づいてください"),
    "record_faint": ("faint: come nearer or turn it up", "声が小さい：近づくか、音量を上げてください"),
    "record_clear": ("clear speech", "発話は明瞭です"),
    "record_number": ("{number} of {count}", "{number} 文目／全 {count} 文"),
    "record_next": ("Next: {text}", "次：{text}"),
    "record_free": ("Free recording", "自由に話してください"),
    "record_triggered": (
        "Only around readings of interest: {count} so far",
        "注目ラベルの推定の前後のみ収録します（これまで {count} 件）",
    ),
    "record_total": ("recorded", "収録時間"),
    "record_speech": ("speech", "発話時間"),
    "record_left": ("time left", "残り時間"),
    "record_room": ("room left", "残り容量"),
    "record_subjects": ("Subjects:", "対象者："),
    "record_paused": ("paused: nothing is recorded", "一時停止中：何も収録していません"),
    "record_goes_on": ("recording goes on", "収録を再開しました"),
    "record_forgotten": ("the last minute was deleted", "直近 1 分を削除しました"),
    "record_keys": (
        "space: pause    f: forget the last minute    q: end",
        "スペース：一時停止    f：直近 1 分を削除    q：終了",
    ),
    "record_keys_script": (
        "n: next sentence    space: pause    f: forget the last minute    q: end",
        "n：次の文    スペース：一時停止    f：直近 1 分を削除    q：終了",
    ),
    "record_keys_who": ("1-{count}: who speaks", "1～{count}：話す人"),
    "help_record": (
        "Record people who agreed, encrypted, cut into clips.\n\n"
        "Nobody is recorded without [policy] in site.toml and a consent (edge consent add). "
        "Clips and metadata.csv come into the folder of [record]; an earlier recording that power cut is "
        "finished first.\n\n"
        "\b\nExample: edge record --config site.toml --subject S01 --script script.csv\n"
        "A key first: edge record key --out record.key",
        "同意を得た人を暗号化して収録し、クリップに切り分けます。\n\n"
        "site.toml の [policy] と同意（edge consent add）がなければ収録しません。"
        "クリップと metadata.csv は [record] のフォルダーに作られます。"
        "停電などで途切れた前回の収録があれば、先に処理します。\n\n"
        "\b\n例：edge record --config site.toml --subject S01 --script script.csv\n"
        "初回は鍵を作成：edge record key --out record.key",
    ),
    "help_record_key": (
        "Make a key that recordings are encrypted with.\n\n"
        "Keep a copy in another place: without it nobody reads them again.\n\n"
        "\b\nExample: edge record key --out record.key",
        "収録データを暗号化する鍵を作成します。\n\n"
        "鍵を失うと収録データは二度と読めません。写しを別の場所に保管してください。\n\n"
        "\b\n例：edge record key --out record.key",
    ),
    "opt_record_config": ("Settings of the site (site.toml).", "現場の設定（site.toml）。"),
    "opt_record_subject": (
        "Who can be heard or seen, by the id of the consent; once for each.",
        "聞こえる・写る人の ID（同意の登録に使ったもの）。人数分指定します。",
    ),
    "opt_record_script": (
        "Sentences to read out: CSV or TOML with label, text_ja, text_en.",
        "読み上げる文（label、text_ja、text_en の CSV または TOML）。",
    ),
    "opt_record_minutes": ("End after so many minutes.", "指定した分数で終了します。"),
    "opt_record_headless": (
        "No window and no keys; a line every 30 s.",
        "画面もキー操作も使わず、30 秒ごとに 1 行表示します。",
    ),
    "opt_record_trigger": (
        "Keep only what lies around readings of the bundle's events.",
        "バンドルの注目ラベルの推定の前後のみ収録します。",
    ),
    "opt_record_recover": (
        "Finish what a power cut left; happens at each start as well.",
        "停電などで途切れた収録を処理します（収録の開始時にも自動で行います）。",
    ),
    "opt_record_key_out": ("File of the new key.", "新しい鍵のファイル。"),
    "record_needs_config": (
        "name the settings of the site: they say who records and why",
        "現場の設定を指定してください（誰が何のために収録するかを示すもの）",
    ),
    "record_needs_subject": (
        "name everybody who can be heard or seen",
        "聞こえる人・写る人を全員指定してください",
    ),
    "record_recovered": ("sessions finished: {count}", "処理したセッション：{count} 件"),
    "record_key_made": (
        "written to {path}; keep a copy in another place: without it recordings cannot be read",
        "{path} に保存しました。鍵を失うと収録データを読めないため、写しを別の場所に保管してください",
    ),
}
