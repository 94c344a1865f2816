"""What `edge coverage` finds wrong and what it asks for next: a part of the table in edge/words."""

from __future__ import annotations

COVERAGE_FOUND: dict[str, tuple[str, str]] = {
    # Leaks.
    "coverage_leak_person": (
        "{what} is in {one} ({first}) and in {other} ({second}); keep a person on one side",
        "{what} さんが {one}（{first}）と {other}（{second}）の両方にいます。"
        "一人は一方の側だけにしてください",
    ),
    "coverage_leak_session": (
        "session {what} is in {one} ({first}) and in {other} ({second}); keep a session on one side, "
        "and give "
        "each a name of its own",
        "セッション {what} が {one}（{first}）と {other}（{second}）の両方にあります。"
        "一つのセッションは一方の側だけにし、"
        "セッションには固有の名前を付けてください",
    ),
    "coverage_leak_sound": (
        "{first} of {one} sounds the same as {second} of {other}; remove it from one side",
        "{one} の {first} と {other} の {second} は同じ音声です。一方から取り除いてください",
    ),
    "coverage_more_leaks": (
        "{count} more leaks; --json lists them all",
        "ほかに重複 {count} 件（--json で全件を出力）",
    ),
    # Shortcuts: what tells a label by itself.
    "coverage_by_noise": ("the noise floor", "暗騒音"),
    "coverage_by_level": ("the level", "音量"),
    "coverage_by_duration": ("the duration", "長さ"),
    "coverage_by_spectrum": ("the long-term spectrum", "長時間平均スペクトル"),
    "coverage_by_light": ("the brightness of pictures", "画像の明るさ"),
    "coverage_by_transcript": ("the words", "発話の言葉"),
    "coverage_by_condition": ("the condition", "条件"),
    "coverage_by_shift": ("the shift", "勤務帯"),
    "coverage_by_session": ("the session", "セッション"),
    "coverage_by_person": ("the person", "人"),
    "coverage_told": (
        "labels are told by {what} alone: recall {recall:.2f}, by chance {chance:.2f} ({people} "
        "people, {clips} "
        "clips)",
        "{what}だけでラベルが分かります：再現率 {recall:.2f}、偶然なら {chance:.2f}（{people} 名、"
        "{clips} 件）",
    ),
    "coverage_shortcut": (
        "{told}; {means}. To be sure: {instead}",
        "{told}。{means}。確実にするには：{instead}",
    ),
    "coverage_kind_technical": (
        "no emotion changes this: the label is told by how it was recorded",
        "感情では変わらないものです。録り方でラベルが分かってしまっています",
    ),
    "coverage_kind_voice": (
        "a voice shows emotion by this too, above all an acted one: no error, but see that it is not a "
        "habit of "
        "the recording",
        "声の感情もこれに現れます（演技では特に）。誤りではありませんが、録り方の癖でないか確認してください",
    ),
    "coverage_kind_words": (
        "words show emotion too, but a few fixed sentences of each label teach the sentence",
        "言葉にも感情は現れますが、ラベルごとに文が決まっていると、文そのものを学習してしまいます",
    ),
    "coverage_lone": (
        "{label} is shown by {person} alone: it would be learnt as that person",
        "{label} を示すのは {person} さんだけです。その人の特徴として学習されます",
    ),
    # What to record next.
    "coverage_next_table": (
        "Write a metadata.csv beside the recordings: file_name, speaker, emotion, session, shift, condition",
        "録音・録画と同じ場所に metadata.csv を作成する（file_name、speaker、emotion、session、shift、"
        "condition）",
    ),
    "coverage_next_columns": (
        "Fill these columns of metadata.csv: {names}",
        "metadata.csv の次の列を記入する：{names}",
    ),
    "coverage_next_microphone": (
        "Set the microphone to 16 kHz or more and record anew: {share:.0f} % of the sound ends at "
        "{khz:.1f} kHz or "
        "little above",
        "マイクを 16 kHz 以上に設定して録り直す（音声の {share:.0f} % が {khz:.1f} kHz "
        "付近までしかありません）",
    ),
    "coverage_next_people": (
        "New people{where}: {count}, {minutes} minutes each",
        "{where}新たに {count} 名を各 {minutes} 分録る",
    ),
    "coverage_next_place": ("{minutes} minutes more{where}", "{where}さらに {minutes} 分録る"),
    "coverage_at_shift": (" on the shift {name}", "「{name}」の勤務帯に"),
    "coverage_at_condition": (" in the condition {name}", "「{name}」の条件で"),
    "coverage_at_other_shift": (" on another shift than {name}", "「{name}」以外の勤務帯に"),
    "coverage_at_other_condition": (" in another condition than {name}", "「{name}」以外の条件で"),
    "coverage_next_speech": (
        "Record more speech of these people, up to {minutes} min each: {names}",
        "次の人の発話を追加で録る（1 人あたり最大 {minutes} 分）：{names}",
    ),
    "coverage_next_again": (
        "Record these people again on another day: {names}",
        "次の人を別の日にもう一度録る：{names}",
    ),
    "coverage_next_labels": ("More clips of each label: {counts}", "ラベルごとの録音を増やす：{counts}"),
    "coverage_next_label_people": (
        "{count} more clips of {label}, from people who do not show it yet: {people} at least",
        "「{label}」をあと {count} 件、新たに {people} 名以上から録る",
    ),
    "coverage_next_instead_noise": (
        "Record all labels in the same place with the machines as loud: their noise floor tells them apart",
        "すべてのラベルを同じ場所・同じ騒音で録る（暗騒音でラベルが区別できます）",
    ),
    "coverage_next_instead_level": (
        "Keep microphone, distance and gain the same for all labels",
        "すべてのラベルでマイク、距離、ゲインを同じにする",
    ),
    "coverage_next_instead_duration": (
        "Cut clips of all labels to the same lengths",
        "すべてのラベルの録音を同じ長さに揃える",
    ),
    "coverage_next_instead_spectrum": (
        "Record all labels with the same microphone in the same room",
        "すべてのラベルを同じマイク・同じ部屋で録る",
    ),
    "coverage_next_instead_light": (
        "Record all labels in the same light, with the same camera settings",
        "すべてのラベルを同じ照明・同じカメラ設定で録る",
    ),
    "coverage_next_instead_transcript": (
        "Let every sentence be said in every label, or let people speak freely",
        "すべての文をすべてのラベルで話してもらう、または自由に話してもらう",
    ),
    "coverage_next_instead_condition": (
        "Record every label in every condition",
        "すべてのラベルをすべての条件で録る",
    ),
    "coverage_next_instead_shift": (
        "Record every label on every shift",
        "すべてのラベルをすべての勤務帯で録る",
    ),
    "coverage_next_instead_session": (
        "Record several labels in each session, in mixed order",
        "1 つのセッションで複数のラベルを、順序を混ぜて録る",
    ),
    "coverage_next_instead_person": (
        "Record every label from every person",
        "すべての人からすべてのラベルを録る",
    ),
    "coverage_next_noise": (
        "Record while the machines run and while they stand: speech is {low:.0f} to {high:.0f} dB over "
        "the noise "
        "so far",
        "機械の稼働時と停止時の両方で録る（現在の SN 比は {low:.0f}～{high:.0f} dB）",
    ),
    "coverage_next_light": (
        "Record pictures in other light: lamps on and off, day and night",
        "別の照明状態（点灯・消灯、昼・夜）でも録る",
    ),
    "coverage_next_camera": (
        "If the site has a camera, record its pictures as well: there are none",
        "カメラがある現場では映像も録る（現在は映像なし）",
    ),
    "coverage_next_faces": (
        "{minutes} minutes more with a face in view of the camera",
        "カメラに顔が写る状態であと {minutes} 分録る",
    ),
    "coverage_next_hours": (
        "{hours:.1f} hours more of ordinary work in all, up to {asked:.0f} hours",
        "通常の作業を合計であと {hours:.1f} 時間録る（全体で {asked:.0f} 時間）",
    ),
}
