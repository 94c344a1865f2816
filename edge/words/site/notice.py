"""The words of the notice for those who are seen and heard: `edge notice`; a part of edge/words."""

from __future__ import annotations

NOTICE: dict[str, tuple[str, str]] = {
    "help_notice": (
        "Write the notice for the place: one A4 page to print.\n\n"
        "It says what [policy] and the devices of site.toml say. Open it in a browser and print it, or save "
        "it as PDF.\n\n"
        "\b\nExample: edge notice --config site.toml --out notice.html",
        "現場に掲示するお知らせ（A4 1 枚）を作成します。\n\n"
        "内容は site.toml の [policy] と機器の設定に基づきます。"
        "ブラウザーで開いて印刷、または PDF として保存してください。\n\n"
        "\b\n例：edge notice --config site.toml --lang ja --out notice.html",
    ),
    "opt_notice_out": ("File to write the page to (HTML).", "保存先のファイル（HTML）。"),
    "opt_notice_lang": (
        "Language of the notice; default: that of site.toml, else the locale's.",
        "お知らせの言語。既定値は site.toml の設定、なければロケールの言語。",
    ),
    "notice_no_policy": (
        "site.toml has no [policy], so there is nothing to make known; add the section",
        "site.toml に [policy] がないため、掲示を作成できません。セクションを追加してください",
    ),
    "notice_nothing": (
        "microphone and camera are both off in site.toml: there is nothing to make known",
        "site.toml でマイクもカメラも off のため、掲示する内容がありません",
    ),
    # Title and lead.
    "notice_title_both": (
        "Camera and microphone read emotions here",
        "カメラとマイクで感情を推定しています",
    ),
    "notice_title_camera": ("A camera reads emotions here", "カメラで感情を推定しています"),
    "notice_title_microphone": ("A microphone reads emotions here", "マイクで感情を推定しています"),
    "notice_lead_both": (
        "Faces and voices in this area are analysed automatically. The result is an estimate.",
        "この場所では、表情と声から感情を自動的に推定しています。結果は推定値です。",
    ),
    "notice_lead_camera": (
        "Faces in this area are analysed automatically. The result is an estimate.",
        "この場所では、表情から感情を自動的に推定しています。結果は推定値です。",
    ),
    "notice_lead_microphone": (
        "Voices in this area are analysed automatically. The result is an estimate.",
        "この場所では、声から感情を自動的に推定しています。結果は推定値です。",
    ),
    # Names of the items.
    "notice_item_operator": ("Operator", "運用者"),
    "notice_item_place": ("Place", "設置場所"),
    "notice_item_taken": ("What is taken", "取得する情報"),
    "notice_item_made": ("What is derived", "生成する情報"),
    "notice_item_kept": ("What is kept", "保存するもの"),
    "notice_item_given": ("Given to others", "第三者への提供"),
    "notice_item_out": ("To stay out", "推定を望まない方"),
    # Their texts.
    "notice_made": (
        "Estimates of emotions (such as calm, joy, anger, worry). Nobody is identified.",
        "感情の推定値（平静、喜び、怒り、不安など）。個人を特定するデータは作成しません。",
    ),
    "notice_kept": (
        "Pictures and sound are deleted at once, unless a person consented to be recorded. Estimates and "
        "such recordings: {days} days at most.",
        "映像と音声は、収録に同意した方のものを除き、解析後ただちに消去します。"
        "推定値と収録データの保存期間は最長 {days} 日です。",
    ),
    "notice_taken_both": ("Pictures of the camera and sound of the microphone", "カメラの映像とマイクの音声"),
    "notice_taken_camera": ("Pictures of the camera", "カメラの映像"),
    "notice_taken_microphone": ("Sound of the microphone", "マイクの音声"),
    "notice_made_text": (
        "Estimates of emotions (such as calm, joy, anger, worry), also from what is said. Nobody is "
        "identified.",
        "感情の推定値（平静、喜び、怒り、不安など）。発話の内容も推定に使用します。"
        "個人を特定するデータは作成しません。",
    ),
    "notice_kept_media": (
        "Estimates, and faces and sound of those who consented: {days} days at most. All else is deleted at "
        "once.",
        "推定値と、同意した方の顔画像・音声の保存期間は最長 {days} 日です。それ以外はただちに消去します。",
    ),
    "notice_kept_aggregate": (
        "Only counts over an hour and {k} or more people together. Pictures, sound and single estimates are "
        "deleted at once.",
        "{k} 人以上をまとめた 1 時間ごとの集計値だけを保存します。"
        "映像、音声、個々の推定値はただちに消去します。",
    ),
    "notice_kept_self": (
        "Nothing. The estimate is shown to the person alone.",
        "保存しません。推定値は本人の画面にだけ表示します。",
    ),
    "notice_given_none": ("No", "提供しません"),
    "notice_out_ask": ("Please tell the contact below.", "下記の連絡先までお申し出ください。"),
}
