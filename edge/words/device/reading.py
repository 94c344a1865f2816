"""What is said while readings are made and when a run ends: a part of the table in edge/words."""

from __future__ import annotations

READING: dict[str, tuple[str, str]] = {
    "audio": ("audio", "音声"),
    "vision": ("vision", "映像"),
    "text": ("text", "発話内容"),
    "person": ("person {number}", "人物 {number}"),
    # States: why there is no label, or why the label is not to be relied on.
    "reading": ("reading", "推定中"),
    "no_speech": ("no speech heard", "発話なし"),
    "no_face": ("no face seen", "顔を検出できません"),
    "dark": ("too dark to see a face", "暗いため顔を検出できません"),
    "loud": ("too loud to hear speech", "騒音のため発話を聞き取れません"),
    "no_signal": ("no sound and no picture", "音声・映像の入力なし"),
    "needs_check": ("needs a check", "要確認"),
    "warming_up": ("warming up", "準備中"),
    "paused": ("paused", "一時停止中"),
    "unfamiliar": ("unlike what was learned", "学習時と大きく異なります"),
    "unfamiliar_audio": (
        "the sound is unlike everything the bundle learned from: it is left aside; calibrate it here",
        "音声が学習時と大きく異なるため、推定に使いません。この現場で校正してください",
    ),
    "unfamiliar_vision": (
        "the faces are unlike everything the bundle learned from: they are left aside; calibrate it here",
        "顔の映像が学習時と大きく異なるため、推定に使いません。この現場で校正してください",
    ),
    "unfamiliar_text": (
        "the words are unlike everything the bundle learned from: they are left aside; calibrate it here",
        "発話内容が学習時と大きく異なるため、推定に使いません。この現場で校正してください",
    ),
    "unfamiliar_audio_brief": ("unfamiliar sound: calibrate here", "未知の音声：現場で校正してください"),
    "unfamiliar_vision_brief": ("unfamiliar faces: calibrate here", "未知の映像：現場で校正してください"),
    "unfamiliar_text_brief": ("unfamiliar words: calibrate here", "未知の発話：現場で校正してください"),
    "familiar_audio": ("the sound is familiar again", "音声が既知の範囲に戻りました"),
    "familiar_vision": ("the faces are familiar again", "顔の映像が既知の範囲に戻りました"),
    "familiar_text": ("the words are familiar again", "発話内容が既知の範囲に戻りました"),
    "waiting": ("waiting for the first reading", "最初の推定を待っています"),
    "stale": ("no new reading for {seconds} s", "{seconds} 秒間、新しい推定なし"),
    # Lines on the terminal.
    "line": (
        "{probability:.2f}  lead {lead:.2f}  votes {votes}  {weights}",
        "{probability:.2f}  2位との差 {lead:.2f}  推定に使った区間 {votes}  {weights}",
    ),
    "line_check": ("needs a check: {labels}", "要確認：{labels}"),
    "line_held": ("held", "保持"),
    "demo_notice": (
        "The demo clip is a still portrait with synthetic speech: it shows the path, not the accuracy.",
        "デモ映像は静止した肖像と合成音声です。処理の流れを示すもので、精度を示すものではありません。",
    ),
    "stopped": ("stopped", "停止しました"),
    # The end of a run.
    "closing": ("{count} readings: {parts}", "推定 {count} 件：{parts}"),
    "closing_none": ("no readings", "推定結果なし"),
    "closing_checks": ("{count} of them need a check", "うち {count} 件は要確認"),
    "closing_withheld": ("{count} more were withheld", "ほかに {count} 件の確認依頼を見送り"),
    "closing_dropped": (
        "{count} windows dropped, the machine is too slow",
        "処理が間に合わず {count} 区間を破棄",
    ),
    "closing_rested": (
        "{count} windows passed over, the machine was busy or hot",
        "高負荷または高温のため {count} 区間を省略",
    ),
    "no_emotion": (
        "{path} holds no emotion to read (windows: {states}); give a recording with speech or a face in it",
        "{path} から感情を推定できません（区間：{states}）。発話か顔が入った録画を指定してください",
    ),
    "some_unread": (
        "{count} of {total} recordings could not be read: {why}",
        "{total} 件中 {count} 件の録画を読み取れませんでした：{why}",
    ),
    "written_to": ("written to {path}", "{path} に保存しました"),
    "also": ("; ", "。"),
    "relabelled": ("{changed} of {count} labels changed", "{count} 件中 {changed} 件のラベルを変更"),
    # Notices while a run lasts.
    "checks_used_up": (
        "{count} checks were asked for today, the limit; more are withheld",
        "本日の確認依頼が上限の {count} 件に達しました。以降は見送ります",
    ),
    "prior_doubtful": (
        "how often each label is met here is doubtful: two estimates differ by {gap:.2f}; "
        "check microphone and camera, or calibrate on recordings of this site",
        "この現場でのラベルの割合に疑いがあります（2 つの推定の差 {gap:.2f}）。マイクとカメラを確認するか、"
        "この現場の録画で校正してください",
    ),
    "file_unwritable": (
        "{path} cannot be written ({why}); free some space or name another file",
        "{path} に書き込めません（{why}）。空き容量を確認するか、別のファイルを指定してください",
    ),
    "review_trouble": (
        "{folder} cannot keep what needs a check ({why}); readings go on, the newest {count} wait; "
        "free some space, check its permissions or mend the disk",
        "{folder} に要確認の推定を保存できません（{why}）。推定は続行し、最新 {count} 件を保持します。"
        "空き容量、アクセス権、ディスクを確認してください",
    ),
    "review_damaged": (
        "{path} is damaged ({why}); it is kept as {aside} and a new one begun",
        "{path} が壊れています（{why}）。{aside} として残し、新しく作り直します",
    ),
    # The health line, once a minute.
    "health": ("health: {parts}", "稼働状況：{parts}"),
    "health_latest": (
        "latest {ms:.0f} ms after its window",
        "最大遅れ {ms:.0f} ms",
    ),
    "health_drift": ("drift {ms:+.1f} ms a minute", "ずれの変化 {ms:+.1f} ms/分"),
    "health_waiting": ("{count} {name} waiting", "未処理：{name} {count} 件"),
    "sound": ("sounds", "音声"),
    "pictures": ("pictures", "映像"),
    "health_rate_microphone": ("{rate:.0f} samples a second", "毎秒 {rate:.0f} サンプル"),
    "health_rate_camera": ("{rate:.0f} pictures a second", "毎秒 {rate:.0f} 枚"),
    "health_dropped": ("dropped {count}", "破棄 {count}"),
    "health_reopened": ("reopened {count}", "再接続 {count} 回"),
}
