"""Words on the panel, in the window and on the terminal: a part of the table in edge/words."""

from __future__ import annotations

PANEL: dict[str, tuple[str, str]] = {
    "live": ("live", "ライブ"),
    "recording_time": ("recording", "録画時間"),
    "and": (", ", "・"),
    # How sure a reading is.
    "sure": ("high confidence", "確信度：高"),
    "fair": ("medium confidence", "確信度：中"),
    "unsure": ("low confidence", "確信度：低"),
    "others_open": ("but others cannot be ruled out", "ただし他の候補も残っています"),
    "ruled_out": ("but no longer the best fit", "ただし現在は候補から外れています"),
    "undecided": ("but not settled yet", "ただし未確定です"),
    "one_of": ("one of: {labels}", "候補：{labels}"),
    "held": ("another label leads, may change soon", "別のラベルが先行中（切り替わる可能性あり）"),
    "as_of": ("as of about {seconds} s ago", "約 {seconds} 秒前の状態"),
    # Parts of the panel.
    "all_labels": ("Probability of each label", "ラベルごとの確率"),
    "prior": ("line: usual share here", "縦線：この現場での平均的な割合"),
    "votes": ("Last windows", "直近の区間"),
    "needed": ("dashes: lead needed", "破線：確定に必要な差"),
    "vote_numbers": (
        "windows used {votes}   lead {lead}",
        "推定に使った区間 {votes}　2位との差 {lead}",
    ),
    "vote_delay": ("mean delay {delay} s", "平均遅れ {delay} 秒"),
    "weights": ("Evidence used", "使用した情報の割合"),
    "nothing": ("none", "なし"),
    "timeline": ("Last 60 seconds", "直近 60 秒"),
    "gap": ("grey: no reading    outline: not sure", "灰色：推定なし　枠のみ：不確実"),
    "seconds_ago": ("{seconds} s", "{seconds} 秒"),
    "now": ("now", "現在"),
    "camera": ("Camera", "カメラ"),
    "microphone": ("Microphone", "マイク"),
    "no_picture": ("no picture", "映像なし"),
    "not_read": ("not read", "推定対象外"),
    "privacy": ("privacy view: the picture is not shown", "プライバシー表示：映像は表示しません"),
    "display_paused": ("display paused", "表示を一時停止中"),
    "paused_big": ("PAUSED", "一時停止中"),
    "paused_how": ("not the present: press p to go on", "現在の状態ではありません。p キーで再開します"),
    "ended": ("end of the run", "再生終了"),
    "frame_rate": ("{rate} pictures/s", "{rate} 枚/秒"),
    "offset_behind": ("pictures {ms} ms behind sound", "映像が {ms} ms 遅れ"),
    "offset_ahead": ("pictures {ms} ms ahead of sound", "映像が {ms} ms 先行"),
    "keys": (
        "f full screen   p pause   v privacy   l 日本語   q quit",
        "f 全画面　p 一時停止　v プライバシー　l English　q 終了",
    ),
    "keys_terminal": ("p pause   l 日本語   q quit", "p 一時停止　l English　q 終了"),
    "keys_window": ("w window", "w ウィンドウ表示"),
    "keys_verdict": (
        "c correct   0 cannot tell   u undo   or the key of a label",
        "c 正しい　0 判断できない　u 取り消し　ラベルのキーで訂正",
    ),
    "purpose": (
        "An estimate, not a fact. Do not use it to judge, rate or discipline people.",
        "推定であり、事実ではありません。人の評価・査定・処分には使用しないでください。",
    ),
    # Verdicts on the reading that is shown.
    "confirm": ("correct", "正しい"),
    "undo": ("undo", "取り消し"),
    "correct_how": ("wrong? press a key or click a label", "訂正：キーを押すかラベルをクリック"),
    "no_queue": (
        "To confirm or correct it here, set [review] in site.toml",
        "ここで確認・訂正するには、site.toml に [review] を設定してください",
    ),
    "verdict_saving": ("saving: {label} ...", "保存中：{label}"),
    "verdict_saved": ("saved: {label}", "保存しました：{label}"),
    "verdict_undone": ("taken back: {label}", "取り消しました：{label}"),
    "verdict_nothing": ("no reading to judge now", "判定できる推定がありません"),
    "verdict_no_undo": ("nothing to take back", "取り消す判定がありません"),
    "verdict_failed": ("not saved: {why}", "保存できません：{why}"),
    "because_person": ("judged on the panel, not asked for", "パネルで判定（確認依頼なし）"),
    # How a device is doing.
    "opening": ("opening", "接続中"),
    "running": ("running", "動作中"),
    "gone": ("not connected", "未接続"),
    "silent": ("silent - muted?", "無音（ミュート？）"),
    "clipping": ("clipping", "音割れ"),
    "late": ("late", "遅延"),
    "dimmed": ("dark", "暗い"),
    "blurred": ("blurred", "ピンぼけ"),
    "covered": ("covered", "カメラが覆われています"),
    # The window.
    "window_gone": (
        "the window is gone; reading goes on without it",
        "表示ウィンドウが閉じられました。推定は続行します",
    ),
    "window_back": ("the window is shown again", "ウィンドウを再び表示しました"),
    "no_window": (
        "no window can be shown ({why}); readings are printed here",
        "ウィンドウを表示できません（{why}）。推定結果はここに出力します",
    ),
    "no_window_now": ("no window can be shown ({why})", "ウィンドウを表示できません（{why}）"),
    "opencv_old": (
        "OpenCV {version} cannot write Japanese; run: pip install 'opencv-python>=5', or use --headless",
        "OpenCV {version} は日本語を描画できません。pip install 'opencv-python>=5' を実行するか、"
        "--headless を使用してください",
    ),
    "no_japanese_font": (
        "no font has Japanese, so the panel is in English; run: sudo apt-get install fonts-vlgothic, "
        "then start edge again",
        "日本語のフォントがないため、パネルを英語で表示します。sudo apt-get install fonts-vlgothic を実行し、"
        "edge を起動し直してください",
    ),
    "cannot_be_drawn": (
        "{name} has characters the panel cannot draw: {letters}; a mark stands in their place, use others",
        "{name} にパネルで描画できない文字があります：{letters}。〓 で表示します。別の文字に変更してください",
    ),
}
