"""The words of the review queue, of readings in files and of output: a part of the table in edge/words."""

from __future__ import annotations

REVIEW: dict[str, tuple[str, str]] = {
    "cannot_tell": ("cannot tell", "判断できない"),
    "review_none": ("nothing waits for a verdict", "判定待ちはありません"),
    "review_heading": ("check", "番号"),
    "review_when": ("when", "日時"),
    "review_read": ("read as", "推定"),
    "review_could_be": ("could be", "候補"),
    "review_why": ("why", "理由"),
    "review_kept": ("kept", "保存"),
    "review_verdicts": ("verdicts", "判定"),
    "review_face": ("face", "顔"),
    "review_sound": ("sound", "音声"),
    "review_words": ("said", "発話"),
    "review_numbers": ("numbers only", "数値のみ"),
    "review_source": (
        "{source}, {seconds:.0f} s, bundle {bundle}",
        "{source}、{seconds:.0f} 秒、バンドル {bundle}",
    ),
    "review_because": ("asked because: {reasons}", "確認の理由：{reasons}"),
    "because_missed": ("may be a miss: {chance:.0%}", "見逃しの可能性 {chance:.0%}"),
    "because_false": ("may be a false alarm: {chance:.0%}", "誤報の可能性 {chance:.0%}"),
    "because_other": ("may be another label: {chance:.0%}", "別のラベルの可能性 {chance:.0%}"),
    "review_voted": ("voted", "投票後"),
    "review_window": ("window", "この区間"),
    "review_lead": ("lead {lead:.2f}, evidence used: {weights}", "差 {lead:.2f}、使用した情報：{weights}"),
    "review_quality": (
        "speech {speech_snr:.0f} dB above noise, face {face_score:.2f}, words {transcript_confidence:.2f}",
        "音声 SN 比 {speech_snr:.0f} dB、顔検出 {face_score:.2f}、認識 {transcript_confidence:.2f}",
    ),
    "review_consent": (
        "consent of {who}, {date}; deleted after {expires}",
        "同意：{who}（{date}）、{expires} を過ぎると削除",
    ),
    "review_without": (
        "no consent for media: no face and no sound is kept",
        "映像・音声の保存への同意なし：顔も音声も保存していません",
    ),
    "review_waits": ("waits for a verdict", "判定待ち"),
    "review_next": (
        "give a verdict: edge review judge {folder} {id} LABEL --by NAME",
        "判定の入力：edge review judge {folder} {id} ラベル --by 氏名",
    ),
    "review_taken": ("check {id}: {label}, by {who}", "確認 {id}：{label}（{who}）"),
    "review_undone": (
        "check {id}: the verdict by {who} is taken back",
        "確認 {id}：{who} の判定を取り消しました",
    ),
    "review_withdrawn": (
        "{who} withdrew consent: media of {count} checks are deleted, none is kept from now on",
        "{who} が同意を撤回：{count} 件の映像・音声を削除しました。以後は保存しません",
    ),
    "review_exported": (
        "{verdicts} verdicts, {faces} faces and {sound} sounds written to {path}",
        "判定 {verdicts} 件、顔 {faces} 件、音声 {sound} 件を {path} に保存しました",
    ),
    "review_copies": (
        "copies of media no longer run out by themselves: delete them by {expires}",
        "書き出した映像・音声は自動では削除されません。{expires} までに削除してください",
    ),
    # edge review kpi.
    "kpi_counts": (
        "{judged} checks judged, {waiting} wait, {cannot_tell} nobody can tell, {disputed} disputed",
        "判定済み {judged}、判定待ち {waiting}、判断できない {cannot_tell}、不一致 {disputed}（件）",
    ),
    "kpi_read": ("{hours:.2f} h read on {days} days", "推定時間 {hours:.2f} 時間（{days} 日）"),
    "kpi_recall": ("{labels}: found", "{labels}の検出率"),
    "kpi_false": ("{labels}: false", "{labels}の誤報率"),
    "kpi_an_hour": ("false alarms an hour", "誤報（1 時間あたり）"),
    "kpi_a_day": ("false alarms a day", "誤報（1 日あたり）"),
    "kpi_agreement": ("read {label}, people agree", "推定「{label}」と判定の一致率"),
    "kpi_kappa": ("{one} and {other}: kappa", "{one} と {other}：κ 係数"),
    "kpi_of": ("of {count}", "{count} 件中"),
    "kpi_doubtful_only": (
        "Only readings that needed a check are judged, those where mistakes are expected most: the others "
        "are usually right more often, and false alarms that nobody checked are not counted.",
        "誤りが最も見込まれる要確認の推定だけを判定した値です。その他の推定の正解率は通常これより高く、"
        "確認していない誤報は含みません。",
    ),
    "unknown": ("unknown", "不明"),
    # Review queue.
    "queue_version": (
        "{path} is not a review queue of this version of edge; name another folder in [review]",
        "{path} は、このバージョンの edge の確認待ちデータではありません。"
        "[review] の folder に別のフォルダーを指定してください",
    ),
    "review_unlisted": (
        "{folder} holds {count} files of an earlier queue that this one does not list; they are left as they "
        "are: look through them and delete what may no longer be kept",
        "{folder} に、現在の確認待ちデータにない以前のファイルが {count} 件あります。自動では削除しません。"
        "内容を確認し、保存できないものは削除してください",
    ),
    "review_undeleted": (
        "{count} files in {folder} are due but cannot be deleted; check its permissions, "
        "or delete them yourself",
        "{folder} の期限切れまたは同意撤回のファイル {count} 件を削除できません。"
        "アクセス権を確認するか、手動で削除してください",
    ),
    "review_no_media": (
        "no face and no sound can be kept in {folder} ({why}); the numbers are kept; check its permissions",
        "{folder} に顔と音声を保存できません（{why}）。数値のみ保存します。アクセス権を確認してください",
    ),
    "nobody": ("nobody", "なし"),
    "consent_unknown": (
        "{who} gave no consent here; those who did: {names}",
        "{who} の同意は登録されていません（登録済み：{names}）",
    ),
    "check_none": (
        "there is no check {number}; edge review list {folder} shows what there is",
        "確認 {number} はありません。edge review list {folder} で一覧を確認してください",
    ),
    "check_label": (
        "check {number} knows no label '{label}'; use {known} or cannot_tell",
        "確認 {number} に「{label}」というラベルはありません。"
        "{known}、cannot_tell のいずれかを指定してください",
    ),
    "verdict_none": (
        "{who} gave no verdict on check {number}",
        "確認 {number} に {who} の判定はありません",
    ),
    "by_empty": (
        "--by is empty; give the name of the person who judges",
        "--by が空です。判定する人の氏名を指定してください",
    ),
    "export_exists": (
        "{path} is there already; name a new folder",
        "{path} はすでにあります。新しいフォルダーを指定してください",
    ),
    "export_empty": (
        "{folder} holds no verdict yet; give one with edge review judge",
        "{folder} には判定がまだありません。edge review judge で判定を入力してください",
    ),
    "folder_unwritable": (
        "{path} cannot be written ({why}); name another folder",
        "{path} に書き込めません（{why}）。別のフォルダーを指定してください",
    ),
    # Readings in files.
    "jsonl_no_folder": (
        "{path} cannot be written: its folder does not exist; make it first",
        "{path} に書き込めません。フォルダーがありません。先に作成してください",
    ),
    "jsonl_folder": (
        "{path} is a folder; name a file in it",
        "{path} はフォルダーです。その中のファイルを指定してください",
    ),
    "jsonl_foreign": (
        "{path} holds something other than readings; name another file",
        "{path} には推定結果以外の内容が入っています。別のファイルを指定してください",
    ),
    "jsonl_mended": (
        "{path}: the last line was cut short and is taken away; new readings follow the whole ones",
        "{path}：最後の行が途中で切れていたため取り除き、続きから書き込みます",
    ),
    "readings_unreadable": (
        "{path} cannot be read ({why}); give a file of edge run --jsonl",
        "{path} を読み取れません（{why}）。edge run --jsonl のファイルを指定してください",
    ),
    "readings_none": (
        "{path} line {number} is no reading ({why}); give a file of edge run --jsonl",
        "{path} の {number} 行目は推定結果ではありません（{why}）。"
        "edge run --jsonl のファイルを指定してください",
    ),
    "reading_skipped": (
        "{path} line {number} is no reading ({why}); it is passed over, all others are used",
        "{path} の {number} 行目は推定結果ではありません（{why}）。この行を除いて使用します",
    ),
    "readings_skipped": (
        "{path} line {number} is no reading ({why}); it and {more} more are passed over, all others are used",
        "{path} の {number} 行目は推定結果ではありません（{why}）。"
        "ほかに {more} 行も同様で、これらを除いて使用します",
    ),
    "reading_torn": ("cut short or damaged", "途中で切れているか壊れています"),
    "reading_kind": ("a value is of the wrong kind", "値の種類が正しくありません"),
    "reading_lacks": ("{name} is missing", "{name} がありません"),
    "reading_state": ("unknown state {value}", "不明な状態 {value}"),
    "reading_label": ("no probability of {value}", "{value} の確率がありません"),
    "reading_number": ("{name}: {value} is not a number", "{name}：{value} は数値ではありません"),
    "reading_whole": ("{name}: {value} is not a whole number", "{name}：{value} は整数ではありません"),
    "reading_range": (
        "{name}: {value} is not in {least:g}..{most:g}",
        "{name}：{value} は {least:g}～{most:g} の範囲にありません",
    ),
    "reading_shares": (
        "{name}: {value} are not numbers by name",
        "{name}：{value} は名前ごとの数値ではありません",
    ),
    "replay_labels": (
        "{path} has the labels {found}, not {expected}; name the bundle they were read with",
        "{path} のラベル（{found}）はバンドルのラベル（{expected}）と異なります。"
        "推定に使用したバンドルを指定してください",
    ),
    "replay_none": (
        "{path} holds no reading; give another file",
        "{path} に推定結果がありません。別のファイルを指定してください",
    ),
    "replay_none_of": (
        "{path} holds no reading of {source}; give another file",
        "{path} に {source} の推定結果がありません。別のファイルを指定してください",
    ),
    "replay_form": (
        "{path} is neither .png nor .mp4; name a file that is",
        "{path} は .png でも .mp4 でもありません。どちらかの名前を指定してください",
    ),
    "over_input": (
        "{path} is one of the files to read; name another file to write to",
        "{path} は読み取る側のファイルです。書き込み先には別のファイルを指定してください",
    ),
    "relabel_prior": (
        "the quotas are those of [site_prior]; give a site.toml that has one with --config",
        "割合は [site_prior] から取ります。[site_prior] のある site.toml を --config で指定してください",
    ),
    "relabel_none": (
        "{path} holds no reading with a label; give another file",
        "{path} にラベルの付いた推定結果がありません。別のファイルを指定してください",
    ),
    # Standard output.
    "output_unwritable": (
        "standard output cannot be written ({why}); the run goes on without it; free some space",
        "標準出力に書き込めません（{why}）。出力なしで続行します。空き容量を確認してください",
    ),
    "no_memory": (
        "there is not enough memory; end other programs, or give less at a time",
        "メモリーが不足しています。他のプログラムを終了するか、一度に扱う量を減らしてください",
    ),
    # Where plans and an export are kept.
    "plans_homeless": (
        "plans cannot be kept: this user has no home folder; set XDG_CACHE_HOME",
        "プランを保存できません。このユーザーにはホームフォルダーがありません。"
        "XDG_CACHE_HOME を設定してください",
    ),
    "disk_full": (
        "{path} cannot be written ({why}); free some space or name another folder and start again, "
        "what is finished is kept",
        "{path} に書き込めません（{why}）。空き容量を増やすか別のフォルダーを指定して、再実行してください。"
        "完了した分は残っています",
    ),
    "disk_refused": (
        "{path} cannot be opened or made ({why}); free some space or name another folder and start again, "
        "what is finished is kept",
        "{path} を開けないか、作成できません（{why}）。空き容量を増やすか別のフォルダーを指定して、"
        "再実行してください。完了した分は残っています",
    ),
    "bundle_no_name": (
        "{path} cannot be a bundle; name a folder of its own with --out",
        "{path} はバンドルの出力先にできません。--out に専用のフォルダーを指定してください",
    ),
}
