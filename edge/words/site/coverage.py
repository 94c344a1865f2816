"""What is said of a site's recordings by `edge coverage`: a part of the table in edge/words."""

from __future__ import annotations

COVERAGE: dict[str, tuple[str, str]] = {
    "help_coverage": (
        "Say what site recordings lack, and what to record next.\n\n"
        "They are set beside a kit of 10 to 20 hours; people, sessions and sounds on two sides are "
        "errors, and "
        "labels told by noise, light, words or the like alone are warnings.\n\n"
        "\b\nExample: edge coverage recordings --report coverage.html\n"
        "Before an evaluation: edge coverage calibration --against evaluation",
        "現場の録音・録画の過不足と、次に録るべきものを示します。\n\n"
        "10～20 時間の基準と比較します。人・セッション・音声が両方の側にある場合は誤りとし、"
        "騒音・明るさ・言葉などだけでラベルが分かる場合は警告します。\n\n"
        "\b\n例：edge coverage recordings --report coverage.html\n"
        "評価の前：edge coverage calibration --against evaluation",
    ),
    "opt_coverage_recordings": (
        "Folder with recordings and metadata.csv, or plain recordings.",
        "録音・録画と metadata.csv のフォルダー（metadata.csv はなくても可）。",
    ),
    "opt_coverage_bundle": (
        "Bundle whose labels and face detector are used; without, the labels of the table.",
        "ラベルと顔検出器を使うバンドル（省略時は表のラベル）。",
    ),
    "opt_coverage_against": (
        "Second folder, such as the one to evaluate on: nothing may stand in both.",
        "もう一方のフォルダー（評価用など）。両方に共通するものがあれば誤りとする。",
    ),
    "opt_coverage_report": (
        "Write a page with pictures to this HTML file.",
        "図付きのページを HTML に保存。",
    ),
    "opt_coverage_json": ("Write all numbers to this JSON file.", "すべての数値を JSON に保存。"),
    "coverage_same": (
        "the two folders are one; name another one to compare with",
        "2 つのフォルダーが同じです。比較する別のフォルダーを指定してください",
    ),
    "coverage_no_folder": (
        "{folder} is no folder; give the folder that holds the recordings",
        "{folder} はフォルダーではありません。録音・録画のフォルダーを指定してください",
    ),
    "coverage_no_media": (
        "{folder} holds no recordings and no metadata.csv; put recordings such as .wav or .mp4 into it",
        "{folder} に録音・録画も metadata.csv もありません。.wav や .mp4 などを入れてください",
    ),
    "coverage_all_unread": (
        "no recording of {folder} can be read (tried: {count}); the first: {why}",
        "{folder} の録音・録画 {count} 件をどれも読み取れません。最初の 1 件：{why}",
    ),
    "coverage_progress": (
        "{folder}: {done} of {of} recordings measured, {hours:.1f} h",
        "{folder}：{of} 件中 {done} 件を測定済み（{hours:.1f} 時間）",
    ),
    # Verdicts.
    "coverage_verdict_enough": ("enough", "十分"),
    "coverage_verdict_less": ("usable, not all that is asked", "使用可（一部不足）"),
    "coverage_verdict_far": ("far too little", "大幅に不足"),
    "coverage_verdict_leaks": (
        "not to be judged on: two sides share recordings or people",
        "評価不可（両側に重複）",
    ),
    "coverage_state_enough": ("enough", "十分"),
    "coverage_state_less": ("less", "不足"),
    "coverage_state_far": ("far too little", "大幅に不足"),
    "coverage_state_unknown": ("not known", "不明"),
    "coverage_ends_bad": (
        "leaks: {leaks}; far too little: {far}",
        "重複 {leaks} 件、大幅な不足 {far} 件",
    ),
    "coverage_is": ("{folder}: {verdict}", "{folder}：{verdict}"),
    "coverage_holds": (
        "{clips} recordings, {hours:.1f} h; {unread} could not be read",
        "録音・録画 {clips} 件、{hours:.1f} 時間。読み取れないもの {unread} 件",
    ),
    "coverage_head_what": ("what", "項目"),
    "coverage_head_found": ("found", "実績"),
    "coverage_head_asked": ("asked", "基準"),
    "coverage_head_state": ("is it enough", "判定"),
    "coverage_head_wrong": ("What is wrong", "問題点"),
    "coverage_head_next": ("What to record next", "次に録るもの"),
    "coverage_nothing_wrong": ("nothing found", "見つかりませんでした"),
    "coverage_not_compared": (
        "leaks were not looked for: give --against FOLDER, or a column split in the table",
        "重複は未確認です。--against でフォルダーを指定するか、表に split 列を加えてください",
    ),
    "coverage_not_tried": (
        "shortcuts were not looked for: it takes 20 labelled clips of two named people or more",
        "手がかりは未確認です。話者名付き・ラベル付きの録音が 2 名以上、20 件以上必要です",
    ),
    "coverage_nothing_next": ("nothing: all that is asked is there", "なし（基準をすべて満たしています）"),
    "coverage_line": ("{kind}: {text}", "{kind}：{text}"),
    "coverage_error": ("ERROR", "誤り"),
    "coverage_warning": ("warning", "警告"),
    # The kit: what, and why it is asked.
    "coverage_kit_hours": ("hours", "録音時間（時間）"),
    "coverage_why_hours": (
        "ordinary days of work in all their variety, and half of it is kept to judge on",
        "日常の作業の変動を含めるため。半分は評価用に残します",
    ),
    "coverage_kit_speech_min": ("speech, minutes", "発話（分）"),
    "coverage_why_speech_min": (
        "the balance of labels is estimated on 500 windows with speech at least (8 minutes), in each of its "
        "conditions",
        "ラベルの割合の推定には、条件ごとに発話を含む区間が 500（約 8 分）以上必要です",
    ),
    "coverage_kit_people": ("people", "人数"),
    "coverage_why_people": (
        "half calibrate, half judge; intervals over 10 people are 5 times narrower than over 2, and "
        "below 5 only "
        "a bias and a scale can be fitted",
        "半数で校正し、半数で評価します。10 名なら信頼区間は 2 名の約 1/5 になり、5 名未満では"
        "バイアスと倍率しか調整できません",
    ),
    "coverage_kit_people_heard": ("people with 5 min of speech", "発話 5 分以上の人数"),
    "coverage_why_people_heard": (
        "from fewer, the usual voice of a person and that person's recall are chance",
        "これより短いと、その人の普段の声も検出率も偶然に左右されます",
    ),
    "coverage_kit_sessions": ("sessions", "セッション数"),
    "coverage_why_sessions": (
        "two of each person: voice, seat and light differ from day to day",
        "1 名につき 2 回。声、座る位置、光は日によって変わります",
    ),
    "coverage_kit_shifts": ("shifts", "勤務帯の数"),
    "coverage_why_shifts": (
        "people, light and machines of day and night differ",
        "昼と夜では、人、光、稼働する機械が異なります",
    ),
    "coverage_kit_conditions": ("conditions", "条件の数"),
    "coverage_why_conditions": (
        "machines running and standing: noise hides what a quiet recording shows",
        "機械の稼働時と停止時。静かな場所の録音で聞こえるものも騒音で隠れます",
    ),
    "coverage_kit_labelled": ("clips of the rarest label", "最少ラベルの録音数"),
    "coverage_why_labelled": (
        "on people of a foreign site, 10 labelled clips of each label gave 10 points of recall, 80 gave 20",
        "別の現場の人での実測では、ラベルごとに 10 件で再現率が 10 ポイント、80 件で 20 ポイント向上しました",
    ),
    "coverage_kit_people_label": ("people showing the rarest one", "最少ラベルがある人数"),
    "coverage_why_people_label": (
        "a label of few people is learnt as their voices; five are left out in turn",
        "少人数だけのラベルは、その人の声として学習されます。5 名を順に除いて確認します",
    ),
    "coverage_kit_pictures_face": ("pictures with a face", "顔が写る画像数"),
    "coverage_why_pictures_face": (
        "20 minutes at a picture every 2 s: the ranges of the vision network want faces in all light",
        "2 秒ごとに 1 枚で 20 分。映像モデルの値域には、さまざまな光の顔が必要です",
    ),
    "coverage_kit_snr_spread": ("spread of speech over noise, dB", "SN 比の幅（dB）"),
    "coverage_why_snr_spread": (
        "between the noisiest and the quietest tenth: with less, one loudness of the line was recorded",
        "上下 10 % を除いた幅。これより狭いと、一つの騒音状態しか録れていません",
    ),
    "coverage_kit_light_spread": ("spread of brightness, 0-1", "明るさの幅（0～1）"),
    "coverage_why_light_spread": (
        "between the darkest and the brightest tenth of the pictures: with less, one light was recorded",
        "上下 10 % を除いた幅。これより狭いと、一つの照明状態しか録れていません",
    ),
    "coverage_kit_wide": ("sound of full band, %", "全帯域の音声（%）"),
    "coverage_why_wide": (
        "the networks know speech up to 8 kHz; a telephone or an 8 kHz setting cuts half of it off",
        "モデルは 8 kHz までの音声で学習しています。電話や 8 kHz 設定では半分が失われます",
    ),
}
